"""What is verified: a deployed batch, its manifest beside its task definition."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from batchwright_runner.contract.manifest import BatchManifest, ImageReference
from batchwright_runner.contract.names import FILES_CONTAINER, registry_place
from batchwright_runner.contract.pauses import Pause
from batchwright_runner.contract.stop_reasons import start_advice
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from batchwright_runner.host.finding import Finding, Status
from batchwright_runner.host.stage.task_definitions import StoredAt, Variable, variables_of
from batchwright_runner.host.terminal.text import sentence
from batchwright_runner.host.verify.look import StageQuestions


@dataclass(frozen=True, slots=True)
class Pulled:
    """An image that a task pulls."""

    # The image; with a name where it is one of the project's registry
    image: ImageReference
    # The container that it is of. Default: the main one.
    container: str = ""

    @property
    def place(self) -> tuple[str, str] | None:
        """Account and region of its registry; none where that is not ECR."""
        return registry_place(self.host)

    @property
    def host(self) -> str:
        """The host of its registry; empty for Docker Hub, which an image names by naming none."""
        first, slash, _ = self.image.repository.partition("/")
        return first if slash and (first == "localhost" or "." in first or ":" in first) else ""

    @property
    def repository(self) -> str:
        """The name of its repository there."""
        return self.image.repository.removeprefix(f"{self.host}/")


def main_image(manifest: BatchManifest) -> Pulled | None:
    """What the main container runs, as the manifest says it; none where it does not say. Pure."""
    if not manifest.image.repository:
        return None
    return Pulled(replace(ImageReference.from_uri(manifest.image.uri), name=manifest.image.name))


def other_images(manifest: BatchManifest, definition: Mapping[str, Any]) -> Iterator[Pulled]:
    """What a task definition runs beside the image that the manifest says, each image once. Pure."""
    main = main_image(manifest)
    seen = {main.image.uri if main else ""}
    for container in definition.get("containerDefinitions", []):
        image = ImageReference.from_uri(str(container.get("image", "")))
        if (main and container["name"] == manifest.container) or image.uri in seen:
            continue
        seen.add(image.uri)
        name = manifest.files_image if container["name"] == FILES_CONTAINER else ""
        yield Pulled(replace(image, name=name), container["name"])


class Findings(ABC):
    """Makes the findings of a check about a batch or a workflow."""

    check = ""
    """The name of the check."""

    @property
    @abstractmethod
    def about(self) -> str:
        """Its name."""

    def ok(self, what: str) -> Finding:
        """It is as it has to be."""
        return self._finding(Status.OK, what)

    def warn(self, what: str, advice: str = "") -> Finding:
        """A run starts, and this is worth a look."""
        return self._finding(Status.WARN, what, advice)

    def fail(self, what: str, advice: str = "") -> Finding:
        """A run would not start, or not as declared."""
        return self._finding(Status.FAIL, what, advice)

    def unknown(self, what: str, advice: str = "") -> Finding:
        """It was not looked at."""
        return self._finding(Status.UNKNOWN, what, advice)

    def _finding(self, status: Status, what: str, advice: str = "") -> Finding:
        return Finding(about=self.about, name=self.check, status=status, what=what, advice=advice)

    def or_ok(self, wrong: Iterable[Finding], what: str) -> Iterator[Finding]:
        """What is wrong, each once; where nothing is, that it is as it has to be."""
        findings = list(dict.fromkeys(wrong))
        yield from findings
        if not findings:
            yield self.ok(what)

    @staticmethod
    def lacking(finding: Finding, permission: str, elsewhere: str = "") -> Finding:
        """The same finding, with the permission that is missing, perhaps for something that is not the stage's."""
        what = f"{permission} on {elsewhere}, which is not the stage's: grant it there"
        needed = what if elsewhere else f"{permission}: platform.grant_verify grants it"
        return replace(finding, permission=permission, advice=f"The caller's role needs {needed}")


@dataclass(frozen=True)
class Subject(Findings):
    """A batch."""

    manifest: BatchManifest
    look: StageQuestions
    # When it is looked at, in seconds since 1970. Default: now.
    at: float = field(default_factory=time.time)
    check: str = ""
    # Gives the stage's other batches, when they are asked for. Default: none.
    others: Callable[[], Sequence[BatchManifest]] = tuple

    @property
    def about(self) -> str:
        """Its name."""
        return self.manifest.batch

    @cached_property
    def definition(self) -> Mapping[str, Any]:
        """Its task definition."""
        answer = self.look.call("ecs", "describe_task_definition", taskDefinition=self.manifest.task_definition)
        definition: Mapping[str, Any] = answer["taskDefinition"]
        return definition

    @property
    def variables(self) -> list[Variable]:
        """The variables that its containers take from SSM and Secrets Manager."""
        return variables_of(self.definition)

    def look_for(self, source: StoredAt) -> StageQuestions:
        """What asks where a value is stored, which may be another region."""
        region = source.region
        return self.look if region in ("", self.manifest.region) else self.look.at(region)

    def is_foreign(self, source: StoredAt) -> bool:
        """Whether a value is stored in another account."""
        return source.place[0] not in ("", self.manifest.account)


@dataclass(frozen=True)
class WorkflowSubject(Findings):
    """A workflow."""

    manifest: WorkflowManifest
    look: StageQuestions
    # The stage's batches that can be used, by name
    batches: Mapping[str, BatchManifest]
    workflows: Sequence[WorkflowManifest]
    paused: Mapping[str, Pause]
    check: str = ""

    @property
    def about(self) -> str:
        """Its name."""
        return self.manifest.name


def as_a_run(reason: str) -> str:
    """The advice of a run that never starts for a reason, as a sentence. Pure."""
    return sentence(start_advice(reason))
