"""SSM parameters: one by its name, and all that are directly below a path."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.pages import pages
from batchwright_runner.host.aws.retry import RUN_HINT, patiently
from batchwright_runner.host.runs.signals import Waiter

Parameter = Mapping[str, Any]
"""A parameter as SSM answers it, with ``Name``, ``Value``, ``ARN``, ``Version`` and ``LastModifiedDate``."""


def read_parameter(aws: Aws, name: str, what: str, waiter: Waiter, *, hint: str = RUN_HINT) -> Parameter | None:
    """Reads a parameter that is not encrypted; none where it does not exist.

    `what`: what fails where it cannot be read, for messages: "the manifest /x cannot be read".
    """
    try:
        read = partial(aws.call, "ssm", "get_parameter", Name=name)
        found: Parameter = patiently(read, what, waiter, hint=hint, but=("ParameterNotFound",))["Parameter"]
    except ApiError:
        return None
    return found


def parameters_below(aws: Aws, folder: str, *, recursive: bool = False) -> Iterator[Parameter]:
    """The parameters below a path, a page when it is needed."""
    wanted = {"Recursive": True} if recursive else {}
    read = partial(aws.call, "ssm", "get_parameters_by_path", Path=folder, **wanted)
    return pages(read, "Parameters", next_key="NextToken")


def last_part(parameter: Parameter) -> str:
    """The last part of a parameter's name, which in a stage's folders is the batch's."""
    return str(parameter["Name"]).rpartition("/")[2]
