"""What a deployment by CI may do, as plain JSON from pure functions.

Two roles share the work. CI has the one that tells CloudFormation what to deploy, and only stacks of these names.
CloudFormation has the other, which makes what the library's stacks are made of, and only under these names. The actions
are those that the handlers of the resource types need (CloudFormation's resource schemas, "handlers", 2026-11).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from batchwright.arns import Place, partition
from batchwright.iam.policies import SCHEDULER, TASKS, Document, Statement, allow, document
from batchwright.names import StageNames, registry_stack
from batchwright_runner.contract.names import TAG_PROJECT

QUALIFIER = "hnb659fds"
"""What the names of CDK's bootstrap hold, unless someone has chosen another (AWS CDK developer guide, "Customize AWS
CDK bootstrapping", 2026-11)."""

CLOUDFORMATION = "cloudformation.amazonaws.com"
STATES, LAMBDA = "states.amazonaws.com", "lambda.amazonaws.com"

_STACKS = (
    *("ContinueUpdateRollback", "CreateChangeSet", "CreateStack", "DeleteChangeSet", "DeleteStack"),
    *("DescribeChangeSet", "DescribeStackEvents", "DescribeStackResources", "DescribeStacks", "ExecuteChangeSet"),
    *("GetTemplate", "GetTemplateSummary", "ListStackResources", "RollbackStack", "UpdateStack"),
    "UpdateTerminationProtection",
)
_ROLES = (
    *("CreateRole", "PutRolePermissionsBoundary", "PutRolePolicy", "DeleteRolePolicy", "AttachRolePolicy"),
    "DetachRolePolicy",
)
"""Actions that a permissions boundary can be asked of (Service Authorization Reference, IAM, 2026-11)."""
_ROLES_TOO = (
    *("DeleteRole", "GetRole", "GetRolePolicy", "ListAttachedRolePolicies", "ListRolePolicies", "TagRole", "UntagRole"),
    *("UpdateAssumeRolePolicy", "UpdateRole", "UpdateRoleDescription"),
)
_GRANTS = ("DeleteRolePolicy", "GetRole", "GetRolePolicy", "PutRolePolicy")
_POLICIES = (
    *("CreatePolicy", "CreatePolicyVersion", "DeletePolicy", "DeletePolicyVersion", "GetPolicy", "GetPolicyVersion"),
    *("ListEntitiesForPolicy", "ListPolicyVersions"),
)
_LOG_GROUPS = (
    *("CreateLogGroup", "DeleteLogGroup", "DeleteRetentionPolicy", "ListTagsForResource", "PutRetentionPolicy"),
    *("TagResource", "UntagResource", "GetDataProtectionPolicy"),
)
_LOGS_OF_ALL = (
    *("DeleteResourcePolicy", "DescribeIndexPolicies", "DescribeLogGroups", "DescribeResourcePolicies"),
    "PutResourcePolicy",
)
"""Actions that lists or a policy of a log group need, and that have no resource type."""
_PARAMETERS = (
    *("AddTagsToResource", "DeleteParameter", "GetParameters", "ListTagsForResource", "PutParameter"),
    "RemoveTagsFromResource",
)
_CLUSTERS = (
    *("CreateCluster", "DeleteCluster", "DescribeClusters", "PutClusterCapacityProviders", "UpdateCluster"),
    "UpdateClusterSettings",
)
_TAGS = ("TagResource", "UntagResource", "ListTagsForResource")
_KEYS = (
    *("DescribeKey", "DisableKey", "DisableKeyRotation", "EnableKey", "EnableKeyRotation", "GetKeyPolicy"),
    *("GetKeyRotationStatus", "ListResourceTags", "PutKeyPolicy", "ScheduleKeyDeletion", "UntagResource"),
    "UpdateKeyDescription",
)
_ALIASES = ("CreateAlias", "DeleteAlias", "UpdateAlias")
_RULES = (
    *("DeleteRule", "DescribeRule", "ListTagsForResource", "ListTargetsByRule", "PutRule", "PutTargets"),
    *("RemoveTargets", "TagResource", "UntagResource"),
)
_SCHEDULES = (
    *("CreateScheduleGroup", "DeleteScheduleGroup", "GetScheduleGroup", "ListTagsForResource", "TagResource"),
    "UntagResource",
)
_QUEUES = (
    *("CreateQueue", "DeleteQueue", "GetQueueAttributes", "GetQueueUrl", "ListQueueTags", "SetQueueAttributes"),
    *("TagQueue", "UntagQueue"),
)
_MACHINES = (
    *("CreateStateMachine", "DeleteStateMachine", "DescribeStateMachine", "ListTagsForResource", "TagResource"),
    *("UntagResource", "UpdateStateMachine"),
)
_ALARMS = (
    *("DeleteAlarms", "DescribeAlarms", "ListTagsForResource", "PutMetricAlarm", "TagResource", "UntagResource"),
)
_TOPICS = (
    *("CreateTopic", "DeleteTopic", "GetDataProtectionPolicy", "GetTopicAttributes", "ListSubscriptionsByTopic"),
    *("ListTagsForResource", "SetTopicAttributes", "Subscribe", "TagResource", "UntagResource"),
)
_SUBSCRIPTIONS = ("GetSubscriptionAttributes", "SetSubscriptionAttributes", "Unsubscribe")
"""Actions on subscriptions, which have no resource type."""
_FUNCTIONS = (
    *("CreateFunction", "DeleteFunction", "GetFunction", "GetFunctionCodeSigningConfig", "GetFunctionRecursionConfig"),
    *("GetFunctionScalingConfig", "GetRuntimeManagementConfig", "TagResource", "UntagResource", "UpdateFunctionCode"),
    "UpdateFunctionConfiguration",
)
_MAPPINGS = (
    *("CreateEventSourceMapping", "DeleteEventSourceMapping", "GetEventSourceMapping", "UpdateEventSourceMapping"),
)
_TABLES = (
    *("CreateTable", "DeleteTable", "DescribeContinuousBackups", "DescribeContributorInsights"),
    *("DescribeKinesisStreamingDestination", "DescribeTable", "DescribeTimeToLive", "GetResourcePolicy"),
    *("ListTagsOfResource", "TagResource", "UntagResource", "UpdateTable", "UpdateTimeToLive"),
)
_FORMER = (
    *("events:DeleteConnection", "events:DescribeConnection", "secretsmanager:DeleteSecret", "sns:DeleteTopic"),
    *("sns:GetTopicAttributes", "states:DeleteStateMachine", "states:DescribeStateMachine"),
)
"""What an update takes to end the alerts of a stage as they were before there was a function."""
_REPOSITORIES = (
    *("CreateRepository", "DeleteLifecyclePolicy", "DeleteRepository", "DeleteRepositoryPolicy"),
    *("DescribeRepositories", "GetLifecyclePolicy", "GetRepositoryPolicy", "ListTagsForResource"),
    *("PutImageScanningConfiguration", "PutImageTagMutability", "PutLifecyclePolicy", "SetRepositoryPolicy"),
    *("TagResource", "UntagResource"),
)
_PROVIDERS = (
    *("AddClientIDToOpenIDConnectProvider", "CreateOpenIDConnectProvider", "DeleteOpenIDConnectProvider"),
    *("GetOpenIDConnectProvider", "ListOpenIDConnectProviderTags", "RemoveClientIDFromOpenIDConnectProvider"),
    *("TagOpenIDConnectProvider", "UntagOpenIDConnectProvider", "UpdateOpenIDConnectProviderThumbprint"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """What is deployed, and where."""

    place: Place
    project: str
    # Name of the stage; empty for the registry
    stage: str
    # ARN of the policy that bounds every role that is made; empty for none
    boundary: str = ""
    # Names of SSM parameters from elsewhere that the stacks read, with a leading slash; may end with ``*``
    reads: Sequence[str] = field(default_factory=tuple)
    # ARNs of roles from elsewhere whose policies grants add to
    existing_roles: Sequence[str] = field(default_factory=tuple)
    # Ids of security groups from elsewhere that rules are added to
    existing_groups: Sequence[str] = field(default_factory=tuple)
    # What the names of CDK's bootstrap hold
    qualifier: str = QUALIFIER

    @property
    def version(self) -> str:
        """The SSM parameter in which CDK's bootstrap says its version."""
        return f"/cdk-bootstrap/{self.qualifier}/version"

    @property
    def path(self) -> str:
        """The path of its roles and managed policies, and all below."""
        return f"{self.project}/{self.stage or 'registry'}/*"

    @property
    def policies(self) -> str:
        """The ARNs of its managed policies."""
        return f"arn:{partition(self.place.region)}:iam::{self.place.account}:policy/{self.path}"


def caller_policy(deployment: Deployment, execution_role: str) -> Document:
    """What CI may do: have CloudFormation deploy these stacks, with that role and no other."""
    place = deployment.place
    version = place.parameter(deployment.version)
    name = f"cdk-{deployment.qualifier}-file-publishing-role-{place.account}-{place.region}"
    stacks = f"{deployment.project}-{deployment.stage}-*" if deployment.stage else registry_stack(deployment.project)
    passed = {"StringEquals": {"iam:PassedToService": CLOUDFORMATION}}
    statements = [
        allow(_of("cloudformation", _STACKS), [place.arn("cloudformation", f"stack/{stacks}/*")], sid="DeployStacks"),
        allow(["iam:PassRole"], [execution_role], passed, sid="PassExecutionRole"),
        allow(["sts:AssumeRole"], [place.role(name)], sid="PublishTemplates"),
        allow(["ssm:GetParameter", "ssm:GetParameters"], [version], sid="ReadBootstrapVersion"),
    ]
    # CloudFormation reads a template from the bucket with the rights of who names it.
    template = f"arn:{partition(place.region)}:s3:::{_bucket(deployment)}/*"
    statements.append(allow(["s3:GetObject"], [template], sid="ReadTemplates"))
    if deployment.reads:
        arns = [place.parameter(read) for read in deployment.reads]
        statements.append(allow(["ssm:GetParameters"], arns, sid="ReadPublishedIds"))
    return document(statements)


def _bucket(deployment: Deployment) -> str:
    """The bucket of templates and packages, which CDK's bootstrap has made."""
    return f"cdk-{deployment.qualifier}-assets-{deployment.place.account}-{deployment.place.region}"


def execution_policy(deployment: Deployment) -> Document:
    """What CloudFormation may do for a stage or for the registry."""
    statements = _stage(deployment) if deployment.stage else _registry(deployment)
    read = [deployment.place.parameter(name) for name in (deployment.version, *deployment.reads)]
    published = allow(["ssm:GetParameters"], read, sid="ReadPublishedIds")
    return document([*_roles(deployment), published, *statements])


def _roles(deployment: Deployment) -> list[Statement]:
    """Making roles under the path of stage or registry, each with the boundary where there is one.

    To existing ones grants add policies, inline or managed; all else of them is someone else's.
    """
    own, existing, boundary = deployment.place.role(deployment.path), deployment.existing_roles, deployment.boundary
    bounded = {"StringEquals": {"iam:PermissionsBoundary": boundary}} if boundary else None
    statements = [
        allow(_of("iam", _ROLES), [own], bounded, sid="MakeRoles"),
        allow(_of("iam", _ROLES_TOO), [own], sid="KeepRoles"),
    ]
    if existing:
        attached = {"ArnLike": {"iam:PolicyARN": deployment.policies}}
        statements += [
            allow(_of("iam", _GRANTS), existing, sid="GrantToExistingRoles"),
            allow(["iam:AttachRolePolicy", "iam:DetachRolePolicy"], existing, attached, sid="AttachToExistingRoles"),
        ]
    return statements


def _registry(deployment: Deployment) -> list[Statement]:
    place = deployment.place
    providers = f"arn:{partition(place.region)}:iam::{place.account}:oidc-provider"
    issuers = [f"{providers}/token.actions.githubusercontent.com", f"{providers}/oidc.circleci.com/org/*"]
    return [
        allow(_of("ecr", _REPOSITORIES), [place.repository(f"{deployment.project}/*")], sid="MakeRepositories"),
        allow(_of("iam", _PROVIDERS), issuers, sid="MakeProviders"),
        allow(["iam:ListOpenIDConnectProviders"], ["*"], sid="ListProviders"),
    ]


def _stage(deployment: Deployment) -> list[Statement]:
    place, names = deployment.place, StageNames(deployment.project, deployment.stage)
    groups = place.arn("ec2", "security-group/*")
    ours = {"StringEquals": {f"aws:ResourceTag/{TAG_PROJECT}": deployment.project}}
    marked = {"StringEquals": {f"aws:RequestTag/{TAG_PROJECT}": deployment.project}}
    roles = [place.role(deployment.path), *deployment.existing_roles]
    services = {"StringEquals": {"iam:PassedToService": [TASKS, SCHEDULER, STATES, LAMBDA]}}
    # Without a trailing ":*", which the ARN has for all actions but those on tags (CloudWatch Logs API reference,
    # LogGroup, 2026-11).
    groups_of_logs = [
        place.arn("logs", f"log-group:{name}*") for name in (f"{names.path}/", f"/aws/lambda/{names.alerts}")
    ]
    schedule_groups, schedules = (
        [place.arn("scheduler", form.format(name)) for name in (names.deadline_group, names.schedules)]
        for form in ("schedule-group/{}", "schedule/{}/*")
    )
    cluster = place.arn("ecs", f"cluster/{names.cluster}")
    definitions = place.arn("ecs", f"task-definition/{names.prefix}-*:*")
    rules = ["AuthorizeSecurityGroupEgress", "AuthorizeSecurityGroupIngress", "RevokeSecurityGroupEgress"]
    rules += ["RevokeSecurityGroupIngress"]
    statements = [
        allow(["iam:PassRole"], roles, services, sid="PassRoles"),
        # An execution role with many secrets has managed policies beside its own.
        allow(_of("iam", _POLICIES), [deployment.policies], sid="MakePolicies"),
        allow(_of("logs", _LOG_GROUPS), groups_of_logs, sid="MakeLogGroups"),
        allow(_of("logs", _LOGS_OF_ALL), ["*"], sid="KeepLogPolicies"),
        allow(_of("ssm", _PARAMETERS), [place.parameter(f"{names.path}/*")], sid="MakeParameters"),
        allow(["ssm:DescribeParameters"], ["*"], sid="ListParameters"),
        allow(_of("ecs", _CLUSTERS), [cluster], sid="MakeCluster"),
        allow(_of("ecs", _TAGS), [cluster, definitions], sid="TagAll"),
        allow(["ecs:RegisterTaskDefinition"], [definitions], sid="MakeTaskDefinitions"),
        allow(["ecs:DeregisterTaskDefinition", "ecs:DescribeTaskDefinition"], ["*"], sid="KeepTaskDefinitions"),
        allow(["kms:CreateKey", "kms:TagResource"], ["*"], marked, sid="MakeKey"),
        allow(_of("kms", _KEYS), [place.arn("kms", "key/*")], ours, sid="KeepKey"),
        allow(_of("kms", _ALIASES), [place.arn("kms", names.key_alias)], sid="NameKey"),
        allow(_of("kms", _ALIASES), [place.arn("kms", "key/*")], ours, sid="NameOurKey"),
        allow(["kms:ListAliases"], ["*"], sid="ListAliases"),
        allow(_of("events", _RULES), [place.arn("events", f"rule/{names.prefix}-*")], sid="MakeRules"),
        allow(_of("scheduler", _SCHEDULES), schedule_groups, sid="MakeScheduleGroups"),
        allow(["scheduler:DeleteSchedule"], schedules, sid="EndSchedules"),
        allow(["ec2:CreateSecurityGroup"], [groups], marked, sid="MakeSecurityGroups"),
        allow(["ec2:CreateSecurityGroup"], [place.arn("ec2", "vpc/*")], sid="MakeSecurityGroupsIn"),
        allow(
            ["ec2:CreateTags"], [groups], {"StringEquals": {"ec2:CreateAction": "CreateSecurityGroup"}}, sid="TagGroups"
        ),
        allow(_of("ec2", [*rules, "DeleteSecurityGroup", "DeleteTags"]), [groups], ours, sid="KeepSecurityGroups"),
        allow(_of("ec2", ["DescribeSecurityGroupRules", "DescribeSecurityGroups"]), ["*"], sid="ListSecurityGroups"),
    ]
    if deployment.existing_groups:
        theirs = [place.arn("ec2", f"security-group/{group}") for group in deployment.existing_groups]
        statements.append(allow(_of("ec2", [rules[1], rules[3]]), theirs, sid="OpenExistingGroups"))
    return statements


def automation_policy(deployment: Deployment) -> Document:
    """What CloudFormation may do for what a stage does by itself: machines, schedules, alerts, their queues and alarms.

    It is apart: the policies in a role have room for 10,240 characters (IAM user guide, "IAM and STS quotas", 2026-11).
    """
    place, names = deployment.place, StageNames(deployment.project, deployment.stage)
    schedules = place.arn("scheduler", f"schedule/{names.schedules}/*")
    functions = [place.arn("lambda", f"function:{name}") for name in (names.alerts, names.alerts_test)]
    topics = [place.arn("sns", name) for name in (names.messages_topic, names.alarms_topic)]
    mappings, ours = place.arn("lambda", "event-source-mapping:*"), {"ArnEquals": {"lambda:FunctionArn": functions}}
    assets = f"arn:{partition(place.region)}:s3:::{_bucket(deployment)}/*"
    former = [
        *(place.machine(f"{names.project}_{names.stage}_{name}") for name in ("alerts", "watch")),
        place.arn("events", f"connection/{names.alerts}-*"),
        place.arn("secretsmanager", f"secret:events!connection/{names.alerts}-*"),
        place.arn("sns", names.alerts),
    ]
    statements = [
        allow(_of("states", _MACHINES), [place.machine(f"{names.prefix}-*")], sid="MakeMachines"),
        allow(_of("scheduler", ["CreateSchedule", "GetSchedule", "UpdateSchedule"]), [schedules], sid="MakeSchedules"),
        allow(_of("sqs", _QUEUES), [place.arn("sqs", f"{names.prefix}-*")], sid="MakeQueues"),
        allow(_of("cloudwatch", _ALARMS), [place.arn("cloudwatch", f"alarm:{names.prefix}-*")], sid="MakeAlarms"),
        allow(_of("sns", _TOPICS), topics, sid="MakeTopics"),
        allow(_of("sns", _SUBSCRIPTIONS), ["*"], sid="KeepSubscriptions"),
        allow(_of("lambda", _FUNCTIONS), functions, sid="MakeFunctions"),
        # Making and reading one has no resource (Lambda developer guide, "Fine-tuning the Resources and Conditions
        # sections of policies", 2026-11).
        allow(_of("lambda", _MAPPINGS), ["*"], ours, sid="MakeMappings"),
        allow(_of("lambda", ["ListTags", "TagResource", "UntagResource"]), [mappings], sid="TagMappings"),
        allow(["s3:GetObject"], [assets], sid="ReadPackage"),
        allow(_of("dynamodb", _TABLES), [place.arn("dynamodb", f"table/{names.alerts_table}")], sid="MakeTable"),
        allow(_FORMER, former, sid="EndFormerAlerts"),
    ]
    return document(statements)


def _of(service: str, actions: Sequence[str]) -> list[str]:
    return [f"{service}:{action}" for action in actions]
