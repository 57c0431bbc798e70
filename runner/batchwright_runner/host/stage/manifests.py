"""Reads the manifest of a batch, or of a workflow, by its name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from batchwright_runner.contract.checks import NAME, NAME_LENGTHS
from batchwright_runner.contract.manifests import Manifest, read_manifest
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.pages import last_part, parameters_below
from batchwright_runner.contract.records import RecordError
from batchwright_runner.errors import RemovedFieldError, RunnerError, UnusableManifestError, UsageError
from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.aws.config import StageTarget
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.parameters import read_parameter
from batchwright_runner.host.aws.retry import Patience, patiently
from batchwright_runner.host.runs.signals import Waiter
from batchwright_runner.host.stage.zone import show_as
from batchwright_runner.host.terminal.text import did_you_mean


@dataclass(frozen=True, slots=True)
class FoundManifest:
    """A manifest, and the account it was found in (empty where AWS does not say)."""

    manifest: Manifest
    account: str


def is_batch_name(name: str) -> bool:
    """Whether a batch can have that name. Pure."""
    return len(name) in NAME_LENGTHS and NAME.fullmatch(name) is not None


def find_manifest(
    aws: Aws, target: StageTarget, name: str, waiter: Waiter, *, none: Callable[[], str], hint: str = ""
) -> FoundManifest:
    """Reads the manifest of a name."""
    # SSM would take a colon as a version's, a slash as a folder's, and refuse the rest.
    why = f"a name has {NAME_LENGTHS[0]} to {NAME_LENGTHS[-1]} of a-z, 0-9 and single dashes"
    if is_batch_name(name):
        found = manifest_called(aws, target, name, waiter, hint=hint)
        if found is not None:
            return found
        why = f"parameter {StageNames.of(target).manifest(name)} does not exist"
    raise UsageError(f"no such batch {name!r}: {why}", hint=_near(aws, target, name, waiter, none))


def manifest_called(
    aws: Aws, target: StageTarget, name: str, waiter: Waiter, *, hint: str = ""
) -> FoundManifest | None:
    """Reads the manifest of a name; none where there is no such batch and no such workflow."""
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


def manifest_in(path: str, parameter: Mapping[str, Any]) -> Manifest:
    """The manifest that a parameter holds."""
    try:
        manifest = read_manifest(parameter["Value"])
    except RecordError as error:
        if error.removed:
            raise RemovedFieldError(f"{path} cannot be used: {error}", hint=error.removed) from error
        hint = "" if error.newer else "Have it written again: cdk deploy of its stack, or whatever else writes it"
        raise UnusableManifestError(f"{path} cannot be used: {error}", hint=hint) from error
    if manifest.path != path:
        raise UnusableManifestError(
            f"{path} cannot be used: its project, stage and {manifest.kind.key} are those of {manifest.path}",
            hint="Write the same three into the parameter's name and into its value",
        )
    account, region = _place(parameter)
    for what, actual, written, go in (
        ("account", account, manifest.account, "Use the credentials of account"),
        ("region", region, manifest.region, "Run it in region"),
    ):
        if actual and written and actual != written:
            raise UnusableManifestError(
                f"{path} cannot be used: it is of {what} {written}, and it was found in {what} {actual}",
                hint=f"{go} {written}; or, if {actual} is meant, deploy it there, which writes its manifest",
            )
    return manifest


def _place(parameter: Mapping[str, Any]) -> tuple[str, str]:
    """Account and region of a parameter; empty where AWS does not say."""
    parts = str(parameter.get("ARN", "")).split(":")
    return (parts[4], parts[3]) if len(parts) > 5 else ("", "")


def _near(aws: Aws, target: StageTarget, name: str, waiter: Waiter, none: Callable[[], str]) -> str:
    """The hint: names of the stage's batches and workflows that are near, as far as they may be seen."""
    folder = StageNames.of(target).manifests
    try:
        parameters = patiently(
            lambda: list(parameters_below(aws.call, folder)),
            "the batches cannot be listed",
            waiter,
            patience=Patience(5),
        )
    except (ApiError, RunnerError):
        return f"Its batches cannot be listed: batchwright list -s {target.stage} says why"
    names = [last_part(parameter) for parameter in parameters]
    return did_you_mean(name, names) if names else none()
