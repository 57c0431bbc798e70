"""The tasks of all steps of a workflow, looked at together: one call for all, whoever of the steps asks."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from batchwright_runner.contract.ends import STEP_FUNCTIONS
from batchwright_runner.contract.tasks import created_at
from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.fargate.tasks import describe, list_tasks

EVERY = 5.0
"""Seconds between two looks at the tasks of all steps."""


class TaskPool:
    """Tasks of machines. To a `FargateTask` it is what calls AWS: its look at one task is answered by that at all.

    Args:
        aws: Calls AWS.
        clock: A clock that never goes back, in seconds.
    """

    def __init__(self, aws: Aws, clock: Callable[[], float]) -> None:
        self._aws = aws
        self._clock = clock
        self._tasks: dict[str, Mapping[str, Any]] = {}
        self._seen: dict[str, float] = {}
        self._followed: dict[str, str] = {}

    def find(self, clusters: Collection[str]) -> None:
        """Looks for tasks of machines that are not known yet.

        Args:
            clusters: Where.

        Raises:
            ApiError: A call failed.
        """
        for cluster in clusters:
            known = list_tasks(self._aws, cluster, startedBy=STEP_FUNCTIONS)
            self.take(describe(self._aws, cluster, [arn for arn in known if arn not in self._tasks]))

    def take(self, tasks: Iterable[Mapping[str, Any]]) -> None:
        """Learns of tasks, as they are now."""
        for task in tasks:
            self._tasks[str(task["taskArn"])] = task
            self._seen[str(task["taskArn"])] = self._clock()

    def of(self, execution: str) -> list[Mapping[str, Any]]:
        """The tasks of the execution of that name, the first one first."""
        return sorted((task for task in self._tasks.values() if task.get("group") == execution), key=created_at)

    def call(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any shape
        """Makes one call; a look at a task is answered by the last look at all tasks, unless that was too long ago.

        Raises:
            ApiError: It failed.
        """
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
        going = [arn for arn, where in self._followed.items() if where == cluster and self._goes_on(arn)]
        tasks = describe(self._aws, cluster, going)
        for arn in going:
            self._tasks.pop(arn, None)
        self.take(tasks)
