"""Finds the manifest of a batch by its name."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from batchwright_runner.aws.client import ApiError, Aws
from batchwright_runner.aws.config import StageTarget
from batchwright_runner.aws.pages import pages
from batchwright_runner.aws.retry import PatientAws, patiently
from batchwright_runner.contract.checks import NAME, NAME_LENGTHS
from batchwright_runner.contract.manifest import BatchManifest, ManifestError
from batchwright_runner.contract.names import manifest_path, manifests_folder
from batchwright_runner.errors import RunnerError, UsageError
from batchwright_runner.runs.signals import Waiter
from batchwright_runner.terminal.console import Tell
from batchwright_runner.terminal.text import NO_BATCHES, did_you_mean


@dataclass(frozen=True, slots=True)
class Found:
    """A manifest, and the account it was found in (empty where AWS does not say)."""

    manifest: BatchManifest
    account: str


def is_batch_name(name: str) -> bool:
    """Whether a batch can have that name. Pure."""
    return len(name) in NAME_LENGTHS and NAME.fullmatch(name) is not None


def find_batch(aws: Aws, target: StageTarget, name: str, waiter: Waiter) -> Found:
    """Reads a batch's manifest.

    Raises:
        UsageError: There is no such batch.
        RunnerError: It cannot be read.
    """
    path = manifest_path(target.project, target.stage, name)
    if not is_batch_name(name):
        # SSM would take a colon as a version's, a slash as a folder's, and refuse the rest.
        raise UsageError(
            f"no such batch {name!r}: a name has {NAME_LENGTHS[0]} to {NAME_LENGTHS[-1]} of a-z, 0-9 and single dashes",
            hint=did_you_mean(name, _names(aws, target, waiter), none=NO_BATCHES),
        )
    try:
        answer = patiently(
            lambda: aws.call("ssm", "get_parameter", Name=path), f"the manifest {path} cannot be read", waiter
        )
    except ApiError as error:
        if error.code != "ParameterNotFound":
            raise RunnerError(f"the manifest {path} cannot be read: {error}") from error
        raise UsageError(
            f"no such batch {name!r}: there is no parameter {path}",
            hint=did_you_mean(name, _names(aws, target, waiter), none=NO_BATCHES),
        ) from error
    parameter = answer["Parameter"]
    return Found(_manifest(path, parameter), _place(parameter)[0])


def find_all(aws: Aws, target: StageTarget, waiter: Waiter, tell: Tell) -> list[BatchManifest]:
    """Reads the manifests of all batches of a stage, in the order of their names.

    Raises:
        RunnerError: They cannot be read.
    """
    what = f"the manifests below {_folder(target)} cannot be read"
    found = [_manifest(one["Name"], one) for one in _parameters(PatientAws(aws, what, waiter, tell), target)]
    return sorted(found, key=lambda manifest: manifest.batch)


def _names(aws: Aws, target: StageTarget, waiter: Waiter) -> list[str]:
    try:
        parameters = patiently(
            lambda: list(_parameters(aws, target)), "the batches cannot be listed", waiter, seconds=5
        )
    except (ApiError, RunnerError):
        return []
    return [str(parameter["Name"]).rpartition("/")[2] for parameter in parameters]


def _parameters(aws: Aws, target: StageTarget) -> Iterator[Mapping[str, Any]]:
    return pages(
        partial(aws.call, "ssm", "get_parameters_by_path", Path=_folder(target)), "Parameters", next_key="NextToken"
    )


def _folder(target: StageTarget) -> str:
    return manifests_folder(target.project, target.stage)


def _manifest(path: str, parameter: Mapping[str, Any]) -> BatchManifest:
    try:
        manifest = BatchManifest.from_json(parameter["Value"])
    except ManifestError as error:
        raise RunnerError(f"{path} cannot be used: {error}") from error
    if manifest.name != path:
        raise RunnerError(
            f"{path} cannot be used: its project, stage and batch are those of {manifest.name}",
            hint="Write the same three into the parameter's name and into its value",
        )
    account, region = _place(parameter)
    for what, found, written in (("account", account, manifest.account), ("region", region, manifest.region)):
        if found and found != written:
            raise RunnerError(
                f"{path} cannot be used: it is of {what} {written}, and it was found in {what} {found}",
                hint="Deploy the batch there, or write that one's own task definition into its manifest",
            )
    return manifest


def _place(parameter: Mapping[str, Any]) -> tuple[str, str]:
    """Account and region of a parameter; empty where AWS does not say."""
    parts = str(parameter.get("ARN", "")).split(":")
    return (parts[4], parts[3]) if len(parts) > 5 else ("", "")
