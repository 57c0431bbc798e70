"""Reads the texts of values, those of secrets too: to compare and to copy them, never to show them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from batchwright_runner.errors import RunnerError
from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import patiently
from batchwright_runner.host.params.present import read_allowed
from batchwright_runner.host.runs.signals import Waiter

HINT = "The caller's role needs ssm:GetParameters for it, and kms:Decrypt for its key"


@dataclass(frozen=True, slots=True)
class Texts:
    """What was read.

    Attributes:
        known: Text by path. It stands in no error and no representation of this object.
        hidden: Paths whose text the caller may not read.
    """

    known: Mapping[str, str] = field(repr=False)
    hidden: frozenset[str]


def read_texts(aws: Aws, paths: Sequence[str], waiter: Waiter) -> Texts:
    """Reads the texts of the parameters of these names that are there, decrypted.

    SSM refuses a request as a whole for one name or one key of it: each of its names is asked for alone then.

    Raises:
        RunnerError: They cannot be read for another reason than a missing right.
    """
    known, hidden = read_allowed(paths, lambda names: _read(aws, names, waiter))
    return Texts(known, hidden)


def _read(aws: Aws, paths: Sequence[str], waiter: Waiter) -> dict[str, str]:
    what = f"{', '.join(paths)} cannot be read"
    try:
        answer = patiently(
            lambda: aws.call("ssm", "get_parameters", Names=list(paths), WithDecryption=True), what, waiter, hint=HINT
        )
    except ApiError as error:
        raise RunnerError(f"{what}: {error}") from error
    return {parameter["Name"]: parameter["Value"] for parameter in answer.get("Parameters", [])}
