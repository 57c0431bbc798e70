"""The looks at a workflow's run: the history of its execution, the tasks of its steps, and the end of each."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import takewhile
from typing import Any

from batchwright_runner.contract.ends import STEP_FUNCTIONS
from batchwright_runner.contract.executions import RUNNING, Execution
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.pages import pages
from batchwright_runner.contract.tasks import created_at
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from batchwright_runner.errors import DeniedError
from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.fargate.executions import describe_execution
from batchwright_runner.host.fargate.history import past_tasks, run_pattern
from batchwright_runner.host.fargate.tasks import describe, list_tasks, meaning_of
from batchwright_runner.host.runs.task import TemporaryError
from batchwright_runner.host.workflows.events import Child, ExecutionHistory

PAGE, NEW = 1000, 30
"""Events that GetExecutionHistory gives in one answer at most (Step Functions API reference, 2026-11); and those that
are asked for once the older ones are known."""
BEFORE = 60.0
"""Seconds before the start of a step from which on its task is looked for in the history: two clocks may differ."""
EVERY = 5.0
"""Seconds between two looks at the tasks of all steps."""


class TaskPool:
    """Tasks of machines. A `FargateTask` calls it as it calls AWS: its look at one task is answered by one at all.

    `clock`: a clock that never goes back, in seconds.
    """

    def __init__(self, aws: Aws, clock: Callable[[], float]) -> None:
        self._aws = aws
        self._clock = clock
        self._tasks: dict[str, Mapping[str, Any]] = {}
        self._seen: dict[str, float] = {}
        self._followed: dict[str, str] = {}

    def find(self, clusters: Collection[str]) -> None:
        """Looks for tasks of machines that are not known yet."""
        for cluster in clusters:
            listed = list_tasks(self._aws, cluster, startedBy=STEP_FUNCTIONS)
            self.take(describe(self._aws, cluster, [arn for arn in listed if arn not in self._tasks]))

    def take(self, tasks: Iterable[Mapping[str, Any]]) -> None:
        """Learns of tasks, as they are now."""
        for task in tasks:
            self._tasks[str(task["taskArn"])] = task
            self._seen[str(task["taskArn"])] = self._clock()

    def of(self, execution: str) -> list[Mapping[str, Any]]:
        """The tasks of the execution of that name, the first one first."""
        return sorted((task for task in self._tasks.values() if task.get("group") == execution), key=created_at)

    def call(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any shape
        """Makes one call; a look at a task is answered by the last look at all tasks, unless that was too long ago."""
        arns = parameters.get("tasks", ())
        if operation != "describe_tasks" or len(arns) != 1:
            return self._aws.call(service, operation, **parameters)
        (arn,) = arns
        self._followed[arn] = parameters["cluster"]
        if self._goes_on(arn) and self._clock() - self._seen.get(arn, float("-inf")) >= EVERY:
            self._look(parameters["cluster"])
        return {"tasks": [self._tasks[arn]] if arn in self._tasks else []}

    def _goes_on(self, arn: str) -> bool:
        return self._tasks.get(arn, {}).get("lastStatus") != "STOPPED"

    def _look(self, cluster: str) -> None:
        """Looks at all tasks of a cluster that are followed and have not ended."""
        going = [arn for arn, task_cluster in self._followed.items() if task_cluster == cluster and self._goes_on(arn)]
        tasks = describe(self._aws, cluster, going)
        for arn in going:
            self._tasks.pop(arn, None)
        self.take(tasks)


class WorkflowLook:
    """Looks at one run of a workflow.

    `clock`: a clock that never goes back, in seconds.
    """

    def __init__(self, aws: Aws, arn: str, clock: Callable[[], float]) -> None:
        self._aws = aws
        self._arn = arn
        self.history = ExecutionHistory(arn)
        self.pool = TaskPool(aws, clock)

    def at_history(self) -> None:
        """Reads the events that are new."""
        new = takewhile(lambda event: int(event["id"]) > self.history.last, self._newest_first())
        self.history.take(reversed(list(new)))

    def at_end_of(self, child: Child) -> Execution | None:
        """Looks at a step's execution; none while it goes on, or may still be started."""
        execution = describe_execution(self._aws, child.arn)
        if execution is None and self.history.over:
            return Execution(arn=child.arn, status="FAILED", cause="it was not started, or is not known any more")
        return None if execution is None or execution.status == RUNNING else execution

    def at_past_tasks(self, child: Child, manifest: BatchManifest) -> None:
        """Looks for the tasks of a step that has ended, where ECS has forgotten them, and the history may be read."""
        if self.pool.of(child.name) or not manifest.history_log_group:
            return
        since, pattern = child.began - BEFORE, run_pattern(child.name)
        try:
            self.pool.take(past_tasks(self._aws, manifest.history_log_group, pattern, since=since))
        except DeniedError:
            return
        except ApiError as error:
            if not error.forbidden:
                raise

    def _newest_first(self) -> Iterator[Mapping[str, Any]]:
        def read(**more: str) -> Mapping[str, Any]:
            return self._aws.call(
                "stepfunctions",
                "get_execution_history",
                executionArn=self._arn,
                reverseOrder=True,
                maxResults=NEW if self.history.last else PAGE,
                **more,
            )

        return pages(read, "events")


def batch_of(workflow: WorkflowManifest, child: Child) -> str:
    """The batch whose machine runs a step, by the machine's name. Pure."""
    return child.machine.rpartition(":")[2].removeprefix(StageNames.of(workflow).family(""))


def passes(error: ApiError) -> bool:
    """Whether a look that failed may work later. Pure."""
    return isinstance(meaning_of(error), TemporaryError)
