"""What the tests of machines share."""

from typing import Any

from batchwright import Schedule
from batchwright.automation.facts import MachineFacts
from batchwright.automation.machine import machine
from batchwright.order import put_after
from batchwright.testing import Template
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.names import StageNames, family_of
from batchwright_runner.contract.verdicts import Row, name
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.scripted_ecs import ScriptedEcs
from tests.kit.state_machine import Clock, Ended, Execution
from tests.library.support import (
    app,
    batch,
    platform,
    stack,
    templates,
)

CLUSTER = "arn:aws:ecs:eu-west-1:111111111111:cluster/batches-staging"


def facts(manifest: BatchManifest | None = None, **changes: Any) -> MachineFacts:  # noqa: ANN401 - any field
    manifest = manifest or sample_manifest()
    given: dict[str, Any] = {
        "manifest": manifest,
        "cluster": CLUSTER,
        "task_definition": manifest.task_definition,
        "family": family_of(manifest.task_definition),
        "subnets": ",".join(manifest.subnets),
        "security_groups": ",".join(manifest.security_groups),
        "paused": StageNames.of(manifest).paused(manifest.batch),
    }
    return MachineFacts(**{**given, **changes})


def execute(
    ecs: ScriptedEcs,
    manifest: BatchManifest | None = None,
    given: Any = None,  # noqa: ANN401 - JSON
    *,
    all_catches_limits: bool = False,
    run: str = "9f1c",
    **changes: Any,  # noqa: ANN401 - any field
) -> Ended:
    """Executes a batch's machine."""
    definition = machine(facts(manifest, **changes))
    return Execution(definition, ecs, ecs.clock, run, all_catches_limits=all_catches_limits).run(given)


def ecs(*script: Any, **changes: Any) -> ScriptedEcs:  # noqa: ANN401 - ends, errors, fields
    return ScriptedEcs(Clock(), **{**({"script": script} if script else {}), **changes})


def called(ended: Ended) -> str:
    """What a machine's end is called: a success is the code 0."""
    return name(Row.OWN, 0) if ended.status == "SUCCEEDED" else ended.error


NIGHTLY = Schedule.daily("02:30", zone="Asia/Tokyo")


def kept(**arguments: Any) -> tuple[Template, Template]:  # noqa: ANN401 - any argument
    """The templates of a batch that AWS starts, and of its platform."""
    home = app()
    first, ours = stack(home, "platform"), stack(home)
    put_after(ours, first)
    batch(ours, platform(first), **{"scheduler": "aws", "schedule": NIGHTLY, **arguments})
    made = templates(home)
    return made["stack"], made["platform"]


def text(value: Any) -> str:  # noqa: ANN401 - a template's value
    """A text of a template, its references as their names."""
    if isinstance(value, str):
        return value
    if "Ref" in value:
        return str(value["Ref"])
    if "Fn::GetAtt" in value:
        return ".".join(value["Fn::GetAtt"])
    return "".join(text(part) for part in value["Fn::Join"][1])
