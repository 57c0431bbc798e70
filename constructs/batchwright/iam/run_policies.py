"""What those who run batches may do, as plain JSON statements from pure functions.

IAM cannot pin the subnets of ``ecs:RunTask``: those condition keys exist for services only (Service Authorization
Reference, Amazon ECS, 2026-11). The manifest pins them, and the runner has no network argument.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from batchwright.arns import Place
from batchwright.iam.policies import SCHEDULER, TASKS, Statement, allow, deny, encrypt_parameters
from batchwright_runner.contract.names import RECORDS, TAG_BATCH, StageNames

_SET = ("ssm:PutParameter", "ssm:DeleteParameter")
STEPS_SEEN = "states:GetExecutionHistory"
"""By which a runner sees which steps of a workflow have begun and ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunScope:
    """Which batches a policy is about."""

    # Task definition ARNs, with ``:*`` for the revision
    families: Sequence[str]
    # ARNs of the roles that those task definitions pass on
    roles: Sequence[str]
    # ARNs of log groups, with ``:*`` for the streams
    log_groups: Sequence[str]
    # ARNs of the parameters of manifests
    manifests: Sequence[str]
    # ARNs of the parameters that say that a batch is paused
    pauses: Sequence[str]
    machines: Sequence[str]
    executions: Sequence[str]
    # The tags that a task must carry to be stopped
    stop_tags: Mapping[str, str | Sequence[str]]
    deadline_roles: Sequence[str]
    # Whether its batches may be listed: SSM asks for a right on all manifests for that
    listed: bool
    # The condition on the size of a task that a start asks for. Default: none.
    largest: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def runs_of_stage(place: Place, names: StageNames) -> RunScope:
    """Every batch of a stage, those declared later too."""
    return RunScope(
        families=[place._arn("ecs", f"task-definition/{names.prefix}-*:*")],
        roles=[place._role(f"{names.role_path[1:]}{names.prefix}-*-{kind}") for kind in ("task", "exec")],
        log_groups=[place._log_group(f"{names.path}/*")],
        manifests=[place._parameter(f"{names.path}/{part}") for part in ("manifests", "manifests/*")],
        pauses=[place._parameter(f"{names.path}/{part}") for part in ("paused", "paused/*")],
        machines=[place._machine(f"{names.prefix}-*")],
        executions=[place._execution(f"{names.prefix}-*")],
        stop_tags=names.tags,
        deadline_roles=[place._role(f"{names.role_path[1:]}{names.deadline_role('*')}")],
        listed=True,
    )


def runs_of_batches(
    place: Place,
    names: StageNames,
    batches: Sequence[str],
    *,
    roles: Sequence[str],
    log_groups: Sequence[str],
    deadline_roles: Sequence[str],
) -> RunScope:
    """Some batches of a stage.

    `log_groups`: ARNs of their log groups, with ``:*`` for the streams.
    """
    return RunScope(
        families=[place._arn("ecs", f"task-definition/{names.family(batch)}:*") for batch in batches],
        roles=roles,
        log_groups=log_groups,
        manifests=[place._parameter(names.manifest(batch)) for batch in batches],
        pauses=[place._parameter(names.paused(batch)) for batch in batches],
        machines=[place._machine(names.family(batch)) for batch in batches],
        executions=[place._execution(names.family(batch)) for batch in batches],
        stop_tags={**names.tags, TAG_BATCH: batches[0] if len(batches) == 1 else list(batches)},
        deadline_roles=deadline_roles,
        listed=False,
    )


def run(place: Place, names: StageNames, runs: RunScope, *, cluster: str, deadlines: bool) -> list[Statement]:
    """Starting, following and stopping runs."""
    here = in_cluster(place, cluster)
    tasks = place._arn("ecs", f"task/{cluster}/*")
    started = {"StringEquals": {"ecs:CreateAction": "RunTask"}}
    read = ["ssm:GetParameter", *(["ssm:GetParametersByPath"] if runs.listed else [])]
    statements = [
        allow(read, runs.manifests, sid="ReadManifests"),
        allow(read, runs.pauses, sid="ReadPauses"),
        allow(["ecs:RunTask"], runs.families, {**here, **runs.largest}, sid="StartRuns"),
        allow(["ecs:TagResource"], [tasks], started, sid="TagRuns"),
        *([pass_roles(runs.roles)] if runs.roles else []),
        # ListTasks has no resource that a cluster's ARN would match.
        allow(["ecs:ListTasks"], ["*"], here, sid="FindRuns"),
        allow(["ecs:DescribeTasks"], [tasks], here, sid="FollowRuns"),
        stop_tasks(place, cluster, runs.stop_tags),
        *([read_logs(runs.log_groups)] if runs.log_groups else []),
    ]
    return statements + (_deadlines(place, names, runs.deadline_roles) if deadlines else [])


def starts_runs(statement: Statement) -> bool:
    """Whether a statement lets someone start tasks."""
    return "ecs:RunTask" in statement.get("Action", ())


def pass_roles(roles: Sequence[str]) -> Statement:
    """Starting tasks that act with these roles, or are started with them."""
    return allow(["iam:PassRole"], roles, {"StringEquals": {"iam:PassedToService": TASKS}}, sid="PassRoles")


def stop_tasks(place: Place, cluster: str, tags: Mapping[str, str | Sequence[str]]) -> Statement:
    """Stopping tasks of a cluster that carry these tags."""
    ours = {"StringEquals": {f"aws:ResourceTag/{key}": value for key, value in tags.items()}}
    tasks = place._arn("ecs", f"task/{cluster}/*")
    return allow(["ecs:StopTask"], [tasks], {**in_cluster(place, cluster), **ours}, sid="StopRuns")


def read_logs(log_groups: Sequence[str]) -> Statement:
    """Reading the logs of runs."""
    return allow(["logs:GetLogEvents", "logs:FilterLogEvents"], log_groups, sid="ReadLogs")


def machine_runs(runs: RunScope) -> list[Statement]:
    """Starting, finding, following and stopping the runs of state machines; of a stage's, those of workflows, too."""
    follow = ["states:DescribeExecution", "states:StopExecution", *([STEPS_SEEN] if runs.listed else [])]
    return [
        allow(["states:StartExecution", "states:ListExecutions"], runs.machines, sid="StartAndFindMachineRuns"),
        allow(follow, runs.executions, sid="FollowAndStopMachineRuns"),
    ]


def workflow_runs(
    place: Place, names: StageNames, workflow: str, batches: Sequence[str], *, cluster: str, log_groups: Sequence[str]
) -> list[Statement]:
    """Starting, following and stopping the runs of a workflow, and reading the logs of its steps.

    The workflow's machine starts the steps, and their machines stop their tasks: no one else needs to, so that no task
    is started or stopped, and no role passed on.

    `log_groups`: ARNs of the batches' log groups, with ``:*`` for the streams.
    """
    here, tasks = in_cluster(place, cluster), place._arn("ecs", f"task/{cluster}/*")
    own = names.family(workflow)
    executions = [place._execution(names.family(batch)) for batch in batches]
    manifests = [place._parameter(names.manifest(name)) for name in (workflow, *batches)]
    pauses = [place._parameter(names.paused(name)) for name in (workflow, *batches)]
    return [
        allow(["ssm:GetParameter"], [*manifests, *pauses], sid="ReadWorkflow"),
        allow(["states:StartExecution", "states:ListExecutions"], [place._machine(own)], sid="StartWorkflow"),
        allow(
            ["states:DescribeExecution", "states:StopExecution", STEPS_SEEN],
            [place._execution(own)],
            sid="FollowWorkflow",
        ),
        allow(["states:DescribeExecution", "states:StopExecution"], executions, sid="FollowSteps"),
        # ListTasks has no resource that a cluster's ARN would match.
        allow(["ecs:ListTasks"], ["*"], here, sid="FindRuns"),
        allow(["ecs:DescribeTasks"], [tasks], here, sid="FollowRuns"),
        read_logs(log_groups),
    ]


def read_records(place: Place, names: StageNames) -> list[Statement]:
    """Reading what is watched of a stage's batches, and since when it holds, and how they last ended.

    The versions of a record tell since when a schedule holds: nothing was missed before.
    """
    read = ["ssm:GetParameter", "ssm:GetParametersByPath", "ssm:GetParameterHistory"]
    records = [place._parameter(f"{names.path}/{part}") for part in ("watch", "watch/*", "manifests/*")]
    # Where a stage has no alerts, too: IAM would refuse the reading of a table that does not exist, and a reader could
    # not tell that from a right that is missing. Of the table's items the records alone.
    table = place._arn("dynamodb", f"table/{names.alerts_table}")
    ours = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [RECORDS]}}
    return [
        allow(read, records, sid="ReadRecords"),
        allow(["dynamodb:GetItem", "dynamodb:BatchGetItem"], [table], ours, sid="ReadLastEnds"),
    ]


def try_alerts(place: Place, names: StageNames) -> list[Statement]:
    """Sending a message through the stage's alerts, by the function that can do nothing else."""
    return [allow(["lambda:InvokeFunction"], [place._arn("lambda", f"function:{names.alerts_test}")], sid="TryAlerts")]


def read_history(place: Place, names: StageNames) -> Statement:
    """Reading the ends of past runs."""
    group = place._log_group(names.history_log_group)
    return allow(["logs:GetLogEvents", "logs:FilterLogEvents"], [group], sid="ReadHistory")


def operate(place: Place, names: StageNames, *, key: str, repositories: Sequence[str]) -> list[Statement]:
    """Setting parameters and secrets, and releasing images.

    IAM cannot tell an image's tags apart: who may release into a stage may move any tag of these repositories.

    `key`: Alias or ARN of the stage's KMS key; empty for the AWS-managed one, which needs no statement.
    """
    values = [place._parameter(f"{names.path}/*")]
    own = [place._parameter(names.path), *values]
    published = [place._parameter(f"{names.path}/{part}/*") for part in ("manifests", "platform")]
    statements = [
        allow(["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath"], own, sid="ReadParameters"),
        allow(["ssm:GetParameterHistory"], values, sid="ReadParameterHistory"),
        # It has no resource type (Service Authorization Reference, Amazon ECS, 2026-11). A task definition names its
        # variables and where their values are stored, and holds none of the values.
        allow(["ecs:DescribeTaskDefinition"], ["*"], sid="ReadTaskDefinitions"),
        allow(_SET, values, sid="SetParameters"),
        # What a deployment publishes decides which role, network and image a run has. IAM has no pattern for all but
        # these, and batches that are declared later have values too.
        deny(_SET, published, sid="KeepWhatIsPublished"),
        allow(["ecr:GetAuthorizationToken"], ["*"], sid="RegistryToken"),
        allow(
            [
                "ecr:BatchGetImage",
                "ecr:DescribeImages",
                "ecr:GetDownloadUrlForLayer",  # a release looks for which CPU an image was built
                "ecr:PutImage",
            ],
            repositories,
            sid="ReleaseImages",
        ),
    ]
    if key:
        statements.append(encrypt_parameters(place, key, place._parameter(f"{names.path}/*")))
    return [*statements, deny(_SET, [place._parameter(f"{names.path}/watch/*")], sid="KeepRecords")]


def in_cluster(place: Place, cluster: str) -> dict[str, dict[str, str]]:
    """The condition that a request is about this cluster."""
    return {"ArnEquals": {"ecs:cluster": place._arn("ecs", f"cluster/{cluster}")}}


def _deadlines(place: Place, names: StageNames, roles: Sequence[str]) -> list[Statement]:
    schedules = place._arn("scheduler", f"schedule/{names.deadline_group}/*")
    return [
        allow(["scheduler:CreateSchedule", "scheduler:DeleteSchedule"], [schedules], sid="SetDeadlines"),
        *([pass_deadline_roles(roles)] if roles else []),
    ]


def pass_deadline_roles(roles: Sequence[str]) -> Statement:
    """Passing these roles on to EventBridge Scheduler."""
    return allow(["iam:PassRole"], roles, {"StringEquals": {"iam:PassedToService": SCHEDULER}}, sid="PassDeadlineRole")
