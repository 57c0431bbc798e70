"""What is known of a batch, as a document. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from batchwright_runner.contract.batch_file import BatchFile
from batchwright_runner.contract.duration import format_duration
from batchwright_runner.contract.edges import Edge
from batchwright_runner.host.cost.cost import NOT_IN_IT
from batchwright_runner.host.fargate.run_entry import entry_of
from batchwright_runner.workbench.page import schedule, where
from batchwright_runner.workbench.page.batch import Known
from batchwright_runner.workbench.page.costs import costs_of
from batchwright_runner.workbench.page.differences import differences
from batchwright_runner.workbench.page.document import (
    Block,
    Bullets,
    Commands,
    Document,
    Fact,
    Facts,
    Link,
    Section,
    Table,
    Text,
)
from batchwright_runner.workbench.page.moments import here
from batchwright_runner.workbench.page.results_table import results
from batchwright_runner.workbench.page.times import advice, times_of, where_time_goes
from batchwright_runner.workbench.permissions.edges import edges_of
from batchwright_runner.workbench.permissions.statements import permissions_of
from batchwright_runner.workbench.permissions.words import NO_GRANTS, permission_line

ONLY_DECLARED = "only the declaration knows: see it in the project's folder"
"""What is said of something that no stage publishes, where the project is not at hand."""
ONLY_DEPLOYED = "only a stage knows: add -s STAGE"
"""What is said of something that no declaration has, where no stage was looked at."""


def document_of(known: Known, now: datetime) -> Document:
    """A batch on one page.

    Args:
        known: What is known of it.
        now: Now, with a time zone.
    """
    sections = [
        Section("When it runs", (Facts(tuple(schedule.facts_of(known, now))),)),
        Section("What it runs", (Facts(tuple(where.facts_of(known))),)),
        Section("What it works on", tuple(_works_on(known))),
        Section("What it may do", tuple(_permissions(known.declared))),
        Section("How it has gone", tuple(_history(known, now))),
        Section("What it costs", tuple(_costs(known, now))),
        Section("How to run it", (Commands(tuple(_commands(known))),)),
        *_unseen(known),
    ]
    return Document(_title(known), tuple(_head(known)), tuple(sections))


def _title(known: Known) -> str:
    manifest = known.manifest
    if known.deployed:
        return f"{manifest.batch} in {manifest.stage}"
    return f"{manifest.batch}, as it is declared for {manifest.stage}"


def _head(known: Known) -> Iterator[Fact]:
    manifest = known.manifest
    yield Fact("purpose", manifest.description or "not said")
    yield Fact("owner", manifest.owner)
    yield Fact("runbook", Link("", manifest.runbook) if manifest.runbook else "none")
    yield Fact("declared at", _declared_at(known.declared))
    if known.declared is not None and known.deployed:
        changed = differences(known.declared.manifest, manifest)
        if changed:
            yield Fact("not deployed", f"the declaration here has another {', '.join(changed)}")


def _declared_at(declared: BatchFile | None) -> str:
    if declared is None:
        return ONLY_DECLARED
    return declared.declared_at or declared.package or "outside of the project's folder"


def _works_on(known: Known) -> Iterator[Block]:
    facts = [*where.values_of(known)]
    if known.declared is None:
        yield Facts((*facts, Fact("reads, writes", ONLY_DECLARED)))
        return
    edges = edges_of(known.declared)
    for direction in ("reads", "writes"):
        told = [f"{one.resource} ({_told_by(one)})" for one in edges if one.direction == direction]
        facts.append(Fact(direction, ", ".join(told) or "nothing that is declared or granted"))
    yield Facts(tuple(facts))
    if any(one.declared for one in edges):
        yield Text(f"{NO_GRANTS}.")


def _told_by(edge: Edge) -> str:
    return " and ".join(word for word, holds in (("declared", edge.declared), ("granted", edge.granted)) if holds)


def _permissions(declared: BatchFile | None) -> Iterator[Block]:
    if declared is None:
        yield Text(ONLY_DECLARED)
        return
    task = declared.access.task
    lines = [*dict.fromkeys(permission_line(one) for one in permissions_of(task.grants))]
    lines += [f"managed policy {one.arn}: what it allows is in the account" for one in task.managed]
    yield Bullets(tuple(lines)) if lines else Text("nothing, beyond its image, its log and its values")
    if task.adopted:
        yield Text("Its task role was given to it: policies that the role has in its account count too.")


def _history(known: Known, now: datetime) -> Iterator[Block]:
    if not known.deployed:
        yield Text(_not_deployed(known))
        return
    facts = tuple(_last(known))
    if facts:
        yield Facts(facts)
    if not known.runs:
        return
    yield results([entry_of(run, now.timestamp()) for run in known.runs])
    found = where_time_goes(times_of(known.runs))
    if not found:
        return
    rows = [(one.name, format_duration(one.median), format_duration(one.worst), str(one.runs)) for one in found]
    yield Table(("WHERE THE TIME GOES", "MEDIAN", "WORST", "RUNS"), tuple(rows))
    word = advice(found)
    if word:
        yield Text(f"Advice: {word}.")


def _not_deployed(known: Known) -> str:
    """Why nothing is known of its runs: no stage was asked, or it has not the batch, or may not be asked."""
    if not known.asked:
        return ONLY_DEPLOYED
    return f"not known: {known.asked} could not be asked" if known.unseen else f"not deployed in {known.asked}"


def _last(known: Known) -> Iterator[Fact]:
    last = known.last
    if last is not None:
        if last.failures:
            since = f", since {here(last.failing_since)}" if last.failing_since else ""
            yield Fact("failed in a row", f"{last.failures}{since}")
        if last.succeeded:
            yield Fact("last success", here(last.succeeded))
        usual = last.usual_seconds
        if usual is not None:
            yield Fact("usually takes", f"{format_duration(usual)}, of {len(last.durations)} good runs")
    if known.watch is not None and known.watch.expected_seconds:
        yield Fact("expected to take", f"{format_duration(known.watch.expected_seconds)} at most")
    if not known.runs and not any(one.what == "its runs" for one in known.unseen):
        yield Fact("runs", "none in the last 30 days")


def _costs(known: Known, now: datetime) -> Iterator[Block]:
    costs = costs_of(known.size, known.region, known.manifest.schedule, known.runs, now)
    hour = costs.hour
    region = [Fact("region", known.priced.why)] if known.priced.why else []
    if hour.dollars is None:
        yield Facts((Fact("a run", hour.words), *region))
        return
    facts = []
    if costs.run is not None and costs.worst is not None:
        facts.append(Fact("a run", f"{costs.run.words}, and {costs.worst.words.removeprefix('about ')} at worst"))
    if costs.month is not None:
        facts.append(Fact("a month", f"{costs.month.words}: it is due {costs.due} times in 30 days"))
    facts.append(Fact("an hour", hour.words))
    facts += [*region, Fact("price", f"{hour.source}. Fargate on demand only: {NOT_IN_IT}")]
    yield Facts(tuple(facts))


def _commands(known: Known) -> Iterator[str]:
    name, stage = known.manifest.batch, known.manifest.stage
    options = "".join(f" -o {one.name}=…" for one in known.manifest.options)
    if not known.deployed:
        yield f"batchwright run {name} --local{options}"
        return
    yield f"batchwright run {name} -s {stage}{options}"
    yield f"batchwright runs {name} -s {stage}"
    yield f"batchwright logs {name}@latest -s {stage}"
    if known.declared is not None:
        yield f"batchwright run {name} --local{options}"


def _unseen(known: Known) -> Sequence[Section]:
    if not known.unseen:
        return ()
    return (Section("Not known", (Bullets(tuple(f"{one.what}: {one.why}" for one in known.unseen)),)),)
