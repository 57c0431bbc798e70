"""What a declared workflow comes to: its record, its place among the stacks, its batches' machines, its file."""

import json
from collections.abc import Callable
from hashlib import sha512
from pathlib import Path
from typing import Any, cast

import pytest
from aws_cdk import Duration, Stack
from constructs import Construct

from batchwright import (
    Alerts,
    BatchApp,
    BatchPlatform,
    FargateBatch,
    Option,
    Parallel,
    Schedule,
    Workflow,
)
from batchwright.names import LOCAL
from batchwright.workflows.steps import Item, Step
from batchwright_runner.contract.workflows.file import WorkflowFile, paths
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from tests.library.batch_app.broken import CONTEXT, PRODUCTION
from tests.library.support import (
    app,
    app_and_stack,
    batch,
    of_type,
    platform,
    published_manifest,
    refusal,
    stack,
    templates,
)
from tests.library.workflows.support import BATCHES, MACHINES, OPTIONS, STEPS, home, workflow

TEXT = {
    "schema": 1,
    "kind": "workflow",
    "project": "batches",
    "stage": "staging",
    "name": "nightly",
    "owner": "sre",
    "description": "Loads the orders.",
    "machine": f"{MACHINES}-nightly",
    "history_log_group": "/batches/staging/platform/runs",
    "steps": [
        "extract",
        {"parallel": [["orders-load", "orders-check"], [{"step": "coupons-load", "on_failure": "fail-at-end"}]]},
        {"step": "report", "options": {"FORMAT": "csv"}},
    ],
}


def parameters(template: Any) -> dict[str, str]:  # noqa: ANN401 - a template
    """Name to value, of a template's SSM parameters."""
    return {
        parameter["Properties"]["Name"]: parameter["Properties"]["Value"]
        for parameter in of_type(template, "AWS::SSM::Parameter")
    }


def test_its_record_is_published_beside_the_manifests_and_deployed_after_its_steps_and_their_machines() -> None:
    made, declared = home()
    by_stack = templates(made)
    (record,) = of_type(by_stack["workflow"], "AWS::SSM::Parameter")

    assert record["Properties"]["Name"] == "/batches/staging/manifests/nightly"
    assert record["Properties"]["Tier"] == "Intelligent-Tiering"
    assert json.loads(record["Properties"]["Value"]) == TEXT
    assert [stack.stack_name for stack in Stack.of(declared).dependencies] == ["batches"]
    resources = by_stack["batches"]["Resources"]
    for parameter in of_type(by_stack["batches"], "AWS::SSM::Parameter"):
        _, folder, name = parameter["Properties"]["Name"].rsplit("/", 2)
        if folder == "manifests":  # it names a machine, and is written after it
            (machine,) = [id for id in parameter["DependsOn"] if resources[id]["Type"].endswith("::StateMachine")]
            assert name in resources[machine]["Properties"]["StateMachineName"]
            assert f"{MACHINES}-{name}" in str(parameter["Properties"]["Value"])


def test_the_runner_reads_what_is_published() -> None:
    made, declared = home(
        always=["summary"],
        runbook="https://example.com",
        schedule=Schedule.daily("02:30", zone="Asia/Tokyo"),
        scheduler="rundeck",
        expected=Duration.hours(2),
        overlap="wait",
        options=[Option("DAY", description="The day")],
        alerts=Alerts(after_failures=2),
    )
    values = parameters(templates(made)["workflow"])

    record = WorkflowManifest.from_json(values["/batches/staging/manifests/nightly"])
    assert record == declared.record
    assert (record.overlap, record.expected_seconds, record.schedule) == ("wait", 7200, "30 2 * * * Asia/Tokyo")
    assert [step.name for step in record.all_steps] == list(BATCHES)
    assert json.loads(values["/batches/staging/watch/nightly"]) == {
        "schedule": "30 2 * * * Asia/Tokyo",
        "scheduler": "rundeck",
        "expected_seconds": 7200,
        "alerts": {"after_failures": 2},
    }


def test_each_batch_of_its_stage_has_a_machine_also_one_that_comes_later() -> None:
    made, declared = home()
    later = stack(made, "later")
    batch(later, declared.platform, "later", schedule=Schedule.daily("02:30", zone="UTC"))
    by_stack = templates(made)

    machines = of_type(by_stack["batches"], "AWS::StepFunctions::StateMachine")
    assert {machine["Properties"]["StateMachineName"] for machine in machines} == {
        f"batches-staging-{batch}" for batch in BATCHES
    }
    assert published_manifest(by_stack["later"])["machine"] == f"{MACHINES}-later"
    # Only AWS's own batches have schedules, and what these share.
    assert not any(of_type(template, "AWS::Scheduler::Schedule") for template in by_stack.values())
    assert not of_type(by_stack["batches"], "AWS::SQS::Queue")


def test_runs_on_one_machine_need_none() -> None:
    made, declared = home(LOCAL)

    assert declared.record.machine == ""
    assert declared.platform._declared_batches["extract"]._need_machine() is None
    assert not of_type(templates(made)["batches"], "AWS::StepFunctions::StateMachine")


def test_what_only_a_deployment_knows_stands_in_the_record() -> None:
    made, ours = app_and_stack()
    on = BatchPlatform.from_deployed(ours, "Platform", stage="staging")
    batch(ours, on, "extract")
    declared = workflow(ours, on, steps=["extract"])
    text = json.dumps(parameters(templates(made)["stack"])["/batches/staging/manifests/nightly"])

    assert declared.record.protected is False
    assert r'\"protected\":", {"Ref": "' in text


def test_steps_may_be_given_as_the_batches_themselves() -> None:
    ours = stack(app())
    on = platform(ours)
    extract, load, check, report, summary = (
        batch(ours, on, name) for name in ("extract", "load", "check", "report", "summary")
    )
    steps: list[Item] = [extract, Parallel(load, [check, Step(report, on_failure="ignore")])]
    given = workflow(ours, on, steps=steps, always=[summary, Step(summary, name="again")])
    named = workflow(
        ours,
        on,
        "weekly",
        steps=["extract", Parallel("load", ["check", Step("report", on_failure="ignore")])],
        always=["summary", Step("summary", name="again")],
    )

    assert (given.record.steps, given.record.always) == (named.record.steps, named.record.always)


@pytest.mark.parametrize("item", [lambda made: made, lambda made: Step(made), lambda made: Parallel(made)])
def test_a_batch_of_another_stage_is_no_step(item: Callable[[FargateBatch], Item]) -> None:
    home = app()
    theirs, ours = stack(home, "theirs"), stack(home, "ours")
    on, elsewhere = platform(ours), platform(theirs, stage="production")
    batch(ours, on)

    with refusal(r"^workflow nightly: steps\['report'\]: it is of stage production's pla"):
        workflow(ours, on, steps=[item(batch(theirs, elsewhere))])


@pytest.mark.parametrize("item", [3, None, object(), Step(cast("Any", 4)), ["report"], {"report"}])
def test_what_is_neither_a_batch_nor_a_name_is_no_step(item: Any) -> None:  # noqa: ANN401 - any value
    ours = stack(app())
    on = platform(ours)
    batch(ours, on)

    with refusal(r"^workflow nightly: steps: .* was given; allowed: the name of a batch"):
        workflow(ours, on, steps=[item])


def test_a_workflow_has_no_name_of_another_construct_of_its_stack() -> None:
    ours = stack(app())
    on = platform(ours)
    batch(ours, on)
    Construct(ours, "nightly")

    with refusal(r"^workflow nightly: name: 'nightly' was given, and stack has a constr"):
        workflow(ours, on, steps=["report"])


def test_a_batch_has_no_workflow_s_name() -> None:
    made, declared = home()

    with refusal(r"'nightly' was given, and a workflow of stage staging has it"):
        batch(stack(made, "other"), declared.platform, "nightly")
    with refusal(r"'nightly' was given, and a workflow of stage staging has it"):
        workflow(stack(made, "third"), declared.platform)


def test_a_record_that_fits_into_no_parameter() -> None:
    long = [sha512(f"{number}".encode()).hexdigest() for number in range(100)]  # which no packing makes shorter
    steps = [Step("extract", name=f"step-{number:02}", options={"DAY": text}) for number, text in enumerate(long)]

    with refusal(r"steps: its record has [\d]{4,5} characters; allowed: 8192"):
        home(steps=steps)
    with refusal(r"a text holds '{{', which SSM takes for a reference"):
        home(runbook="https://example.com/{{x}}")


def test_a_hundred_steps_of_the_longest_names_fit() -> None:
    steps = [Step("extract", name="x" * 38 + f"{number:02}") for number in range(100)]

    assert len(home(steps=steps)[1].record.all_steps) == 100


class Nightly(Workflow):
    """Loads yesterday's orders."""

    stages = ("staging",)

    def __init__(self, scope: Any, platform: BatchPlatform) -> None:  # noqa: ANN401 - the app's
        super().__init__(
            scope,
            "nightly",
            platform=platform,
            owner="sre",
            steps=STEPS,
            rundeck_uuid=platform.choose(default=None, staging={"staging": "4711"}),
        )


def declared_batches(scope: Any, on: BatchPlatform) -> list[Any]:  # noqa: ANN401 - the app's
    return [batch(scope, on, name, options=OPTIONS) for name in BATCHES]


def project(folder: Path, **context: Any) -> BatchApp:  # noqa: ANN401 - any JSON
    """A project's app, with the workflow."""
    stages = {**CONTEXT["stages"], "production": PRODUCTION}
    return BatchApp(
        folder,
        context={**CONTEXT, "project": "batches", "stages": stages, **context},
        outdir=str(folder / "cdk.out"),
        batches=[declared_batches],
        workflows=[Nightly],
    )


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The assembly of the project, of both stages."""
    app = project(tmp_path_factory.mktemp("project"))
    app.synth()
    assert [workflow.platform.stage for workflow in app.workflows] == ["staging"]
    return Path(app.outdir)


def test_in_an_app_it_has_a_stack_of_its_own_in_its_stages(assembly: Path) -> None:
    stacks = json.loads(assembly.joinpath("manifest.json").read_text(encoding="utf-8"))["artifacts"]

    assert "batches-production-nightly" not in stacks
    after = set(stacks["batches-staging-nightly"]["dependencies"])
    assert {f"batches-staging-{name}" for name in BATCHES[:-1]} <= after
    with_machines = [
        path.name
        for path in assembly.glob("*.template.json")
        if "AWS::StepFunctions::StateMachine" in path.read_text(encoding="utf-8")
    ]
    assert {name for name in with_machines if "production" in name} == set()
    assert {f"batches-staging-{name}.template.json" for name in BATCHES} <= {*with_machines}


def test_its_file_is_in_the_assembly(assembly: Path) -> None:
    in_stage = paths(assembly, "staging")
    file = WorkflowFile.from_dict(json.loads(in_stage["nightly"].read_text(encoding="utf-8")))

    assert (file.workflow.name, file.rundeck_uuid) == ("nightly", "4711")
    assert file.declared_at.rpartition(":")[0].endswith("test_workflow.py")
    assert WorkflowFile.from_dict(file.to_dict()) == file
    assert paths(assembly, "production") == {}


def test_local_runs_have_it_whatever_its_stages_are(tmp_path: Path) -> None:
    project(tmp_path, stage="local").synth()
    in_stage = paths(tmp_path / "cdk.out", "local")
    file = WorkflowFile.from_dict(json.loads(in_stage["nightly"].read_text(encoding="utf-8")))

    assert file.workflow.machine == ""
    assert [step.batch for step in file.workflow.all_steps] == list(BATCHES[:-1])
