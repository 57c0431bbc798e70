"""``batchwright image push`` with the real Podman: it builds from nothing, and pushes to the test's registry."""

import io
import json
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.containers.backends import HOW
from tests.fake_aws import AwsServer
from tests.fake_aws.services.oci_registry import OciRegistry
from tests.kit.account import batchwright
from tests.kit.command import Done
from tests.kit.not_tried import unavailable
from tests.runner.workbench.images.support import REGISTRY, commit, reports

WRAPPER = """#!/bin/sh
# The real one, for which the registry's name stands for the test's. It needs no login.
if [ "$1" = login ]; then cat > "{folder}/password"; exit; fi
for word; do shift; set -- "$@" "$(printf %s "$word" | sed 's|{name}|{address}|')"; done
exec {podman} "$@"
"""


class Bench:
    """Podman with all that it keeps in a folder of the test's own, and a folder to build."""

    def __init__(self, stage: AwsServer, folder: Path, address: str, podman: str) -> None:
        self.stage, self.folder = stage, folder
        context, engines = folder / "context", folder / "bin"
        context.mkdir()
        engines.mkdir()
        self.tag = f"sha-{commit(context, data='one', out='x', **{'.dockerignore': 'out'})[:12]}"
        self.write("one")
        text = WRAPPER.format(folder=folder, name=REGISTRY, address=address, podman=podman)
        (engines / "podman").write_text(text)
        (engines / "podman").chmod(0o755)
        (folder / "registries.conf").write_text(f'[[registry]]\nlocation = "{address}"\ninsecure = true\n')
        storage = f'[storage]\ndriver = "vfs"\ngraphroot = "{folder}/root"\nrunroot = "{folder}/run"\n'
        (folder / "storage.conf").write_text(storage)
        engine = f'[engine]\ntmp_dir = "{folder}/tmp"\nstatic_dir = "{folder}/root/libpod"\n'
        (folder / "containers.conf").write_text(engine)
        self.variables = {
            "BATCHWRIGHT_ENGINE": "podman",
            "BATCHWRIGHT_REGISTRY": REGISTRY,
            "CONTAINERS_CONF": str(folder / "containers.conf"),
            "CONTAINERS_REGISTRIES_CONF": str(folder / "registries.conf"),
            "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
        }

    def write(self, text: str) -> None:
        """Writes the Dockerfile, which is beside the repository: it makes another image of the same commit."""
        (self.folder / "Dockerfile").write_text(f"FROM scratch\nCOPY . /{text}\nUSER 10001\n")

    def push(self, *words: str) -> Done:
        arguments = ["image", "push", "reports", "context", "-f", "Dockerfile", *words]
        return batchwright(self.stage, self.folder, *arguments, path=str(self.folder / "bin"), env=self.variables)

    def layers(self) -> list[dict[str, str]]:
        stored = reports(self.stage).find(self.tag)
        assert stored
        layers: list[dict[str, str]] = json.loads(stored.body)["layers"]
        return layers

    def layer_types(self) -> set[str]:
        return {layer["mediaType"].rpartition("+")[2] for layer in self.layers()}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    podman = shutil.which("podman") or unavailable("podman", "the program is not on PATH", HOW["podman"])
    with AwsServer(account="111111111111", region="eu-west-1") as stage, OciRegistry(stage.world.images) as registry:
        reports(stage)
        yield Bench(stage, tmp_path, registry.host, podman)


def test_an_image_is_built_and_pushed_with_zstd(bench: Bench) -> None:
    done = bench.push("--compression", "zstd")

    assert (done.code, done.text) == (0, f"{REGISTRY}/batches/reports:{bench.tag}\n"), done.err
    assert bench.layer_types() == {"zstd"}
    assert (bench.folder / "password").read_text() == "login-canary"


def test_what_dockerignore_names_is_not_in_the_image(bench: Bench) -> None:
    assert bench.push().code == 0

    (layer,) = bench.layers()
    with tarfile.open(fileobj=io.BytesIO(reports(bench.stage).blobs[layer["digest"]])) as tar:
        files = sorted(member.name for member in tar if member.isfile())
    assert files == ["one/.dockerignore", "one/data"]


@pytest.mark.parametrize("first", ["zstd", "gzip"])
def test_the_same_image_is_known_however_it_is_packed_and_another_one_too(bench: Bench, first: str) -> None:
    bench.push("--compression", first)

    for compression in ("zstd", "gzip"):
        again = bench.push("--compression", compression)
        assert again.code == 0, again.err
        assert "exists already" in again.err
    assert bench.layer_types() == {first}

    bench.write("two")
    other = bench.push("--compression", first)
    assert other.code == 125
    assert "with another image" in other.err
