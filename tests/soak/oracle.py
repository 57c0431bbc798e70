"""Which exit codes the table allows for what truly happened. Pure, and independent of the runner's code.

The numbers are those of docs/exit-codes.md, written out once more on purpose.
"""

from collections.abc import Sequence
from itertools import combinations, pairwise

from tests.soak.facts import SCHEDULER, SOMEBODY, CallFact, CommandFact, RunFacts, TaskFact

USAGE, OVERLAP, NEVER_STARTED, TIMEOUT, BY_AWS, BY_OTHERS, NO_RESULT = 2, 123, 126, 124, 75, 122, 125
EARLY = 1.6
"""Seconds by which a timeout may seem early: AWS's dates are cut to the second."""
REFUSALS = frozenset({"AccessDeniedException", "InvalidSignatureException", "page"})
BEFORE = ("GetParameter", "GetParametersByPath", "GetCallerIdentity", "ListTasks", "FilterLogEvents", "RunTask")
"""Calls whose refusal ends a command."""
LOOKED_BEFORE = ("DescribeTasks",)
"""The same for a command that joins, attaches, or looks for other runs."""
FORBIDDEN = "AccessDeniedException"
EXPIRED = "ExpiredTokenException"
"""Twice in a row, credentials have expired that were looked up anew meanwhile: that ends a command before a start."""
LOOKS = ("ListTasks", "FilterLogEvents", "DescribeTasks")
EXECUTIONS = "ListExecutions"
"""The last call of a look for other runs, where the batch has a machine."""
FORBIDDEN_LOOK, FORBIDDEN_STOP = 3.0, 10.0
"""Seconds for which a `run` asks again at least where a permission is missing, for a look at runs and for a stop."""
FATAL_STARTS = frozenset({"ClientException", "failure"})
STARTS = 3
LISTED, LOOKED_LEAST = 11.5, 3.5
"""Seconds after its start until which other runs are looked for, and for which a failing look is repeated at least."""
HANGS = 12.0
"""Seconds without an answer from which on other runs count as not seen: a container may begin by then."""

Codes = dict[int, str]
"""Exit codes, and why each is allowed."""


def chains(facts: RunFacts, command: CommandFact) -> list[Sequence[TaskFact]]:
    """The attempts that a command may have followed, oldest first.

    Those that it asked for itself, known by their client tokens, and others of its run that it joined: the newest one
    that there was at each look, so that it may have missed those between; or none, if it did not get so far. One that
    made the run's first attempt joined those whose log it has read.
    """
    tokens = {call.token for call in command.made("RunTask")}
    own = [task for task in facts.tasks if task.token in tokens]
    of_run = [
        task for task in facts.tasks if task in own or (task.run == command.run and task.created <= command.exited)
    ]
    if own and own[0] == of_run[0]:
        read = {call.task for call in command.made("GetLogEvents")}
        followed = [task for task in of_run if task in own or task.id in read]
        return [own, followed] if followed != own else [own]
    longest = 1 if command.verb == "attach" and not facts.retries else len(of_run)
    places = sorted(some for length in range(1, longest + 1) for some in combinations(range(len(of_run)), length))
    some_of_run = ([of_run[place] for place in some] for some in places)
    joined: list[Sequence[TaskFact]] = [some for some in some_of_run if all(task in some for task in own)]
    certain = own or (command.made("GetLogEvents", "StopTask") and not command.made("RunTask"))
    return joined if certain else [*joined, []]


def allowed(facts: RunFacts, command: CommandFact, chain: Sequence[TaskFact]) -> Codes:
    """The codes with which a command may have ended that followed these attempts."""
    codes = refused(facts, command)
    if not chain:
        return codes | _nothing_started(facts, command)
    last = chain[-1]
    if command.detach:
        codes[0] = "started and left (--detach)"
    if last.shown <= command.exited + 0.05:
        codes |= _ended(facts, command, last)
    codes |= _left(facts, command, last)
    if len(chain) > 1 and OVERLAP in codes:
        codes |= _ended(facts, command, chain[-2])  # an attempt that comes to nothing leaves the end before it
    if command.signals and goes_on(facts, chain):
        codes |= _by_signal(command, "before another attempt")
    return codes


def goes_on(facts: RunFacts, chain: Sequence[TaskFact]) -> str:
    """Why the table says that another attempt is made after these; empty if it says none.

    Where an essential sidecar may have been first, or was first with a code that looks like a stop's, a runner that
    takes the main container's code makes another attempt, and one that does not ends with `NO_RESULT`.
    """
    last = chain[-1]
    if last.cause == "start":
        failed = next((n for n, task in enumerate(reversed(chain)) if task.cause != "start"), len(chain))
        return "the start failed for a reason that passes" if last.passing and failed < STARTS else ""
    retried = sum(task.cause != "start" for task in chain[:-1])
    if retried >= facts.retries:
        return ""
    own = last.cause == "own" or (last.cause == "sidecar" and not last.unsure)
    if own and last.exit_code and last.exit_code in facts.retry_on:
        return f"the batch retries on {last.exit_code}"
    return "the batch retries on interruption" if last.cause == "aws" and "interruption" in facts.retry_on else ""


def refused(facts: RunFacts, command: CommandFact) -> Codes:
    """What a refusal allows, from the record of the command's calls."""
    looks = command.verb == "attach" or facts.forbid or "ListTasks" in {call.operation for call in command.calls}
    fatal = BEFORE + LOOKED_BEFORE if looks else BEFORE
    denied = [operation for operation in fatal if _is_final(command, operation)]
    if denied or facts.skewed:
        return {NO_RESULT: f"refused: {', '.join(sorted(set(denied))) or 'the clock is off'}"}
    return {}


def _is_final(command: CommandFact, operation: str) -> bool:
    """Whether an operation was refused to a command for good, or for as long as it asks again."""
    calls = command.made(operation)
    if any({call.outcome, next_call.outcome} == {EXPIRED} for call, next_call in pairwise(calls)):
        return True
    if operation in LOOKS and command.verb == "run":
        return _refused_for(calls, FORBIDDEN_LOOK)
    return any(call.outcome in REFUSALS for call in calls)


def _refused_for(calls: Sequence[CallFact], seconds: float) -> bool:
    """Whether calls were refused in a row for so long; other refusals than of a permission count at once."""
    since: float | None = None
    for call in calls:
        if call.outcome in REFUSALS - {FORBIDDEN}:
            return True
        since = None if call.outcome != FORBIDDEN else call.at if since is None else since
        if since is not None and call.at - since >= seconds:
            return True
    return False


def _nothing_started(facts: RunFacts, command: CommandFact) -> Codes:
    codes: Codes = {}
    if command.signals:
        codes |= _by_signal(command, "before anything was started")
        if not command.calls and (command.err or "").startswith("Fatal Python error: init_import_site"):
            codes[1] = "Ctrl-C before Python had begun the command"
    if any(call.outcome in FATAL_STARTS for call in command.made("RunTask")):
        codes[NEVER_STARTED] = "RunTask was refused for good"
    if command.verb == "attach" and not any(task.run == command.run for task in facts.tasks):
        codes[USAGE] = "no such run"
    return codes


def _ended(facts: RunFacts, command: CommandFact, task: TaskFact) -> Codes:
    """The codes of an end that ECS shows."""
    if task.cause == "start":
        return {NEVER_STARTED: "its start failed"}
    if task.cause == "aws":
        return {BY_AWS: "AWS ended it"} if task.began else {NEVER_STARTED: "AWS ended it before it began"}
    if task.cause == "sidecar":
        # One that ended with a signal's code by itself looks like one that was stopped after the main container.
        unseen = {} if task.unsure else _own(task)
        return unseen | {NO_RESULT: "an essential sidecar ended first"}
    if task.cause == "own":
        return _own(task)
    return _stopped(facts, command, task)


def _own(task: TaskFact) -> Codes:
    if task.exit_code is None:
        return {NO_RESULT: "ECS shows no code"}
    codes = {task.exit_code if 0 <= task.exit_code <= 255 else 255: "it ended by itself"}
    return codes | {NO_RESULT: "an essential sidecar may have been first"} if task.unsure else codes


def _stopped(facts: RunFacts, command: CommandFact, task: TaskFact) -> Codes:
    if task.stopper == SCHEDULER:
        codes: Codes = {TIMEOUT: "the deadline kept by AWS stopped it"}
    elif task.stopper == SOMEBODY:
        codes = {BY_OTHERS: "stopped by someone else"}
    else:
        stoppers = [stopper for stopper in facts.commands if stopper.name == task.stopper]
        codes = {} if stoppers else {BY_OTHERS: f"{task.stopper} stopped it"}
        for stopper in stoppers:
            codes |= why_stopped(facts, stopper, task, task.stopped_at)
    stops = [call for call in command.made("StopTask") if call.task == task.id and call.done]
    if stops and task.stopper != command.name:
        # Both asked for it: a command's own reason is as true as that of whoever was first.
        codes |= why_stopped(facts, command, task, stops[0].at)
    return codes


def why_stopped(facts: RunFacts, command: CommandFact, task: TaskFact, at: float) -> Codes:
    """What a command's stop at a moment may have been for; nothing if it had no reason to stop."""
    codes: Codes = {}
    before = [signal for signal in command.signals if signal.at <= at + 0.05]
    if before and not command.leaves:
        codes |= _by_signal(command, "stopped for it")
    if command.timeout is not None and at >= task.created + command.timeout - EARLY:
        codes[TIMEOUT] = "its timeout stopped it"
    if facts.forbid and other_run(facts, task):
        codes[OVERLAP] = "it gave way"
    blind = _was_unanswered(command, at) or _saw_nothing(command, task, at)
    if facts.forbid and (refused(facts, command) or blind):
        codes[NO_RESULT] = "other runs could not be seen"
    return codes


def _saw_nothing(command: CommandFact, task: TaskFact, at: float) -> bool:
    """Whether the last looks for other runs failed: as long as they are repeated at least, until the time was up."""
    looks = [call for call in command.made(*LOOKS, EXECUTIONS) if task.created <= call.at <= at]
    last = EXECUTIONS if command.made(EXECUTIONS) else "DescribeTasks"
    whole = [call.at for call in looks if call.operation == last and not call.outcome]
    good = max(whole, default=task.created)
    failed = [call.at for call in looks if call.at > good]
    looked = min(LISTED, LISTED if command.timeout is None else command.timeout)
    return bool(failed) and at - failed[0] >= LOOKED_LEAST and at - task.created >= looked


def _was_unanswered(command: CommandFact, at: float) -> bool:
    """Whether a command waited for one answer, before a moment, until its own container may have begun."""
    moments = [call.at for call in command.calls if call.at <= at + 0.05]
    return any(later - earlier >= HANGS for earlier, later in pairwise(moments))


def other_run(facts: RunFacts, task: TaskFact) -> bool:
    """Whether another run was in progress that is older than this task."""
    return any(
        (other.created, other.id) < (task.created, task.id) and other.run != task.run and other.shown > task.created
        for other in facts.tasks
    ) or any(began < task.created < ended and run != task.run for run, began, ended in facts.executions)


def _left(facts: RunFacts, command: CommandFact, task: TaskFact) -> Codes:
    """The codes of a command that did not wait for the end."""
    stops = [call for call in command.made("StopTask") if call.task == task.id]
    codes: Codes = {}
    accepted = [call for call in stops if call.done]
    if facts.forbid and accepted:
        # Whoever gives way was not run, whatever else ends its task at that moment.
        gave_way = why_stopped(facts, command, task, accepted[0].at)
        codes |= {code: why for code, why in gave_way.items() if code in (OVERLAP, NO_RESULT)}
    if _refused_for(stops, FORBIDDEN_STOP):
        codes[NO_RESULT] = "it could not be stopped"
    if command.signals and command.leaves and command.signals[0].at <= task.shown + 3:
        codes[NO_RESULT] = "left on a signal"
        if task.stopper == command.name and task.stopped_at <= command.exited:
            codes |= why_stopped(facts, command, task, task.stopped_at)
    if command.leaves_at_once:
        codes[NO_RESULT] = "left on a second signal"
        if any(call.done for call in stops):
            codes |= _by_signal(command, "a second signal did not wait for the end")
    return codes


def _by_signal(command: CommandFact, why: str) -> Codes:
    # Signals that come nearly together are delivered in the order of their numbers, not of their sending.
    first = command.signals[0].at
    return {128 + sent.number: f"signal {sent.number}: {why}" for sent in command.signals if sent.at - first < 0.2}
