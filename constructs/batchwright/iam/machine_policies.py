"""What a batch's machine and the stage's schedules may do, as plain JSON from pure functions."""

from collections.abc import Sequence

from batchwright.arns import Place
from batchwright.iam.function_policies import machines_function
from batchwright.iam.policies import SCHEDULER, TASKS, Document, Statement, allow, document, trust_for
from batchwright.iam.run_policies import in_cluster, stop_tasks
from batchwright_runner.contract.names import StageNames

STATES = "states.amazonaws.com"
FOLLOWS = "rule/StepFunctionsGetEventsForECSTaskRule"
"""The rule by which Step Functions learns of a task's end; it makes and owns it (Step Functions user guide, "IAM
policies for Amazon ECS", 2026-11)."""
FOLLOWS_EXECUTIONS = "rule/StepFunctionsGetEventsForStepFunctionsExecutionRule"
"""The same for the end of an execution that another one waits for (likewise, "for Step Functions")."""
BATCHES_OF_A_POLICY = 20
"""Batches whose machines one policy names: with the longest names it stays below IAM's 6,144 characters."""


def machine_trust(place: Place, machine: str) -> Document:
    """Trust of a machine's role: Step Functions, for this machine alone."""
    return trust_for(STATES, place, place._machine(machine))


def machine_policy(
    place: Place,
    names: StageNames,
    batch: str,
    *,
    cluster: str,
    roles: Sequence[str],
    alerts: bool = False,
) -> Document:
    """What a machine may do: ask the stage's function, and start, follow and stop the tasks of its batch."""
    here = in_cluster(place, cluster)
    tasks = place._arn("ecs", f"task/{cluster}/*")
    started = {"StringEquals": {"ecs:CreateAction": "RunTask"}}
    statements = [
        allow(["lambda:InvokeFunction"], [machines_function(place, names)], sid="Ask"),
        allow(["ecs:RunTask"], [place._arn("ecs", f"task-definition/{names.family(batch)}:*")], here, sid="StartRuns"),
        allow(["ecs:TagResource"], [tasks], started, sid="TagRuns"),
        allow(["iam:PassRole"], roles, {"StringEquals": {"iam:PassedToService": TASKS}}, sid="PassRoles"),
        # Not by tag: ECS deletes the tags of a task that it is asked to stop, and its end is looked at afterwards.
        allow(["ecs:DescribeTasks"], [tasks], here, sid="FollowRuns"),
        stop_tasks(place, cluster, StageNames.of(names).batch_tags(batch)),
        _learn_of_ends(place, FOLLOWS),
    ]
    return document([*statements, *([_tell_of_failure(place, names)] if alerts else [])])


def _tell_of_failure(place: Place, names: StageNames) -> Statement:
    # Of its own source: no event of AWS's can be forged. One request has many events, and so the key many values
    # (EventBridge user guide, "Using IAM policy conditions in Amazon EventBridge", 2026-11).
    own = {"events:source": StageNames.of(names).handed_source}
    source = {"ForAllValues:StringEquals": own, "Null": {"events:source": "false"}}
    return allow(["events:PutEvents"], [place._arn("events", "event-bus/default")], source, sid="TellOfFailure")


def workflow_policies(
    place: Place, names: StageNames, batches: Sequence[str], *, alerts: bool = False
) -> list[Document]:
    """What a workflow's machine may do: ask the stage's function, start its steps' machines, follow and stop those.

    Returns the first document, and further ones where the machines do not fit into one.
    """
    pages = [batches[at : at + BATCHES_OF_A_POLICY] for at in range(0, len(batches), BATCHES_OF_A_POLICY)]
    around = [
        allow(["lambda:InvokeFunction"], [machines_function(place, names)], sid="Ask"),
        _learn_of_ends(place, FOLLOWS_EXECUTIONS),
        *([_tell_of_failure(place, names)] if alerts else []),
    ]
    return [
        document(
            [
                allow(
                    ["states:StartExecution"], [place._machine(names.family(batch)) for batch in page], sid="StartSteps"
                ),
                allow(
                    ["states:DescribeExecution", "states:StopExecution"],
                    [place._execution(names.family(batch)) for batch in page],
                    sid="FollowSteps",
                ),
                *(around if page is pages[0] else []),
            ]
        )
        for page in pages
    ]


def _learn_of_ends(place: Place, rule: str) -> Statement:
    return allow(
        ["events:PutTargets", "events:PutRule", "events:DescribeRule"], [place._arn("events", rule)], sid="LearnOfEnds"
    )


def schedules_trust(place: Place, names: StageNames) -> Document:
    """Trust of the role that the stage's schedules use: EventBridge Scheduler, for their group."""
    return trust_for(SCHEDULER, place, place._arn("scheduler", f"schedule-group/{names.schedules}"))


def schedules_policy(place: Place, names: StageNames) -> Document:
    """What the stage's schedules may do: start its machines, and leave what they could not start in the queue."""
    return document(
        [
            allow(["states:StartExecution"], [place._machine(f"{names.prefix}-*")], sid="StartMachines"),
            allow(["sqs:SendMessage"], [place._arn("sqs", names.schedules)], sid="KeepWhatWasNotStarted"),
        ]
    )


def queue_policy(queue: str) -> Document:
    """The queue's own policy: it is not spoken to without TLS."""
    statement: Statement = {
        "Sid": "OnlyWithTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": queue,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return document([statement])


def start(place: Place, names: StageNames, name: str) -> Statement:
    """Starting the machine of a batch or a workflow, and nothing else."""
    return allow(["states:StartExecution"], [place._machine(names.family(name))], sid="StartBatch")
