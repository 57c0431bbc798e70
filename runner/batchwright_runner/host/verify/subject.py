"""What is verified: a deployed batch, its manifest beside its task definition."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Protocol

from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.pauses import Pause
from batchwright_runner.contract.stop_reasons import start_advice
from batchwright_runner.contract.workflows.record import Workflow
from batchwright_runner.host.finding import Finding, Status
from batchwright_runner.host.stage.task_definitions import StoredAt, Variable, variables_of
from batchwright_runner.host.terminal.text import sentence
from batchwright_runner.host.verify.look import StageQuestions
from batchwright_runner.host.verify.pulled import Pulled, main_image, other_images


class Findings:
    """Makes the findings about a batch or a workflow."""

    @property
    def about(self) -> str:
        """Its name."""
        raise NotImplementedError

    def finding(self, check: str, status: Status, what: str, advice: str = "") -> Finding:
        """A finding about it."""
        return Finding(about=self.about, name=check, status=status, what=what, advice=advice)

    def ok(self, check: str, what: str) -> Finding:
        """It is as it has to be."""
        return self.finding(check, Status.OK, what)

    def warn(self, check: str, what: str, advice: str = "") -> Finding:
        """A run starts, and this is worth a look."""
        return self.finding(check, Status.WARN, what, advice)

    def fail(self, check: str, what: str, advice: str = "") -> Finding:
        """A run would not start, or not as declared."""
        return self.finding(check, Status.FAIL, what, advice)

    def unknown(self, check: str, what: str, advice: str = "") -> Finding:
        """It was not looked at."""
        return self.finding(check, Status.UNKNOWN, what, advice)

    def or_ok(self, check: str, wrong: Iterable[Finding], what: str) -> Iterator[Finding]:
        """What is wrong, each once; where nothing is, that it is as it has to be."""
        found = list(dict.fromkeys(wrong))
        yield from found
        if not found:
            yield self.ok(check, what)

    @staticmethod
    def lacking(finding: Finding, permission: str, elsewhere: str = "") -> Finding:
        """The same finding, with the permission that is missing, perhaps for something that is not the stage's."""
        what = f"{permission} on {elsewhere}, which is not the stage's: grant it there"
        needed = what if elsewhere else f"{permission}: platform.grant_verify grants it"
        return replace(finding, permission=permission, advice=f"The caller's role needs {needed}")


@dataclass(frozen=True)
class Subject(Findings):
    """A batch.

    Attributes:
        manifest: Its manifest.
        look: Asks AWS.
        at: When it is looked at, in seconds since 1970. Default: now.
    """

    manifest: BatchManifest
    look: StageQuestions
    at: float = field(default_factory=time.time)

    @property
    def about(self) -> str:
        """Its name."""
        return self.manifest.batch

    @cached_property
    def definition(self) -> Mapping[str, Any]:
        """Its task definition.

        Raises:
            ApiError: It is not there.
            UnseenError: The caller may not read it.
        """
        asked = self.look.ask("ecs", "describe_task_definition", taskDefinition=self.manifest.task_definition)
        found: Mapping[str, Any] = asked["taskDefinition"]
        return found

    @property
    def pulled(self) -> list[Pulled]:
        """The images that it pulls, that of the main container first."""
        main = main_image(self.manifest)
        return [*([main] if main else []), *other_images(self.manifest, self.definition)]

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

    @property
    def execution_role(self) -> str:
        """ARN of the role that starts it; empty for none."""
        return str(self.definition.get("executionRoleArn", ""))


@dataclass(frozen=True)
class WorkflowSubject(Findings):
    """A workflow.

    Attributes:
        manifest: Its record.
        look: Asks AWS.
        batches: The stage's batches that can be used, by name.
        workflows: The stage's workflows that can be used.
        paused: What is paused in the stage.
    """

    manifest: Workflow
    look: StageQuestions
    batches: Mapping[str, BatchManifest]
    workflows: Sequence[Workflow]
    paused: Mapping[str, Pause]

    @property
    def about(self) -> str:
        """Its name."""
        return self.manifest.name


def as_a_run(reason: str) -> str:
    """The advice of a run that never starts for a reason, as a sentence. Pure.

    Args:
        reason: What ECS says, or the part of it by which it is known.
    """
    return sentence(start_advice(reason))


class Check(Protocol):
    """Looks at one thing."""

    def __call__(self, subject: Subject) -> Iterator[Finding]:
        """What it finds.

        Raises:
            ApiError, UnseenError, RunnerError: It could not look.
        """
