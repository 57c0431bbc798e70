"""What the machine that watches for missed runs may do, and what starts it, as plain JSON from pure functions."""

from batchwright.arns import Place
from batchwright.iam.policies import Document, allow, document
from batchwright.iam.run_policies import in_cluster
from batchwright.names import StageNames


def watch_policy(place: Place, names: StageNames, *, cluster: str) -> Document:
    """What the machine may do: read what is known of a batch, see what is in progress, and start the alerts machine.

    Args:
        place: Account and region of the stage.
        names: The stage's names.
        cluster: Name of the cluster.
    """
    records = [place.parameter(f"{names.path}/{one}/*") for one in ("watch", "last", "paused")]
    return document(
        [
            allow(["ssm:GetParameters"], records, sid="ReadRecords"),
            # ListTasks has no resource that a cluster's ARN would match.
            allow(["ecs:ListTasks"], ["*"], in_cluster(place, cluster), sid="FindRuns"),
            allow(["states:ListExecutions"], [place.machine(f"{names.prefix}-*")], sid="FindMachineRuns"),
            allow(["states:StartExecution"], [place.machine(names.alerts_machine)], sid="Tell"),
        ]
    )


def watch_start(place: Place, names: StageNames) -> Document:
    """What the role of the stage's schedules may do beside starting batches: start the watch."""
    return document([allow(["states:StartExecution"], [place.machine(names.watch_machine)], sid="StartWatch")])
