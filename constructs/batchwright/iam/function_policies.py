"""What a stage's functions have in common, as plain JSON from pure functions; what that of the machines may do."""

from batchwright.arns import Place
from batchwright.iam.policies import Document, Statement, allow, document, trust
from batchwright.iam.run_policies import in_cluster
from batchwright_runner.contract.names import StageNames

LAMBDA = "lambda.amazonaws.com"


def function_trust() -> Document:
    """Trust of the functions' roles: Lambda. A role cannot be passed to a function of another account."""
    return trust({"Service": LAMBDA})


def write_log(place: Place, function: str) -> Statement:
    """That a function may write its log."""
    group = place._log_group(f"/aws/lambda/{function}")
    return allow(["logs:CreateLogStream", "logs:PutLogEvents"], [group], sid="WriteLog")


def machines_policy(place: Place, names: StageNames, cluster: str) -> Document:
    """What the function may do that the stage's machines ask: read what decides whether a run starts, and how it ended.

    `cluster`: name of the cluster; ``*`` where only a deployment knows it.
    """
    here = in_cluster(place, cluster)
    records = [place._parameter(f"{names.path}/{folder}/*") for folder in ("manifests", "paused")]
    return document(
        [
            allow(["ssm:GetParameters"], records, sid="ReadRecords"),
            # ListTasks has no resource that a cluster's ARN would match.
            allow(["ecs:ListTasks"], ["*"], here, sid="FindRuns"),
            allow(["ecs:DescribeTasks"], [place._arn("ecs", f"task/{cluster}/*")], here, sid="SeeRuns"),
            allow(["states:ListExecutions"], [place._machine(f"{names.prefix}-*")], sid="FindExecutions"),
            allow(["states:DescribeExecution"], [place._execution(f"{names.prefix}-*")], sid="SeeExecutions"),
            write_log(place, names.machines),
        ]
    )


def machines_function(place: Place, names: StageNames) -> str:
    """The ARN of that function."""
    return place._arn("lambda", f"function:{names.machines}")
