import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from batchwright_runner.contract.batch_file import BatchFile
from batchwright_runner.contract.manifest import ImageReference
from batchwright_runner.contract.sizes import Architecture
from batchwright_runner.errors import StartError
from batchwright_runner.host.settings.project import Project
from batchwright_runner.workbench.local.containers.client import Engine
from batchwright_runner.workbench.local.containers.engine import Built, EngineError, ImageFacts, read_build
from batchwright_runner.workbench.local.containers.images import (
    PAUSE,
    Images,
    ImageUnavailableError,
    image_tag,
    write_folder,
)
from batchwright_runner.workbench.project.batches import main_container
from batchwright_runner.workbench.project.image_folder import ImageFolder, dockerfile_folder
from tests.kit.fakes import FakeWaiter, Notes
from tests.kit.projects import batch_of, declared


def batch(
    name: str = "hello", *sidecars: Mapping[str, Any], image: str | None = None, **changes: str | None
) -> BatchFile:
    named = {"name": name if image is None else image, "repository": "r/hello", "tag": "stage-local"}
    data = declared(name, "x", manifest={"image": named}, sidecars=sidecars) | changes
    return batch_of(data)


class FakeStore(Engine):
    """An engine that has some images, can pull others, and builds as it is told."""

    def __init__(
        self, *present: str, pulls: tuple[str, ...] = (), kind: str = "podman", said: str = "", code: int = 0
    ) -> None:
        self.kind, self.address, self.architecture, self.name = kind, "unix:///the.sock", "amd64", "Engine 1"
        self.present = set(present)
        self.pulls = pulls
        self.said = said
        self.code = code
        self.buildx: tuple[int, bytes] = (1, b"docker: 'buildx' is not a docker command.")
        self.builds: list[Sequence[str]] = []
        self.variables: Mapping[str, str] = {}

    def image(self, reference: str) -> ImageFacts | None:
        return ImageFacts(reference=reference, architecture=self.architecture) if reference in self.present else None

    def pull(self, reference: str) -> Iterator[Mapping[str, Any]]:
        if reference not in self.pulls:
            raise EngineError("no such host")
        self.present.add(reference)
        yield {"status": "Downloaded"}

    def run(self, command: Sequence[str], variables: Mapping[str, str]) -> "subprocess.CompletedProcess[bytes]":
        if list(command[1:]) == ["buildx", "version"]:
            return subprocess.CompletedProcess(command, *self.buildx)
        self.builds.append(command)
        self.variables = variables
        if self.code == 0:
            self.present.add(command[command.index("--tag") + 1])
        return subprocess.CompletedProcess(command, self.code, self.said.encode())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("hello", "other"):
        (tmp_path / "batches" / name / "app").mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    for program in ("docker", "podman"):
        (tmp_path / "bin" / program).touch(mode=0o755)
    return tmp_path


def with_dockerfile(root: Path, name: str = "hello", text: str = "FROM scratch\n") -> Path:
    (root / "batches" / name / "Dockerfile").write_text(text)
    return root / "batches" / name


def images(root: Path, store: FakeStore) -> tuple[Images, Notes]:
    notes = Notes()
    variables = {"PATH": str(root / "bin"), "DOCKER_HOST": "unix:///other.sock"}
    return Images(store, Project(root, "true", {}), variables, notes, FakeWaiter(), store.run), notes


def sent(folder: ImageFolder, scratch: Path) -> tuple[set[str], str]:
    """The files that the engine's program gets, and the Dockerfile."""
    scratch.mkdir()
    tree, dockerfile = write_folder(folder, scratch)
    return {str(path.relative_to(tree)) for path in tree.rglob("*") if path.is_file()}, dockerfile.read_text()


def test_the_same_files_have_the_same_tag_and_any_change_another(root: Path) -> None:
    folder, run = with_dockerfile(root), root / "batches/hello/app/run.py"
    run.write_text("1")
    (folder / "app/link").symlink_to("run.py")
    tags = [image_tag(batch(), ImageFolder(folder))]

    assert tags[0].startswith("batchwright-local/batches/hello:")
    (folder / "local.env").write_text("A=1")  # which is not sent
    assert image_tag(batch(), ImageFolder(folder)) == tags[0]
    for change in (
        lambda: run.write_text("2 is longer"),
        lambda: run.chmod(0o755),
        lambda: (folder / "Dockerfile").write_text("FROM scratch\nUSER 1\n"),
        lambda: (folder / "app/link").rename(folder / "app/moved"),
        lambda: (folder / "app/empty").mkdir(),
        lambda: run.rename(folder / "app/renamed.py"),
    ):
        change()
        tags.append(image_tag(batch(), ImageFolder(folder)))

    assert len(set(tags)) == 7


def test_neither_git_nor_the_values_of_a_batch_are_sent(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    left = (
        ".git/config",
        "sub/.git",
        ".batchwright/assembly/a.json",
        "sub/.batchwright/permissions/p.json",
        "batches/hello/local.env",
        "local.env",
    )
    wanted = {"Dockerfile", ".dockerignore", "batches/hello/batch.py", "config/local.env"}  # the last is of no batch
    for name in (*left, *wanted):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("")

    files, _ = sent(ImageFolder(root), tmp_path_factory.mktemp("sent") / "scratch")

    assert wanted <= files
    assert not {*left} & files


def test_a_dockerfile_outside_the_folder_is_sent_with_its_own_ignore_file(root: Path) -> None:
    outside, folder = root / "batch.Dockerfile", root / "batches/hello"
    outside.write_text("FROM outside\n")
    Path(f"{outside}.dockerignore").write_text("app\n")
    first = image_tag(batch(), ImageFolder(folder, outside))
    _, dockerfile = sent(ImageFolder(folder, outside), root / "scratch")
    outside.write_text("FROM something-else\n")

    assert dockerfile == "FROM outside\n"
    assert (root / "scratch" / "batch.Dockerfile.dockerignore").read_text() == "app\n"
    assert image_tag(batch(), ImageFolder(folder, outside)) != first


def test_another_dockerfile_of_the_same_files_makes_another_image(root: Path) -> None:
    for name in ("a", "b"):
        (root / name).write_text("FROM scratch\n")

    assert image_tag(batch(), ImageFolder(root, root / "a")) != image_tag(batch(), ImageFolder(root, root / "b"))


def test_the_engines_own_program_builds_in_the_engine_that_was_found(root: Path) -> None:
    with_dockerfile(root)
    store = FakeStore(kind="docker")
    store.buildx = (0, b"github.com/docker/buildx 0.13")
    images(root, store)[0].of(batch(), [], {})
    (command,) = store.builds

    assert list(command[:3]) == ["docker", "buildx", "build"]
    assert command[command.index("--platform") + 1] == "linux/amd64"
    assert {*command} >= {"--load", "batchwright.project=batches", "batchwright.image=hello"}
    assert (store.variables["DOCKER_HOST"], store.variables["CONTAINER_HOST"]) == ("unix:///the.sock",) * 2


@pytest.mark.parametrize(
    ("kind", "buildx"),
    [("docker", (1, b"buildx")), ("docker", (0, b"Usage:  docker COMMAND")), ("podman", (0, b"buildx"))],
)
def test_the_older_builder_serves_docker_without_buildx_and_podman_has_one(
    root: Path, kind: str, buildx: tuple[int, bytes]
) -> None:
    with_dockerfile(root)
    store = FakeStore(kind=kind)
    store.buildx = buildx
    images(root, store)[0].of(batch(), [], {})

    assert list(store.builds[0][:2]) == [kind, "build"]


def test_a_program_that_is_not_there_is_named(root: Path) -> None:
    with_dockerfile(root)
    (root / "bin/podman").unlink()

    with pytest.raises(StartError, match="the program podman, which builds images, was not found on PATH"):
        images(root, FakeStore())[0].of(batch(), [], {})


@pytest.mark.parametrize(
    ("kind", "instruction", "refused"),
    [
        ("docker", "RUN <<EOF\necho ran\nEOF", True),
        ("docker", "  run cat <<-'EOF' > /f\nx\nEOF", True),
        ("docker", "COPY <<EOF /f\nx\nEOF", True),
        ("docker", 'RUN true && \\\n    cat <<"END" > /f\nx\nEND', True),
        ("docker", "RUN echo $((1<<2)) 1 << 2 && cat <<<word\nCMD cat <<EOF", False),
        ("docker", "# RUN <<EOF", False),
        ("podman", "RUN <<EOF\necho ran\nEOF", False),
    ],
)
def test_a_here_document_is_refused_where_its_lines_would_be_left_out(
    root: Path, kind: str, instruction: str, refused: bool
) -> None:
    with_dockerfile(root, text=f"FROM scratch\n{instruction}\n")
    store = FakeStore(kind=kind)
    found, _ = images(root, store)

    if refused:
        with pytest.raises(StartError, match=r"needs BuildKit[\s\S]*Install Docker's plugin buildx"):
            found.of(batch(), [], {})
    else:
        found.of(batch(), [], {})
    assert bool(store.builds) is not refused


def test_what_only_waits_is_pulled_once_and_said(root: Path) -> None:
    found, notes = images(root, FakeStore(pulls=(PAUSE,)))

    assert [found.pause(), found.pause()] == [PAUSE, PAUSE]
    assert notes.texts == [f"pulling {PAUSE}, once: it holds what the containers of a task share"]
    assert "@sha256:" in PAUSE


def test_without_a_network_it_is_said_what_to_pull(root: Path) -> None:
    found, _ = images(root, FakeStore(kind="docker"))

    with pytest.raises(StartError, match=f"cannot be pulled: no such host. Type docker pull {PAUSE} where there"):
        found.pause()


def test_another_image_that_waits_can_be_named(root: Path) -> None:
    (root / "batchwright.toml").write_text('[local]\npause_image = "mirror/pause:1"\n')
    found, notes = images(root, FakeStore("mirror/pause:1"))

    assert found.pause() == "mirror/pause:1"
    assert notes.texts == []


def test_the_source_of_an_image_may_be_in_another_repository(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other")
    with_dockerfile(root)
    (root / "batchwright.toml").write_text(f'[images.rails]\ncontext = "{other}"\n')
    store = FakeStore()
    found, notes = images(root, store)

    with pytest.raises(StartError, match=f"cannot be built from {other}: .*No such file.*{other}/Dockerfile"):
        found.of(batch(image="rails"), [], {})
    (other / "Dockerfile").write_text("FROM rails\n")
    found.of(batch(image="rails"), [], {})

    assert len(store.builds) == 1
    assert "batchwright.image=rails" in store.builds[0]
    assert notes.texts[0] == f"building the image from {other} ..."


def test_the_dockerfile_of_a_shared_image_is_found_from_both_batches(root: Path) -> None:
    folder = with_dockerfile(root, "other")
    owner = batch("other", image="sales")
    sharing = batch("hello", image="sales", source="batches/other/app")
    apart = batch("hello", image="sales", source=None)

    assert dockerfile_folder(root, owner, [owner, sharing]) == ImageFolder(folder)
    assert dockerfile_folder(root, sharing, []) == ImageFolder(folder)
    assert dockerfile_folder(root, apart, [owner, apart]) == ImageFolder(folder)
    assert dockerfile_folder(root, batch("hello"), [owner]) is None


@pytest.mark.parametrize(
    ("declared_for", "texts"),
    [("X86_64", []), ("ARM64", ["declared for ARM64, and run here on X86_64: on Fargate the image is another"])],
)
def test_another_processor_than_the_declared_one_is_said(
    root: Path, declared_for: Architecture, texts: list[str]
) -> None:
    hello = batch()
    manifest = replace(hello.manifest, architecture=declared_for)
    of_images, notes = images(root, FakeStore("mine:1"))

    of_images.of(replace(hello, manifest=manifest), [], {"main": "mine:1"})

    assert notes.texts == texts


def test_an_image_given_by_its_uri_is_never_built(root: Path) -> None:
    with_dockerfile(root)

    assert dockerfile_folder(root, batch(image=""), []) is None


def test_an_image_by_its_digest_is_pulled_by_it(root: Path) -> None:
    hello = batch()
    pinned = replace(
        hello, manifest=replace(hello.manifest, image=ImageReference(repository="r/hello", tag="sha256:ab"))
    )
    main_container(pinned).pop("image", None)  # type: ignore[attr-defined]
    found, _ = images(root, FakeStore(pulls=("r/hello@sha256:ab",)))

    assert found.of(pinned, [], {})["main"].reference == "r/hello@sha256:ab"


def test_it_is_built_once(root: Path) -> None:
    with_dockerfile(root)
    store = FakeStore()
    found, notes = images(root, store)

    assert found.of(batch(), [], {}) == found.of(batch(), [], {})
    assert len(store.builds) == 1
    assert notes.texts == ["building the image from batches/hello ...", "built in 0.0s"]


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (
            "Step 1/2 : FROM base\nStep 2/2 : RUN false\nsaid\nreturned code: 1",
            r"batches/hello:\n(.*\n)*said\nreturned",
        ),
        ("STEP 2/2: RUN --mount=type=cache x\nError: --mount requires BuildKit.", "Install Docker's plugin buildx"),
        ("#5 RUN false\nERROR: failed to solve: no", "#5 RUN false\nERROR: failed to solve: no"),
    ],
)
def test_a_build_that_fails_is_an_error_with_its_last_lines(root: Path, said: str, message: str) -> None:
    with_dockerfile(root)

    with pytest.raises(StartError, match=message):
        images(root, FakeStore(said=said, code=1))[0].of(batch(), [], {})


@pytest.mark.parametrize(
    "said",
    [
        "Step 1/2 : FROM base\nGet https://registry: no such host",
        "STEP 1/2: FROM base\nError: creating build container: no such host",
        "#2 [internal] load metadata for base\nERROR: failed to solve: base: failed to resolve source metadata",
    ],
)
def test_a_base_image_that_cannot_be_had_is_no_failed_build(root: Path, said: str) -> None:
    with_dockerfile(root)

    with pytest.raises(ImageUnavailableError, match="base"):
        images(root, FakeStore(said=said, code=1))[0].of(batch(), [], {})


@pytest.mark.parametrize(
    ("step", "text", "unavailable"),
    [
        ("FROM base", "whatever", True),
        ("COPY --from=base /a /b", "invalid from flag value base", True),
        ("RUN wget http://x", "no such host", False),
        ("COPY a b", "no such file", False),
        ("", "dial tcp: lookup registry: no such host", True),
        ("", "failed to solve: base: failed to resolve source metadata for docker.io/library/base", True),
        ("", 'failed to solve: process "/bin/sh -c false" did not complete successfully', False),
        ("", "dockerfile parse error: unknown instruction: FORM", False),
    ],
)
def test_which_failures_are_for_want_of_an_image(step: str, text: str, unavailable: bool) -> None:
    assert Built(text, step, ()).unavailable is unavailable


@pytest.mark.parametrize("line", ["Step 2/3 : RUN x", "STEP 2/3: RUN x", "[1/2] STEP 2/3: RUN x"])
def test_the_step_is_read_as_both_engines_say_it(line: str) -> None:
    assert read_build([line, "out", "Error: bad"]) == Built("bad", "RUN x", (line, "out", "Error: bad"))


def test_a_copy_on_this_machine_serves_when_it_cannot_be_pulled_and_that_is_said(root: Path) -> None:
    found, notes = images(root, FakeStore("r/hello:stage-local"))

    assert found.of(batch(), [], {})["main"].reference == "r/hello:stage-local"
    assert "running the copy that is on this machine" in notes.texts[0]


def test_an_image_that_cannot_be_had_is_told(root: Path) -> None:
    found, _ = images(root, FakeStore())

    with pytest.raises(ImageUnavailableError, match="r/hello:stage-local cannot be pulled: no such host"):
        found.of(batch(), [], {})


def test_a_given_image_is_used_as_it_is(root: Path) -> None:
    with_dockerfile(root)
    store = FakeStore("mine:1", "side:1")
    found, _ = images(root, store)
    by_container = found.of(batch("hello", {"name": "side", "image": "side:1"}), [], {"main": "mine:1"})

    assert {name: facts.reference for name, facts in by_container.items()} == {"main": "mine:1", "side": "side:1"}
    assert store.builds == []


@pytest.mark.parametrize(("container", "left_out"), [("main", ""), ("side", "; --without side leaves it out")])
def test_only_a_sidecar_can_be_left_out_for_want_of_its_image(root: Path, container: str, left_out: str) -> None:
    given = {"main": "mine:1", "side": "side:1"} | {container: "gone:1"}
    found, _ = images(root, FakeStore("mine:1", "side:1"))

    with pytest.raises(
        ImageUnavailableError, match=f"gone:1, is not here and cannot be pulled: no such host{left_out}$"
    ):
        found.of(batch("hello", {"name": "side", "image": "side:1"}), [], given)


def test_a_sidecars_image_that_only_aws_knows_can_be_given(root: Path) -> None:
    store = FakeStore("mine:1", "side:1")
    found, _ = images(root, store)
    hello = batch("hello", {"name": "side", "image": {"unresolved": "Ref Q"}})

    with pytest.raises(ImageUnavailableError, match=r"known to AWS only \(Ref Q\); --image side=REFERENCE"):
        found.of(hello, [], {"main": "mine:1"})
    assert found.of(hello, [], {"main": "mine:1", "side": "side:1"})["side"].reference == "side:1"
