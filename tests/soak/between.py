"""Compares what commands say of several batches with what truly happened. Pure; every complaint is a sentence."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from tests.soak import truth
from tests.soak.checks import judge_command, starter_of, together
from tests.soak.facts import NEVER, SCHEDULER, BatchFacts, ExecutionFact, Facts, Observed, Span, TaskFact, meet
from tests.soak.oracle import NO_RESULT, OVERLAP, USAGE, refused

DEADLINE_WITHIN = 60.0
"""Seconds without a deadline, while its runner lives and Scheduler answers."""
NO_DEADLINE = "nothing stops it at its timeout"
TOO_LONG = "may not wait longer"
OTHERWISE = "cannot be joined: it was started"
NO_SUCH, NO_TASK, PAUSED = "no such run", "has no task now", "is paused"
STOPPING, ENDED = re.compile(r"stopping: (\S+)"), re.compile(r"it has ended already: (\S+)")
FOREIGN = "is not used, since it decides what runs here"


def judge(facts: Facts) -> list[str]:
    """All that is wrong; nothing for a good night."""
    wrong = [*facts.problems]
    for seen in facts.observed:
        wrong += [f"{seen.name} ({' '.join(seen.command.words)}): {text}" for text in _observer(facts, seen)]
    for name, batch in facts.batches.items():
        complaints = [*truth.wrong_ends(facts, batch), *together(truth.facts_of(facts, batch))]
        complaints += [*_deadlines(facts, batch), *_stopped(facts, batch)]
        wrong += [f"{name}: {text}" for text in complaints]
    return wrong


def _observer(facts: Facts, seen: Observed) -> Iterator[str]:
    fact, command = seen.fact, seen.command
    if seen.strayed:
        yield seen.strayed
    yield from _meant_stops(facts, seen)
    if fact.killed:
        return
    if fact.code is None:
        yield "it did not end"
        return
    if command.foreign in ("settings", "project"):
        if fact.code != NO_RESULT or fact.calls or FOREIGN not in (fact.err or ""):
            yield f"it used a file of somebody else's: exit code {fact.code}, {len(fact.calls)} calls"
        return
    if _excused(seen):
        return
    verbs = {"run": _follower, "attach": _follower, "stop": _stopper, "logs": _reader, "runs": _list}
    yield from verbs.get(command.verb, _other)(facts, seen)


def _excused(seen: Observed) -> bool:
    """Whether a command that had no good credentials said so, before it followed or stopped anything."""
    fact = seen.fact
    span = (fact.began, fact.exited)
    early = not any(call.done for call in fact.made("RunTask", "GetLogEvents")) and not seen.stops
    return fact.code == NO_RESULT and early and any(meet(look, span) for look in seen.without)


def _meant_stops(facts: Facts, seen: Observed) -> Iterator[str]:
    """Nothing is stopped that was not meant."""
    own = {f"{batch.batch.name}@{run}" for batch, run in truth.meant(facts, seen)}
    for _, target in seen.stops:
        targets = {target, target.rpartition("/")[2]}
        names = {
            f"{name}@{run}" for name, batch in facts.batches.items() for run, ids in _ids(batch) if targets & {*ids}
        }
        if not names & own:
            yield f"it stopped {', '.join(names) or target}, and meant {', '.join(own) or 'none'}"


def _ids(batch: BatchFacts) -> Iterator[tuple[str, Sequence[str]]]:
    yield from ((task.run, [task.id]) for task in batch.tasks)
    yield from ((execution.run, [execution.arn]) for execution in batch.executions)


def _follower(facts: Facts, seen: Observed) -> Iterator[str]:
    fact = seen.fact
    if fact.verb == "attach" and fact.code == USAGE:
        yield from _not_found(facts, seen)
        return
    if fact.code == OVERLAP and PAUSED in (fact.err or "") and not fact.made("RunTask"):
        yield from _paused(facts, seen)
        return
    if fact.verb == "run" and (differs := _differs(facts, seen)) is not None:
        refused_it = fact.code == USAGE and OTHERWISE in (fact.err or "")
        if differs != refused_it and not (differs and (fact.signals or fact.code == NO_RESULT)):
            yield f"exit code {fact.code}, and its run was started {'otherwise' if differs else 'alike'}"
        if differs:
            return
    unfollowed = fact.verb == "attach" and not seen.stops and not fact.made("GetLogEvents")
    if unfollowed and fact.code in {128 + signal.number for signal in fact.signals}:
        return
    if fact.code == OVERLAP and TOO_LONG in (fact.err or "") and fact.exited - fact.began >= (fact.timeout or NEVER):
        return
    if seen.command.detach and fact.code in (0, NO_RESULT):
        yield from _detached(facts, seen)
        if NO_DEADLINE in (fact.err or ""):
            return
    complaints = [_of_run(facts, seen, batch, run) for batch, run in truth.meant(facts, seen)]
    yield from min(complaints, key=len, default=[f"exit code {fact.code}, and it followed no run that there was"])


def _detached(facts: Facts, seen: Observed) -> Iterator[str]:
    """Who leaves a task at once leaves it with a deadline, or says that it has none."""
    batch = facts.batches[seen.command.batch]
    own = [task for task in batch.tasks if task.token in {call.token for call in seen.fact.made("RunTask")} - {""}]
    bare = [task for task in own if not any(at <= seen.fact.exited for at in facts.made.get(task.id, ()))]
    if batch.deadline and bare and seen.fact.code == 0 and bare[-1].shown > seen.fact.exited:
        yield f"it left task {bare[-1].id[:8]} without a deadline, and says nothing of that"
    if NO_DEADLINE in (seen.fact.err or "") and (not bare or bare[-1].id not in (seen.fact.err or "")):
        yield "it says that there is no deadline, and names no task without one"


def _differs(facts: Facts, seen: Observed) -> bool | None:
    """Whether the run that a `run` names was started otherwise than that would do; none where no one started it."""
    first = facts.batches[seen.command.batch].of(seen.fact.run)[:1]
    starters = {starter_of([observed.fact for observed in facts.observed], task).name for task in first}
    others = [observed for observed in facts.observed if observed.name in starters]
    return next((("-e" in other.command.more) != ("-e" in seen.command.more) for other in others), None)


def _of_run(facts: Facts, seen: Observed, batch: BatchFacts, run: str) -> list[str]:
    """What is wrong, if a command meant this run."""
    fact = replace(seen.fact, run=run)
    execution = batch.machine_run(run)
    if execution is not None and fact.verb == "attach" and _without_task(seen, batch, execution):
        return []
    known = truth.facts_of(facts, batch)
    if fact.verb == "attach" and not any(task.run == run for task in known.tasks):
        known = replace(known, tasks=batch.tasks)  # what gave way speaks for a run whose wait came to nothing
    complaints = judge_command(known, fact)
    if any(meet((fact.began, fact.exited), span) for span in batch.paused) and "was not started" in (fact.err or ""):
        complaints = [text for text in complaints if not text.startswith("no further attempt was made")]
    started = [task for task in batch.tasks if task.token in {call.token for call in fact.made("RunTask")} - {""}]
    free = "--even-if-paused" in seen.command.more
    if any(_within((fact.began, task.created), span) for task in started for span in batch.paused) and not free:
        complaints.append("it was started though the batch was paused")
    return complaints


def _within(inner: Span, outer: Span) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def _without_task(seen: Observed, batch: BatchFacts, execution: ExecutionFact) -> bool:
    """Whether an observer of a machine's run was right about one that had no task."""
    fact, tasks = seen.fact, batch.of(execution.run)
    if fact.code == NO_RESULT and NO_TASK in (fact.err or ""):
        at_work = [(task.created + truth.UNSEEN, task.ended) for task in tasks]
        return not any(_within((fact.began, fact.exited), span) for span in at_work)
    return fact.code == execution.code and not tasks and execution.ended <= fact.exited


def _not_found(facts: Facts, seen: Observed) -> Iterator[str]:
    """A run that was not found: a whole id never stands for several."""
    fact, command, batch = seen.fact, seen.command, facts.batches[seen.command.batch]
    if NO_SUCH not in (fact.err or ""):
        yield f"exit code {fact.code}, and no run was not found"
    # The last run is one that has had a task.
    since = [at for run, at in batch.seen if run == command.run] if command.run else [at.created for at in batch.tasks]
    looked = fact.began if command.verb == "logs" else max((call.at for call in fact.calls), default=fact.exited)
    if any(began + truth.UNSEEN < looked for began in since):
        yield "it found no run, and there was one"


def _paused(facts: Facts, seen: Observed) -> Iterator[str]:
    span = (seen.fact.began, seen.fact.exited)
    if not any(meet(pause, span) for pause in facts.batches[seen.command.batch].paused):
        yield "it says that the batch is paused, and it was not"


def _stopper(facts: Facts, seen: Observed) -> Iterator[str]:
    fact, text = seen.fact, seen.fact.err or ""
    if fact.code == USAGE:
        yield from _not_found(facts, seen)
    elif fact.code == 0:
        stopped, ended = STOPPING.search(text), ENDED.search(text)
        if stopped is None and ended is None:
            yield "exit code 0, and nothing on stderr says what was stopped"
        if stopped and not _was_stopped(facts, stopped[1], fact.exited):
            yield f"it says that it stops {stopped[1]}, and did not"
        if ended and not _was_stopped(facts, ended[1], fact.exited):
            yield f"it says that {ended[1]} has ended, and it went on"
    elif not refused(truth.facts_of(facts, next(iter(facts.batches.values()))), replace(fact, verb="attach")):
        yield f"exit code {fact.code}: {text.strip().rpartition(chr(10))[2][:160]!r}"


def _was_stopped(facts: Facts, name: str, by: float) -> bool:
    """Whether a task or an execution had ended, or was being stopped, by a moment.

    `name`: ``BATCH@ID``.
    """
    batch, run = facts.batches[name.partition("@")[0]], name.partition("@")[2]
    ends = [min(task.ended, task.stopped_at) for task in batch.tasks if task.run == run or task.id.startswith(run)]
    ends += [
        execution.ended
        for execution in batch.executions
        if execution.run == run or execution.arn.rpartition(":")[2].startswith(run)
    ]
    return any(end <= by for end in ends)


def _reader(facts: Facts, seen: Observed) -> Iterator[str]:
    fact = seen.fact
    text = (fact.out or b"").decode("utf-8", "replace")
    if fact.code == USAGE:
        yield from _not_found(facts, seen)
        return
    if fact.code == 0:
        lines = {line for batch, run in truth.meant(facts, seen) for task in batch.of(run) for line in task.lines}
        if strange := [line for line in text.splitlines() if line not in lines]:
            yield f"a line of another run: {strange[0][:60]!r}"
    elif not any(_without_a_log(batch, run, fact.exited) for batch, run in truth.meant(facts, seen)):
        yield f"exit code {fact.code}: {(fact.err or '').strip().rpartition(chr(10))[2][:160]!r}"


def _without_a_log(batch: BatchFacts, run: str, by: float) -> bool:
    """Whether a run had no task that is seen yet, or the container of its last one never began."""
    tasks = [task for task in batch.of(run) if task.created + truth.UNSEEN <= by]
    return not tasks or not tasks[-1].began


def _list(facts: Facts, seen: Observed) -> Iterator[str]:
    fact = seen.fact
    if fact.code != 0:
        yield f"exit code {fact.code}: {(fact.err or '').strip().rpartition(chr(10))[2][:160]!r}"
        return
    entries: Sequence[dict[str, Any]] = json.loads(fact.out or b"[]")
    shown = set()
    for entry in entries:
        batch = facts.batches[entry["batch"]]
        for attempt in entry["attempts"]:
            shown.add(attempt["task"])
            yield from _entry(facts, batch, entry["run_id"], attempt)
    if seen.name.startswith("last"):
        missing = [task for batch in facts.batches.values() for task in batch.tasks if task.id not in shown]
        if missing:
            yield f"it does not show task {missing[0].id[:8]} of run {missing[0].run}"


def _entry(facts: Facts, batch: BatchFacts, run: str, attempt: dict[str, Any]) -> Iterator[str]:
    if not attempt["task"]:
        execution = batch.machine_run(run)
        if execution is None or attempt["code"] not in (None, execution.code):
            yield f"it shows {attempt['code']} for run {run} of {batch.batch.name}, which has no task"
        return
    task = next((task for task in batch.tasks if task.id == attempt["task"]), None)
    if task is None or task.run != run:
        yield f"it shows task {attempt['task'][:8]} as run {run} of {batch.batch.name}, and it is not"
    elif attempt["code"] is not None and attempt["code"] not in (codes := truth.codes_of(facts, batch, task)):
        yield f"it shows {attempt['code']} for task {task.id[:8]} of {run}, and the table allows {sorted(codes)}"


def _other(facts: Facts, seen: Observed) -> Iterator[str]:
    del facts
    if seen.fact.code != 0:
        yield f"exit code {seen.fact.code}: {(seen.fact.err or '').strip().rpartition(chr(10))[2][:160]!r}"


def _deadlines(facts: Facts, batch: BatchFacts) -> Iterator[str]:
    """A task whose runner lives has a deadline a minute after Scheduler answers, and keeps it to its end."""
    for task in batch.tasks if batch.deadline else ():
        made, end = facts.made.get(task.id, []), min(task.ended, task.stopped_at)
        if any(at < end - 0.5 for at in facts.dropped.get(task.id, ())):
            yield f"the deadline of task {task.id[:8]} was dropped while it went on"
        if batch.owns(task):
            continue
        for seen in facts.observed:
            since = _followed_since(seen, task)
            until = min(seen.fact.exited, end)
            troubles = [span for span in (*facts.broken.get("scheduler", ()), *seen.without) if span[0] < until]
            answers = max([since, *(span[1] for span in troubles)])
            without = min([until, *made]) - answers
            if without > DEADLINE_WITHIN:
                yield f"task {task.id[:8]} had no deadline {without:.0f} s after Scheduler answered"
                break


def _followed_since(seen: Observed, task: TaskFact) -> float:
    """Since when a runner has followed a task; `NEVER` for one that does not."""
    if seen.command.verb != "run":
        return NEVER
    tokens = {call.token for call in seen.fact.made("RunTask")}
    joined = seen.command.run == task.run and seen.fact.made("GetLogEvents")
    if task.token not in tokens and not joined:
        return NEVER
    return max(task.created, seen.fact.began)


def _stopped(facts: Facts, batch: BatchFacts) -> Iterator[str]:
    """No deadline stops what still has time, and no one unknown stops anything."""
    names = {seen.name for seen in facts.observed}
    for task in batch.tasks:
        if task.stopper == SCHEDULER and task.stopped_at < task.created + batch.timeout - 1.6:
            yield f"task {task.id[:8]} was stopped by its deadline after {task.stopped_at - task.created:.0f} s"
        if task.stopper and task.stopper not in names | {SCHEDULER, "states"}:
            yield f"task {task.id[:8]} was stopped by {task.stopper}, who is not known"
