"""What AWS is asked of state machines, schedules, events and alerts."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import datetime

from batchwright_runner.host.fargate.history import family_pattern
from tests.on_aws.acts import (
    CLUSTER,
    HISTORY,
    STAGE,
    Json,
    events_of,
    gone,
    logged,
    machine_arn,
    over,
    refused,
    start,
    task_by,
    task_of,
)
from tests.on_aws.claims import Seen
from tests.on_aws.trial import NotWithin, Trial, judged

NIGHTLY = "trial-probe-nightly"
ALERTED = 300.0
"""Seconds within which a failed run is recorded."""


def machine(trial: Trial) -> Iterator[Seen]:
    """A good run, a second one beside it, two at once, and a stop."""
    good = start(trial, NIGHTLY, "good")
    task = task_by(trial, "good")
    second = over(trial, start(trial, NIGHTLY, "second"))
    first = over(trial, good)
    run = task.get("group")
    evidence = f"{first['status']}, group {run}; the second: {second.get('error')}"
    yield judged("machine-taken", first["status"] == "SUCCEEDED" and run == trial.named("good"), evidence)
    yield from _of_sync(trial, good, first["status"], task)
    shown = _variables(task)
    evidence = f"{', '.join(sorted(shown)) or 'no variable'}; input {first.get('input')}"
    yield judged("describe-shows", "BATCHWRIGHT_RUN_ID" in shown and first.get("input"), evidence)
    yield _listed(trial, task["taskArn"])
    yield _of_two_at_once(trial)
    yield from _stopped(trial)


def _variables(task: Json) -> set[str]:
    """The names of the variables that the start of a task has set."""
    overrides = task["overrides"]["containerOverrides"]
    return {variable["name"] for override in overrides for variable in override.get("environment", ())}


def _of_sync(trial: Trial, execution: str, status: str, task: Json) -> Iterator[Seen]:
    """What `.sync` gave for a task whose sidecar was ended with it."""
    ends = ("TaskSucceeded", "TaskFailed")
    ends_found = [
        (kind, str(details.get("output") or details.get("cause")))
        for kind, details in events_of(trial, execution)
        if kind in ends and "runTask" in details.get("resource", "")
    ]
    kind, text = ends_found[-1]
    yield judged("pascal-case", '"TaskArn"' in text, f"{kind}: {text[:60]}")
    containers = task_of(trial, task["taskArn"])["containers"]
    codes = {container["name"]: container.get("exitCode") for container in containers}
    evidence = f"containers ended with {codes}: {kind}, and the machine says {status}"
    if codes["agent"] == 143:
        yield judged("sync-sidecar-143", status == "SUCCEEDED", evidence)
    else:
        yield Seen("sync-sidecar-143", "cannot be seen here", evidence)


def _listed(trial: Trial, arn: str) -> Seen:
    request = {"cluster": CLUSTER, "startedBy": "AWS Step Functions", "desiredStatus": "STOPPED"}
    arns, error = refused(lambda: trial.client("ecs").list_tasks(**request)["taskArns"])
    return judged("list-tasks", arn in (arns or ()), error or f"{len(arns)} tasks of Step Functions that have ended")


def _of_two_at_once(trial: Trial) -> Seen:
    both = [over(trial, arn) for arn in [start(trial, NIGHTLY, name) for name in ("at-once-1", "at-once-2")]]
    ends = sorted(execution.get("error") or execution["status"] for execution in both)
    return judged("overlap", ends == ["Batchwright.Overlap", "SUCCEEDED"], ", ".join(ends))


def _stopped(trial: Trial) -> Iterator[Seen]:
    arn = start(trial, NIGHTLY, "stopped")
    task = task_by(trial, "stopped")["taskArn"]
    stop = trial.run("batchwright", "stop", f"{NIGHTLY}@{trial.named('stopped')}", *STAGE, "--reason", "a trial")
    ended = over(trial, arn)
    after = gone(trial, task)
    cause, reason = str(ended.get("cause")), str(after.get("stoppedReason"))
    evidence = f"{ended['status']}, cause {cause!r}; task: {after['stopCode']}, {reason}"
    yield judged("stop-of-execution", after["stopCode"] == "UserInitiated" and "a trial" in cause, evidence)
    yield judged("stop-conditions", "Step Functions" in reason, f"{evidence}; {stop.last}")


def limit(trial: Trial) -> Iterator[Seen]:
    """A task that does not listen, and a state whose time is up."""
    arn = start(trial, "trial-probe-deadline", "limit")
    task = task_by(trial, "limit")["taskArn"]
    ended, stopped = over(trial, arn), gone(trial, task)
    evidence = f"{ended.get('error')}; the task: {stopped.get('stopCode')}, {stopped.get('stoppedReason')}"
    yield judged("stop-at-time-limit", "AWS Step Functions" in str(stopped.get("stoppedReason")), evidence)


def schedule(trial: Trial) -> Iterator[Seen]:
    """A schedule that starts a machine, and a pause."""
    states = trial.client("stepfunctions")

    def ended(error: str | None) -> Json:
        for listed in states.list_executions(stateMachineArn=machine_arn(trial, "trial-probe-tick"))["executions"]:
            execution = states.describe_execution(executionArn=listed["executionArn"])
            if execution["status"] != "RUNNING" and execution.get("error") == error:
                return execution
        return None

    execution = trial.until(lambda: ended(None), 420, every=5)
    due = json.loads(execution["input"]).get("scheduled", "")
    log = trial.run("batchwright", "logs", f"tick@{execution['name']}", *STAGE).text.strip()
    trial.run("batchwright", "pause", "tick", *STAGE, "--reason", "it was seen")
    paused = trial.until(lambda: ended("Batchwright.Paused"), 420, every=5)
    yield judged("schedule", due and log.endswith(f"due {due}"), f"due {due}, log {log!r}; paused: {paused['error']}")
    late = (execution["startDate"] - datetime.fromisoformat(due)).total_seconds()
    yield judged(
        "schedule-name", 0 <= late < 90, f"{execution['name']}, {late:.0f} s after its due time; the window is 60 s"
    )


def workflow(trial: Trial) -> Iterator[Seen]:
    """A workflow of two steps, of which the second fails and does not count."""
    done = trial.run("batchwright", "run", "chain", *STAGE)
    steps = [line.split() for line in done.err.splitlines() if line.split()[:1] in (["scratch"], ["values"])]
    evidence = f"{done.last}; {', '.join(' '.join(line) for line in steps)}"
    yield judged("workflow", done.code == 0, evidence)
    yield judged("child-events", any("succeeded" in line for line in steps), evidence)


def joined(trial: Trial) -> Iterator[Seen]:
    """One child started twice, and a task that may not be started."""
    ended = over(trial, start(trial, "trial-probe-asks", "asks"))
    first, second, denied = json.loads(ended["output"])
    both = [str(child.get("ExecutionArn") or child.get("Error")) for child in (first, second)]
    yield judged("joined", both[0] == both[1] and ":execution:" in both[0], ", ".join(both))
    cause = f"{denied.get('Error')}: {denied.get('Cause')}" if "Error" in denied else "the task was started"
    if "Error" in denied:
        yield judged("denied-cause", "not authorized to perform: ecs:RunTask" in cause, cause[:300])
    else:
        yield Seen("denied-cause", "cannot be seen here", cause)


def history(trial: Trial) -> Iterator[Seen]:
    """What EventBridge has written down."""
    events = logged(trial, HISTORY, "")
    yield judged("history", events, f"{len(events)} events in {HISTORY}")
    if not events:
        return
    of_batch = logged(trial, HISTORY, family_pattern("trial-probe-values"))
    yield judged("filter-pattern", of_batch, f"{len(of_batch)} of the batch values")
    details = [json.loads(event["message"])["detail"] for event in of_batch]
    names = {name for detail in details for name in _variables(detail)}
    yield judged("event-overrides", "BATCHWRIGHT_RUN_ID" in names, ", ".join(sorted(names)) or "no variable")
    first = {detail["taskArn"]: detail for detail in reversed(details)}
    bare = sum(not event.get("stopCode") or "exitCode" not in event["containers"][0] for event in first.values())
    yield judged("first-event", not bare, f"{len(first)} tasks, {bare} of them without a code in their first event")
    ends = logged(trial, HISTORY, '{ $.source = "aws.states" && $.detail.status != "SUCCEEDED" }')
    details = [json.loads(event["message"])["detail"] for event in ends]
    causes = [detail.get("cause") for detail in details if detail.get("status") in ("FAILED", "ABORTED", "TIMED_OUT")]
    evidence = f"{len(causes)} ends that are no success, {sum(map(bool, causes))} with a cause"
    if causes:
        yield judged("event-without-cause", not any(causes), evidence)
    else:
        yield Seen("event-without-cause", "cannot be seen here", evidence)


def alerts(trial: Trial) -> Iterator[Seen]:
    """A failed run that is recorded, a test, and alarms."""
    key = {"kind": {"S": "record"}, "name": {"S": "values"}}
    table, watch = trial.client("dynamodb"), trial.client("cloudwatch")

    def recorded() -> str:
        item = table.get_item(TableName="trial-probe-alerts", Key=key).get("Item", {})
        return str(json.loads(item.get("last", {}).get("S", "{}")).get("verdict", ""))

    with suppress(NotWithin):
        trial.until(lambda: recorded() == "Batchwright.Exit3", ALERTED, every=5)
    last = recorded()
    tested = trial.run("batchwright", "alerts", "test", *STAGE)
    ticks = trial.until(
        lambda: watch.list_metrics(Namespace="Batchwright", MetricName="Ticks")["Metrics"], ALERTED, every=10
    )
    so = last == "Batchwright.Exit3" and tested.code == 0
    yield judged("events-reach", so, f"{last or 'no record'}; {tested.last}; {len(ticks)} metric of ticks")
    queue = trial.client("sqs")
    url = queue.get_queue_url(QueueName="trial-probe-events")["QueueUrl"]
    policy = queue.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"].get("Policy", "")
    allowed = _sources(json.loads(policy or "{}"))
    rule = f"arn:aws:events:{trial.region}:{trial.account}:rule/trial-probe-events-"
    alone = allowed and all(arn.startswith(rule) and "*" not in arn for arn in allowed)
    evidence = (
        f"{last or 'nothing'} came by {url.rpartition('/')[2]}, which takes from {', '.join(allowed) or 'no rule'}"
    )
    yield judged("queue-from-rule", alone and last, evidence)
    clock = {"AlarmName": "trial-probe-alerts-clock", "HistoryItemType": "StateUpdate"}
    states = [str(item["HistorySummary"]) for item in trial.all(*OF_ALARMS, **clock)]
    alarm = "trial-probe-alerts-errors"
    watch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="a trial")
    summary = _action(trial, alarm)
    silent = not any(state.endswith(("to ALARM", "to INSUFFICIENT_DATA")) for state in states)
    evidence = f"{summary}; the clock's alarm since it was made: {'; '.join(states) or 'no state'}"
    if states:
        yield judged("alarms", "Successfully" in summary and silent, evidence)
    else:
        yield Seen("alarms", "cannot be seen here", evidence)


OF_ALARMS = ("cloudwatch", "describe_alarm_history", "AlarmHistoryItems")


def _sources(policy: Json) -> list[str]:
    """What a queue's policy lets send: the ARNs; `*` for a statement that allows anything from anywhere."""
    arns: list[str] = []
    for statement in policy.get("Statement", ()):
        if statement["Effect"] == "Allow":
            named = statement.get("Condition", {}).get("ArnEquals", {}).get("aws:SourceArn", "*")
            arns += [named] if isinstance(named, str) else named
    return arns


def _action(trial: Trial, alarm: str) -> str:
    """What CloudWatch has done when an alarm sounded."""
    watch, request = trial.client("cloudwatch"), {"AlarmName": alarm, "HistoryItemType": "Action"}
    with suppress(NotWithin):
        (first, *_) = trial.until(lambda: watch.describe_alarm_history(**request)["AlarmHistoryItems"], 120, every=5)
        return str(first["HistorySummary"])
    return "nothing was published"


def deleted_machine(trial: Trial) -> Iterator[Seen]:
    """Deletes a machine while one of its executions runs."""
    arn = start(trial, NIGHTLY, "last")
    task = task_by(trial, "last")["taskArn"]
    states = trial.client("stepfunctions")
    states.delete_state_machine(stateMachineArn=machine_arn(trial, NIGHTLY))
    after, why = refused(lambda: states.describe_state_machine(stateMachineArn=machine_arn(trial, NIGHTLY)))
    ended, why_not = refused(lambda: over(trial, arn))
    stopped = gone(trial, task)
    ends = f"machine {after['status'] if after else why}; execution {ended['status'] if ended else why_not}"
    evidence, untouched = f"{ends}; task {stopped['stopCode']}", stopped["stopCode"] == "EssentialContainerExited"
    if untouched and "DoesNotExist" in why_not:
        yield Seen("deleted-machine", "cannot be seen here", evidence)
    else:
        yield judged("deleted-machine", untouched and ended and ended["status"] == "ABORTED", evidence)


MACHINES: dict[str, Callable[[Trial], Iterable[Seen]]] = {
    "machine": machine,
    "limit": limit,
    "schedule": schedule,
    "workflow": workflow,
    "joined": joined,
}
