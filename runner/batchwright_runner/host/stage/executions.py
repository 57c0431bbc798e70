"""Executions of a batch's state machine, as Step Functions shows them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from batchwright_runner.contract.moments import seconds
from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.pages import pages

GONE = frozenset({"ExecutionDoesNotExist", "StateMachineDoesNotExist"})
RUNNING = "RUNNING"


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """One execution of a machine.

    Attributes:
        arn: Its ARN.
        status: ``RUNNING``, ``SUCCEEDED``, ``FAILED``, ``TIMED_OUT``, ``ABORTED``.
        started: When it was started, in seconds since 1970.
        stopped: When it ended; 0 while it has not.
        error: The name of its failure; empty where there is none, or it is not known.
        cause: What it says of it.
        scheduled: The time for which it was due, as its input says; empty where that is not known.
    """

    arn: str
    status: str
    started: float = 0.0
    stopped: float = 0.0
    error: str = ""
    cause: str = ""
    scheduled: str = ""

    @property
    def name(self) -> str:
        """Its name: the run's id."""
        return self.arn.rpartition(":")[2]

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> "Execution":
        """Reads DescribeExecution's answer, or an entry of ListExecutions'."""
        return cls(
            arn=str(answer["executionArn"]),
            status=str(answer["status"]),
            started=seconds(answer.get("startDate", 0)),
            stopped=seconds(answer.get("stopDate", 0)),
            error=str(answer.get("error", "")),
            cause=str(answer.get("cause", "")),
            scheduled=_scheduled(answer.get("input")),
        )


def _scheduled(given: object) -> str:
    """The time for which an execution was due, of its input."""
    try:
        data = json.loads(given) if isinstance(given, str) else None
    except ValueError:
        return ""
    found = data.get("scheduled") if isinstance(data, Mapping) else None
    return found if isinstance(found, str) else ""


def describe_execution(aws: Aws, arn: str) -> Execution | None:
    """Looks at an execution; none where Step Functions does not know it any more.

    Raises:
        ApiError: The call failed.
    """
    try:
        return Execution.of(aws.call("stepfunctions", "describe_execution", executionArn=arn))
    except ApiError as error:
        if error.code in GONE:
            return None
        raise


def running_executions(aws: Aws, machine: str) -> Iterator[Execution]:
    """The executions of a machine that have not ended.

    Raises:
        ApiError: A call failed.
    """
    read = partial(aws.call, "stepfunctions", "list_executions", stateMachineArn=machine, statusFilter=RUNNING)
    try:
        yield from map(Execution.of, pages(read, "executions"))
    except ApiError as error:
        if error.code not in GONE:
            raise
