"""What is watched of a stage's batches, and since when: the records that their stacks have published."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from batchwright_runner.contract.moments import seconds
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.pages import last_part, pages, parameters_below
from batchwright_runner.contract.watch import Watch, WatchError
from batchwright_runner.errors import DeniedError
from batchwright_runner.host.aws.retry import LIST_HINT
from batchwright_runner.host.stage.patient import patient
from batchwright_runner.host.stage.session import Stage

Versions = Sequence[tuple[float, str]]
"""A parameter's versions: since when each holds, in seconds since 1970, and its text; the oldest first."""


@dataclass(frozen=True, slots=True)
class WatchRecord:
    """A record."""

    path: str
    # What it says; nothing where it cannot be read
    watch: Watch
    # Why it cannot be read; empty where it can
    fault: str
    # When it was last changed, in seconds since 1970
    changed: float
    version: int


def watches(stage: Stage) -> Mapping[str, WatchRecord]:
    """What is watched, of all batches that have a record: batch to record."""
    folder = f"{StageNames.of(stage.target).path}/watch"
    with patient(stage, "what is watched of the batches cannot be seen", hint=LIST_HINT) as aws:
        return {last_part(parameter): _record(parameter) for parameter in parameters_below(aws.call, folder)}


def expectations(stage: Stage) -> Mapping[str, int]:
    """How long runs usually take at most, in seconds, of the batches that say it: batch to seconds.

    It is shown beside other things, so that nothing fails for it: where it may not be seen, nothing is expected.
    """
    try:
        return {name: usual for name, record in watches(stage).items() if (usual := record.watch.expected_seconds)}
    except DeniedError:
        return {}


def versions(stage: Stage, path: str) -> Versions:
    """The versions of a parameter that SSM keeps, 100 at most; the oldest first."""
    with patient(stage, f"the versions of {path} cannot be seen", hint=LIST_HINT) as aws:
        read = partial(aws.call, "ssm", "get_parameter_history", Name=path)
        found = pages(read, "Parameters", next_key="NextToken")
        return [(seconds(version["LastModifiedDate"]), str(version["Value"])) for version in found]


def changed_at(stage: Stage, path: str) -> float:
    """When a parameter was last changed, in seconds since 1970."""
    with patient(stage, f"{path} cannot be read", hint=LIST_HINT) as aws:
        return seconds(aws.call("ssm", "get_parameter", Name=path)["Parameter"]["LastModifiedDate"])


def held_since(found: Versions, same: Callable[[str], bool]) -> float | None:
    """Since when a parameter's text has been of a kind, without a break until now; none where it is not now. Pure."""
    since = None
    for when, text in reversed(found):
        if not same(text):
            break
        since = when
    return since


def _record(parameter: Mapping[str, Any]) -> WatchRecord:
    try:
        watch, fault = Watch.from_text(str(parameter["Value"])), ""
    except WatchError as error:
        watch, fault = Watch(), str(error)
    changed = seconds(parameter["LastModifiedDate"])
    return WatchRecord(str(parameter["Name"]), watch, fault, changed, int(parameter.get("Version", 1)))
