"""The last look: what it finds wrong, and the files that it writes where nothing is."""

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from aws_cdk import App, CfnResource, Stage
from aws_cdk import aws_iam as iam
from constructs import Construct

from batches.hello.batch import Hello
from batchwright import BatchApp, DeclarationError, Existing
from batchwright.assembly.last_look import LastLook
from batchwright.cdk import known_options
from tests.library.samples import ROOT, context
from tests.library.support import app, app_and_stack, batch, platform, stack

TASKS = iam.ServicePrincipal("ecs-tasks.amazonaws.com")


def files(assembly: Path) -> list[str]:
    """The batch files of an assembly."""
    return sorted(path.relative_to(assembly).as_posix() for path in assembly.glob("batches/*/*.json"))


def places(assembly: Path) -> list[tuple[str | None, str | None]]:
    read = [json.loads(assembly.joinpath(name).read_text(encoding="utf-8")) for name in files(assembly)]
    return [(file["package"], file["source"]) for file in read]


def outdir_app(folder: Path) -> App:
    return App(outdir=str(folder), analytics_reporting=False, **known_options(builtin_cloud_formation_validation=False))


def allow_all(home: Construct, id: str) -> iam.Role:
    """A role that may do anything."""
    role = iam.Role(home, id, assumed_by=TASKS)
    role.add_to_policy(iam.PolicyStatement(actions=["*"], resources=["*"]))
    return role


@pytest.mark.parametrize(
    ("role_of_other", "explained", "expected"),
    [("a", False, ["report", "other"]), ("a", True, []), ("another", True, ["other"])],
)
def test_what_one_batch_explained_is_explained_for_its_role(
    role_of_other: str, explained: bool, expected: Sequence[str]
) -> None:
    ours = stack(app())
    on = platform(ours)
    given = {id: iam.Role(ours, id, assumed_by=TASKS) for id in {"a", role_of_other}}
    for role in given.values():
        role.add_to_policy(iam.PolicyStatement(actions=["ce:GetCostAndUsage"], resources=["*"]))
    report = batch(ours, on, "report", existing=Existing(task_role=given["a"]))
    batch(ours, on, "other", existing=Existing(task_role=given[role_of_other]))
    if explained:
        report.allow("ce:GetCostAndUsage", on="*", reason="the API has no resource")

    lines = LastLook.of(ours).validate()

    assert [re.findall(r"batch (\w+): .*ce:GetCostAndUsage on every resource", line) for line in lines] == [
        [name] for name in expected
    ]


def test_where_one_batch_has_a_fault_no_file_is_written(tmp_path: Path) -> None:
    home = outdir_app(tmp_path)
    theirs = stack(home)
    on = platform(theirs)
    batch(theirs, on, "well")
    batch(stack(home, "second"), on, "ill", existing=Existing(task_role=allow_all(theirs, "Role")))

    with pytest.raises(DeclarationError, match=r"batch ill: a grant allows every action"):
        home.synth()
    assert files(tmp_path) == []


def test_an_assembly_has_one_last_look_and_a_cdk_stage_has_its_own(tmp_path: Path) -> None:
    home = outdir_app(tmp_path)
    nested = Stage(home, "nested")
    outer, inner = stack(home, "outer"), stack(nested, "inner")
    batch(outer, platform(outer), "first")
    batch(inner, platform(inner, stage="production"), "second")

    home.synth()

    assert files(tmp_path) == ["batches/staging/first.json"]
    assert files(tmp_path / "assembly-nested") == ["batches/production/second.json"]
    assert LastLook.of(outer) is LastLook.of(home)
    assert LastLook.of(inner) is LastLook.of(nested) is not LastLook.of(home)


def test_in_any_app_the_file_says_where_declaration_and_source_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)  # where cdk.json is, as the CDK CLI does before it starts an app
    home = outdir_app(tmp_path)
    theirs = stack(home)
    on = platform(theirs, stages=["production"])
    Hello(theirs, on)
    batch(theirs, on, "unclassed")

    home.synth()

    assert files(tmp_path) == ["batches/staging/hello.json", "batches/staging/unclassed.json"]
    assert places(tmp_path) == [("batches/hello", "batches/hello/app"), (None, None)]


def test_batch_app_takes_its_own_folder_wherever_it_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    given = {**context(), "stage": "staging"}

    BatchApp(ROOT, context=given, outdir=str(tmp_path / "out"), batches=[Hello]).synth()

    assert places(tmp_path / "out") == [("batches/hello", "batches/hello/app")]


WRONG = """
import sys
from aws_cdk import App, Environment, Stack, Stage, assertions
from aws_cdk import aws_iam as iam
from batchwright import BatchPlatform, FargateBatch

app = App(analytics_reporting=False)
stack = Stack(Stage(app, "Prod"), "Theirs", env=Environment(account="111111111111", region="us-east-1"))
on = BatchPlatform(stack, "Platform", stage="staging", subnets=["subnet-0123456789abcdef0"])
for name in ("first", "second"):
    made = FargateBatch(stack, name, platform=on, owner="sre", description="Reports.")
    made.task_role.add_to_principal_policy(iam.PolicyStatement(actions=["*"], resources=["*"]))
"""


@pytest.mark.parametrize("last", ["app.synth()", "assertions.Template.from_stack(stack)"])
def test_in_any_app_what_was_found_is_a_line_for_each_batch(tmp_path: Path, last: str) -> None:
    tmp_path.joinpath("app.py").write_text(WRONG + last, encoding="utf-8")

    done = subprocess.run([sys.executable, "app.py"], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    first, second = done.stderr.splitlines()
    assert first.startswith("batchwright: app.py:11: batch first: a grant allows every action (*); ")
    assert second.startswith("batchwright: app.py:11: batch second: ")


WAY_OUT = (
    "as CloudFormation takes; declare its batches in several stacks, as BatchApp does, which makes one for each; a "
    "workflow may have a stack of its own"
)


@pytest.mark.parametrize("staged", [False, True])
def test_a_template_larger_than_cloudformation_takes_names_the_stack_and_the_way_out(staged: bool) -> None:
    home = app()
    ours = stack(Stage(home, "Prod") if staged else home)
    batch(ours, platform(ours))
    CfnResource(ours, "Large", type="AWS::SNS::Topic", properties={"DisplayName": "x" * 1_000_000})

    with pytest.raises(DeclarationError) as raised:
        home.synth()

    size = re.fullmatch(
        rf"stack {ours.node.path}: its template has ([\d,]+) bytes; allowed: 1,000,000, (.*)", str(raised.value)
    )
    assert size
    assert int(size[1].replace(",", "")) > 1_000_000
    assert size[2] == WAY_OUT


def test_a_template_that_just_fits_is_taken() -> None:
    home, ours = app_and_stack()
    batch(ours, platform(ours))
    before = Path(home.synth().directory, "stack.template.json").stat().st_size
    home, ours = app_and_stack()
    batch(ours, platform(ours))
    around = len(',\n  "Large": {\n   "Type": "AWS::SNS::Topic",\n   "Properties": {\n    "DisplayName": ""\n   }\n  }')
    CfnResource(ours, "Large", type="AWS::SNS::Topic", properties={"DisplayName": "x" * (990_000 - before - around)})

    size = Path(home.synth().directory, "stack.template.json").stat().st_size

    assert 985_000 < size <= 1_000_000


def test_more_resources_than_cloudformation_takes_name_the_stack_and_the_way_out() -> None:
    home, ours = app_and_stack()
    batch(ours, platform(ours))
    for number in range(500):
        CfnResource(ours, f"Topic{number}", type="AWS::SNS::Topic")

    found = rf"^stack stack: its template has 5\d\d resources; allowed: 500, {WAY_OUT}$"
    with pytest.raises(DeclarationError, match=found):
        home.synth()


def test_a_program_ends_with_the_line_about_its_template() -> None:
    script = (
        "from tests.library.assembly.test_last_look import *\n"
        "home, ours = app_and_stack()\n"
        "batch(ours, platform(ours))\n"
        "CfnResource(ours, 'Large', type='AWS::SNS::Topic', properties={'DisplayName': 'x' * 1_000_000})\n"
        "home.synth()\n"
    )
    words = [sys.executable, "-c", script]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith("batchwright: stack stack: its template has 1,0")
