"""The images of a task: built from the batch's folder, pulled, or given."""

import hashlib
import os
import re
import shutil
import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from subprocess import DEVNULL, PIPE, STDOUT, CompletedProcess, run
from tempfile import TemporaryDirectory
from typing import Any

from batchwright_runner.contract.batch_file import DECLARATION, VALUES_FILE, BatchFile, unresolved
from batchwright_runner.contract.duration import format_duration
from batchwright_runner.contract.sizes import IMAGE_ARCHITECTURES
from batchwright_runner.errors import StartError
from batchwright_runner.host.runs.signals import Waiter
from batchwright_runner.host.settings.batchwright_toml import read_toml
from batchwright_runner.host.settings.project import Project
from batchwright_runner.host.terminal.console import Tell
from batchwright_runner.workbench.images.build_commands import Build
from batchwright_runner.workbench.local.containers.client import Engine
from batchwright_runner.workbench.local.containers.engine import Built, EngineError, ImageFacts, read_build, read_pull
from batchwright_runner.workbench.local.containers.ground import PROJECT
from batchwright_runner.workbench.project.batches import main_container
from batchwright_runner.workbench.project.image_folder import DOCKERFILE, ImageFolder, dockerfile_folder, image_folder

Run = Callable[[Sequence[str], Mapping[str, str]], "CompletedProcess[bytes]"]
IMAGE = "batchwright.image"
REPOSITORY = "batchwright-local"
TEMPORARY = "Temporary files are in TMPDIR, or in /tmp"
PAUSE = "registry.k8s.io/pause@sha256:ee6521f290b2168b6e0935a181d4cff9be1ac3f505666ef0e3c98fae8199917a"
"""What holds a network or a volume: Kubernetes' own of version 3.10, which only waits, for each CPU (2026-12)."""
NO_HERE_DOCUMENT = "a here-document (<<EOF) needs BuildKit: Docker's older builder would leave its lines out"
_HERE_DOCUMENT = re.compile(
    rb"^[ \t]*(?:RUN|COPY|ADD)(?:[^\n]*\\\r?\n)*[^\n]*\s\d*<<-?[\"']?[A-Za-z_]", re.MULTILINE | re.IGNORECASE
)


class ImageUnavailableError(Exception):
    """An image is not available on this machine now: nothing to build it from, and nothing to pull."""


@dataclass(frozen=True, slots=True)
class Images:
    """Finds images."""

    engine: Engine
    project: Project
    environment: Mapping[str, str]
    tell: Tell
    waiter: Waiter
    # Runs a program with variables
    run: Run

    def of(
        self, batch: BatchFile, siblings: Iterable[BatchFile], replacements: Mapping[str, str]
    ) -> dict[str, ImageFacts]:
        """The image of each container of a batch."""
        images: dict[str, ImageFacts] = {}
        for definition in batch.containers:
            name = str(definition.get("name"))
            if name == batch.manifest.container and name not in replacements:
                images[name] = self._main(batch, siblings)
            else:
                reference = replacements.get(name) or _declared(definition, name)
                images[name] = self._present_or_pulled(reference, batch, name)
        main, declared = images[batch.manifest.container], batch.manifest.architecture
        if (here := IMAGE_ARCHITECTURES.get(main.architecture, declared)) != declared:
            self.tell.note(f"declared for {declared}, and run here on {here}: on Fargate the image is another")
        return images

    def pause(self) -> str:
        """The image of a container that only waits, pulled where it is missing."""
        toml = read_toml(self.project.root, self.environment)
        reference = str(toml.table("local").get("pause_image") or PAUSE)
        if self.engine.image(reference) is not None:
            return reference
        self.tell.note(f"pulling {reference}, once: it holds what the containers of a task share")
        problem = self._pulled(reference)
        if self.engine.image(reference) is None:
            pull = f"{self.engine.kind} pull {reference}"
            raise StartError(
                f"nothing can hold what the containers of the task share: {reference} cannot be pulled: {problem}",
                hint=f"Type {pull} where there is a network; or name a copy in batchwright.toml: [local] pause_image",
                again="safe",
            )
        return reference

    def _main(self, batch: BatchFile, siblings: Iterable[BatchFile]) -> ImageFacts:
        root = self.project.root
        elsewhere = image_folder(batch.manifest.image.name, folder=root, environment=self.environment)
        folder = elsewhere or dockerfile_folder(root, batch, siblings)
        if folder is not None:
            return self._built(batch, folder)
        declared = main_container(batch).get("image")
        reference = declared if isinstance(declared, str) and declared else batch.manifest.image.uri
        problem = self._pulled(reference)
        facts = self.engine.image(reference)
        if facts is None:
            raise ImageUnavailableError(
                f"there is no {DOCKERFILE} in the folder of its image, and {reference} cannot be pulled: {problem}"
            )
        if problem:
            self.tell.note(f"{reference} cannot be pulled: {problem}\nrunning the copy that is on this machine")
        return facts

    def _present_or_pulled(self, reference: str, batch: BatchFile, container: str) -> ImageFacts:
        facts = self.engine.image(reference)
        problem = "" if facts is not None else self._pulled(reference)
        facts = facts or self.engine.image(reference)
        if facts is None:
            problem = f"the image of container {container}, {reference}, is not here and cannot be pulled: {problem}"
            leaves_out = f"; --without {container} leaves it out" if container != batch.manifest.container else ""
            raise ImageUnavailableError(f"{problem}{leaves_out}")
        return facts

    def _pulled(self, reference: str) -> str:
        try:
            return read_pull(self.engine.pull(reference))
        except EngineError as error:
            return str(error)

    def _built(self, batch: BatchFile, folder: ImageFolder) -> ImageFacts:
        shown = self.project.shown(folder.context)
        failed, hint = f"the image cannot be built from {shown}", ""
        try:
            tag = image_tag(batch, folder)
            facts = self.engine.image(tag)
            if facts is not None:
                return facts
            begun, hint = self.waiter.now(), TEMPORARY
            self.tell.note(f"building the image from {shown} ...")
            with TemporaryDirectory(prefix="batchwright-") as scratch:
                problem = self._build(batch, folder, tag, Path(scratch))
        except (OSError, shutil.Error) as error:
            raise StartError(f"{failed}: {error}", hint=hint, again="safe") from error
        if problem is not None and problem.unavailable:
            raise ImageUnavailableError(": ".join(filter(None, (failed, problem.step, problem.error))))
        facts = self.engine.image(tag)
        if problem is not None or facts is None:
            raise StartError(
                f"{failed}:\n{problem.text if problem else 'the engine said it was, and does not have it'}"
            )
        self.tell.note(f"built in {format_duration(self.waiter.now() - begun)}")
        return facts

    def _build(self, batch: BatchFile, folder: ImageFolder, tag: str, scratch: Path) -> Built | None:
        """Builds it by the engine's own program; none where that succeeded."""
        engine, (context, dockerfile) = self.engine, write_folder(folder, scratch)
        program = shutil.which(engine.kind, path=self.environment.get("PATH"))
        if program is None:
            return Built(f"the program {engine.kind}, which builds images, was not found on PATH")
        # The engine that was found, whatever Docker's context is.
        variables = {**self.environment, "DOCKER_HOST": engine.address, "CONTAINER_HOST": engine.address}
        variables |= {"BUILDX_BUILDER": "default", "BUILDKIT_PROGRESS": "plain"}
        asked = self.run([program, "buildx", "version"], variables)  # an old Docker may answer with its help
        buildx = engine.kind == "docker" and asked.returncode == 0 and b"buildx" in asked.stdout
        if engine.kind == "docker" and not buildx and _HERE_DOCUMENT.search(dockerfile.read_bytes()):
            return Built(NO_HERE_DOCUMENT)
        build = Build(
            engine=engine.kind,
            buildx=buildx,
            reference=tag,
            platform=f"linux/{engine.architecture}",
            context=str(context),
            id_file=str(scratch / "id"),
            file=str(dockerfile),
        )
        marks = ["--label", f"{PROJECT}={batch.manifest.project}", "--label", f"{IMAGE}={image_name(batch)}"]
        marks += [] if buildx else ["--force-rm"]  # what a failed step leaves
        done = self.run([*build.build_command[:-1], *marks, build.context], variables)
        return None if done.returncode == 0 else read_build(done.stdout.decode("utf-8", "replace").splitlines())


def run_program(command: Sequence[str], variables: Mapping[str, str]) -> "CompletedProcess[bytes]":
    """Runs a program without input, and takes what it says."""
    return run(command, env=variables, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT, check=False)


def image_name(batch: BatchFile) -> str:
    """The image's name."""
    return batch.manifest.image.name or batch.manifest.batch


def image_tag(batch: BatchFile, folder: ImageFolder) -> str:
    """What a built image is called: unchanged files give the same name, so it is built only when something changed.

    Files are compared by size and time, as BuildKit does. Those that .dockerignore names count too.
    """
    own = folder.dockerfile or folder.context / DOCKERFILE
    digest = hashlib.sha256(f"{own}\n{_stamp(own)}".encode("utf-8", "surrogateescape"))
    for at, folders, names in os.walk(folder.context, onerror=_raise):
        left_out = _left_out(folder.context, at, [*folders, *names])
        folders[:] = sorted(name for name in folders if name not in left_out)
        for path in (Path(at, name) for name in sorted({*folders, *names} - left_out)):
            digest.update(f"{path.relative_to(folder.context)}\0{_stamp(path)}\n".encode("utf-8", "surrogateescape"))
    return f"{REPOSITORY}/{batch.manifest.project}/{image_name(batch)}:{digest.hexdigest()[:16]}".lower()


def _raise(error: OSError) -> None:
    raise error


def _stamp(path: Path) -> str:
    status = path.lstat()
    if stat.S_ISDIR(status.st_mode):
        return f"{status.st_mode:o}"  # its time changes with what is left out of it
    link = str(path.readlink()) if stat.S_ISLNK(status.st_mode) else ""
    return f"{status.st_mode:o} {status.st_size} {status.st_mtime_ns} {link}"


def write_folder(folder: ImageFolder, scratch: Path) -> tuple[Path, Path]:
    """Writes what is built to an empty folder: all but git's own files, this runner's, and the values of local runs.

    Returns the folder, and the Dockerfile with its own .dockerignore beside it.
    """
    tree, given = scratch / "tree", folder.dockerfile or folder.context / DOCKERFILE
    left_out = partial(_left_out, folder.context)
    shutil.copytree(folder.context, tree, symlinks=True, ignore=left_out, copy_function=_link_or_copy)
    if given.is_relative_to(folder.context):
        return tree, tree / given.relative_to(folder.context)
    for path in given.parent.glob(f"{given.name}*"):
        if path.name in (given.name, f"{given.name}.dockerignore"):
            shutil.copy2(path, scratch)
    return tree, scratch / given.name


def _left_out(top: Path, at: str, names: Sequence[str]) -> set[str]:
    values = {VALUES_FILE} if Path(at) == top or DECLARATION in names else set[str]()
    return {name for name in names if name in (".git", ".batchwright", *values) or Path(at, name).is_socket()}


def _link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:  # on another disk, or of another user
        shutil.copy2(source, target, follow_symlinks=False)


def _declared(definition: Mapping[str, Any], name: str) -> str:
    image = definition.get("image")
    if isinstance(image, str) and image:
        return image
    source = f" ({unresolved(image)})" if unresolved(image) else ""
    raise ImageUnavailableError(
        f"the image of container {name} is known to AWS only{source}; --image {name}=REFERENCE names one, "
        f"--without {name} leaves it out"
    )
