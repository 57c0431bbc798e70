"""A run that was found, whoever has started it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from batchwright_runner.contract.judgment.ending import ending_of
from batchwright_runner.contract.judgment.state import TaskState, variable_of
from batchwright_runner.contract.judgment.verdict import verdict
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.variables import RUN_ID
from batchwright_runner.contract.verdicts import Verdict
from batchwright_runner.host.fargate.executions import is_execution


@dataclass(frozen=True, slots=True)
class KnownRun:
    """A run that was found.

    Attributes:
        manifest: Its batch.
        arn: Its task.
        started_by: Its run id, as ECS keeps it.
        state: How it is, or how it ended.
        created: When it was started, in seconds since 1970.
        in_ecs: ECS still knows it.
        stopping: It has been asked to stop.
        execution: The execution that keeps it, for a run that a machine has started; empty for any other.
        found: What its end means, where it had no task to tell it from.
        task: Its task as ECS or the history shows it; empty where it had none.
        scheduled: The time for which it was due, as ISO 8601; empty where nobody said it.
    """

    manifest: BatchManifest
    arn: str
    started_by: str
    state: TaskState
    created: float
    in_ecs: bool = True
    stopping: bool = False
    execution: str = ""
    found: Verdict | None = None
    task: Mapping[str, Any] = field(default_factory=dict)
    scheduled: str = ""

    @property
    def has_task(self) -> bool:
        """Whether a task is known of it: a machine's run may wait, or end, without one."""
        return not is_execution(self.arn)

    @property
    def attempt_of(self) -> str:
        """What the attempts of its run have in common; itself where neither the runner nor a machine started it.

        Who else starts tasks may give all of them one ``startedBy``, as an EventBridge rule does: each is a run.
        """
        ours = self.execution or variable_of(self.task, self.manifest.container, RUN_ID)
        return self.started_by if ours and self.started_by else self.arn

    @property
    def result(self) -> Verdict | None:
        """What its end means; none while it goes on."""
        if self.found is not None or not self.state.ended:
            return self.found
        return verdict(ending_of(self.manifest.container, self.state))
