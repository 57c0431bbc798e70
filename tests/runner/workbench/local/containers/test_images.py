import os
import tarfile
import tracemalloc
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import pytest

from batchwright_runner.contract.manifest import ImageReference
from batchwright_runner.contract.sizes import Architecture
from batchwright_runner.errors import StartError
from batchwright_runner.host.settings.project import Project
from batchwright_runner.workbench.local.containers.build import BuildContext, build_context
from batchwright_runner.workbench.local.containers.client import Engine
from batchwright_runner.workbench.local.containers.engine import Built, EngineError, ImageFacts, read_progress
from batchwright_runner.workbench.local.containers.images import Images, ImageUnavailableError, image_tag
from batchwright_runner.workbench.project.batches import DeclaredBatch
from batchwright_runner.workbench.project.image_folder import ImageFolder, dockerfile_folder
from tests.kit.fakes import FakeWaiter, Notes
from tests.kit.projects import batch_of, declared

OK = {"stream": "Successfully built\n"}


def batch(
    name: str = "hello", *sidecars: Mapping[str, Any], image: str | None = None, **changes: str | None
) -> DeclaredBatch:
    named = {"name": name if image is None else image, "repository": "r/hello", "tag": "stage-local"}
    data = declared(name, "x", manifest={"image": named}, sidecars=sidecars) | changes
    return batch_of(data)


class FakeStore(Engine):
    """An engine that has some images, can pull others, and builds as it is told."""

    def __init__(
        self, *present: str, pulls: tuple[str, ...] = (), built: tuple[Mapping[str, Any], ...] = (OK,)
    ) -> None:
        self.kind, self.address, self.architecture = "podman", "unix:///nowhere", "amd64"
        self.present = set(present)
        self.pulls = pulls
        self.built = built
        self.builds: list[str] = []
        self.labels: Mapping[str, str] = {}

    def image(self, reference: str) -> ImageFacts | None:
        return ImageFacts(reference=reference, architecture=self.architecture) if reference in self.present else None

    def pull(self, reference: str) -> Iterator[Mapping[str, Any]]:
        if reference not in self.pulls:
            raise EngineError("no such host")
        self.present.add(reference)
        yield {"status": "Downloaded"}

    def build(
        self, context: IO[bytes], *, dockerfile: str, tag: str, labels: Mapping[str, str]
    ) -> Iterator[Mapping[str, Any]]:
        del context, dockerfile
        self.builds.append(tag)
        self.labels = labels
        if not any("error" in event for event in self.built):
            self.present.add(tag)
        yield from self.built


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("hello", "other"):
        (tmp_path / "batches" / name / "app").mkdir(parents=True)
    return tmp_path


def with_dockerfile(root: Path, name: str = "hello", text: str = "FROM scratch\n") -> Path:
    (root / "batches" / name / "Dockerfile").write_text(text)
    return root / "batches" / name


def images(root: Path, store: FakeStore) -> tuple[Images, Notes]:
    notes = Notes()
    return Images(store, Project(root, "true", {}), {}, notes, FakeWaiter()), notes


def error(text: str) -> dict[str, Any]:
    return {"error": text, "errorDetail": {"message": text}}


def test_a_file_that_is_larger_than_the_memory_is_read_piece_by_piece(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    with (tmp_path / "large").open("wb") as stream:
        stream.truncate(64 * 1024 * 1024)  # a sparse one
    build_context(ImageFolder(tmp_path))  # loads the SDK

    tracemalloc.start()
    try:
        context = build_context(ImageFolder(tmp_path))
        with context.tar() as tar:
            assert tar.seek(0, os.SEEK_END) > 64 * 1024 * 1024
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 8 * 1024 * 1024


def test_the_same_files_have_the_same_tag_and_any_change_another(root: Path) -> None:
    folder = with_dockerfile(root)
    (folder / "app" / "run.py").write_text("1")
    first = image_tag(batch(), build_context(ImageFolder(folder)))

    assert first.startswith("batchwright-local/batches/hello:")
    assert image_tag(batch(), build_context(ImageFolder(folder))) == first
    (folder / "app" / "run.py").write_text("2")
    changed = image_tag(batch(), build_context(ImageFolder(folder)))
    (folder / "app" / "run.py").chmod(0o755)
    executable = image_tag(batch(), build_context(ImageFolder(folder)))
    (folder / "Dockerfile").write_text("FROM scratch\nUSER 1\n")
    assert len({first, changed, executable, image_tag(batch(), build_context(ImageFolder(folder)))}) == 4


def test_neither_git_nor_the_values_of_a_batch_nor_what_dockerignore_names_is_sent(root: Path) -> None:
    left = (
        ".git/config",
        "sub/.git",
        ".batchwright/assembly/a.json",
        "sub/.batchwright/permissions/p.json",
        "batches/hello/local.env",
        "a.md",
        "tests/t.py",
        "local.env",
    )
    sent = ("Dockerfile", "batches/hello/batch.py", "config/local.env")  # the last is of no batch
    for name in (*left, *sent):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("")
    (root / ".dockerignore").write_text("# tests\n*.md\ntests\n")

    files = set(build_context(ImageFolder(root)).files)

    assert set(sent) <= files
    assert not {".git", *left} & files


@pytest.mark.parametrize(
    "pattern", ["\ufeffb.txt".encode(), "# 除外".encode("shift_jis") + b"\nb.txt", b"\xff.txt\nb.txt"]
)
def test_a_dockerignore_need_not_be_utf_8_and_may_begin_with_its_mark(root: Path, pattern: bytes) -> None:
    for name in ("Dockerfile", "a.txt", "b.txt"):
        (root / name).write_text("")
    (root / ".dockerignore").write_bytes(pattern)

    files = build_context(ImageFolder(root)).files

    assert "a.txt" in files
    assert "b.txt" not in files


def names_in(context: BuildContext) -> list[str]:
    with context.tar() as tar, tarfile.open(fileobj=tar) as opened:
        return opened.getnames()


def test_a_dockerfile_in_a_folder_of_its_own_is_sent_under_its_name(root: Path) -> None:
    (root / "docker").mkdir()
    (root / "docker/batch").write_text("FROM scratch\n")
    (root / ".dockerignore").write_text("docker\n")
    context = build_context(ImageFolder(root, root / "docker/batch"))

    assert context.dockerfile == "docker/batch"
    assert "docker/batch" in names_in(context)


def test_a_dockerfile_outside_the_folder_is_sent_too(root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "batch.Dockerfile"
    outside.write_text("FROM scratch\n")
    folder = root / "batches/hello"
    first = build_context(ImageFolder(folder, outside))
    outside.write_text("FROM other\n")

    assert first.dockerfile in names_in(first)
    assert build_context(ImageFolder(folder, outside)).fingerprint != first.fingerprint


def test_another_dockerfile_of_the_same_files_makes_another_image(root: Path) -> None:
    for name in ("a", "b"):
        (root / name).write_text("FROM scratch\n")

    assert build_context(ImageFolder(root, root / "a")).fingerprint != (
        build_context(ImageFolder(root, root / "b")).fingerprint
    )


def test_a_dockerfiles_own_ignore_file_counts_instead_of_the_folders(root: Path) -> None:
    folder = with_dockerfile(root)
    for name, text in ((".dockerignore", "app\n"), ("Dockerfile.dockerignore", "x\n"), ("x", ""), ("app/y", "")):
        (folder / name).write_text(text)

    files = set(build_context(ImageFolder(folder)).files)

    assert "app/y" in files
    assert not {"x", ".dockerignore"} & files


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
    assert store.labels["batchwright.image"] == "rails"
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
    pinned.main.pop("image", None)  # type: ignore[attr-defined]
    found, _ = images(root, FakeStore(pulls=("r/hello@sha256:ab",)))

    assert found.of(pinned, [], {})["main"].reference == "r/hello@sha256:ab"


def test_it_is_built_once(root: Path) -> None:
    with_dockerfile(root)
    store = FakeStore()
    found, notes = images(root, store)

    assert found.of(batch(), [], {}) == found.of(batch(), [], {})
    assert len(store.builds) == 1
    assert store.labels == {"batchwright.project": "batches", "batchwright.image": "hello"}
    assert notes.texts == ["building the image from batches/hello ...", "built in 0.0s"]


@pytest.mark.parametrize(
    ("step", "failure", "message"),
    [
        ("RUN false", "returned a non-zero code: 1", r"(?s)batches/hello:\n.*said\nreturned a non-zero code: 1"),
        ("RUN --mount=type=cache x", "the --mount option requires BuildKit.", "Install Docker's plugin buildx"),
    ],
)
def test_a_build_that_fails_is_an_error_with_its_last_lines(root: Path, step: str, failure: str, message: str) -> None:
    with_dockerfile(root)
    events = ({"stream": "Step 1/2 : FROM base\n"}, {"stream": f"Step 2/2 : {step}\n"}, {"stream": "said\n"})
    found, _ = images(root, FakeStore(built=(*events, error(failure))))

    with pytest.raises(StartError, match=message):
        found.of(batch(), [], {})


def test_a_base_image_that_cannot_be_had_is_no_failed_build(root: Path) -> None:
    with_dockerfile(root)
    found, _ = images(root, FakeStore(built=({"stream": "Step 1/2 : FROM base\n"}, error("no such host"))))

    with pytest.raises(ImageUnavailableError, match="FROM base: no such host"):
        found.of(batch(), [], {})


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
        ("FROM base", "", False),
    ],
)
def test_which_failures_are_for_want_of_an_image(step: str, text: str, unavailable: bool) -> None:
    assert Built(text, step, ()).unavailable is unavailable


@pytest.mark.parametrize("line", ["Step 2/3 : RUN x", "STEP 2/3: RUN x", "[1/2] STEP 2/3: RUN x"])
def test_the_step_is_read_as_both_engines_say_it(line: str) -> None:
    events: list[Mapping[str, Any]] = [{"stream": f"{line}\n"}, {"stream": "out\n"}, error("bad")]

    assert read_progress(iter(events)) == Built("bad", "RUN x", (line, "out"))


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


def test_a_context_that_cannot_be_packed_is_a_failed_start(root: Path) -> None:
    dockerfile = with_dockerfile(root) / "Dockerfile"

    class Vanishing(FakeStore):
        def image(self, reference: str) -> ImageFacts | None:
            dockerfile.unlink(missing_ok=True)
            return super().image(reference)

    with pytest.raises(StartError, match=r"the image cannot be built from batches/hello: .*No such file"):
        images(root, Vanishing())[0].of(batch(), [], {})
