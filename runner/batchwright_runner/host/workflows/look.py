"""The looks at a workflow's run: the history of its execution, the tasks of its steps, and the end of each."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import takewhile
from typing import Any

from batchwright_runner.contract.executions import RUNNING, Execution
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.names import family
from batchwright_runner.contract.workflows.record import Workflow
from batchwright_runner.errors import DeniedError, RunnerError
from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.pages import pages
from batchwright_runner.host.aws.retry import PatientAws
from batchwright_runner.host.fargate.history import past_tasks, run_pattern
from batchwright_runner.host.fargate.task_calls import meaning_of
from batchwright_runner.host.runs.task import TemporaryError
from batchwright_runner.host.stage.executions import describe_execution
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.workflows.events import Child, History
from batchwright_runner.host.workflows.task_pool import TaskPool

PAGE, NEW = 1000, 30
"""Events that GetExecutionHistory gives in one answer at most (Step Functions API reference, 2026-11); and those that
are asked for once the older ones are known."""
BEFORE = 60.0
"""Seconds before the start of a step from which on its task is looked for in the history: two clocks may differ."""


@contextmanager
def patient(stage: Stage, what: str) -> Iterator[PatientAws]:
    """Gives what calls AWS for a while that needs many calls; one that fails for good is an error.

    Args:
        stage: The stage.
        what: What fails with the calls, for the message: "the runs cannot be seen".

    Raises:
        RunnerError: A call failed.
    """
    try:
        yield PatientAws(stage.aws, what, stage.waiter, stage.tell)
    except ApiError as error:
        raise RunnerError(f"{what}: {error}") from error


class Look:
    """Looks at one run of a workflow.

    Args:
        aws: Calls AWS.
        arn: Its execution.
        clock: A clock that never goes back, in seconds.

    Attributes:
        history: What its history says.
        pool: The tasks of its steps.
    """

    def __init__(self, aws: Aws, arn: str, clock: Callable[[], float]) -> None:
        self._aws = aws
        self._arn = arn
        self.history = History(arn)
        self.pool = TaskPool(aws, clock)

    def at_history(self) -> None:
        """Reads the events that are new.

        Raises:
            ApiError: A call failed.
        """
        new = takewhile(lambda event: int(event["id"]) > self.history.last, self._newest_first())
        self.history.take(reversed(list(new)))

    def at_end_of(self, child: Child) -> Execution | None:
        """Looks at a step's execution; none while it goes on, or may still be started.

        Raises:
            ApiError: The call failed.
        """
        found = describe_execution(self._aws, child.arn)
        if found is None and self.history.over:
            return Execution(arn=child.arn, status="FAILED", cause="it was not started, or is not known any more")
        return None if found is None or found.status == RUNNING else found

    def at_past_tasks(self, child: Child, manifest: BatchManifest) -> None:
        """Looks for the tasks of a step that has ended, where ECS has forgotten them, and the history may be read.

        Raises:
            ApiError: A call failed, and not for a lack of permission.
        """
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


def batch_of(workflow: Workflow, child: Child) -> str:
    """The batch whose machine runs a step, by the machine's name. Pure."""
    return child.machine.rpartition(":")[2].removeprefix(family(workflow.project, workflow.stage, ""))


def passes(error: ApiError) -> bool:
    """Whether a look that failed may work later. Pure."""
    return isinstance(meaning_of(error), TemporaryError)
