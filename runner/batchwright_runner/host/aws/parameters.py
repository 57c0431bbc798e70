"""One SSM parameter, by its name."""

from functools import partial

from batchwright_runner.contract.pages import Parameter
from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import FIRST_CALL, RUN_HINT, Patience, patiently
from batchwright_runner.host.runs.signals import Waiter


def read_parameter(
    aws: Aws, name: str, what: str, waiter: Waiter, *, hint: str = RUN_HINT, patience: Patience = FIRST_CALL
) -> Parameter | None:
    """Reads a parameter that is not encrypted; none where it does not exist.

    `what`: what fails where it cannot be read, for messages: "the manifest /x cannot be read".
    """
    try:
        read = partial(aws.call, "ssm", "get_parameter", Name=name)
        but = ("ParameterNotFound",)
        found: Parameter = patiently(read, what, waiter, hint=hint, patience=patience, but=but)["Parameter"]
    except ApiError:
        return None
    return found
