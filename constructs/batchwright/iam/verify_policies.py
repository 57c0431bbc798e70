"""What those may look at who verify a stage, as plain JSON statements from a pure function: nothing is changed."""

from collections.abc import Sequence

from batchwright.arns import Place
from batchwright.iam.function_policies import machines_function
from batchwright.iam.policies import Statement, allow, key_of
from batchwright.iam.run_policies import in_cluster, read_history, read_records
from batchwright_runner.contract.names import StageNames


def verify(
    place: Place,
    names: StageNames,
    *,
    cluster: str,
    key: str,
    repositories: Sequence[str],
    roles: Sequence[str] = (),
) -> list[Statement]:
    """Looking at all that a run of the stage needs, for ``batchwright verify``.

    `key`: Alias or ARN of the stage's KMS key; empty for the AWS-managed one.
    """
    values = [place._parameter(names.path), place._parameter(f"{names.path}/*")]
    ours = [place._role(f"{names.role_path[1:]}*"), *roles]
    # Those of EC2, of quotas and metrics, and DescribeTaskDefinition, have no resource type (Service Authorization
    # Reference, 2026-11).
    network = ["DescribeSubnets", "DescribeSecurityGroups"]
    quotas = [
        "servicequotas:GetServiceQuota",
        "servicequotas:GetAWSDefaultServiceQuota",
        "cloudwatch:GetMetricStatistics",
    ]
    anywhere = ["ecs:DescribeTaskDefinition", *(f"ec2:{action}" for action in network)]
    statements = [
        allow(["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath"], values, sid="SeeParameters"),
        allow(anywhere, ["*"], sid="SeeNetworkAndDefinitions"),
        allow(quotas, ["*"], sid="SeeQuotas"),
        allow(["ecs:DescribeClusters"], [place._arn("ecs", f"cluster/{cluster}")], sid="SeeCluster"),
        allow(["iam:GetRole"], ours, sid="SeeRoles"),
        allow(["logs:DescribeLogGroups"], [place._log_group("*")], sid="SeeLogGroups"),
        allow(["secretsmanager:DescribeSecret"], [place._arn("secretsmanager", "secret:*")], sid="SeeSecrets"),
        allow(
            ["scheduler:GetScheduleGroup"],
            [place._arn("scheduler", f"schedule-group/{names.deadline_group}")],
            sid="SeeDeadlines",
        ),
        allow(
            ["scheduler:GetSchedule"],
            [place._arn("scheduler", f"schedule/{names.schedules}/*")],
            sid="SeeSchedules",
        ),
        allow(
            ["events:DescribeRule", "events:ListTargetsByRule"],
            [place._arn("events", f"rule/{name}") for name in (names.runs_rule, names.executions_rule)],
            sid="SeeRules",
        ),
        allow(["states:DescribeStateMachine"], [place._machine(f"{names.prefix}-*")], sid="SeeMachines"),
        allow(["lambda:InvokeFunction"], [machines_function(place, names)], sid="AskFunction"),
    ]
    if repositories:
        actions = ["ecr:BatchGetImage", "ecr:DescribeImages", "ecr:GetDownloadUrlForLayer"]
        statements.append(allow(actions, repositories, sid="SeeImages"))
    if key:
        resource, by_alias = key_of(place, key)
        statements.append(allow(["kms:DescribeKey"], [resource], by_alias, sid="SeeKey"))
    return statements


def look_back(place: Place, names: StageNames, *, cluster: str, history: bool) -> list[Statement]:
    """Looking at which runs a stage has had, for ``batchwright runs`` and ``runs --missed``."""
    here, machines = in_cluster(place, cluster), f"{names.prefix}-*"
    return [
        *read_records(place, names),
        # ListTasks has no resource that a cluster's ARN would match.
        allow(["ecs:ListTasks"], ["*"], here, sid="FindRuns"),
        allow(["ecs:DescribeTasks"], [place._arn("ecs", f"task/{cluster}/*")], here, sid="SeeRuns"),
        allow(["states:ListExecutions"], [place._machine(machines)], sid="FindMachineRuns"),
        allow(["states:DescribeExecution"], [place._execution(machines)], sid="SeeMachineRuns"),
        *([read_history(place, names)] if history else []),
    ]
