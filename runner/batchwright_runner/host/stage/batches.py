"""Finds the manifest of a batch by its name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from batchwright_runner.contract.checks import NAME, NAME_LENGTHS
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.records import Record, RecordError
from batchwright_runner.errors import DeniedError, RemovedFieldError, UnusableManifestError, UsageError
from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.aws.config import StageTarget
from batchwright_runner.host.aws.parameters import read_parameter
from batchwright_runner.host.runs.signals import Waiter
from batchwright_runner.host.stage.zone import show_as

_Record = TypeVar("_Record", bound=Record)


@dataclass(frozen=True, slots=True)
class FoundManifest:
    """A manifest, and the account it was found in (empty where AWS does not say)."""

    manifest: BatchManifest
    account: str


def is_batch_name(name: str) -> bool:
    """Whether a batch can have that name. Pure."""
    return len(name) in NAME_LENGTHS and NAME.fullmatch(name) is not None


def find_batch(
    aws: Aws,
    target: StageTarget,
    name: str,
    waiter: Waiter,
    *,
    none: Callable[[], str],
    hint: str = "",
    otherwise: Callable[[str], None] = lambda _name: None,
) -> FoundManifest:
    """Reads a batch's manifest."""
    # SSM would take a colon as a version's, a slash as a folder's, and refuse the rest.
    why = f"a name has {NAME_LENGTHS[0]} to {NAME_LENGTHS[-1]} of a-z, 0-9 and single dashes"
    if is_batch_name(name):
        try:
            found = read_batch(aws, target, name, waiter, hint=hint)
        except DeniedError:
            otherwise(name)
            raise
        if found is not None:
            return found
        otherwise(name)
        why = f"parameter {StageNames.of(target).manifest(name)} does not exist"
    from batchwright_runner.host.stage.near_names import near  # only who misspells a name needs it

    raise UsageError(f"no such batch {name!r}: {why}", hint=near(aws, target, name, waiter, none))


def read_batch(aws: Aws, target: StageTarget, name: str, waiter: Waiter, *, hint: str = "") -> FoundManifest | None:
    """Reads a batch's manifest; none where there is no such batch."""
    if not is_batch_name(name):
        return None
    path = StageNames.of(target).manifest(name)
    what = f"the manifest {path} cannot be read"
    hint = hint or f"The caller's role needs what platform.grant_run, or grant_run of the batch {name}, grants"
    parameter = read_parameter(aws, path, what, waiter, hint=hint)
    if parameter is None:
        return None
    manifest = manifest_in(path, parameter)
    show_as([manifest.timezone])
    return FoundManifest(manifest, _place(parameter)[0])


def manifest_in(path: str, parameter: Mapping[str, Any]) -> BatchManifest:
    """The manifest that a parameter holds."""
    manifest = record_in(path, parameter, BatchManifest)
    account, region = _place(parameter)
    for what, actual, written, go in (
        ("account", account, manifest.account, "Use the credentials of account"),
        ("region", region, manifest.region, "Run it in region"),
    ):
        if actual and actual != written:
            raise UnusableManifestError(
                f"{path} cannot be used: it is of {what} {written}, and it was found in {what} {actual}",
                hint=f"{go} {written}; or, if {actual} is meant, deploy it there, which writes its manifest",
            )
    return manifest


def record_in(path: str, parameter: Mapping[str, Any], kind: type[_Record]) -> _Record:
    """The record that a parameter holds: a manifest, or that of a workflow."""
    try:
        record = kind.from_json(parameter["Value"])
    except RecordError as error:
        if error.removed:
            raise RemovedFieldError(f"{path} cannot be used: {error}", hint=error.removed) from error
        hint = "" if error.newer else "Have it written again: cdk deploy of its stack, or whatever else writes it"
        raise UnusableManifestError(f"{path} cannot be used: {error}", hint=hint) from error
    if record.path != path:
        raise UnusableManifestError(
            f"{path} cannot be used: its project, stage and {record.kind.key} are those of {record.path}",
            hint="Write the same three into the parameter's name and into its value",
        )
    return record


def _place(parameter: Mapping[str, Any]) -> tuple[str, str]:
    """Account and region of a parameter; empty where AWS does not say."""
    parts = str(parameter.get("ARN", "")).split(":")
    return (parts[4], parts[3]) if len(parts) > 5 else ("", "")
