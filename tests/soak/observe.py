"""From the world's record and the ends of the commands to facts."""

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.fake_aws import AwsServer
from tests.fake_aws.dispatch import Call
from tests.fake_aws.services.tasks import Task
from tests.fake_aws.services.timeline import NEVER
from tests.soak.catalog import RUN_FAILURES, START_FAILURES
from tests.soak.facts import CallFact, Cause, CommandFact, RunFacts, TaskFact
from tests.soak.plan import Plan
from tests.soak.streams import PAUSE

if TYPE_CHECKING:
    from tests.soak.play import Started

MOST_SKEW = 300.0
BY_SIGNAL = (137, 143)
OWN_STOP = "EssentialContainerExited"


def key_of(name: str) -> str:
    """The access key of a command."""
    return f"AKIA{name.upper()}"


def observe(
    plan: Plan, aws: AwsServer, tasks: Sequence[Task], started: "Sequence[Started]", hung: Collection[str]
) -> RunFacts:
    """What happened."""
    calls = aws.calls
    names = {key_of(command.name): command.name for command in plan.commands}
    defects = {call.outcome for call in calls} & {"DefectInTestServer", "UnknownOperationException"}
    return RunFacts(
        tasks=[task_fact(task, names) for task in tasks],
        commands=[_command(one, calls, one.command.name in hung) for one in started],
        forbid=plan.manifest.get("overlap") == "forbid",
        lag=max(max(script.unlisted, script.missing) for script in plan.scripts),
        retries=plan.manifest.get("retries", 0),
        retry_on=plan.manifest.get("retry_on", ()),
        skewed=abs(plan.skew) > MOST_SKEW,
        problems=[f"the stand-in answered {defect}" for defect in sorted(defects)],
    )


def task_fact(task: Task, names: Mapping[str, str]) -> TaskFact:
    """What became of a task; ``names`` are the commands by their access keys."""
    times, cause = task.times, _cause(task)
    sidecars = [one for one in task.script.sidecars if one.essential]
    return TaskFact(
        id=task.id,
        run=task.request.get("startedBy", ""),
        token=task.request.get("clientToken", ""),
        created=round(task.created, 3),  # as AWS shows it: of two of the same millisecond the ids decide
        started=times.started,
        ended=times.ended,
        shown=times.forced if cause == "start" else times.reported,
        cause=cause,
        exit_code=times.exit_code,
        stopper=names.get(task.stopper, task.stopper),
        stopped_at=times.forced if task.stopper else NEVER,
        passing=START_FAILURES.get(times.reason, False),
        unsure=any(one.exit_code not in (*BY_SIGNAL, None) for one in sidecars),
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


def _command(one: "Started", calls: Sequence[Call], hung: bool) -> CommandFact:
    command = one.command
    own = [call for call in calls if call.key == key_of(command.name)]
    asked = [str(call.body.get("startedBy", "")) for call in own if call.operation == "RunTask"]
    code, out, err = one.process.returncode, one.out.end(), one.err.end()
    if command.err == "pause" and one.exited < one.began + PAUSE + 1:
        err = None  # a reader that takes nothing is not waited for
    return CommandFact(
        name=command.name,
        verb=command.verb,
        run=(asked or [command.run])[0],
        began=one.began,
        exited=one.exited,
        code=None if hung else code if code >= 0 else 128 - code,
        killed=one.killed and code == -9,
        signals=one.signals,
        timeout=command.timeout,
        leaves=command.leaves,
        detach=command.detach,
        out=out,
        gone=command.out == "gone",
        err=None if err is None else err.decode("utf-8", "replace"),
        result=result_of(one.result),
        calls=[call_fact(call) for call in own],
    )


def result_of(path: Path) -> dict[str, Any] | None:
    """What a result file says; none where there is none."""
    try:
        found: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError:
        return None
    return found


def call_fact(call: Call) -> CallFact:
    """A call as a fact."""
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
