"""The one time zone in which moments are shown: a manifest says it, or the platform, or cdk.json; else it is UTC."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from batchwright_runner.contract.moments import show_in
from batchwright_runner.contract.names import StageNames
from batchwright_runner.errors import RunnerError
from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.settings.cdk_json import find_cdk_json


def zone_here(project: str = "") -> str:
    """The zone that this folder's cdk.json names; empty where it names none, or is of another project."""
    with suppress(RunnerError, OSError):
        cdk_json = find_cdk_json(Path.cwd())
        if cdk_json is not None and project in ("", cdk_json.project):
            return str(cdk_json.context.get("timezone") or "")
    return ""


def show_as_stage(aws: Aws, project: str, stage: str) -> None:
    """Shows moments as a stage's platform says. It is asked once, if no manifest has named the zone."""

    def ask() -> str:
        try:
            parameter = aws.call("ssm", "get_parameter", Name=f"{StageNames(project, stage).path}/platform/timezone")
        except (ApiError, RunnerError):  # who runs one batch alone need not have the right
            return zone_here(project)
        return str(parameter["Parameter"]["Value"])

    show_in(ask)


def show_as(zones: Iterable[str]) -> None:
    """Shows moments in the zone of the first manifest of a stage that names one; others give an empty text."""
    zone = next(filter(None, zones), "")
    if zone:
        show_in(lambda: zone)
