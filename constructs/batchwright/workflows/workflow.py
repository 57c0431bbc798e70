"""`Workflow`: batches that run after and beside one another, declared as one construct."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from aws_cdk import Annotations, Duration, Stack, Tags
from aws_cdk import aws_iam as iam
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from batchwright.alerts.declaration import Alerts, asked
from batchwright.arguments import checked_arguments, named
from batchwright.assembly.assembled_workflow import AssembledWorkflow
from batchwright.iam import grants, run_policies
from batchwright.iam.machine_policies import start
from batchwright.names import LOCAL, TAG_OWNER, check_batch
from batchwright.options import Option, run_options
from batchwright.order import make_last, put_after
from batchwright.origins import caller
from batchwright.schedule import Schedule
from batchwright.stage.base import Named, Platform
from batchwright.stage.facts import beside
from batchwright.stage.stacks import StackPerBatch, check_place, deployed_after, named_once, scope_for
from batchwright.task.checks import seconds
from batchwright.task.limits import tag_text
from batchwright.task.sources import folder_of
from batchwright.terms import Wait, check_expected, check_overlap, check_words, describe
from batchwright.timing import check_rundeck_uuid, timing
from batchwright.workflows.record import TIER, published, synthesized_record
from batchwright.workflows.steps import A_WORKFLOW, Item, KnownBatches, Step, structure_of
from batchwright_runner.contract.options import WORKFLOW_INPUT
from batchwright_runner.contract.two_at_once import REFUSING, WAITING
from batchwright_runner.contract.watch import Watch
from batchwright_runner.contract.workflows.manifest import WorkflowManifest, WorkflowOverlap

if TYPE_CHECKING:
    from aws_cdk import aws_stepfunctions as stepfunctions

    from batchwright.assembly.assembled_batch import AssembledBatch


LONGEST = 14 * 24 * 3600
"""Seconds that a run may be expected to take at most."""
OVERLAPS: tuple[WorkflowOverlap, ...] = ("forbid", "wait")


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

    @checked_arguments(named("workflow"))
    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        platform: Platform,
        owner: str,
        steps: Sequence[Item],
        always: Sequence[str | Named | Step] = (),
        description: str | None = None,
        runbook: str | None = None,
        schedule: Schedule | None = None,
        scheduler: str | None = None,
        unfinished: Sequence[str] = (),
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
            steps: What it runs, in this order: batches or their names, a `Step` that says more, a `Parallel` for what
                runs side by side. 1 to 100 steps.
            always: Steps that run at the end, one after another, whatever became of the others, once a step has begun.
                They get ``BATCHWRIGHT_WORKFLOW_FAILED``, the names of the steps that failed. Default: none.
            description: What it is for, at most 200 characters. Default: the first paragraph of the class's docstring.
            runbook: Address of the page to read when it fails. Default: none.
            schedule: When it is due, whoever starts it. Default: it has no schedule.
            scheduler: Who starts it when it is due, as of a batch. Default: the stage's.
            unfinished: What is left to do before it takes the place of an older job, as of a batch. What its steps'
                batches leave to do counts too. Default: nothing.
            expected: How long a run usually takes at most, from a minute to 14 days. It has no timeout: its batches
                have theirs. Default: none.
            overlap: ``forbid`` two runs at once; or ``wait`` for the other one's end, for a day at most, or as
                ``Wait(at_most=…)`` says.
            options: What one run may be given, ``run NAME -o DATE=2026-11-24``, as a list of `Option`; each step gets
                those that its batch declares. Default: none.
            alerts: Which messages its stage's alerts send about it, as of a batch. Default: one about each run that
                fails.
            rundeck_uuid: Stage to UUID of the job in Rundeck that stands for it already. Default: the job gets a UUID
                of its own.

        Raises:
            DeclarationError: An argument is wrong; the message names workflow, argument, what was given, what is
                allowed.
        """
        subject = f"workflow {name}"
        check_batch(name, platform._facts.names.project, platform.stages, "workflow")
        platform._check_name(subject, name, platform._declared_batches, platform._declared_workflows)
        team = tag_text(str(owner))
        with named_once(subject, scope, name):
            super().__init__(scope_for(scope, name, type(self), team), name)
        facts = platform._facts.read_in(self)
        check_place(subject, scope, self, facts.place)
        own_description = describe(subject, description, type(self), Workflow)
        check_words(subject, description=own_description, owner=owner, runbook=runbook)
        check_expected(subject, expected, LONGEST, "14 days")
        check_overlap(subject, overlap, OVERLAPS)
        ask = asked(subject, alerts, log_group=False)
        declared = run_options(subject, options, values=(), taken=WORKFLOW_INPUT)
        batches = KnownBatches(
            here={name: batch.manifest for name, batch in platform._declared_batches.items()},
            elsewhere={**dict.fromkeys(platform._declared_workflows, A_WORKFLOW), **platform._elsewhere},
            platform=platform,
        )
        structure = structure_of(subject, steps, always, batches, declared)
        steps_left = {step.batch: batches.here[step.batch].unfinished for step in structure.all_steps}
        left = [*unfinished, *(f"{batch}: {text}" for batch, text in steps_left.items() if text)]
        run_by = timing(subject, schedule, scheduler, left, timezone=facts.timezone, usual=facts.scheduler)

        self.name = name
        self.platform = platform
        self.machine: stepfunctions.CfnStateMachine | None = None
        self._subject = subject
        self._facts = facts
        self._timing = run_by
        machine = "" if platform.stage == LOCAL else facts.place._machine(facts.names.family(name))
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
        self.record: WorkflowManifest = synthesized_record(subject, facts, self._fields, structure)
        if not isinstance(scope, StackPerBatch):
            Tags.of(self).add(TAG_OWNER, team)
        watch = Watch(
            schedule=self.record.schedule,
            scheduler=self.record.scheduler,
            expected_seconds=self.record.expected_seconds,
            window_seconds=run_by.window_seconds,
            alerts=ask.to_dict(),
        )
        self._warn()
        platform._declared_workflows[name] = self.record
        platform._need_machines()
        self._make_machine(overlap)
        self._publish(watch, deployed_after(scope, platform))
        platform._last_look.workflows.append(
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

    @property
    def _batches(self) -> dict[str, "AssembledBatch"]:
        """The batches of its steps, each once."""
        return {step.batch: self.platform._declared_batches[step.batch] for step in self.record.all_steps}

    def grant_start(self, grantee: iam.IGrantable) -> None:
        """Lets an application, a queue or another team start the workflow's machine, and do nothing else.

        Args:
            grantee: The role or user.

        Raises:
            DeclarationError: Nothing can be added to its policy.
        """
        grants.add(self._subject, "grant_start", grantee, [start(self._facts.place, self._facts.names, self.name)])

    def grant_run(self, grantee: iam.IGrantable) -> None:
        """Lets a role or user start, follow and stop this workflow, and see the logs of its steps.

        It may start no task and pass on no role: the workflow's machine starts the steps.

        Args:
            grantee: The role or user.

        Raises:
            DeclarationError: Nothing can be added to its policy.
        """
        facts, batches = self._facts.read_in(beside(grantee, self)), self._batches
        statements = run_policies.workflow_runs(
            facts.place,
            facts.names,
            self.name,
            list(batches),
            cluster=facts.cluster.rpartition("/")[2],
            log_groups=[facts.place._log_group(batch._log_group_name) for batch in batches.values()],
        )
        history = [run_policies.read_history(facts.place, facts.names)] if facts.history else []
        grants.add(self._subject, "grant_run", grantee, [*statements, *history], beside=self)

    def _warn(self) -> None:
        """Warns of batches that refuse to run while another run is in progress, and that something else starts too."""
        for name, batch in self._batches.items():
            manifest, others = batch.manifest, self.platform._declared_workflows.values()
            starters = [
                f"workflow {workflow.name}"
                for workflow in others
                if name in (step.batch for step in workflow.all_steps)
            ]
            starters += ["its own schedule"] if manifest.schedule and manifest.scheduler else []
            if manifest.at_once.refused and starters:
                text = (
                    f"{self._subject}: batch {name} says {REFUSING}, and {' and '.join(starters)} may start it "
                    f"at the same time: one of the two would not run; give it {WAITING}, or acknowledge this"
                )
                Annotations.of(self).add_warning_v2(f"batchwright:two-starters-of-{name}", text)

    def _make_machine(self, overlap: WorkflowOverlap | Wait) -> None:
        """Makes its machine, and its schedule where AWS starts it; after the machines of its batches."""
        own, names, place = Stack.of(self), self._facts.names, self._facts.place
        for batch in self._batches.values():
            if own.node.path != Stack.of(batch).node.path:
                put_after(own, Stack.of(batch))
        if not self.record.machine:
            return
        if self._timing.by_aws:
            self.platform._need_schedules(self._subject)
        # Imported where it is needed: aws_stepfunctions alone takes a tenth of the start.
        from batchwright.automation.function import PARAMETER
        from batchwright.automation.resources import make_schedule
        from batchwright.workflows.machine_resources import make_workflow_machine
        from batchwright.workflows.workflow_machine import WorkflowFacts

        facts = WorkflowFacts(
            record=self.record,
            batches={name: batch.manifest for name, batch in self._batches.items()},
            machines=place._machine(names.family("")),
            # Without the function, or with one of another protocol, the deployment ends before it changes anything.
            alerts=self._facts.alerts,
            function=ssm.StringParameter.value_for_string_parameter(self, names.fact(PARAMETER)),
            tags={**names.tags, TAG_OWNER: tag_text(self.record.owner)},
            **({"wait_seconds": seconds(overlap.at_most)} if isinstance(overlap, Wait) else {}),
        )
        self.machine = make_workflow_machine(self, facts, place, names)
        for batch in self._batches.values():
            machine = batch._need_machine()
            if machine is not None and own.node.path == Stack.of(machine).node.path:
                put_after(self.machine, machine)
        if self._timing.by_aws and self._timing.schedule is not None:
            make_schedule(self, self._timing.schedule, self.machine, place, names, self.name)

    def _publish(self, watch: Watch, after: Sequence[Construct]) -> None:
        names = self._facts.names
        if watch.says_something:
            value = watch.to_json()
            ssm.CfnParameter(self, "Watch", type="String", name=names.watch(self.name), value=value)
        record = ssm.CfnParameter(
            self,
            "Record",
            type="String",
            tier=TIER,
            name=self.record.path,
            value=published(self.record, self._fields),
        )
        make_last(record, self, *after)
