"""The images of a task: built from the batch's folder, pulled, or given."""

from collections.abc import Iterable, Mapping
from typing import Any

from batchwright_runner.contract.batch_file import unresolved
from batchwright_runner.contract.duration import format_duration
from batchwright_runner.contract.sizes import IMAGE_ARCHITECTURES
from batchwright_runner.errors import StartError
from batchwright_runner.host.runs.signals import Waiter
from batchwright_runner.host.settings.project import Project
from batchwright_runner.host.terminal.console import Tell
from batchwright_runner.workbench.local.containers.build import BuildContext, build_context, build_image
from batchwright_runner.workbench.local.containers.cleanup import PROJECT
from batchwright_runner.workbench.local.containers.client import Engine
from batchwright_runner.workbench.local.containers.engine import (
    SHOWN_LINES,
    Built,
    EngineError,
    ImageFacts,
    read_progress,
)
from batchwright_runner.workbench.project.batches import DeclaredBatch
from batchwright_runner.workbench.project.image_folder import DOCKERFILE, ImageFolder, dockerfile_folder, image_folder

IMAGE = "batchwright.image"
REPOSITORY = "batchwright-local"
TEMPORARY = "Temporary files are in TMPDIR, or in /tmp"


class ImageUnavailableError(Exception):
    """An image is not available on this machine now: nothing to build it from, and nothing to pull."""


class Images:
    """Finds images."""

    def __init__(
        self, engine: Engine, project: Project, environment: Mapping[str, str], tell: Tell, waiter: Waiter
    ) -> None:
        self._engine = engine
        self._project = project
        self._environment = environment
        self._tell = tell
        self._waiter = waiter

    def of(
        self, batch: DeclaredBatch, siblings: Iterable[DeclaredBatch], replacements: Mapping[str, str]
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
        self._tell_other_processor(batch, images[batch.manifest.container])
        return images

    def _tell_other_processor(self, batch: DeclaredBatch, main: ImageFacts) -> None:
        here, declared = IMAGE_ARCHITECTURES.get(main.architecture), batch.manifest.architecture
        if here is not None and here != declared:
            self._tell.note(f"declared for {declared}, and run here on {here}: on Fargate the image is another")

    def _main(self, batch: DeclaredBatch, siblings: Iterable[DeclaredBatch]) -> ImageFacts:
        root = self._project.root
        elsewhere = image_folder(batch.manifest.image.name, folder=root, environment=self._environment)
        folder = elsewhere or dockerfile_folder(root, batch, siblings)
        if folder is not None:
            return self._built(batch, folder)
        image = batch.manifest.image
        declared = batch.main.get("image")
        reference = declared if isinstance(declared, str) and declared else image.uri
        problem = self._pulled(reference)
        facts = self._engine.image(reference)
        if facts is None:
            raise ImageUnavailableError(
                f"there is no {DOCKERFILE} in the folder of its image, and {reference} cannot be pulled: {problem}"
            )
        if problem:
            self._tell.note(f"{reference} cannot be pulled: {problem}\nrunning the copy that is on this machine")
        return facts

    def _present_or_pulled(self, reference: str, batch: DeclaredBatch, container: str) -> ImageFacts:
        facts = self._engine.image(reference)
        problem = "" if facts is not None else self._pulled(reference)
        facts = facts or self._engine.image(reference)
        if facts is None:
            problem = f"the image of container {container}, {reference}, is not here and cannot be pulled: {problem}"
            leaves_out = f"; --without {container} leaves it out" if container != batch.manifest.container else ""
            raise ImageUnavailableError(f"{problem}{leaves_out}")
        return facts

    def _pulled(self, reference: str) -> str:
        try:
            return read_progress(self._engine.pull(reference)).error
        except EngineError as error:
            return str(error)

    def _built(self, batch: DeclaredBatch, folder: ImageFolder) -> ImageFacts:
        shown = self._project.shown(folder.context)
        try:
            context = build_context(folder)
        except OSError as error:
            raise StartError(f"the image cannot be built from {shown}: {error}") from error
        tag = image_tag(batch, context)
        facts = self._engine.image(tag)
        if facts is not None:
            return facts
        begun = self._waiter.now()
        self._tell.note(f"building the image from {shown} ...")
        self._build(batch, context, tag, shown)
        facts = self._engine.image(tag)
        if facts is None:
            raise StartError(f"the image cannot be built from {shown}: the engine said it was, and does not have it")
        self._tell.note(f"built in {format_duration(self._waiter.now() - begun)}")
        return facts

    def _build(self, batch: DeclaredBatch, context: BuildContext, tag: str, shown: str) -> None:
        labels = {PROJECT: batch.manifest.project, IMAGE: image_name(batch)}
        try:
            built = read_progress(build_image(self._engine, self._environment, context, tag=tag, labels=labels))
        except EngineError as error:
            built = Built(str(error), "", ())
        except OSError as error:
            raise StartError(
                f"the image cannot be built from {shown}: {error}", hint=TEMPORARY, again="safe"
            ) from error
        if built.unavailable:
            raise ImageUnavailableError(
                ": ".join(filter(None, (f"the image cannot be built from {shown}", built.step, built.error)))
            )
        if built.error:
            text = "\n".join([*built.lines[-SHOWN_LINES:], built.error])
            hint = "\nInstall Docker's plugin buildx, which has it" if "buildkit" in text.lower() else ""
            raise StartError(f"the image cannot be built from {shown}:\n{text}{hint}")


def image_name(batch: DeclaredBatch) -> str:
    """The image's name."""
    return batch.manifest.image.name or batch.manifest.batch


def image_tag(batch: DeclaredBatch, context: BuildContext) -> str:
    """What a built image is called: the same files give the same name, so it is built only when something changed."""
    return f"{REPOSITORY}/{batch.manifest.project}/{image_name(batch)}:{context.fingerprint}".lower()


def _declared(definition: Mapping[str, Any], name: str) -> str:
    image = definition.get("image")
    if isinstance(image, str) and image:
        return image
    source = f" ({unresolved(image)})" if unresolved(image) else ""
    raise ImageUnavailableError(
        f"the image of container {name} is known to AWS only{source}; --image {name}=REFERENCE names one, "
        f"--without {name} leaves it out"
    )
