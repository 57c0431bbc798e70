"""The folder of a new project, and what one that exists says of itself: that is not asked again."""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from batchwright_runner.contract.schedules.zones import UTC
from batchwright_runner.errors import RunnerError, UsageError
from batchwright_runner.host.settings.cdk_json import DEFAULT_PROJECT, FILE, find_cdk_json
from batchwright_runner.host.settings.project import NO_ACCOUNT
from batchwright_runner.workbench.scaffold.answers import NO_SUBNET, SUGGESTED_REGION, Ci, GivenAnswers, StageAnswers
from batchwright_runner.workbench.scaffold.ci_files import CONFIG, workflow_of


@dataclass(frozen=True, slots=True)
class ProjectPlace:
    """Where a new project is written."""

    folder: Path
    # Where that is in the git repository; empty at the repository's top, or outside of one
    below: str = ""
    has_batches: bool = False
    # Whether the repository has a configuration of CircleCI
    uses_circleci: bool = False


def find_place(folder: Path) -> ProjectPlace:
    """Looks at the folder of a new project, which need not exist, and changes nothing."""
    folder = folder.absolute().resolve()
    _check(folder)
    top = next((parent for parent in (folder, *folder.parents) if (parent / ".git").exists()), folder)
    return ProjectPlace(
        folder,
        below="" if top == folder else folder.relative_to(top).as_posix(),
        has_batches=any(folder.glob("batches/*/batch.py")),
        uses_circleci=(top / ".circleci").is_dir(),
    )


def _check(folder: Path) -> None:
    nearest = next(parent for parent in (folder, *folder.parents) if os.path.lexists(parent))
    wrong = "a folder" if not nearest.is_dir() else "" if os.access(nearest, os.W_OK | os.X_OK) else "writable for you"
    if wrong:
        raise UsageError(f"no project can be written to {folder}: {nearest} is not {wrong}", hint="Name another folder")
    cdk_json = folder / "cdk.json"
    if cdk_json.is_file() and _is_another_app(cdk_json.read_text(encoding="utf-8", errors="replace")):
        raise UsageError(
            f"no project can be written to {folder}: its cdk.json belongs to an app that is not in Python",
            hint=f"Make it in a folder of its own: batchwright init {folder.name}/batches",
        )


def _is_another_app(cdk_json: str) -> bool:
    """Whether a cdk.json names an app in another language than Python, which batches cannot be added to."""
    try:
        app = json.loads(cdk_json).get("app", "")
    except (ValueError, AttributeError):
        return False
    return isinstance(app, str) and app != "" and ".py" not in app and "python" not in app


def find_existing(place: ProjectPlace) -> GivenAnswers | None:
    """What the project in a folder says of itself; none where its cdk.json declares no stages, or there is none."""
    with suppress(RunnerError):
        cdk_json = find_cdk_json(place.folder)
        if cdk_json is not None and cdk_json.path == place.folder / FILE and cdk_json.stages:
            stages = [_stage(name, facts) for name, facts in cdk_json.stages.items() if isinstance(facts, dict)]
            project, zone = cdk_json.project or DEFAULT_PROJECT, str(cdk_json.context.get("timezone") or UTC)
            return GivenAnswers(project=project, stages=stages, ci=_ci_of(place), timezone=zone, existing=True)
    return None


def _stage(name: str, facts: Mapping[str, Any]) -> StageAnswers:
    """A stage as cdk.json says it, of which CI's files hold the account and the region."""
    subnets = facts.get("subnets") or NO_SUBNET
    return StageAnswers(
        name=name,
        account=str(facts.get("account") or NO_ACCOUNT),
        region=str(facts.get("region") or SUGGESTED_REGION),
        subnets=(subnets,) if isinstance(subnets, str) else tuple(map(str, subnets)),
    )


def _ci_of(place: ProjectPlace) -> Ci | None:
    if not (place.folder / CONFIG).exists():
        return None
    choices: tuple[Ci, ...] = ("github", "circleci")
    return next((ci for ci in choices if (place.folder / workflow_of(ci, place.below)).exists()), None)
