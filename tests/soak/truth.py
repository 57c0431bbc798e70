"""What is true of runs: which one a command may mean, and with which codes it may be reported. Pure."""

from collections.abc import Iterator

from tests.soak.facts import (
    SCHEDULER,
    BatchFacts,
    CommandFact,
    ExecutionFact,
    Facts,
    Observed,
    RunFacts,
    Span,
    TaskFact,
    meet,
)
from tests.soak.oracle import OVERLAP, Codes, allowed

Meant = tuple[BatchFacts, str]
"""A run: its batch and its id."""
UNSEEN = 4.0
"""Seconds for which a run that was started may not be seen yet, on a busy machine."""

SLOW_END = 4.0
"""Seconds between the end of a main container and its task's, at most."""


def meant(facts: Facts, seen: Observed) -> list[Meant]:
    """The runs that a command may mean: one, but for a batch's last run."""
    command, until = seen.command, seen.fact.exited
    batch = facts.batches.get(command.batch)
    if batch is None:
        return []
    if command.run or command.verb == "run":
        return [(batch, seen.fact.run)]
    return [(batch, run) for run, began in batch.runs.items() if began <= until]


def facts_of(facts: Facts, batch: BatchFacts) -> RunFacts:
    """A batch's part, as the oracle takes it."""
    manifest = batch.batch.manifest
    overlap = manifest.get("overlap", "allow")
    tasks = [task for task in batch.tasks if overlap != "wait" or not _waited_again(batch, task)]
    return RunFacts(
        tasks=tasks,
        commands=[seen.fact for seen in facts.observed if seen.command.follows],
        forbid=overlap != "allow",
        lag=max(max(script.unlisted, script.missing) for script in batch.batch.scripts),
        retries=manifest.get("retries", 0),
        retry_on=manifest.get("retry_on", ()),
        skewed=facts.skewed,
        executions=[(execution.run, execution.began, execution.ended) for execution in batch.executions],
        seen=batch.runs,
        broken=[span for service in ("ecs", "states") for span in facts.broken.get(service, ())],
    )


def _waited_again(batch: BatchFacts, task: TaskFact) -> bool:
    """Whether a task gave way and its run waited again: it is no attempt."""
    return bool(task.stopper) and not task.began and any(later.created > task.created for later in batch.of(task.run))


def codes_of(facts: Facts, batch: BatchFacts, task: TaskFact) -> Codes:
    """The codes that the end of a task may be reported with, by whoever only looks."""
    looks = CommandFact(name="observer", verb="attach", run=task.run)
    codes = allowed(facts_of(facts, batch), looks, [task])
    if batch.owns(task) and task.stopper in ("states", SCHEDULER):  # and then its machine, before that has seen it
        execution = batch.machine_run(task.run)
        codes |= {} if execution is None or execution.code is None else {execution.code: "its machine says so"}
    return codes


def last_of(batch: BatchFacts, run: str) -> TaskFact | None:
    """The attempt that speaks for a run that has ended."""
    attempts = batch.of(run)
    counted = [task for task in attempts if task.began or not _gave_way(batch, task)]
    return next(reversed(counted or attempts), None)


def _gave_way(batch: BatchFacts, task: TaskFact) -> bool:
    return bool(task.stopper) and batch.batch.manifest.get("overlap", "allow") != "allow" and not task.began


def busy(batch: BatchFacts, run: str, during: Span) -> bool:
    """Whether another run of a batch was in progress."""
    spans = [(task.created, task.shown) for task in batch.tasks if task.run != run]
    spans += [(execution.began, execution.ended) for execution in batch.executions if execution.run != run]
    return any(meet(span, during) for span in spans)


def wrong_ends(facts: Facts, batch: BatchFacts) -> Iterator[str]:
    """Executions that ended otherwise than their tasks."""
    for execution in batch.executions:
        codes = ending_codes(facts, batch, execution)
        if execution.code is not None and execution.code not in codes:
            may = ", ".join(f"{code} ({why})" for code, why in codes.items()) or "none that is known"
            yield f"execution {execution.run[:8]} ended with {execution.error}, and the table allows {may}"


def ending_codes(facts: Facts, batch: BatchFacts, execution: ExecutionFact) -> Codes:
    """The codes that the end of an execution may stand for."""
    during, last = (execution.began, execution.ended), last_of(batch, execution.run)
    codes: Codes = {}
    if any(at <= execution.ended and arn == execution.arn for seen in facts.observed for at, arn in seen.stops):
        codes[122] = "a command has stopped it"
    if any(meet(span, during) for service in ("ecs", "ssm", "states") for span in facts.broken.get(service, ())):
        codes[125] = "a service failed"
    if last is not None and last.shown + SLOW_END > last.created + batch.timeout:
        codes[124] = "its time was up before ECS showed its task STOPPED"
    if last is not None:
        return codes | (codes_of(facts, batch, last) if last.shown <= execution.ended + 0.2 else {})
    if any(meet(span, during) for span in batch.paused):
        codes[OVERLAP] = "it was paused"
    if batch.batch.manifest["overlap"] != "allow" and busy(batch, execution.run, during):
        codes[OVERLAP] = "it gave way, or waited for too long"
    return codes
