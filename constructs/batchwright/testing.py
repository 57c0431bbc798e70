"""For your own tests: synthesizes one batch for one stage, and gives what it came to; plays a workflow by its rules.

from batchwright.testing import play, synthesize

def test_the_report_may_read_the_sales():
    report = synthesize(DailyReport, stage="production", settings={"sales_bucket": "sales"})
    assert "s3:GetObject*" in report.actions("task")

def test_no_report_without_orders():
    assert "report" in play(Nightly, fails={"orders-load": 3}).not_started
"""

import inspect
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from aws_cdk import App, Stack

from batchwright.app.batch_app import BatchApp, read_context
from batchwright.app.cdk_json import platform_arguments
from batchwright.arns import Place
from batchwright.batch import FargateBatch
from batchwright.cdk import known_options
from batchwright.errors import DeclarationError, check_keys, unknown, wrong
from batchwright.iam.policies import several
from batchwright.names import LOCAL
from batchwright.order import put_after
from batchwright.registry.registry import ImageRegistry
from batchwright.stage.platform import BatchPlatform
from batchwright.stage.stacks import StackPerBatch, environment_of
from batchwright.workflows.workflow import Workflow
from batchwright_runner.contract.checks import EXIT_CODES
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.verdicts import ROWS, Row
from batchwright_runner.contract.workflows.rules import StepState, WorkflowVerdict, decide, failed_steps
from batchwright_runner.contract.workflows.structure import Structure

Template = Mapping[str, Any]
Declaring = Callable[[Any, BatchPlatform], FargateBatch | Iterable[FargateBatch]]

STAGES = ("staging", "production")
REGISTRY = Place("333333333333", "ap-northeast-1")
PLACES = {
    "local": Place("000000000000", "us-east-1"),
    "staging": Place("111111111111", "ap-northeast-1"),
    "production": Place("222222222222", "ap-northeast-1"),
}
"""The accounts and regions that the stages of a test have; other stages have staging's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Synthesized:
    """What a batch came to in one stage.

    Attributes:
        template: The template of the batch's stack.
        platform: The template of the platform's stack.
        registry: The template of the registry's stack.
        local: The content of the batch's file for local runs.
    """

    template: Template
    platform: Template
    registry: Template
    local: Mapping[str, Any]

    @property
    def manifest(self) -> BatchManifest:
        """The batch's manifest, as far as a synthesis knows it."""
        return BatchManifest.from_dict(self.local["manifest"])

    def resources(self, type: str) -> list[dict[str, Any]]:  # noqa: A002 - CloudFormation's word
        """The properties of the batch's resources of one type.

        Args:
            type: The type, ``AWS::SSM::Parameter``.

        Returns:
            The properties of each, as the template has them; empty where there is none.
        """
        return resources(self.template, type)

    def container(self, name: str = "main") -> dict[str, Any]:
        """A container's definition as the template has it.

        Args:
            name: The container. Default: the batch's own, ``main``.

        Raises:
            KeyError: The task has no such container.
        """
        (task,) = self.resources("AWS::ECS::TaskDefinition")
        containers: dict[str, dict[str, Any]] = {
            ContainerDefinition["Name"]: ContainerDefinition for ContainerDefinition in task["ContainerDefinitions"]
        }
        return containers[name]

    def statements(self, role: Literal["task", "execution"]) -> list[dict[str, Any]]:
        """The statements of all policies of a role: those in it, and those that grants attached to it.

        Args:
            role: ``task``, which the batch's own code has, or ``execution``, with which ECS starts it.
        """
        return list(_statements(self.template, {"task": "TaskRoleArn", "execution": "ExecutionRoleArn"}[role]))

    def actions(self, role: Literal["task", "execution"]) -> set[str]:
        """All actions that a role is allowed, whatever on: ``{"s3:GetObject*", "s3:List*"}``."""
        return {action for statement in self.statements(role) for action in several(statement["Action"])}


def synthesize(
    declare: Declaring,
    *,
    stage: str = "staging",
    project: str = "batches",
    name: str | None = None,
    **platform: Any,  # noqa: ANN401 - the platform's arguments
) -> Synthesized:
    """Synthesizes one batch for one stage.

    Args:
        declare: The batch's class, or a function that makes a `FargateBatch` of a scope and a platform, or several.
        stage: The stage. Default: ``staging``.
        project: The project. Default: ``batches``.
        name: Which one, of the batches that a function ``batches()`` makes. Default: the only one.
        platform: Arguments of `BatchPlatform`, also as ``cdk.json`` has them. Default: two subnets and a VPC.

    Returns:
        The templates and the batch file.

    Raises:
        DeclarationError: A mistake in the declaration.
    """
    names = StageNames(project, stage)
    place = PLACES.get(stage, PLACES["staging"])
    with tempfile.TemporaryDirectory() as folder:
        app = App(outdir=folder, analytics_reporting=False, **known_options(builtin_cloud_formation_validation=False))
        registry_stack = Stack(app, "registry", env=environment_of(REGISTRY))
        registry = ImageRegistry(
            registry_stack,
            "Registry",
            project=project,
            stages=STAGES,
            accounts=[place.account for place in PLACES.values()],
        )
        platform_stack = Stack(app, "platform", env=environment_of(place))
        network = {"vpc_id": "vpc-0123456789abcdef0", "subnets": ["subnet-0123456789abcdef0"]}
        arguments: dict[str, Any] = {**network, "registry": registry, "stages": STAGES, **platform_arguments(platform)}
        handle = BatchPlatform(platform_stack, "Platform", stage=stage, project=project, **arguments)
        put_after(platform_stack, registry_stack)
        scope = StackPerBatch(app, "batches", names=names, place=place, after=platform_stack, tags={})
        batch = _one(declare(scope, handle), name)
        assembly = app.synth()
        local = Path(folder, "batches", stage, f"{batch.name}.json").read_text(encoding="utf-8")
        return Synthesized(
            template=assembly.get_stack_by_name(Stack.of(batch).stack_name).template,
            platform=assembly.get_stack_by_name(platform_stack.stack_name).template,
            registry=assembly.get_stack_by_name(registry_stack.stack_name).template,
            local=json.loads(local),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What came of a workflow that was played.

    Attributes:
        started: The steps that start, in the order in which they do where every step takes the same time.
        not_started: The steps that do not, in declared order.
        failed: The steps that fail and count, which those of ``always`` get in ``BATCHWRIGHT_WORKFLOW_FAILED``.
        verdict: The end of the whole: ``code``, ``row``, and the ``step`` that decided it; empty where none did.
    """

    started: tuple[str, ...]
    not_started: tuple[str, ...]
    failed: tuple[str, ...]
    verdict: WorkflowVerdict


def play(
    workflow: type[Workflow] | Workflow, *, fails: Mapping[str, int | str] | None = None, stage: str = LOCAL
) -> Played:
    """Plays a workflow by the rules that its state machine is made of, and that a run on this machine asks.

    No batch runs, and nothing of AWS is asked. So it does not play what a step takes, which is the same for all, nor
    retries, timeouts, pauses, other runs in progress, values of options, or a stop of the whole: give the end that a
    step comes to in ``fails``.

    Args:
        workflow: The workflow's class, whose project has its batches, or the workflow itself.
        fails: Step to how it fails: an exit code from 1 to 255, or a row of the table of exit codes, such as
            ``timeout``, ``paused``, ``overlap`` or ``never-started``. Default: every step succeeds.
        stage: The stage in which a class is declared. Default: ``local``, which has every workflow.

    Returns:
        What starts, what does not, and the verdict.

    Raises:
        DeclarationError: A mistake in the declaration, a step that there is not, or an end that there is not.
    """
    structure: Structure = workflow.record if isinstance(workflow, Workflow) else _declared(workflow, stage)
    names = [step.name for step in structure.all_steps]
    check_keys("play", "fails", fails or {}, names)
    ends = {name: StepState.of(Row.OWN, 0) for name in names}
    ends |= {name: _failure(name, failure) for name, failure in (fails or {}).items()}
    started: list[str] = []
    states: dict[str, StepState] = {}
    while (decision := decide(structure, states)).verdict is None:
        now = [step.name for step in decision.start]
        started += now
        states |= {name: ends[name] for name in now}
    return Played(
        started=tuple(started),
        not_started=tuple(step.name for step in decision.never),
        failed=failed_steps(structure, states),
        verdict=decision.verdict,
    )


@cache
def _declared(kind: type[Workflow], stage: str) -> Structure:
    """The structure that a workflow's class has in a stage of its project."""
    folders = Path(inspect.getfile(kind)).resolve().parents
    root = next((folder for folder in folders if (folder / "cdk.json").is_file()), None)
    if root is None:
        problem = f"{kind.__name__} was given, and no cdk.json is above its file; allowed: a class of a project"
        raise DeclarationError(
            "play", "workflow", problem, remedy="declare it in your app, and give the workflow itself"
        )
    with tempfile.TemporaryDirectory() as folder:
        context = {**read_context(root), "stage": stage}
        workflows = BatchApp(root, context=context, outdir=folder, workflows=[kind]).workflows
    if not workflows:
        raise wrong("play", "stage", stage, f"one that {kind.__name__} is declared in")
    return workflows[0].record


def _failure(step: str, failure: int | str) -> StepState:
    """The state that a step's failure leaves it in."""
    rows = {row.value: facts.codes[0] for row, facts in ROWS.items() if facts.codes and row is not Row.STEP_NOT_RUN}
    if isinstance(failure, int) and failure in EXIT_CODES:
        return StepState.of(Row.OWN, failure)
    if failure not in rows:
        raise wrong("play", f"fails[{step!r}]", failure, f"an exit code from 1 to 255, {', '.join(rows)}")
    return StepState.of(Row(failure), rows[str(failure)])


def _one(declared: FargateBatch | Iterable[FargateBatch], name: str | None) -> FargateBatch:
    batches = {batch.name: batch for batch in ([declared] if isinstance(declared, FargateBatch) else declared)}
    if name is None and len(batches) == 1:
        return next(iter(batches.values()))
    if name is None:
        problem = f"there are several, {', '.join(batches)}; write name=…" if batches else "there is no batch"
        raise DeclarationError("synthesize", "name", problem)
    if name not in batches:
        raise unknown("synthesize", "name", name, batches)
    return batches[name]


def resources(template: Template, type: str) -> list[dict[str, Any]]:  # noqa: A002 - CloudFormation's word
    """The properties of a template's resources of one type.

    Args:
        template: The template.
        type: The type, ``AWS::SSM::Parameter``.
    """
    return [
        resource.get("Properties", {})
        for resource in template.get("Resources", {}).values()
        if resource["Type"] == type
    ]


def dropped_keys(given: Any, made: Any, path: str = "") -> list[str]:  # noqa: ANN401 - any JSON
    """The keys of plain data that are missing from what aws-cdk-lib made of it.

    A typed resource drops a key that it does not know without a word.

    Args:
        given: Data with the keys of an API: ``stopTimeout``.
        made: The same in a template: ``StopTimeout``, ``FilesystemId``; keys of maps (``options``) stay as they are.
        path: Where in the data this is, for the answer. Default: at its top.

    Returns:
        The paths of the lost keys: ``containerDefinitions.0.stopTimuot``.
    """
    if isinstance(given, list):
        pairs = zip(given, made if isinstance(made, list) else [], strict=False)
        lost = [key for n, (value, other) in enumerate(pairs) for key in dropped_keys(value, other, f"{path}{n}.")]
        return lost + [f"{path}{n}" for n in range(len(made) if isinstance(made, list) else 0, len(given))]
    if not isinstance(given, dict):
        return []
    lost = []
    for key, value in given.items():
        same = [name for name in made if name.lower() == key.lower()] if isinstance(made, dict) else []
        if not same:
            lost.append(f"{path}{key}")
        else:
            lost.extend(dropped_keys(value, made[same[0]], f"{path}{key}."))
    return lost


def _statements(template: Template, key: str) -> Iterator[dict[str, Any]]:
    by_id = template["Resources"]
    (task,) = resources(template, "AWS::ECS::TaskDefinition")
    role = task[key]
    id = role["Fn::GetAtt"][0] if isinstance(role, dict) and "Fn::GetAtt" in role else ""
    name = {"Ref": id} if id else str(role).rpartition("/")[2]
    for policy in by_id[id]["Properties"].get("Policies", ()) if id in by_id else ():
        yield from policy["PolicyDocument"]["Statement"]
    for kind in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
        for attached in resources(template, kind):
            if name in attached.get("Roles", ()):
                yield from attached["PolicyDocument"]["Statement"]
