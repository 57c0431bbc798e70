"""`FargateBatch`: a batch, declared as one construct."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast

import jsii
from aws_cdk import Duration, Stack, Tags
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_ssm as ssm
from constructs import Construct, IConstruct

from batchwright.alerts.declaration import Alerts, asked
from batchwright.arguments import checked_arguments, checked_group, named
from batchwright.automation.machine import MachineFacts
from batchwright.errors import DeclarationError
from batchwright.iam import grants, policies, roles
from batchwright.iam.alert_policies import NAMESPACE as METRICS
from batchwright.iam.callers import GrantedCaller
from batchwright.iam.machine_policies import start
from batchwright.iam.permissions import Allowance, permission
from batchwright.literal import literal
from batchwright.names import LOCAL, TAG_OWNER, check_batch
from batchwright.options import Option, run_options
from batchwright.order import make_last, name_after, put_after
from batchwright.origins import caller
from batchwright.plan import BatchPlan
from batchwright.registry.pulling import let_pull
from batchwright.retain import retain
from batchwright.schedule import Schedule
from batchwright.stage import file_systems, network
from batchwright.stage.adopted import Adopted, check_trust, own
from batchwright.stage.base import Platform
from batchwright.stage.facts import deployed_values
from batchwright.stage.manifest_parameter import Fields, published, synthesized_manifest
from batchwright.stage.stacks import StackPerBatch, check_place, deployed_after, named_once, scope_for
from batchwright.task.configuration import configure
from batchwright.task.container import Container
from batchwright.task.containers import Sidecar
from batchwright.task.existing import Existing
from batchwright.task.fargate import Fargate
from batchwright.task.files import plan_files
from batchwright.task.images import BatchImage
from batchwright.task.limits import tag_text
from batchwright.task.retry import Retry
from batchwright.task.sizes import LargestSize
from batchwright.task.sources import folder_of
from batchwright.task.stored_values import Parameter, Secret
from batchwright.task.task_definition import make_task_definition
from batchwright.terms import Terms, Wait, describe
from batchwright.timing import check_rundeck_uuid, timing
from batchwright.tokens import TOKEN
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.sizes import Overlap

if TYPE_CHECKING:
    from aws_cdk import aws_cloudwatch as cloudwatch
    from aws_cdk import aws_stepfunctions as stepfunctions

DEFAULT_TIMEOUT = Duration.hours(24)

GROUPS = {"retry": Retry, "container": Container, "fargate": Fargate, "existing": Existing}
"""The arguments that few batches need, grouped: argument to the class that holds them."""


@jsii.implements(iam.IGrantable, ec2.IConnectable)
class FargateBatch(Construct):
    """A batch on AWS Fargate: what it runs, with which values, under which permissions, and who owns it.

    Subclass it in ``batches/<name_>/batch.py``, or use it as it is inside any CDK app and stack.

    Attributes:
        stages: Names of the stages in which the batch exists. Default: all. It always exists for local runs.
        name: The batch's name.
        platform: The stage it is declared in.
        image: What its main container runs: name in the registry, repository and tag.
        task_definition: The task definition.
        machine: The state machine that starts it; ``None`` where neither AWS nor a workflow does.
        security_group: Its own security group; ``None`` if it is in given ones.
        parameters: Variable to SSM parameter, of the parameters that are made for it.
        permissions: What `allow` allowed.
    """

    stages: ClassVar[Collection[str] | None] = None

    @checked_arguments(named("batch"), groups=GROUPS)
    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        platform: Platform,
        owner: str,
        description: str | None = None,
        runbook: str | None = None,
        image: str | BatchImage | None = None,
        pushed_by: str | None = None,
        command: Sequence[str] | None = None,
        cpu: int = 256,
        memory: int = 512,
        timeout: Duration = DEFAULT_TIMEOUT,
        retry: Retry | None = None,
        schedule: Schedule | None = None,
        scheduler: str | None = None,
        expected: Duration | None = None,
        alerts: Alerts | Literal[False] | None = None,
        overlap: Overlap | Wait = "allow",
        options: Sequence[Option] = (),
        environment: Mapping[str, str] | None = None,
        parameters: Mapping[str, str | Parameter] | None = None,
        secrets: Sequence[str | Secret] | None = None,
        files: Mapping[str, str | Path] | None = None,
        sidecars: Sequence[Sidecar] = (),
        reads: Sequence[str] = (),
        writes: Sequence[str] = (),
        container: Container | None = None,
        fargate: Fargate | None = None,
        existing: Existing | None = None,
    ) -> None:
        """Declare a batch.

        Args:
            scope: The scope. Under ``app.py`` each batch gets a stack of its own.
            name: Name of the batch: 2 to 40 of a-z, 0-9 and single dashes.
            platform: The stage.
            owner: The team to ask when it fails. It is the tag ``batchwright:owner`` too, by which Cost Explorer shows
                costs by team once it is activated as a cost allocation tag; ``_`` stands for what AWS takes in no tag.
            description: What it is for, at most 200 characters. Default: the first paragraph of the class's docstring.
            runbook: Address of the page to read when it fails. Default: none.
            image: Name of an image in the project's registry, or a `BatchImage` for one elsewhere. Default: the image
                of the batch's name.
            pushed_by: The branch whose CI may push the image, ``github:ORG/REPO@BRANCH`` or
                ``circleci:ORG-ID/PROJECT-ID@BRANCH``; batches that share an image give the same one, or none. Whoever
                may push may also release. Default: no CI, unless the registry names a branch.
            command: The command, as a list of strings. Default: the image's.
            cpu: CPU units; 1024 is one vCPU. 256 to 32768.
            memory: Memory in MiB; which sizes are allowed depends on ``cpu``.
            timeout: How long an attempt may take, from a minute to 14 days; with ``retry``, each attempt has all of it.
                Default: 24 hours.
            retry: After which ends it is started again, how often, and after which pause, a `Retry`. Default: never.
            schedule: When it is due, whoever starts it: ``Schedule.daily("02:30")``. Default: it has no schedule.
            scheduler: Who starts it when it is due: ``aws``, ``rundeck``, ``cron``, ``nobody``, or another word, which
                is shown and watched. Default: the stage's.
            expected: How long a run usually takes at most, from the time at which it is due or was started until its
                end: 60 seconds to ``timeout``. A run that takes longer is marked, and with a ``schedule`` one that has
                not ended well by then is reported. Default: none, and it is not watched.
            alerts: Which messages its stage's alerts send about it, an `Alerts`; ``False`` for none. Default: one about
                each run that fails.
            overlap: ``allow``, or ``forbid`` two runs at once; or ``wait`` for the other one's end, for as long as
                ``timeout`` at most, or as ``Wait(at_most=…)`` says.
            options: What one run may be given, ``run NAME -o DATE=2026-11-24``, as a list of `Option`; the batch gets
                it as a variable. Default: none.
            environment: Plain variables, the same until the next deployment. Default: none.
            parameters: Variable to value, which is stored in SSM and can be edited between runs; or to
                `Parameter.shared` or `Parameter.existing`. Values have 1 to 4,096 characters. Default: none.
            secrets: Variables whose values are set with ``batchwright params set``; or `Secret.shared`,
                `Secret.existing`, `Secret.secrets_manager`. Default: none.
            files: Absolute path to template, of config files that are rendered before the main container starts:
                ``${NAME}`` is a declared variable, ``$$`` a dollar sign. A `Path` is a file that holds the template,
                relative to the batch's folder. A volume takes the place of each file's directory and hides what the
                image has there. Default: none.
            sidecars: Other containers of the task. Default: none.
            reads: What it reads, ``mysql:shop.orders`` or ``s3:sales``: a kind and a name, as the team says them. It
                documents, and grants nothing: what the batch may do is up to grants. ``batchwright describe`` shows
                both. Default: none.
            writes: What it writes, likewise. Default: none.
            container: How the main container runs, a `Container`. Default: as the image says, with an init process.
            fargate: How AWS runs it and what it keeps, a `Fargate`. Default: X86_64, on demand, the log for a year.
            existing: What exists already and is used, an `Existing`. Default: the batch's own are made.

        Raises:
            DeclarationError: An argument is wrong; the message names batch, argument, what was given, what is allowed.
        """
        subject = f"batch {name}"
        check_batch(name, platform._facts.names.project, platform.stages)
        platform._check_name(subject, name, platform._declared_workflows)
        team = tag_text(str(owner))
        with named_once(subject, scope, name):
            super().__init__(scope_for(scope, name, type(self), team), name)
        facts = platform._facts.read_in(self)
        check_place(subject, scope, self, facts.place)

        self._origin = caller()
        self._folder = getattr(scope, "folder", None) or folder_of(type(self), FargateBatch)
        container = checked_group(subject, "container", container, Container)
        existing = checked_group(subject, "existing", existing, Existing)
        configuration = configure(
            subject,
            name,
            facts.names,
            environment=environment,
            parameters=parameters,
            secrets=secrets,
            shared=facts.shared,
        )
        plan = BatchPlan(
            name=name,
            facts=facts,
            cpu=cpu,
            memory=memory,
            fargate=checked_group(subject, "fargate", fargate, Fargate),
            terms=Terms(
                description=describe(subject, description, type(self), FargateBatch),
                owner=owner,
                runbook=runbook,
                timeout=timeout,
                overlap=overlap,
                retry=None if retry is None else checked_group(subject, "retry", retry, Retry),
                expected=expected,
                reads=reads,
                writes=writes,
            ),
            timing=timing(
                subject, schedule, scheduler, existing.unfinished, timezone=facts.timezone, usual=facts.scheduler
            ),
            options=run_options(subject, options, values=[*configuration.parameter_paths, *configuration.secrets]),
            alerts=asked(subject, alerts, log_group=existing.log_group is not None),
            in_workflows=platform._has_workflows,
            image=facts.resolve_image(subject, image or name),
            pushed_by=pushed_by,
            configuration=configuration,
            command=command,
            container=container,
            sidecars=tuple(sidecars),
            files=plan_files(subject, files, self._folder, configuration.variables, container) if files else None,
            existing=existing,
        )
        plan.check(registry_elsewhere=platform.registry is None and platform.stage != LOCAL)

        self.name = name
        self.platform = platform
        self.image = plan.image.reference
        self.permissions: list[Allowance] = []
        self._plan = plan
        self._place, self._configuration = facts.place, configuration
        self._rundeck_uuid = check_rundeck_uuid(
            subject, existing.rundeck_uuid, stage=platform.stage, stages=platform.stages - {LOCAL}
        )
        self._in_own_stack = isinstance(scope, StackPerBatch)  # whose tags reach all that is made
        if not self._in_own_stack:
            Tags.of(self).add(TAG_OWNER, team)
        self._make(existing)
        self._subnets = ",".join(deployed_values(self, facts.subnets))
        self._synthesized: tuple[Fields, BatchManifest] | None = None
        self._automate()
        self._publish(deployed_after(scope, platform))
        platform._declared_batches[name] = self

    def _make(self, existing: Existing) -> None:
        """Makes what was declared, but for what exists already."""
        place, names = self._plan.facts.place, self._plan.facts.names
        self._made_roles: dict[IConstruct, str] = {}
        self._connections: ec2.Connections | None = None
        self._task_role = existing.task_role or self._make_task_role()
        self._task_role_arn = self._task_role.role_arn
        if not existing.task_role and not TOKEN.fullmatch(self._task_role_arn):
            # CDK's Role.customize_roles has put one of another team in its place.
            existing = replace(existing, task_role=self._task_role)
        self._adopted = existing
        self._execution_role = existing.execution_role
        self._role_was_used = existing.task_role is not None
        adopted = Adopted.of(existing, place, self.name, self)
        arns = {**own(place, names, self.name, adopted).arns, **adopted.arns}
        self._role_arns = {"taskRoleArn": arns["task_role"], "executionRoleArn": arns["execution_role"]}
        self._deadline_role_arn = arns["deadline_role"]
        self._add_images()
        self.parameters = self._make_parameters()
        self.platform._callers.adopt(adopted)
        self._log_group = existing.log_group
        self._log_group_name = existing.log_group.log_group_name if existing.log_group else self._make_log_group()
        self._execution_statements = roles.execution_statements(
            place,
            configuration=self._plan.configuration,
            repositories=self._plan.repositories,
            log_group=self._log_group_name,
            key=self._plan.facts.key,
        )
        self._execution_role_arn = self._prepare_execution_role()
        if self._plan.facts.deadlines and not existing.deadline_role:
            role = roles.make_deadline_role(self, place, names, self.name, self._plan.facts.cluster)
            self._made_roles[role] = names.deadline_role(self.name)
        groups = existing._group_ids(self._plan.subject)
        facts, self.security_group = self._plan.facts, None
        if groups or facts.security_groups or not facts.vpc_id:
            self._groups = deployed_values(self, groups or facts.security_groups)
        else:
            self.security_group = network.make_security_group(self, facts, self.name)
            self._groups = (self.security_group.attr_group_id,)
        self._mounted = {name: volume for volume, name in self._plan.file_systems.items()}
        self._mount_file_systems()
        self._task = self._plan.task(
            task_role=self._task_role_arn,
            execution_role=self._execution_role_arn,
            log_group=self._log_group_name,
            volumes=self._mounted,
        )
        self.task_definition = make_task_definition(self, self._task, self._plan.tags)
        self._task_definition_arn = self.task_definition.ref

    @property
    def manifest(self) -> BatchManifest:
        """What the runner knows of it, as far as a synthesis can tell: as the batch is declared by now.

        Raises:
            DeclarationError: What was declared after the constructor does not fit into a manifest.
        """
        plan, fields = self._plan, self._manifest_fields()
        if self._synthesized is None or self._synthesized[0] != fields:
            self._synthesized = fields, synthesized_manifest(fields, plan.facts, plan.family, plan.subject)
        return self._synthesized[1]

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """The task role: grants to the batch are grants to it."""
        return self.task_role.grant_principal

    @property
    def task_role(self) -> iam.IRole:
        """The role its containers act with."""
        # Whoever asks for the role may grant to it. Where no one has, the last look spares the calls into Node that
        # read the role's policies.
        self._role_was_used = True
        return self._task_role

    @property
    def execution_role(self) -> iam.IRole:
        """The role ECS starts its containers with."""
        if self._execution_role is None:
            # By its computed name: of a token CDK takes the first part of the role's path for its name.
            self._execution_role = iam.Role.from_role_arn(
                self, "ImportedExecutionRole", self._role_arns["executionRoleArn"]
            )
            self._execution_role.node.add_dependency(self.node.find_child("ExecutionRole"))
        return self._execution_role

    @property
    def log_group(self) -> logs.ILogGroup:
        """Where its log goes."""
        if self._log_group is None:
            name = name_after(self.node.find_child("Log"), self._log_group_name)
            self._log_group = logs.LogGroup.from_log_group_name(self, "ImportedLog", name)
        return self._log_group

    @property
    def connections(self) -> ec2.Connections:
        """The batch's network connections. Open them from here: ``batch.connections.allow_to_default_port(database)``.

        Raises:
            DeclarationError: The batch is in the VPC's default group alone.
        """
        if self._connections is None:
            own = self.security_group is not None
            self._connections = network.connections(self, self._plan.subject, self._groups, own=own)
        return self._connections

    @cached_property
    def repository(self) -> ecr.IRepository:
        """The ECR repository of its image, wherever the registry is.

        Raises:
            DeclarationError: The image is not in ECR.
        """
        return self._plan.image.repository(self, self._plan.subject)

    def allow(self, actions: str | Sequence[str], *, on: str | Sequence[str], reason: str | None = None) -> None:
        """Lets the batch's containers do something.

        ``batch.allow("ses:SendEmail", on=identity_arn)``. Where a construct of aws-cdk-lib can grant, let it:
        ``bucket.grant_read(batch)``.

        Args:
            actions: IAM actions, ``service:Action``.
            on: ARNs of the resources.
            reason: Why a wildcard in an action, or ``*`` as resource, cannot be avoided. Required for those.

        Raises:
            DeclarationError: A wildcard without a reason, or an action or ARN of a wrong form.
        """
        allowed = permission(self._plan.subject, actions, on, reason)
        self.permissions.append(allowed)
        statement = policies.allow(allowed.actions, allowed.resources)
        grants.add(self._plan.subject, "allow", self, [statement])

    def grant_run(self, grantee: iam.IGrantable, *, max_cpu: int | None = None, max_memory: int | None = None) -> None:
        """Lets a role or user start, follow and stop this batch, and no other.

        Args:
            grantee: The role or user.
            max_cpu: CPU units that a start may ask for in place of ``cpu``. Default: no limit.
            max_memory: MiB that a start may ask for in place of ``memory``. Default: no limit.

        Raises:
            DeclarationError: Nothing can be added to its policy, or Fargate has no tasks with such a CPU or memory.
        """
        largest = LargestSize(max_cpu=max_cpu, max_memory=max_memory)
        self.platform._callers.let_run(self._plan.subject, grantee, [self.name], largest=largest)

    def _make_task_role(self) -> iam.Role:
        names = self._plan.facts.names
        role = roles.make_task_role(self, self.platform._tasks, names, self.name)
        self._made_roles[role] = names.task_role(self.name)
        self.platform._assumable.add(role)
        return role

    def metric_failures(self, **options: Any) -> "cloudwatch.Metric":  # noqa: ANN401 - the CDK's own options
        """The runs of this batch that failed, as the stage's alerts count them: by default their sum.

        Args:
            options: Those of ``cloudwatch.Metric``: ``period``, ``statistic``, ``label``.

        Raises:
            DeclarationError: Nothing counts the stage's runs.
        """
        return self._metric("metric_failures", "Failures", {"statistic": "Sum", **options})

    def metric_duration(self, **options: Any) -> "cloudwatch.Metric":  # noqa: ANN401 - likewise
        """How many seconds the runs of this batch took, as the stage's alerts measure them: by default the longest.

        Args:
            options: Those of ``cloudwatch.Metric``: ``period``, ``statistic``, ``label``.

        Raises:
            DeclarationError: Nothing measures the stage's runs.
        """
        return self._metric("metric_duration", "Duration", {"statistic": "Maximum", **options})

    def _metric(self, method: str, name: str, options: Mapping[str, Any]) -> "cloudwatch.Metric":
        from aws_cdk import aws_cloudwatch as cloudwatch  # imported where it is needed, as most declarations have none

        facts = self._plan.facts
        if not facts.metrics and facts.names.stage != LOCAL:
            raise DeclarationError(
                self._plan.subject,
                method,
                "the stage's runs are not counted; allowed: a batch of a stage whose alerts do not say metrics=False",
            )
        dimensions = {"project": facts.names.project, "stage": facts.names.stage, "batch": self.name}
        metric = cloudwatch.Metric(namespace=METRICS, metric_name=name, dimensions_map=dimensions, **options)
        return metric.attach_to(self)

    def grant_start(self, grantee: iam.IGrantable) -> None:
        """Lets an application, a queue or another team start this batch's machine, and do nothing else.

        Nothing is passed on but the input: no role, no network and, unless ``Fargate(startable=…)`` says so, no
        command.

        Args:
            grantee: The role or user.

        Raises:
            DeclarationError: Neither AWS nor a workflow starts the batch, so that it has no machine; or nothing can be
                added.
        """
        facts, subject = self._plan.facts, self._plan.subject
        if not self._plan.machine and facts.names.stage != LOCAL:
            raise DeclarationError(
                subject,
                "grant_start",
                "the batch has no machine; allowed: a batch with scheduler='aws', with or without a schedule, or of a "
                "stage with workflows",
                remedy="give scheduler='aws', or grant_run for a caller that uses the runner",
            )
        grants.add(subject, "grant_start", grantee, [start(facts.place, facts.names, self.name)])

    def _add_images(self) -> None:
        registry, plan = self.platform.registry, self._plan
        if registry and plan.image.reference.name:
            registry.add_image(plan.image.reference.name, pushed_by=plan.pushed_by, declared_by=plan.subject)
        renders = [plan.facts.files_image] if plan.files else []
        for image in renders:
            if registry and image.reference.name:
                registry.add_image(image.reference.name)
        if self._execution_role is not None:
            images = [plan.image, *renders]
            role = self._role_arns["executionRoleArn"]
            let_pull(self, plan.subject, images, registry, role, plan.facts.place)

    def _make_parameters(self) -> dict[str, ssm.CfnParameter]:
        paths = self._plan.configuration.parameter_paths
        return {
            variable: literal(
                ssm.CfnParameter(self, f"Parameter{variable}", type="String", name=paths[variable], value=value),
                value,
            )
            for variable, value in self._plan.configuration.own_parameters.items()
        }

    def _make_log_group(self) -> str:
        name = self._plan.facts.names.log_group(self.name)
        days = self._plan.fargate.log_retention_days
        retain(logs.CfnLogGroup(self, "Log", log_group_name=name, retention_in_days=days))
        return name

    def _added_to_execution_role(self) -> Sequence[Mapping[str, Any]]:
        """What its stack gives the execution role that is made for it, beside what a start needs."""
        if self._execution_role is None or self._adopted.execution_role is not None:
            return []
        policy = self._execution_role.node.try_find_child("Policy")
        document = policy.document.to_json() if isinstance(policy, iam.Policy) else None
        return document["Statement"] if document else []

    def _prepare_execution_role(self) -> str:
        statements, names = self._execution_statements, self._plan.facts.names
        if self._execution_role is None:
            role = roles.make_execution_role(self, names, self.name, statements)
            self._made_roles[role] = names.execution_role(self.name)
            return role.attr_arn
        roles.add_to_existing(self, self._execution_role, names, statements)
        return self._execution_role.role_arn

    def _mount_file_systems(self) -> None:
        volumes = [*self._mounted.values()]
        if volumes:
            file_systems.grant(self.task_role, volumes, self._plan.facts.place)
            if self.security_group:
                file_systems.let_in(self, volumes, self.connections, self.security_group.attr_group_id)

    def _manifest_fields(self) -> Fields:
        """The fields of its manifest, as it is declared by now."""
        return self._plan.manifest_fields(
            subnets=self._subnets,
            security_groups=",".join(self._groups),
            log_group=self._log_group_name,
            deadline_role=self._deadline_role_arn,
        )

    def _automate(self) -> None:
        """Makes its machine and its schedule, where AWS starts it; the machine alone, where only workflows do."""
        plan = self._plan
        self.machine: stepfunctions.CfnStateMachine | None = None
        if not plan.machine:
            return
        if plan.timing.by_aws:
            self.platform._need_schedules(plan.subject)
        self.platform._need_function()
        # Imported where it is needed: aws_stepfunctions alone takes a tenth of the start.
        from batchwright.automation.function import PARAMETER
        from batchwright.automation.resources import make_machine, make_schedule

        place, names = plan.facts.place, plan.facts.names
        # Without the function, or with one of another protocol, the deployment ends before it changes anything.
        function = ssm.StringParameter.value_for_string_parameter(self, names.fact(PARAMETER))
        facts = MachineFacts(
            manifest=self.manifest,
            function=function,
            tags=plan.tags,
            command=plan.takes_command,
            alerts=plan.facts.alerts,
        )
        given_role = self._adopted.machine_role
        role = given_role.role_arn if given_role else self._make_machine_role(facts)
        self.machine = make_machine(self, facts, names, role)
        if plan.timing.by_aws and plan.timing.schedule is not None:
            make_schedule(self, plan.timing.schedule, self.machine, place, names, self.name)

    def _need_machine(self) -> "stepfunctions.CfnStateMachine | None":
        """Its machine, which is made unless it has one: its stage has workflows."""
        if self.machine is None:
            self._plan = replace(self._plan, in_workflows=True)
            self._automate()
            if self.machine is not None:
                put_after(cast("ssm.CfnParameter", self.node.find_child("Manifest")), self.machine)
        return self.machine

    def _make_machine_role(self, facts: MachineFacts) -> str:
        from batchwright.automation.resources import make_machine_role  # likewise

        place, names, passed = self._plan.facts.place, self._plan.facts.names, [*self._role_arns.values()]
        role = make_machine_role(self, facts, place, names, cluster=self._plan.facts.cluster, roles=passed)
        self._made_roles[role] = names.machine_role(self.name)
        return role.attr_arn

    def _publish(self, after: Sequence[Construct]) -> None:
        """Publishes the manifest, and has the last look write the batch's file."""
        self._published = self.manifest
        parameter = ssm.CfnParameter(self, "Manifest", type="String", name=self.manifest.path, value=self._text())
        watch, names = self._plan.watch, self._plan.facts.names
        if watch.says_something:
            ssm.CfnParameter(self, "Watch", type="String", name=names.watch(self.name), value=watch.to_json())
        self.platform._last_look.add(self)
        referred_to = [self.task_definition, *([self.security_group] if self.security_group else [])]
        make_last(parameter, self, *after, without=referred_to)

    def _text(self) -> str:
        """The text of its manifest, as it is declared by now."""
        return published(self.manifest, self._manifest_fields(), self._task_definition_arn)

    def _last_manifest(self) -> BatchManifest:
        """Its manifest at the last look. Where something was declared after the constructor, it is published again."""
        # What Tags.of adds to anything above is a tag of the task definition, too; only a stack's own tags are not.
        stacks = {} if self._in_own_stack else Stack.of(self).tags.tag_values()
        if self.platform.stage != LOCAL:
            check_trust(self._plan.subject, self._adopted)
            if self._plan.fargate.capacity == "spot":
                self.platform._check_spot(self._plan.subject)
        self._plan.check_tags({**stacks, **self.task_definition.tags.tag_values()})
        if self.manifest is not self._published:
            self._published = self.manifest
            cast("ssm.CfnParameter", self.node.find_child("Manifest")).value = self._text()
        return self._published

    def _granted_role(self) -> iam.IRole | None:
        """Its task role, or ``None`` if nothing can have been granted to it."""
        return self._task_role if self._role_was_used else None

    def _granted_callers(self) -> Mapping[str, Sequence[GrantedCaller]]:
        """Who was granted something, with it alone or with all batches of the stage."""
        return self.platform._callers.of(self.name)

    def _file_fields(self) -> Mapping[str, Any]:
        """The further fields of its batch file."""
        return {**self._plan.file_fields(), "rundeck_uuid": self._rundeck_uuid}
