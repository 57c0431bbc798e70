"""What the tests of machines share."""

from dataclasses import replace
from typing import Any

from batchwright import Schedule
from batchwright.automation.machine import MachineFacts, machine
from batchwright.order import put_after
from batchwright.testing import Template
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.verdicts import Row, name
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.scripted_ecs import ScriptedEcs
from tests.kit.state_machine import Clock, Ended, Execution
from tests.library.support import app, batch, platform, stack, templates

MACHINE = "arn:aws:states:eu-west-1:111111111111:stateMachine:batches-staging-daily-report"
FUNCTION = "arn:aws:lambda:eu-west-1:111111111111:function:batches-staging-machines"


def facts(manifest: BatchManifest | None = None, **changes: Any) -> MachineFacts:  # noqa: ANN401 - any field
    return MachineFacts(manifest=manifest or sample_manifest(), function=FUNCTION, **changes)


def deployed(manifest: BatchManifest) -> BatchManifest:
    """A batch as it is deployed: with its machine."""
    return replace(manifest, machine=MACHINE)


def execute(
    ecs: ScriptedEcs,
    manifest: BatchManifest | None = None,
    given: Any = None,  # noqa: ANN401 - JSON
    *,
    run: str = "9f1c",
    **changes: Any,  # noqa: ANN401 - any field
) -> Ended:
    """Executes a batch's machine, which asks the stage's function of a batch that is deployed as it is."""
    declared = facts(manifest, **changes)
    definition = machine(declared)
    if ecs.manifest is None:
        ecs.manifest = deployed(declared.manifest)
    return Execution(definition, ecs, ecs.clock, run).run(given)


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
