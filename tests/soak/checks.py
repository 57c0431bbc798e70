"""Compares what the commands made of a batch's runs with what truly happened. Pure; every complaint is a sentence."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

from tests.soak.facts import NEVER, CommandFact, RunFacts, TaskFact, meet
from tests.soak.oracle import NO_RESULT, OVERLAP, REFUSALS, allowed, chains, goes_on, why_stopped

CUT = "\ufffd"
"""What is read of a character that was cut off."""
SAID = re.compile(r"batchwright stop|still runs|may have been started|batchwright runs")
"""What tells a person that a task may run on."""
MISSING = "lines may be missing"
LATE = 75.0
"""Seconds after which a timeout counts as not kept: a call may hang for 15 s, and a machine may be slow."""
SLOW_LOOK = 2.5
"""Seconds in which two runs that start at once see each other, where listings show both."""


def judge(facts: RunFacts) -> list[str]:
    """All that is wrong; nothing for good runs."""
    complaints = [f"{command.name}: {text}" for command in facts.commands for text in judge_command(facts, command)]
    return [*complaints, *together(facts)]


def together(facts: RunFacts) -> list[str]:
    """What is wrong between runs, and between the tasks of one."""
    return [*_doubled(facts), *_overlaps(facts)]


def judge_command(facts: RunFacts, command: CommandFact) -> list[str]:
    """What is wrong with one command of a run."""
    if command.killed:
        return []
    if command.code is None:
        return ["it did not end"]
    # Of the attempts that it may have followed those count that fit best.
    followed = [_chain(facts, command, chain) for chain in chains(facts, command)]
    return min(followed, key=len, default=["it followed or stopped a task, and its run had none"])


def _chain(facts: RunFacts, command: CommandFact, chain: Sequence[TaskFact]) -> list[str]:
    complaints = [*_code(facts, command, chain), *_lines(command, chain), *_alive(command, chain), *_words(command)]
    complaints += [*_result(command, chain), *_attempts(facts, command, chain), *_reasons(facts, command, chain)]
    return complaints


def _code(facts: RunFacts, command: CommandFact, chain: Sequence[TaskFact]) -> Iterator[str]:
    codes = allowed(facts, command, chain)
    if command.code not in codes:
        may = "; ".join(f"{code} ({why})" for code, why in codes.items()) or "none that the oracle knows"
        yield f"exit code {command.code}, and the table allows {may}"


def _lines(command: CommandFact, chain: Sequence[TaskFact]) -> Iterator[str]:
    """Every line exactly once, or reported missing."""
    if command.out is None:
        return
    expected = [line for task in chain for line in task.lines]
    text = command.out.decode("utf-8", "replace")
    seen = text.split("\n")
    rest = seen.pop()
    # Who leaves at once does not wait for a reader of a full pipe to take the rest of a line.
    may_end_early = command.gone or command.leaves_at_once
    begun = rest.rstrip(CUT)
    if may_end_early and expected[len(seen) : len(seen) + 1] and expected[len(seen)].startswith(begun):
        rest = ""
    if rest:
        yield f"the last line on stdout is not whole: {rest[:60]!r}"
    wanted, got = Counter(expected), Counter(seen)
    strange, lost = got - wanted, wanted - got
    if strange:
        yield f"{strange.total()} lines on stdout are doubled or strange: {next(iter(strange))[:60]!r}"
    if lost and not _may_miss(command, chain):
        yield f"{lost.total()} of {len(expected)} lines are missing and not reported: {next(iter(lost))[:60]!r}"
    if not strange and not lost and seen != expected and not any(task.late for task in chain):
        yield "lines on stdout are out of order"


def _may_miss(command: CommandFact, chain: Sequence[TaskFact]) -> bool:
    if command.gone or command.err is None or MISSING in command.err or command.detach:
        return True
    unfollowed = not chain or command.exited < chain[-1].shown or bool(SAID.search(command.err))
    if unfollowed and command.code in (OVERLAP, NO_RESULT):
        return True
    return command.leaves_at_once or (command.leaves and bool(command.signals))


def _alive(command: CommandFact, chain: Sequence[TaskFact]) -> Iterator[str]:
    """No task runs on unreported."""
    going = [task.id for task in chain if task.runs_on(command.exited)]
    if going and command.err is not None and not SAID.search(command.err):
        yield f"task {going[0][:8]} runs on, and nothing on stderr says how to follow or stop it"


def _words(command: CommandFact) -> Iterator[str]:
    """stderr is of the runner's making, and its last line says the code."""
    if command.err is None:
        return
    last = command.err.rstrip("\n").rpartition("\n")[2]
    before_python_listens = bool(command.signals) and not command.calls
    if before_python_listens:
        return
    for sign in ("a defect in the runner", "Traceback", "DefectInTestServer", "UnknownOperation"):
        if sign in command.err:
            yield f"stderr has {sign!r}"
    if not last.startswith(f"batchwright: exit {command.code}: "):
        yield f"exit code {command.code}, and the last line on stderr is {last[:120]!r}"


def _result(command: CommandFact, chain: Sequence[TaskFact]) -> Iterator[str]:
    if command.result is None:
        return
    if command.result["code"] != command.code:
        yield f"exit code {command.code}, and the result file says {command.result['code']}"
    if command.result["retry"] == "safe" and any(task.began for task in chain):
        yield "the result file says that running again is safe, and the batch had begun"
    seen = command.err is None or MISSING in command.err
    if command.result.get("log_complete") is False and not seen:
        yield "the result file says that the log is incomplete, and stderr does not"
    if command.result.get("log_complete") is True and command.err is not None and seen:
        yield "stderr says that lines may be missing, and the result file that the log is complete"


def _attempts(facts: RunFacts, command: CommandFact, chain: Sequence[TaskFact]) -> Iterator[str]:
    """Another attempt is made where the table says so, and nowhere else."""
    asked_for = {call.token for call in command.made("RunTask")}
    for n, task in enumerate(chain[1:], start=1):
        before = [earlier for earlier in facts.tasks if earlier.run == task.run and earlier.created < task.created]
        if task.token in asked_for and not goes_on(facts, before):
            yield f"attempt {n + 1} was made after an end that is not tried again"
    if not chain or chain[0].token not in asked_for:
        if chain and chain[0].began and any(task.token in asked_for for task in chain):
            yield "it made an attempt of a run that another runner had begun"
        return
    again = goes_on(facts, chain)
    excused = command.signals or command.detach or command.code in (NO_RESULT, OVERLAP)
    if again and not excused:
        yield f"no further attempt was made, though {again}"


def _reasons(facts: RunFacts, command: CommandFact, chain: Sequence[TaskFact]) -> Iterator[str]:
    """A task is stopped for a reason, and a timeout is kept."""
    for task in chain:
        if task.stopper == command.name and not why_stopped(facts, command, task, task.stopped_at):
            yield f"it stopped its task after {task.stopped_at - task.created:.1f} s, for no reason that there was"
        due = NEVER if command.timeout is None else task.created + command.timeout + LATE
        if due < min(task.ended, task.stopped_at, command.exited):
            yield f"the timeout of {command.timeout} s was not kept"


def _doubled(facts: RunFacts) -> Iterator[str]:
    """A run never has two tasks at work at once."""
    for first, second in combinations(facts.tasks, 2):
        if first.run == second.run and _both_ran(first, second):
            yield f"run {first.run} had two tasks at work at once: {first.id[:8]} and {second.id[:8]}"


def _overlaps(facts: RunFacts) -> Iterator[str]:
    """Where a second run may not begin beside another, none does, unless it could not be seen in time, or stopped."""
    if not facts.forbid:
        return
    first_seen = sorted(facts.tasks, key=lambda task: (facts.seen.get(task.run, task.created), task.created, task.id))
    for first, second in combinations(first_seen, 2):
        if first.run == second.run or not _both_ran(first, second):
            continue
        starter = starter_of(facts.commands, second)
        unseen = facts.lag > 0 and second.started - second.created < facts.lag + SLOW_LOOK
        unseen |= any(meet((second.created - 5, second.started), span) for span in facts.broken)
        gave_way = bool(second.stopper) and second.stopper == starter.name
        younger = [starter_of(facts.commands, first)] if first.created > second.created else []  # as one that waited
        blind = any(command.signals or command.killed or command.code is None for command in (starter, *younger))
        stops = starter.made("StopTask")
        refused = any(call.task == second.id and call.outcome in REFUSALS for call in stops)
        if not (unseen or gave_way or blind or refused):
            names = [f"{task.id[:8]} of {task.run}" for task in (first, second)]
            yield f"two runs were in progress at once: {' and '.join(names)}"


def starter_of(commands: Iterable[CommandFact], task: TaskFact) -> CommandFact:
    """The command that has started a task, and not one that was refused its token; another one for somebody else."""
    tokens = ((command, {call.token for call in command.made("RunTask") if call.done}) for command in commands)
    return next(
        (command for command, own in tokens if task.token and task.token in own), CommandFact(name="somebody else")
    )


def _both_ran(first: TaskFact, second: TaskFact) -> bool:
    """Whether two tasks were at work at once."""
    return first.began and second.began and max(first.started, second.started) < min(first.ended, second.ended)
