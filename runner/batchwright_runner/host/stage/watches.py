"""What is watched of a stage's batches, and since when: the records that their stacks have published."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from batchwright_runner.contract.moments import seconds
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.pages import Parameter, last_part, pages, parameters_below
from batchwright_runner.contract.watch import Watch, WatchError
from batchwright_runner.errors import DeniedError
from batchwright_runner.host.aws.errors import ApiError
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


Change = tuple[float, int]
"""When a parameter was last changed, in seconds since 1970, and its version."""


def watches(stage: Stage, names: Sequence[str] = ()) -> Mapping[str, WatchRecord]:
    """What is watched, of all batches that have a record: batch to record.

    `names`: the batches that matter. Default: all.
    """
    folder = f"{StageNames.of(stage.target).path}/watch"
    found = _parameters(stage, folder, names, "what is watched of the batches cannot be seen")
    return {last_part(parameter): _record(parameter) for parameter in found}


def manifest_changes(stage: Stage, names: Sequence[str]) -> Mapping[str, Change]:
    """When some batches' manifests were last changed."""
    found = _parameters(stage, StageNames.of(stage.target).manifests, names, "when manifests changed cannot be seen")
    return {last_part(parameter): _change(parameter) for parameter in found}


def _change(parameter: Parameter) -> Change:
    return seconds(parameter["LastModifiedDate"]), int(parameter.get("Version", 1))


def _parameters(stage: Stage, folder: str, names: Sequence[str], what: str) -> list[Parameter]:
    """The parameters of some batches below a folder: one by its name, many in pages."""
    with patient(stage, what, hint=LIST_HINT) as aws:
        if len(names) != 1:
            return [*parameters_below(aws.call, folder)]
        try:
            return [aws.call("ssm", "get_parameter", Name=f"{folder}/{names[0]}")["Parameter"]]
        except ApiError as error:
            if error.code != "ParameterNotFound":
                raise
            return []


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
    return WatchRecord(str(parameter["Name"]), watch, fault, *_change(parameter))
