"""What was meant by the name of a batch or a workflow that a stage does not have."""

from collections.abc import Callable
from functools import partial

from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.pages import last_part, parameters_below
from batchwright_runner.errors import RunnerError
from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.aws.config import StageTarget
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import Patience, patiently
from batchwright_runner.host.runs.signals import Waiter
from batchwright_runner.host.terminal.text import did_you_mean


def near(aws: Aws, target: StageTarget, name: str, waiter: Waiter, none: Callable[[], str]) -> str:
    """The hint: names of the stage's batches and workflows that are near, as far as they may be seen."""
    parameters, hidden = [], False
    for folder in (StageNames.of(target).manifests, StageNames.of(target).workflows):
        read = partial(lambda path: list(parameters_below(aws.call, path)), folder)
        try:
            parameters += patiently(read, "the batches cannot be listed", waiter, patience=Patience(5))
        except (ApiError, RunnerError):
            hidden = True
    names = [last_part(parameter) for parameter in parameters]
    if hidden and not names:
        return f"Its batches cannot be listed: batchwright list -s {target.stage} says why"
    return did_you_mean(name, names) if names else none()
