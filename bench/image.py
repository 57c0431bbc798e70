"""What an image's size and packing cost at every start: pull and start, gzip against zstd, plain against slim.

    make bench        or: python bench/image.py [--runs 5]

Needs root, Docker (dockerd, docker with buildx) and debootstrap; says so where one is missing. Nothing is pulled from
outside: both images are built from a minimal Debian that debootstrap makes. Builder, registry and the daemon that pulls
are this benchmark's own, and gone at the end. The daemon keeps images in containerd, as Fargate does, and holds nothing
when a pull begins.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from daemon import Daemon, daemon, missing
from machine import describe, spread

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.fake_aws.services.image_store import ImageStore, Repository
from tests.fake_aws.services.oci_registry import OciRegistry

SOURCE = Path(__file__).parent / "image"
IMAGES = ("plain", "slim")
PACKED = ("gzip", "zstd")
EMPTY_WITHIN = 60.0


@dataclass
class Case:
    """An image, packed in one way.

    Attributes:
        image: ``plain`` or ``slim``.
        packed: ``gzip`` or ``zstd``.
        pulls: Seconds of each pull.
        starts: Seconds from each start to the end of the program.
    """

    image: str
    packed: str
    pulls: list[float] = field(default_factory=list)
    starts: list[float] = field(default_factory=list)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    lacking = missing()
    if lacking:
        print(f"bench: images are not measured: {', '.join(lacking)} missing")
        return
    store = ImageStore()
    cases = [Case(image, packed) for image in IMAGES for packed in PACKED]
    with tempfile.TemporaryDirectory(prefix="bench-image-") as folder, OciRegistry(store) as registry:
        with daemon(Path(folder, "builder"), registry.host) as builder:
            unpacked = build(builder, Path(folder), registry.host, cases)
        with daemon(Path(folder, "puller"), registry.host) as puller:
            version = puller.docker("version", "--format", "{{.Server.Version}}")
            print(f"{describe()}, Docker {version}, gzip unpacked by {'unpigz' if shutil.which('unpigz') else 'Go'}")
            for run in range(options.runs + 1):  # the first one warms up, and does not count
                for case in cases if run % 2 else reversed(cases):
                    measure(puller, registry.host, case, counts=run > 0)
    show(cases, store, unpacked, options.runs)


def build(builder: Daemon, folder: Path, registry: str, cases: list[Case]) -> dict[str, int]:
    """Builds the images and pushes each packed in both ways. Returns the bytes of their files."""
    context = folder / "context"
    shutil.copytree(SOURCE, context)
    command = ["debootstrap", "--variant=minbase", "--include=python3", "stable", folder / "rootfs"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"bench: debootstrap ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr}")
    subprocess.run(["tar", "-C", folder / "rootfs", "-cf", context / "rootfs.tar", "."], check=True)
    for case in cases:
        output = f"type=image,name={registry}/{case.image}:{case.packed},push=true,oci-mediatypes=true"
        output += f",compression={case.packed},force-compression=true"
        builder.docker(
            "buildx", "build", "--provenance=false", "--target", case.image, "--output", output, str(context)
        )
    return {image: files(builder, context, folder / image, image) for image in IMAGES}


def files(builder: Daemon, context: Path, target: Path, image: str) -> int:
    """The bytes of an image's files."""
    output = f"type=tar,dest={target}.tar"
    builder.docker("buildx", "build", "--provenance=false", "--target", image, "--output", output, str(context))
    return Path(f"{target}.tar").stat().st_size


def measure(puller: Daemon, registry: str, case: Case, *, counts: bool) -> None:
    """Pulls and starts an image once, and removes it."""
    name = f"{registry}/{case.image}:{case.packed}"
    until = time.monotonic() + EMPTY_WITHIN
    while puller.blobs():
        if time.monotonic() > until:
            sys.exit(f"bench: the daemon still holds {puller.blobs()} blobs, so that a pull would not be one")
        time.sleep(0.1)
    began = time.monotonic()
    puller.docker("pull", "--quiet", name)
    pulled = time.monotonic()
    answer = puller.docker("run", "--rm", "--network=none", name)
    ended = time.monotonic()
    if not answer.startswith("started"):
        sys.exit(f"bench: {name} did not start, but printed {answer!r}")
    if not puller.blobs():
        sys.exit("bench: the daemon keeps blobs elsewhere, so that no pull can be measured")
    puller.docker("image", "rm", "--force", name)
    if counts:
        case.pulls.append(pulled - began)
        case.starts.append(ended - pulled)


def show(cases: list[Case], store: ImageStore, unpacked: dict[str, int], runs: int) -> None:
    """Prints the medians."""
    print(f"pull from a registry on this machine, then start to end; median of {runs}, in turn; seconds (min-max)")
    print(f"{'image':<6} {'packed':<6} {'layers':>9} {'files':>9} {'pull':>20} {'start':>20} {'both':>6}")
    for case in cases:
        sizes = (
            f"{layers(store.repository(case.image), case.packed) / 1e6:.1f} MB",
            f"{unpacked[case.image] / 1e6:.0f} MB",
        )
        both = median(pull + start for pull, start in zip(case.pulls, case.starts, strict=True))
        print(
            f"{case.image:<6} {case.packed:<6} {sizes[0]:>9} {sizes[1]:>9} {spread(case.pulls):>20} "
            f"{spread(case.starts):>20} {both:>6.2f}",
            flush=True,
        )


def layers(repository: Repository, tag: str) -> int:
    """The bytes that a pull of a tag reads; ends the benchmark where its layers are packed in another way."""
    stored = repository.find(tag)
    assert stored
    layers = json.loads(stored.body)["layers"]
    if not all(layer["mediaType"].endswith(f"+{tag}") for layer in layers):
        sys.exit(f"bench: {repository.name}:{tag} is not packed with {tag}: {layers}")
    return sum(layer["size"] for layer in layers)


if __name__ == "__main__":
    main()
