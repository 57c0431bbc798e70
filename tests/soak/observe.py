"""From the world's record and the ends of the commands to facts."""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.fake_aws import AwsServer
from tests.fake_aws.dispatch import Call
from tests.fake_aws.services.states import Execution
from tests.fake_aws.services.tasks import Task
from tests.fake_aws.services.timeline import NEVER
from tests.soak.catalog import RUN_FAILURES, START_FAILURES
from tests.soak.facts import (
    BROKEN,
    SCHEDULER,
    BatchFacts,
    CallFact,
    Cause,
    CommandFact,
    ExecutionFact,
    Facts,
    Observed,
    Span,
    TaskFact,
)
from tests.soak.machines import TIMED_OUT
from tests.soak.plan import Batch, Command, Plan
from tests.soak.streams import PAUSE

if TYPE_CHECKING:
    from tests.soak.play import Started

MOST_SKEW = 300.0
TIMEOUT = 1800
"""The sample's timeout."""
BY_SIGNAL = (137, 143)
OWN_STOP = "EssentialContainerExited"
CODES = {
    "Batchwright.Timeout": 124,
    "Batchwright.Interrupted": 75,
    "Batchwright.Stopped": 122,
    "Batchwright.NeverStarted": 126,
    "Batchwright.Overlap": 123,
    "Batchwright.Paused": 123,
    "Batchwright.NoResult": 125,
    "TIMED_OUT": 124,
    "ABORTED": 122,
    "SUCCEEDED": 0,
}
"""The end of an execution to the exit code that it stands for; and Batchwright.Exit3 to 3."""
EXIT = re.compile(r"Batchwright\.Exit(\d+)")
PAUSED = "/batches/staging/paused/"
STOPS = {"StopTask": "task", "StopExecution": "executionArn"}


def key_of(name: str, renewed: int = 0) -> str:
    """The access key of a command, after so many renewals."""
    return f"AKIA{name.upper()}X{renewed}"


def name_of(key: str) -> str:
    """The command of an access key."""
    return key.removeprefix("AKIA").partition("X")[0].lower()


def observe(
    plan: Plan, aws: AwsServer, tasks: Sequence[Task], started: "Sequence[Started]", hung: Collection[str],
    broken: Mapping[str, Sequence[Span]], problems: Sequence[str],
) -> Facts:  # fmt: skip
    """What happened."""
    calls = aws.calls
    defects = sorted({call.outcome for call in calls} & {"DefectInTestServer", "UnknownOperationException"})
    made, dropped = (_schedules(calls, operation) for operation in ("CreateSchedule", "DeleteSchedule"))
    return Facts(
        batches={batch.name: _batch(batch, aws, tasks, calls) for batch in plan.batches},
        observed=[_observed(start, calls, plan, hung=start.command.name in hung) for start in started],
        made=made,
        dropped=dropped,
        broken=broken,
        skewed=abs(plan.skew) > MOST_SKEW,
        problems=[*problems, *(f"the stand-in answered {defect}" for defect in defects)],
    )


def _schedules(calls: Sequence[Call], operation: str) -> Mapping[str, Sequence[float]]:
    times: dict[str, list[float]] = {}
    for call in calls:
        if call.operation == operation and _done(call):
            times.setdefault(str(call.body["Name"]), []).append(call.at)
    return times


def _done(call: Call) -> bool:
    return call.outcome == "" or call.outcome in BROKEN


def _batch(batch: Batch, aws: AwsServer, tasks: Sequence[Task], calls: Sequence[Call]) -> BatchFacts:
    machine = f":batches-staging-{batch.name}:"
    executions = [execution for execution in aws.world.executions.values() if machine in execution.arn]
    own = [task for task in tasks if task.family == f"batches-staging-{batch.name}"]
    return BatchFacts(
        batch=batch,
        timeout=float(batch.manifest.get("timeout_seconds", TIMEOUT)),
        deadline=batch.manifest.get("deadline", ...) is not None,
        tasks=[_task(task, calls) for task in own],
        executions=[_execution(execution) for execution in executions],
        paused=_pauses(batch.name, calls),
    )


def _task(task: Task, calls: Sequence[Call]) -> TaskFact:
    """What became of a task. One that its machine's stop has stopped was stopped by whoever asked for that."""
    times, cause = task.times, _cause(task)
    run = task.request.get("group") or task.request.get("startedBy", "")
    stopper = name_of(task.stopper) if task.stopper.startswith("AKIA") else task.stopper
    stopped_at = times.forced if task.stopper else NEVER
    stops = [call for call in calls if call.operation == "StopExecution" and _done(call) and call.at <= stopped_at]
    named = [call for call in stops if str(call.body["executionArn"]).endswith(f":{task.family}:{run}")]
    if stopper == "states" and named:
        stopper = name_of(named[0].key)
    return TaskFact(
        id=task.id,
        run=run,
        token=task.request.get("clientToken", ""),
        created=round(task.created, 3),  # as AWS shows it: of two of the same millisecond the ids decide
        started=times.started,
        ended=times.ended,
        shown=times.forced if cause == "start" else times.reported,
        cause=cause,
        exit_code=times.exit_code,
        stopper=SCHEDULER if stopper == TIMED_OUT else stopper,
        stopped_at=stopped_at,
        passing=START_FAILURES.get(times.reason, False),
        unsure=any(
            sidecar.essential and sidecar.exit_code not in (*BY_SIGNAL, None) for sidecar in task.script.sidecars
        ),
        lines=[row[2] for row in task.rows(task.container)],
        late=any(line.late for line in task.script.lines),
    )


def _cause(task: Task) -> Cause:
    times, cut = task.times, task.script.interruption
    if task.stopper:
        return "stop"
    if times.stop_code == "TaskFailedToStart":
        return "start"
    if cut is not None and times.forced == times.started + cut.after:
        return "aws"
    return "sidecar" if times.term != NEVER and times.stop_code == OWN_STOP else "own"


def _execution(execution: Execution) -> ExecutionFact:
    error = execution.error or execution.status
    own = EXIT.fullmatch(error)
    code = int(own[1]) if own else CODES.get("ABORTED" if execution.status == "ABORTED" else error)
    return ExecutionFact(
        arn=execution.arn,
        run=execution.name,
        began=execution.started,
        ended=execution.stopped or NEVER,
        code=code,
        error=error,
    )


def _pauses(batch: str, calls: Sequence[Call]) -> Sequence[Span]:
    spans: list[Span] = []
    since: float | None = None
    for call in calls:
        if call.body.get("Name") != f"{PAUSED}{batch}" or not _done(call):
            continue
        if call.operation == "PutParameter" and since is None:
            since = call.at
        elif call.operation == "DeleteParameter" and since is not None:
            spans.append((since, call.at))
            since = None
    return spans if since is None else [*spans, (since, NEVER)]


def _observed(started: "Started", calls: Sequence[Call], plan: Plan, *, hung: bool) -> Observed:
    own = [call for call in calls if name_of(call.key) == started.command.name]
    return Observed(
        command=started.command,
        fact=_fact(started, own, plan, hung=hung),
        stops=[(call.at, target) for call in own if _done(call) and (target := _stopped(call))],
        without=started.without,
        strayed=_strayed(started.command, started.theirs),
    )


def _stopped(call: Call) -> str:
    """What a call stops; empty for nothing."""
    return str(call.body[STOPS[call.operation]]) if call.operation in STOPS else ""


def _fact(started: "Started", own: Sequence[Call], plan: Plan, *, hung: bool) -> CommandFact:
    command, code, err = started.command, started.process.returncode, started.err.end()
    run_ids = [str(call.body.get("startedBy", "")) for call in own if call.operation == "RunTask"]
    manifest = next((batch.manifest for batch in plan.batches if batch.name == command.batch), {})
    timeout = float(command.timeout or manifest.get("timeout_seconds", TIMEOUT))
    if command.err == "pause" and started.exited < started.began + PAUSE + 1:
        err = None  # a reader that takes nothing is not waited for
    return CommandFact(
        name=command.name,
        verb="attach" if command.verb == "attach" else "run",
        run=(run_ids or [command.run])[0],
        began=started.began,
        exited=started.exited,
        code=None if hung else code if code >= 0 else 128 - code,
        killed=started.killed and code == -9,
        signals=started.signals,
        timeout=timeout if command.verb == "run" else None,
        leaves=command.leaves,
        detach=command.detach,
        out=started.out.end(),
        gone=command.out == "gone",
        err=None if err is None else err.decode("utf-8", "replace"),
        result=None if command.foreign else _result(started.folder / "result.json"),
        calls=sorted([*map(_call, own), *_vain_looks(started)], key=lambda call: call.at),
    )


def _result(path: Path) -> dict[str, Any] | None:
    """What a result file says; none where there is none."""
    try:
        data: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError:
        return None
    return data


def _call(call: Call) -> CallFact:
    outcome = call.outcome
    if outcome in RUN_FAILURES:
        outcome = "not now" if RUN_FAILURES[outcome] else "failure"
    return CallFact(
        at=call.at,
        operation=call.operation,
        outcome=outcome,
        token=call.body.get("clientToken", ""),
        task=str(call.body.get("task", "") or call.body.get("logStreamName", "")).rpartition("/")[2],
    )


def _vain_looks(started: "Started") -> Iterator[CallFact]:
    """Looks for other runs that come to nothing, since there are no credentials: AWS does not see them."""
    for since, until in started.without:
        for n in range(int(min(until, started.exited) - since)):
            yield CallFact(at=since + n, operation="ListTasks", outcome="CredentialRetrievalError")


def _strayed(command: Command, theirs: Path) -> str:
    if command.foreign == "link" and theirs.read_text() != "theirs":
        return "it wrote its result into somebody else's file"
    if command.foreign == "project" and theirs.exists():
        return "it ran the app of somebody else's cdk.json"
    return ""
