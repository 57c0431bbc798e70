"""What the function reads of a stage: manifests, pauses, tasks and executions. Nothing is written."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import takewhile
from typing import Any

from batchwright_runner.alerting.clients import Call, CallError
from batchwright_runner.contract.executions import RUNNING, Execution
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.moments import moment
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.pages import pages
from batchwright_runner.contract.pauses import Pause

SECONDS = 20.0
"""Seconds that the reads of one question may take: the machine asks again."""
MOST_TASKS, MOST_EXECUTIONS = 100, 1000
"""How many one call shows (ECS and Step Functions API references, 2026-11)."""
CLOCKS_DIFFER = 60.0
"""Seconds by which a run may begin before its due time."""
_STAYS = ("AccessDenied", "DoesNotExist", "InvalidParameter", "NotFound", "ValidationException", "ClientException")
"""In the codes of errors that no later call is without."""


_OTHERS = "whether another run is in progress cannot be seen"


class StaysUnseenError(Exception):
    """Something cannot be seen, now or later."""


class SlowError(Exception):
    """The reads of a question have taken too long."""


class MachineReads:
    """The reads of one question.

    `clock`: seconds of no particular time.
    """

    def __init__(self, call: Call, clock: Callable[[], float] = time.monotonic) -> None:
        self._call, self._clock, self._until = call, clock, clock() + SECONDS

    def batch(self, names: StageNames, batch: str) -> tuple[str, Pause | None]:
        """The text of a batch's manifest, empty where there is none; and its pause."""
        what = "whether it is paused cannot be seen"
        paths = [names.manifest(batch), names.paused(batch)]
        found = self._ask(what, "ssm", "get_parameters", Names=paths).get("Parameters", ())
        texts = {str(parameter["Name"]): str(parameter["Value"]) for parameter in found}
        return texts.get(paths[0], ""), Pause.from_text(texts[paths[1]]) if paths[1] in texts else None

    def executions(self, ours: Execution, machine: str) -> list[Execution]:
        """The other executions of a machine that run."""
        running = self._pages("stepfunctions", "list_executions", "executions", stateMachineArn=machine)
        return [found for found in map(Execution.of, running) if found.arn != ours.arn]

    def ended_well(self, machine: str, due: str) -> list[Execution]:
        """The executions of a machine that began since a due time and have ended well. The newest is listed first."""
        since = (moment(due) or 0.0) - CLOCKS_DIFFER
        more = {"stateMachineArn": machine, "statusFilter": "SUCCEEDED"}
        ended = map(Execution.of, self._pages("stepfunctions", "list_executions", "executions", **more))
        return list(takewhile(lambda found: found.started >= since, ended))

    def execution(self, arn: str) -> Execution | None:
        """An execution; none where there is none of that name."""
        try:
            return Execution.of(self._call("stepfunctions", "describe_execution", executionArn=arn))
        except CallError as error:
            if "ExecutionDoesNotExist" in error.code:
                return None
            if any(part in error.code for part in _STAYS):
                raise StaysUnseenError(str(error)) from error
            raise

    def runs(self, arn: str) -> bool:
        """Whether an execution runs."""
        found = self.execution(arn)
        return found is not None and found.status == RUNNING

    def with_inputs(self, ours: Execution, others: Sequence[Execution], due: str) -> list[Execution]:
        """Of other executions those that may be for a due time: older ones, with their inputs."""
        since = (moment(due) or ours.started) - CLOCKS_DIFFER
        mine = ours.started, ours.arn
        older = [other for other in others if since <= other.started and (other.started, other.arn) < mine]
        seen = (
            self._ask(_OTHERS, "stepfunctions", "describe_execution", executionArn=execution.arn) for execution in older
        )
        return [Execution.of(answer) for answer in seen]

    def goes_on(self, manifest: BatchManifest, arn: str, still: Callable[[Mapping[str, Any]], bool]) -> bool:
        """Whether a run goes on, by its execution or its task."""
        if ":execution:" in arn:
            answer = self._ask(_OTHERS, "stepfunctions", "describe_execution", executionArn=arn)
            return answer.get("status") == RUNNING
        return any(still(task) for task in self._described(_OTHERS, manifest.cluster, [arn]))

    def tasks(self, cluster: str, family: str, what: str = "") -> list[Mapping[str, Any]]:
        """The tasks of a family that ECS knows."""
        what = what or _OTHERS
        arns: list[str] = []
        for status in (RUNNING, "STOPPED"):
            arns += self._pages(
                "ecs", "list_tasks", "taskArns", what, cluster=cluster, family=family, desiredStatus=status
            )
        return self._described(what, cluster, list(dict.fromkeys(arns)))

    def _described(self, what: str, cluster: str, arns: Sequence[str]) -> list[Mapping[str, Any]]:
        tasks: list[Mapping[str, Any]] = []
        for at in range(0, len(arns), MOST_TASKS):
            page = arns[at : at + MOST_TASKS]
            tasks += self._ask(what, "ecs", "describe_tasks", cluster=cluster, tasks=page).get("tasks", ())
        return tasks

    def _pages(self, service: str, operation: str, items: str, what: str = "", **parameters: Any) -> Iterator[Any]:  # noqa: ANN401
        wanted: dict[str, Any] = {"maxResults": MOST_TASKS, **parameters}
        if operation == "list_executions":
            wanted = {"maxResults": MOST_EXECUTIONS, "statusFilter": RUNNING, **parameters}
        return pages(partial(self._ask, what or _OTHERS, service, operation, **wanted), items)

    def _ask(self, what: str, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:  # noqa: ANN401
        """Makes a call.

        What passes is raised as it is: the machine asks again.
        """
        if self._clock() > self._until:
            raise SlowError(f"{what}: the reads take more than {SECONDS:.0f} s")
        try:
            return self._call(service, operation, **parameters)
        except CallError as error:
            if any(part in error.code for part in _STAYS):
                raise StaysUnseenError(f"{what}: {error}") from error
            raise
