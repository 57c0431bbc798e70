"""A project that exists already, as ``init`` finds it: what its files say is not asked again."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from batchwright_runner.contract.schedules.zones import UTC
from batchwright_runner.errors import RunnerError
from batchwright_runner.host.settings.cdk_json import DEFAULT_PROJECT, FILE, find_cdk_json
from batchwright_runner.host.settings.project import NO_ACCOUNT
from batchwright_runner.workbench.scaffold.answers import NO_SUBNET, SUGGESTED_REGION, Ci, StageAnswers
from batchwright_runner.workbench.scaffold.ask import GivenAnswers
from batchwright_runner.workbench.scaffold.ci_files import CONFIG, workflow_of
from batchwright_runner.workbench.scaffold.place import ProjectPlace


def find_existing(place: ProjectPlace) -> GivenAnswers | None:
    """What the project in a folder says of itself; none where its cdk.json declares no stages, or there is none."""
    with suppress(RunnerError):
        found = find_cdk_json(place.folder)
        if found is not None and found.path == place.folder / FILE and found.stages:
            stages = [_stage(name, facts) for name, facts in found.stages.items() if isinstance(facts, dict)]
            project, zone = found.project or DEFAULT_PROJECT, str(found.context.get("timezone") or UTC)
            return GivenAnswers(project=project, stages=stages, ci=_ci(place), timezone=zone, existing=True)
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


def _ci(place: ProjectPlace) -> Ci | None:
    if not (place.folder / CONFIG).exists():
        return None
    known: tuple[Ci, ...] = ("github", "circleci")
    return next((ci for ci in known if (place.folder / workflow_of(ci, place.below)).exists()), None)
