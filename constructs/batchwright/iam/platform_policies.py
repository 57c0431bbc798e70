"""What the parts of a stage may do that work without anyone's command, as plain JSON from pure functions.

EventBridge keeps the ends of runs in the history; a deadline's schedule stops a task.
"""

from collections.abc import Mapping

from batchwright.arns import Place, domain
from batchwright.iam.policies import SCHEDULER, Document, Statement, document, trust_for
from batchwright.iam.run_policies import stop_tasks
from batchwright_runner.contract.names import StageNames


def history_policy(place: Place, names: StageNames) -> Document:
    """The history log group's policy: EventBridge may write events into it."""
    statement: Statement = {
        "Sid": "WriteRunEnds",
        "Effect": "Allow",
        "Principal": {"Service": [f"events.{domain(place.region)}", f"delivery.logs.{domain(place.region)}"]},
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": place._log_group(names.history_log_group),
    }
    return document([statement])


def deadline_trust(place: Place, names: StageNames) -> Document:
    """Trust of the role that deadline schedules use: EventBridge Scheduler, for this stage's schedule group."""
    return trust_for(SCHEDULER, place, place._arn("scheduler", f"schedule-group/{names.deadline_group}"))


def deadline_policy(place: Place, cluster: str, tags: Mapping[str, str]) -> Document:
    """What a deadline may do: stop the tasks of a batch, as far as whoever may run that may.

    ECS deletes a task's tags with the first StopTask that it accepts (ECS API reference, StopTask, 2026-11). A deadline
    that is refused for that comes late: the task is being stopped.
    """
    return document([stop_tasks(place, cluster, tags)])
