"""What is there: reads a stage's values from SSM. The texts of secrets are read apart, to compare them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from batchwright_runner.contract.pages import pages
from batchwright_runner.errors import DeniedError
from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.aws.retry import OPERATE_HINT, patiently
from batchwright_runner.host.runs.signals import Waiter

T = TypeVar("T")

PAGE = 10
"""Names that GetParameters takes at once (Systems Manager API reference, 2026-11)."""
DECRYPT_HINT = "The caller's role needs ssm:GetParameters for it, and kms:Decrypt for its key"


@dataclass(frozen=True, slots=True)
class PresentValue:
    """One parameter that is there."""

    path: str
    encrypted: bool
    # Its text; empty for a SecureString, whose text is never asked for
    value: str
    version: int
    # When it was changed last, in seconds since the epoch
    changed: float


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of values, those of secrets too: never to be shown."""

    # Text by path. It stands in no error and no representation of this object.
    known: Mapping[str, str] = field(repr=False)
    hidden: frozenset[str]


def read_values(aws: Aws, paths: Sequence[str], waiter: Waiter) -> dict[str, PresentValue]:
    """Reads the parameters of these names or ARNs that are there, by what they were asked for with."""
    present: dict[str, PresentValue] = {}
    for start in range(0, len(paths), PAGE):
        names = list(paths[start : start + PAGE])
        parameters = _read(aws, waiter, "get_parameters", Names=names, WithDecryption=False).get("Parameters", [])
        present |= _by_path(parameters)
        present |= {parameter["ARN"]: _present(parameter) for parameter in parameters if parameter.get("ARN") in names}
    return present


def read_visible(aws: Aws, paths: Sequence[str], waiter: Waiter) -> tuple[dict[str, PresentValue], frozenset[str]]:
    """Reads the parameters of these names that are there, and says which the caller may not read.

    SSM refuses a request as a whole for one name of it; so each name of that request is asked for alone then.
    """
    return read_allowed(paths, lambda names: read_values(aws, names, waiter))


def read_texts(aws: Aws, paths: Sequence[str], waiter: Waiter) -> Texts:
    """Reads the texts of the parameters of these names that are there, decrypted; as `read_visible` does."""

    def read(names: Sequence[str]) -> dict[str, str]:
        what = f"{', '.join(names)} cannot be read"
        answer = _read(aws, waiter, "get_parameters", what, DECRYPT_HINT, Names=list(names), WithDecryption=True)
        return {parameter["Name"]: parameter["Value"] for parameter in answer.get("Parameters", [])}

    return Texts(*read_allowed(paths, read))


def read_allowed(
    paths: Sequence[str], read: Callable[[Sequence[str]], Mapping[str, T]]
) -> tuple[dict[str, T], frozenset[str]]:
    """Reads parameters by pages, and the names of a page that is refused one by one.

    `read`: Reads a page: name to what is known of it.
    Returns what was read, and the names that the caller may not read.
    """
    answers: dict[str, T] = {}
    hidden: set[str] = set()
    for start in range(0, len(paths), PAGE):
        page = paths[start : start + PAGE]
        try:
            answers |= read(page)
        except DeniedError:
            for path in page:
                try:
                    answers |= read([path])
                except DeniedError:
                    hidden.add(path)
    return answers, frozenset(hidden)


def read_folder(aws: Aws, path: str, waiter: Waiter) -> dict[str, PresentValue]:
    """Reads all parameters below a path, by name."""
    read = partial(_read, aws, waiter, "get_parameters_by_path", Path=path, Recursive=True, WithDecryption=False)
    return _by_path(pages(read, "Parameters", next_key="NextToken"))


def _read(
    aws: Aws,
    waiter: Waiter,
    operation: str,
    what: str = "the parameters cannot be read",
    hint: str = OPERATE_HINT,
    **request: Any,  # noqa: ANN401 - any
) -> Mapping[str, Any]:
    return patiently(lambda: aws.call("ssm", operation, **request), what, waiter, hint=hint)


def _by_path(parameters: Iterable[Mapping[str, Any]]) -> dict[str, PresentValue]:
    return {parameter["Name"]: _present(parameter) for parameter in parameters}


def _present(parameter: Mapping[str, Any]) -> PresentValue:
    encrypted = parameter["Type"] == "SecureString"
    changed = parameter.get("LastModifiedDate")
    return PresentValue(
        path=parameter["Name"],
        encrypted=encrypted,
        value="" if encrypted else parameter["Value"],
        version=int(parameter.get("Version", 1)),
        changed=changed.timestamp() if changed else 0.0,
    )
