"""A stage's platform: what its batches share, and what a declaration may ask of the stage."""

import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakKeyDictionary

from aws_cdk import Annotations, Environment
from aws_cdk import aws_ssm as ssm
from constructs import Construct, IConstruct

from batchwright.alerts.declaration import DeclaredAlerts, read_topic, stage_alerts
from batchwright.arguments import checked_arguments, named
from batchwright.arns import Place
from batchwright.errors import DeclarationError, check_keys, wrong
from batchwright.literal import literal
from batchwright.lookups import annotate, is_pending
from batchwright.names import LOCAL, check_variables
from batchwright.registry.entries import repositories_of
from batchwright.registry.registry import ImageRegistry
from batchwright.stage.base import Platform
from batchwright.stage.facts import StageFacts, deployed_values
from batchwright.stage.resources import (
    ContainerInsights,
    end_of_run,
    make_cluster,
    make_deadlines,
    make_history,
    make_key,
    untold_execution,
)
from batchwright.stage.stacks import stack_beside
from batchwright.task.configuration import check_value
from batchwright.task.images import BatchImage
from batchwright.task.limits import SECURITY_GROUPS, SUBNETS, check_number
from batchwright.task.network_ids import SecurityGroups, Subnets, ids_of, network_of, public_ids
from batchwright.task.outside import (
    IN_SSM,
    Written,
    check_construct,
    check_home,
    check_key_account,
    check_network,
    parameter_of,
    stage_key,
)
from batchwright.timing import check_scheduler, check_timezone
from batchwright.tokens import is_token
from batchwright_runner.contract.names import SHARED
from batchwright_runner.contract.schedules.zones import UTC
from batchwright_runner.contract.sizes import AWS

if TYPE_CHECKING:
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_ecs as ecs
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sns as sns

    from batchwright.alerts.declaration import StageAlerts
    from batchwright.alerts.resources import MadeAlerts
    from batchwright.automation.function import MachinesFunction
    from batchwright.automation.schedules import Schedules

_MADE: "WeakKeyDictionary[IConstruct, dict[tuple[str, Place], str]]" = WeakKeyDictionary()
_MOST = {"subnets": SUBNETS, "security_groups": SECURITY_GROUPS}


class BatchPlatform(Platform):
    """What the batches of one stage share: cluster, KMS key, network, run history, deadline schedules."""

    schedules: "Schedules | None" = None
    """What the schedules that AWS keeps share; ``None`` in a stage without any."""
    machines: "MachinesFunction | None" = None
    """The function that the stage's machines ask; ``None`` in a stage without any, or of another app."""
    alerts: "MadeAlerts | None" = None
    """What sends messages about the stage's runs; ``None`` in a stage without alerts."""

    @property
    def alerts_topic(self) -> "sns.ITopic | None":
        """The topic of those messages: ``platform.alerts_topic.add_subscription(…)``; ``None`` without alerts."""
        return None if self.alerts is None else self.alerts.topic

    from_deployed: "ClassVar[type[FromDeployed]]"
    """A platform that another app deployed: ``BatchPlatform.from_deployed(stack, "Platform", stage="staging")``."""

    @checked_arguments(named("platform", "stage"))
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        stage: str,
        project: str = "batches",
        registry: ImageRegistry | Environment | None = None,
        vpc: "ec2.IVpc | None" = None,
        vpc_id: str | None = None,
        subnets: Subnets | None = None,
        security_groups: SecurityGroups | None = None,
        assign_public_ip: bool = False,
        cluster: "ecs.ICluster | None" = None,
        key: "kms.IKey | None" = None,
        settings: Mapping[str, str] | None = None,
        shared_parameters: Mapping[str, str] | None = None,
        container_insights: ContainerInsights = "disabled",
        history: bool = True,
        deadlines: bool = True,
        schedules: bool | None = None,
        timezone: str | None = None,
        scheduler: str | None = None,
        alerts: "StageAlerts | None" = None,
        alarm_topic: "sns.ITopic | None" = None,
        machines: Mapping[str, int] | None = None,
        machines_role: "iam.IRole | None" = None,
        runner_image: str | None = None,
        repositories: Mapping[str, str] | None = None,
        protected: bool = False,
        stages: Collection[str] = (),
    ) -> None:
        """Makes the platform of a stage.

        Args:
            scope: The stack of the platform; its account and region are the stage's.
            id: The construct's id.
            stage: Name of the stage, ``staging``.
            project: Name of the project.
            registry: The registry of the project's images, or where it is deployed, the CDK's
                ``Environment(account=…, region=…)``. Default: the stage's own account and region, with repositories
                that something else makes.
            vpc: The VPC. With it, every batch gets a security group of its own, unless ``security_groups`` are given.
                Default: unknown.
            vpc_id: Its id, in place of ``vpc``.
            subnets: Subnets, or their ids; or a ``SubnetSelection`` of ``vpc``. Default: with ``vpc`` those that the
                CDK chooses, its private ones; else they are required.
            security_groups: Groups that every batch is in, or their ids. Default: a group for each batch if the VPC is
                known, else the VPC's default group.
            assign_public_ip: Whether tasks get a public address, which a public subnet needs to reach ECR.
            cluster: An existing cluster; its capacity providers must be FARGATE and FARGATE_SPOT. Default: one is made.
            key: An existing KMS key, or its alias. Default: one is made.
            settings: Values that batches read with `setting`, such as the name of a bucket. Default: none.
            shared_parameters: Variable to value, of SSM parameters that batches use with ``Parameter.shared``.
                Default: none.
            container_insights: CloudWatch Container Insights of the cluster, which costs extra: disabled, enabled,
                enhanced.
            history: Whether the ends of runs are kept for `batchwright runs`, longer than ECS's hour. Never of the
                stage ``local``.
            deadlines: Whether runs get a schedule that stops them when the runner's host is gone. Never those of the
                stage ``local``.
            schedules: Whether the stage has what schedules that AWS keeps share: a group, a role, a queue and an alarm.
                Default: as soon as AWS starts one of its batches in this app.
            timezone: Time zone of schedules that give none and of all times that are shown, by its name in the IANA
                database. Default: UTC.
            scheduler: Who starts the batches that do not say: ``aws``, ``rundeck``, ``cron``, or another word. Default:
                ``nobody``.
            alerts: Who is told of runs that fail, that end well again, that do not come, and that take too long: an
                object with ``emails``, ``slack``, ``owners`` and ``topic``. It makes a stack of its own. Default:
                nobody.
            alarm_topic: The SNS topic which gets an alarm when a start that a schedule of AWS was to make failed for
                too long. Its policy must let CloudWatch publish.
                Default: the topic of the alerts' alarms; none in a stage without alerts.
            machines: ``{"reserved": 10}``: calls side by side that the account keeps for the function which the stage's
                state machines ask. Default: none.
            machines_role: The role of that function; it is used as it is. Default: one is made.
            runner_image: URI of the runner's image, with tag or digest, which renders the config files of batches with
                ``files``. Default: the image ``batchwright`` of the registry, released as any other.
            repositories: Image to ECR repository, of images that something else manages: its name in the registry, or
                its URI. Default: what the registry says of its images; else all are ``{project}/{image}``.
            protected: Whether the runner asks at a terminal, and elsewhere refuses without ``--yes``, before it
                releases, rolls back, sets or deletes a value, or runs a batch with another command.
            stages: Names of all stages, to find a typing error in `choose`. Default: this one alone.

        Raises:
            DeclarationError: An argument has a wrong form, or the network is not given.
        """
        super().__init__(scope, id, stage=stage, project=project, settings=settings, stages=stages)
        names, place, subject = self._names, self._place, self._subject
        if stage == LOCAL:
            history = deadlines = False
        else:
            self._check_only()
        if isinstance(registry, ImageRegistry) and repositories is not None:
            allowed = "images={IMAGE: {'repository': …, 'managed': False}} of the ImageRegistry, which this app makes"
            raise wrong(subject, "repositories", repositories, allowed)
        check_network(subject, place, vpc=vpc, subnets=subnets, security_groups=security_groups)
        public = set() if assign_public_ip or stage == LOCAL else public_ids(vpc, subnets)
        vpc_id, subnets = network_of(subject, vpc, vpc_id, subnets)
        if public.intersection(subnets or ()):
            text = (
                f"{subject}: some of its subnets are public, where a task without a public address pulls no image; "
                "give assign_public_ip=True or private subnets, or acknowledge this, where the VPC has endpoints for it"
            )
            Annotations.of(self).add_warning_v2("batchwright:public-subnets-without-address", text)
        security_groups = ids_of(subject, "security_groups", security_groups)
        declared_alerts = stage_alerts(subject, alerts, place)
        if alarm_topic is not None:
            a_topic = "a topic, such as Topic.from_topic_arn(…)"
            check_construct(subject, "alarm_topic", alarm_topic, "topic_arn", a_topic)
        self._alarm_topic = "" if alarm_topic is None else read_topic(subject, "alarm_topic", alarm_topic, place)
        if alarm_topic is not None and schedules is False:
            problem = "schedules=False was given, so that there is no alarm; allowed: one of them"
            raise DeclarationError(subject, "alarm_topic", problem)
        key_reference = names.key_alias if key is None else stage_key(subject, key)
        self._check_home(key_reference, key, cluster)
        self.registry = registry if isinstance(registry, ImageRegistry) else None
        self._facts = StageFacts(
            names=names,
            place=place,
            registry=registry.place if isinstance(registry, ImageRegistry) else _place_of(subject, registry) or place,
            cluster=names.cluster if cluster is None else _cluster_name(subject, cluster),
            subnets=_ids(subject, "subnets", subnets, required=not is_pending(vpc_id)),
            security_groups=_ids(subject, "security_groups", security_groups),
            vpc_id=_id(subject, "vpc_id", vpc_id),
            assign_public_ip=assign_public_ip,
            key=key_reference,
            history=history,
            deadlines=deadlines,
            timezone=check_timezone(self._subject, "timezone", timezone),
            scheduler=check_scheduler(self._subject, "scheduler", scheduler),
            runner_image=None if runner_image is None else BatchImage.from_uri(runner_image),
            protected=protected,
            alerts=declared_alerts is not None and stage != LOCAL,
            metrics=declared_alerts is not None and declared_alerts.metrics,
            shared=None if stage == LOCAL else frozenset(shared_parameters or ()),
            repositories=(
                registry.named if isinstance(registry, ImageRegistry) else repositories_of(subject, repositories)
            ),
        )
        here = self._facts.read_in(self)
        self.key = make_key(self, names) if key is None else None
        self.cluster = make_cluster(self, names, container_insights) if cluster is None else None
        if history:
            make_history(self, names, place, here.cluster)
        if deadlines:
            make_deadlines(self, names)
        network = (*self._facts.subnets, *self._facts.security_groups, self._facts.vpc_id)
        pending = [str(value) for value in (*network, cluster, self._facts.key) if is_pending(value)]
        annotate(self, subject, pending)
        self._schedules_given, self._brought_cluster = schedules, cluster
        self._machines_role, self._reserved = machines_role, _reserved(subject, machines)
        by_aws = schedules is None and self._facts.scheduler == AWS and stage != LOCAL
        self.schedules = self._make_schedules() if schedules or by_aws else None
        if declared_alerts is not None and stage != LOCAL:
            self.alerts = self._make_alerts(declared_alerts)
        self._share(subject, shared_parameters or {})
        self._publish(here)

    def _check_spot(self, subject: str) -> None:
        from aws_cdk import aws_ecs as ecs  # of clusters alone that something else makes

        if not isinstance(self._brought_cluster, ecs.Cluster):
            return
        parts = self._brought_cluster.node.children
        given = [part.capacity_providers for part in parts if hasattr(part, "capacity_providers")]
        if not any("FARGATE_SPOT" in (providers or ()) for providers in given):
            problem = (
                f"'spot' was given, and the cluster {self._brought_cluster.node.path} has no FARGATE_SPOT; allowed: "
                "a cluster with enable_fargate_capacity_providers=True"
            )
            raise DeclarationError(subject, "capacity", problem)

    def _check_only(self) -> None:
        """Raises where the app makes the stage's platform twice: a deployment would meet the names of the first."""
        made = _MADE.setdefault(self.node.root, {})
        first = made.setdefault((self._names.prefix, self._place), self.node.path)
        if first != self.node.path and not is_token(self._place.account):
            raise DeclarationError(
                self._subject,
                "stage",
                f"{first} makes it, too; allowed: one BatchPlatform for a stage",
                remedy="declare the batches on that one, or on BatchPlatform.from_deployed(…)",
            )

    def _check_home(self, reference: str, key: object, cluster: object = None) -> None:
        check_key_account(self._subject, reference, self._place.account)
        if self.stage != LOCAL:
            check_home(self._subject, "key", key, self._place, "a key", same="region")
            check_home(self._subject, "cluster", cluster, self._place, "a cluster")

    def _make_schedules(self) -> "Schedules":
        from batchwright.automation.schedules import make_schedules  # with parts of aws-cdk-lib that few stages need

        self._need_function()
        return make_schedules(self, self._names, self._place, self._rings())

    def _rings(self) -> str:
        """The ARN of the topic that the stage's alarms go to; empty for none."""
        theirs = self._place._arn("sns", self._names.alarms_topic) if self._facts.alerts else ""
        (topic,) = deployed_values(self, (self._alarm_topic or theirs,))
        return topic

    def _need_function(self) -> None:
        """Makes the function that machines ask, unless it was made: in a stack that is deployed before all others."""
        if self.machines is not None or self.stage == LOCAL:
            return
        from batchwright.automation.function import make_machines_function  # likewise

        names = self._names
        stack = stack_beside(self._subject, self, names.machines, names.tags, first=True)
        self.machines = make_machines_function(
            self,
            stack,
            names,
            self._place,
            cluster=self._facts.read_in(stack).cluster,
            topic=self._rings(),
            role=self._machines_role,
            reserved=self._reserved,
        )

    def _make_alerts(self, declared: DeclaredAlerts) -> "MadeAlerts":
        """A stack of its own: it may change without the platform, and reads what SSM parameters hold itself."""
        from batchwright.alerts.resources import make_alerts  # likewise

        names, place = self._names, self._place
        stack = stack_beside(self._subject, self, names.alerts, names.tags)
        cluster = self._facts.read_in(stack).cluster
        patterns = {"tasks": end_of_run(place, names, cluster), "executions": untold_execution(place, names)}
        zone = self._facts.timezone or UTC
        return make_alerts(
            stack, self._subject, declared, names, place, cluster=cluster, timezone=zone, patterns=patterns
        )

    def _need_schedules(self, subject: str) -> None:
        """Makes what schedules that AWS keeps need, unless it was made.

        Raises:
            DeclarationError: The platform has ``schedules=False``.
        """
        if self._schedules_given is False:
            raise DeclarationError(
                subject,
                "scheduler",
                f"'aws' was given, and platform {self.stage} has schedules=False; allowed: a stage with schedules",
                remedy="take schedules=False away from its BatchPlatform, or name another scheduler",
            )
        if self.schedules is None:
            self.schedules = self._make_schedules()

    def _share(self, subject: str, values: Mapping[str, str]) -> None:
        check_variables(subject, "shared_parameters", values)
        for name, value in values.items():
            check_value(subject, f"shared_parameters[{name!r}]", value)
            path = self._facts.names.value(SHARED, name)
            literal(ssm.CfnParameter(self, f"Shared{name}", type="String", name=path, value=value), value)

    def _publish(self, facts: StageFacts) -> None:
        values = {
            "cluster": facts.cluster,
            "key": facts.key,
            "subnets": ",".join(deployed_values(self, facts.subnets)),
            "security-groups": ",".join(deployed_values(self, facts.security_groups)),
            "vpc-id": ",".join(deployed_values(self, (facts.vpc_id,) if facts.vpc_id else ())),
            "assign-public-ip": "true" if facts.assign_public_ip else "false",
            "protected": "true" if facts.protected else "false",
            "timezone": facts.timezone or UTC,
            "registry-account": facts.registry.account,
            "registry-region": facts.registry.region,
        }
        for name, value in values.items():
            if value:
                ssm.CfnParameter(self, f"Fact-{name}", type="String", name=facts.names.fact(name), value=value)


class FromDeployed(BatchPlatform):
    """A platform that another app deployed: its facts are read from SSM when the batch's stack is deployed.

    So an application's own repository can declare its batches there, without exports and without a look-up.
    """

    @checked_arguments(named("platform", "stage"))
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        stage: str,
        project: str = "batches",
        registry: Environment | None = None,
        key: "kms.IKey | None" = None,
        own_security_groups: bool = True,
        history: bool = True,
        deadlines: bool = True,
        schedules: bool = False,
        alerts: bool = False,
        timezone: str | None = None,
        scheduler: str | None = None,
        runner_image: str | None = None,
        repositories: Mapping[str, str] | None = None,
        protected: bool | None = None,
        settings: Mapping[str, str] | None = None,
        stages: Collection[str] = (),
    ) -> None:
        """Takes the facts from SSM, as template parameters of this stack.

        Args:
            scope: Where the batches are declared; the stack's account and region must be the stage's.
            id: The construct's id.
            stage: Name of the stage.
            project: Name of the project.
            registry: Account and region of the project's images, the CDK's ``Environment(account=…, region=…)``.
                Default: what the platform published.
            key: The KMS key, or its alias, if the platform was given an existing one. Default: the stage's own, by its
                alias.
            own_security_groups: Whether each batch gets a security group of its own in the platform's VPC; otherwise it
                is in the platform's groups. True needs a platform with ``vpc_id``, False one with ``security_groups``.
            history: Whether the platform keeps the runs' ends.
            deadlines: Whether the platform has deadline schedules.
            schedules: Whether the platform has what schedules that AWS keeps share: its app says so, or
                has batches that AWS starts. Needed for ``scheduler="aws"``.
            alerts: Whether the platform has alerts, so that a machine of this app hands its failures to them.
            timezone: Time zone of schedules that give none, by its name in the IANA database. The platform publishes
                its own in SSM, as ``/{project}/{stage}/platform/timezone``. Default: each schedule must give its own.
            scheduler: Who starts the batches that do not say: ``aws``, ``rundeck``, ``cron``, or another word. Default:
                ``nobody``.
            runner_image: URI of the runner's image. Default: the image ``batchwright`` of the registry.
            repositories: Image to ECR repository, of images that something else manages: its name in the registry, or
                its URI. Default: all are ``{project}/{image}``.
            protected: Whether the stage is protected. Default: what the platform published.
            settings: Values that batches read with `setting`. They are not published.
            stages: Names of all stages, to find a typing error in `choose`.

        Raises:
            DeclarationError: A name has a wrong form.
        """
        Platform.__init__(self, scope, id, stage=stage, project=project, settings=settings, stages=stages)
        names = self._names
        self._has_schedules = schedules
        key_reference = names.key_alias if key is None else stage_key(self._subject, key)
        self._check_home(key_reference, key)
        self._facts = StageFacts(
            names=names,
            place=self._place,
            registry=_place_of(self._subject, registry)
            or Place(self._published("registry-account"), self._published("registry-region")),
            cluster=self._published("cluster"),
            subnets=(names.fact("subnets"),),
            security_groups=() if own_security_groups else (names.fact("security-groups"),),
            vpc_id=names.fact("vpc-id") if own_security_groups else "",
            assign_public_ip=self._published("assign-public-ip"),
            key=key_reference,
            history=history,
            deadlines=deadlines,
            timezone=None if timezone is None else check_timezone(self._subject, "timezone", timezone),
            scheduler=check_scheduler(self._subject, "scheduler", scheduler),
            runner_image=None if runner_image is None else BatchImage.from_uri(runner_image),
            repositories=repositories_of(self._subject, repositories),
            protected=self._published("protected") if protected is None else protected,
            alerts=alerts,
            metrics=alerts,
        )
        annotate(self, self._subject, [timezone] if timezone is not None and is_pending(timezone) else [])

    def _need_function(self) -> None:
        """Nothing: the app of the platform makes the function, and a deployment without it fails."""

    def _need_schedules(self, subject: str) -> None:
        """Checks that the platform has schedules.

        Raises:
            DeclarationError: ``schedules=True`` was not given.
        """
        if not self._has_schedules:
            raise DeclarationError(
                subject,
                "scheduler",
                f"'aws' was given, and platform {self.stage} is not said to have schedules; allowed: a stage with them",
                remedy="give schedules=True to its BatchPlatform where it is deployed, and to from_deployed here",
            )

    def _published(self, name: str) -> str:
        return ssm.StringParameter.value_for_string_parameter(self, self._names.fact(name))


BatchPlatform.from_deployed = FromDeployed


def _place_of(subject: str, registry: Environment | None) -> Place | None:
    if registry is None:
        return None
    if not registry.account or not registry.region:
        raise wrong(subject, "registry", registry, "Environment(account=…, region=…), with both")
    return Place(registry.account, registry.region)


def _ids(subject: str, argument: str, value: Any, *, required: bool = False) -> tuple[str, ...]:  # noqa: ANN401 - any
    ids = (value,) if isinstance(value, str) else tuple(value or ())
    if isinstance(value, str) and not _is_parameter(value) and not is_token(value):
        raise wrong(subject, argument, value, f"a list of ids, or {_in_ssm(value)}")
    if required and not ids:
        raise wrong(subject, argument, value, "ids of subnets")
    check_number(subject, argument, ids, _MOST[argument], argument.replace("_", " "))
    for id in ids:
        _id(subject, argument, id)
    return ids


def _id(subject: str, argument: str, id: str | None) -> str:
    kinds = {"subnets": "subnet-", "security_groups": "sg-", "vpc_id": "vpc-"}
    if id is None:
        return ""
    is_id = isinstance(id, str) and (
        re.fullmatch(f"{kinds[argument]}[0-9a-z]+", id) or _is_parameter(id) or is_token(id) or is_pending(id)
    )
    if not is_id:
        raise wrong(subject, argument, id, f"ids such as {kinds[argument]}0123456789abcdef0, or {_in_ssm(id)}")
    return id


def _in_ssm(value: object) -> str:
    return "ssm:/NAME of SSM parameters that hold them" if isinstance(value, Written) else IN_SSM


def _reserved(subject: str, machines: Mapping[str, int] | None) -> int | None:
    """Calls side by side that are kept for the function which machines ask."""
    if machines is None:
        return None
    if not isinstance(machines, Mapping):
        raise wrong(subject, "machines", machines, 'an object such as {"reserved": 10}')
    check_keys(subject, "machines", machines, ("reserved",))
    reserved = machines.get("reserved")
    if reserved is not None and (not isinstance(reserved, int) or isinstance(reserved, bool) or reserved < 1):
        raise wrong(subject, "machines.reserved", reserved, "a number from 1")
    return reserved


def _is_parameter(value: str) -> bool:
    """Whether cdk.json names the SSM parameter that holds an id."""
    return isinstance(value, Written) and bool(parameter_of(value))


def _cluster_name(subject: str, cluster: "ecs.ICluster | Written") -> str:
    check_construct(subject, "cluster", cluster, "cluster_name", "a cluster, such as Cluster.from_cluster_arn(…)")
    name = cluster if isinstance(cluster, Written) else cluster.cluster_name
    if not name or (name.startswith("ssm:") and not parameter_of(name)):
        allowed = "a cluster's name or its ARN, or ssm:/NAME of a parameter with its name"
        raise wrong(subject, "cluster", cluster, allowed)
    return name if is_token(name) or parameter_of(name) else name.rpartition("/")[2]
