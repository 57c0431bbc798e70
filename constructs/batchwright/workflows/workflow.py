"""`Workflow`: batches that run after and beside one another, declared as one construct."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from aws_cdk import Duration, Stack, Tags
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from batchwright.alerts.declaration import Alerts, asked
from batchwright.arguments import checked_arguments
from batchwright.assembly.assembled_workflow import AssembledWorkflow
from batchwright.class_attributes import check_attributes
from batchwright.l1 import l1
from batchwright.names import LOCAL, TAG_OWNER, check_batch
from batchwright.options import Option, run_options
from batchwright.order import make_last, put_after
from batchwright.origins import caller
from batchwright.schedule import Schedule
from batchwright.stage.base import Platform
from batchwright.stage.stacks import StackPerBatch, check_place, deployed_after, scope_for
from batchwright.task.checks import seconds
from batchwright.task.limits import tag_text
from batchwright.task.sources import folder_of
from batchwright.terms import Wait, check_expected, check_overlap, check_words, describe
from batchwright.timing import check_rundeck_uuid, timing
from batchwright.workflows.record import TIER, published, synthesized_record
from batchwright.workflows.steps import A_WORKFLOW, Item, KnownBatches, Step, structure_of
from batchwright_runner.contract.watch import Watch
from batchwright_runner.contract.workflows.record import Workflow as Record
from batchwright_runner.contract.workflows.record import WorkflowOverlap

if TYPE_CHECKING:
    from aws_cdk import aws_stepfunctions as stepfunctions


LONGEST = 14 * 24 * 3600
"""Seconds that a run may be expected to take at most."""
OVERLAPS: tuple[WorkflowOverlap, ...] = ("forbid", "wait")


def _subject(args: Sequence[object], kwargs: Mapping[str, object]) -> str:
    name = args[2] if len(args) > 2 else kwargs.get("name")
    return f"workflow class {type(args[0]).__name__}" if name is None else f"workflow {name}"


def _check_attributes(subject: str, args: Sequence[object]) -> None:
    check_attributes(subject, type(args[0]), Workflow, groups={}, renamed={})


class Workflow(Construct):
    """Batches that run after and beside one another: their order, who owns it, and when it is due.

    Subclass it in ``batches/<name_>/workflow.py``, or use it as it is inside any CDK app and stack, after its batches.

    Attributes:
        stages: Names of the stages in which the workflow exists. Default: all. It always exists for local runs.
        name: The workflow's name.
        platform: The stage it is declared in.
        record: What the runner knows of it, as far as a synthesis can tell: its steps, too.
        machine: The state machine that runs it; ``None`` for runs on one machine.
    """

    stages: ClassVar[Collection[str] | None] = None

    @checked_arguments(_subject, first=_check_attributes)
    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        platform: Platform,
        owner: str,
        steps: Sequence[Item],
        always: Sequence[str | Step] = (),
        description: str | None = None,
        runbook: str | None = None,
        schedule: Schedule | None = None,
        scheduler: str | None = None,
        expected: Duration | None = None,
        overlap: WorkflowOverlap | Wait = "forbid",
        options: Sequence[Option] = (),
        alerts: Alerts | Literal[False] | None = None,
        rundeck_uuid: str | Mapping[str, str] | None = None,
    ) -> None:
        """Declare a workflow.

        Args:
            scope: The scope. Under ``app.py`` each workflow gets a stack of its own, after those of its batches.
            name: Name of the workflow: 2 to 40 of a-z, 0-9 and single dashes, and no batch's name.
            platform: The stage. Each of its batches gets a state machine.
            owner: The team to ask when it fails, as of a batch.
            steps: What it runs, in this order: names of batches, a `Step` that says more, a `Parallel` for what runs
                side by side. 1 to 100 steps.
            always: Steps that run at the end, one after another, whatever became of the others, once a step has begun.
                They get ``BATCHWRIGHT_WORKFLOW_FAILED``, the names of the steps that failed. Default: none.
            description: What it is for, at most 200 characters. Default: the first paragraph of the class's docstring.
            runbook: Address of the page to read when it fails. Default: none.
            schedule: When it is due, whoever starts it. Default: it has no schedule.
            scheduler: Who starts it when it is due, as of a batch. Default: the stage's.
            expected: How long a run usually takes at most, from a minute to 14 days. It has no timeout: its batches
                have theirs. Default: it is not said.
            overlap: ``forbid`` two runs at once; or ``wait`` for the other one's end, for a day at most, or as
                ``Wait(at_most=…)`` says.
            options: What may be said of one run, ``run NAME -o DATE=2026-11-24``, as a list of `Option`; each step gets
                those that its batch declares. Default: none.
            alerts: What it asks of its stage's alerts, as of a batch. Default: a run that fails is told.
            rundeck_uuid: Stage to UUID of the job in Rundeck that stands for it already. Default: the job gets a UUID
                of its own.

        Raises:
            DeclarationError: An argument is wrong; the message names workflow, argument, what was given, what is
                allowed.
        """
        subject = f"workflow {name}"
        check_batch(name, platform.facts.names.project, platform.stages, "workflow")
        platform.check_name(subject, name, platform.declared_batches, platform.declared_workflows)
        team = tag_text(str(owner))
        super().__init__(scope_for(scope, name, type(self), team), name)
        facts = platform.facts.read_in(self)
        check_place(subject, scope, self, facts.place)
        own_description = describe(subject, description, type(self), Workflow)
        check_words(subject, description=own_description, owner=owner, runbook=runbook)
        check_expected(subject, expected, LONGEST, "14 days")
        check_overlap(subject, overlap, OVERLAPS)
        run_by = timing(subject, schedule, scheduler, timezone=facts.timezone, usual=facts.scheduler)
        ask = asked(subject, alerts, log_group=False)
        declared = run_options(subject, options, values=())
        known = KnownBatches(
            here={batch: known.manifest() for batch, known in platform.declared_batches.items()},
            elsewhere={**dict.fromkeys(platform.declared_workflows, A_WORKFLOW), **platform.elsewhere},
        )
        structure = structure_of(subject, steps, always, known, declared)

        self.name = name
        self.platform = platform
        self.machine: stepfunctions.CfnStateMachine | None = None
        self._subject = subject
        self._facts = facts
        self._timing = run_by
        machine = "" if platform.stage == LOCAL else facts.place.machine(facts.names.stack(name))
        self._fields: dict[str, Any] = {
            "project": facts.names.project,
            "stage": facts.names.stage,
            "name": name,
            "owner": owner,
            "description": own_description,
            "runbook": runbook or "",
            "machine": machine,
            "overlap": "wait" if isinstance(overlap, Wait) else overlap,
            "timezone": facts.timezone or "",
            "expected_seconds": 0 if expected is None else seconds(expected),
            "options": declared,
            "history_log_group": facts.names.history_log_group if facts.history else "",
            "protected": facts.protected,
            **run_by.manifest_fields(),
        }
        self.record: Record = synthesized_record(subject, facts, self._fields, structure)
        if not isinstance(scope, StackPerBatch):
            Tags.of(self).add(TAG_OWNER, team)
        watch = Watch(
            schedule=self.record.schedule,
            scheduler=self.record.scheduler,
            expected_seconds=self.record.expected_seconds,
            window_seconds=run_by.window_seconds,
            alerts=ask.to_dict(),
        )
        platform.declared_workflows[name] = self
        platform.need_machines()
        self._publish(watch, deployed_after(scope, platform))
        platform.last_look.workflows.append(
            AssembledWorkflow(
                construct=self,
                record=self.record,
                folder=folder_of(type(self), Workflow),
                origin=caller(),
                rundeck_uuid=check_rundeck_uuid(
                    subject, rundeck_uuid, stage=platform.stage, stages=platform.stages - {LOCAL}
                ),
                watch=watch,
            )
        )

    def _publish(self, watch: Watch, after: Sequence[Construct]) -> None:
        names = self._facts.names
        for batch in dict.fromkeys(step.batch for step in self.record.all_steps):
            own, theirs = Stack.of(self), Stack.of(self.platform.declared_batches[batch].construct)
            if own.node.path != theirs.node.path:
                put_after(own, theirs)
        if watch.says_something:
            l1(ssm.CfnParameter, self, "Watch", type="String", name=names.watch(self.name), value=watch.to_json())
        record = l1(
            ssm.CfnParameter,
            self,
            "Record",
            type="String",
            tier=TIER,
            name=self.record.path,
            value=published(self.record, self._fields),
        )
        make_last(record, self, *after)
