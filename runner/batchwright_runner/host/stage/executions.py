"""Looks at the executions of a batch's state machine."""

from collections.abc import Iterator
from functools import partial

from batchwright_runner.contract.executions import RUNNING, Execution
from batchwright_runner.contract.pages import pages
from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.aws.errors import ApiError

GONE = frozenset({"ExecutionDoesNotExist", "StateMachineDoesNotExist"})


def describe_execution(aws: Aws, arn: str) -> Execution | None:
    """Looks at an execution; none where Step Functions does not know it any more."""
    try:
        return Execution.of(aws.call("stepfunctions", "describe_execution", executionArn=arn))
    except ApiError as error:
        if error.code in GONE:
            return None
        raise


def running_executions(aws: Aws, machine: str) -> Iterator[Execution]:
    """The executions of a machine that have not ended."""
    return executions_of(aws, machine, statusFilter=RUNNING)


def executions_of(aws: Aws, machine: str, **only: str) -> Iterator[Execution]:
    """The executions of a machine, the newest first."""
    read = partial(aws.call, "stepfunctions", "list_executions", stateMachineArn=machine, **only)
    try:
        yield from map(Execution.of, pages(read, "executions"))
    except ApiError as error:
        if error.code not in GONE:
            raise
