"""What is known of a batch, as a document. Pure."""

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from batchwright_runner.contract.access import RoleAccess
from batchwright_runner.contract.alerting.ask import Ask
from batchwright_runner.contract.batch_file import UNKNOWN_GROUP, UNKNOWN_SUBNET
from batchwright_runner.contract.duration import format_duration
from batchwright_runner.contract.edges import Edge
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.moments import DAY, cell, head, shown
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.run_entry import cells_of, entry_of
from batchwright_runner.contract.schedules.schedule import expression_of
from batchwright_runner.contract.sizes import NOBODY
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from batchwright_runner.host.cost.cost import CALLS, NOT_IN_IT, TRANSITIONS
from batchwright_runner.workbench.page.batch import Batch
from batchwright_runner.workbench.page.document import (
    Block,
    Bullets,
    Code,
    Commands,
    Document,
    Fact,
    Facts,
    Inline,
    Link,
    Section,
    Table,
    Text,
    Value,
)
from batchwright_runner.workbench.page.past import KEPT, Past, advice
from batchwright_runner.workbench.page.workflow import KnownWorkflow
from batchwright_runner.workbench.permissions.statements import permissions_of, text_of
from batchwright_runner.workbench.permissions.words import NO_GRANTS, may_start, permission_line
from batchwright_runner.workbench.project.known_names import LOCAL

WORKS_ON, HISTORY = "What it works on", "How it has gone"
"""The titles of the sections about values and data, and about past runs."""
ONLY_DECLARED = "only the declaration knows: see it in the project's folder"
"""The text for something that no stage publishes, where the project is not at hand."""
ONLY_DEPLOYED = "only a stage knows: add -s STAGE"
"""The text for something that no declaration has, where no stage was looked at."""
_MOST = 60
"""Characters of a variable's value, and of a result, that a terminal shows."""

Linked = Callable[[str, str], Inline]
"""How the page of something is linked to: by its kind (``owner``, ``image``, ``resource``) and its name or id."""


def unlinked(_kind: str, name: str) -> Inline:
    """The name alone, where there are no such pages."""
    return name


def document_of(batch: Batch, link: Linked = unlinked, *, strip: bool = True) -> Document:
    """A batch on one page; its last runs as a strip of text, or with one that is drawn above them."""
    sections = [
        Section("When it runs", (Facts(tuple(_terms(batch))),)),
        Section("What it runs", (Facts(tuple(_what(batch, link))),)),
        Section(WORKS_ON, tuple(_works_on(batch, link))),
        Section("What it may do", tuple(_permissions(batch))),
        Section(HISTORY, tuple(_history(batch, strip=strip))),
        Section("What it costs", tuple(_costs(batch))),
        Section("How to run it", (Commands(tuple(_commands(batch))),)),
    ]
    if batch.unseen:
        sections.append(Section("Not known", (Bullets(tuple(f"{part.what}: {part.why}" for part in batch.unseen)),)))
    stage = batch.manifest.stage
    title = f"{batch.name} in {stage}" if batch.deployed else f"{batch.name}, as it is declared for {stage}"
    return Document(title, tuple(_head(batch, link)), tuple(sections))


def plain_environment(main: Mapping[str, Any]) -> dict[str, str]:
    """The plain variables of a container's definition; what only a deployment knows is ``<…>``."""
    return {str(variable.get("name")): text_of(variable.get("value")) for variable in main.get("environment") or ()}


def declared_facts(batch: Batch) -> Iterator[Fact]:
    """What a page shows of a declaration alone: the facts that two of them are compared by."""
    yield from _head(batch, unlinked)
    yield from _terms(batch)
    if batch.expected_seconds:
        yield Fact("expected to take", f"{format_duration(batch.expected_seconds)} at most")
    yield from _what(batch, unlinked)
    yield from _values(batch)
    if batch.declared is not None:
        named = (("reads", batch.declared.reads), ("writes", batch.declared.writes))
        yield from (Fact(name, _listed([*resources])) for name, resources in named if resources)


def about_facts(record: BatchManifest | WorkflowManifest, owner: Inline) -> Iterator[Fact]:
    """What everybody wants to know of a batch or of a workflow."""
    yield Fact("purpose", record.description or "not said")
    yield Fact("owner", owner)
    yield Fact("runbook", Link("", record.runbook) if record.runbook else "none")


def _head(batch: Batch, link: Linked) -> Iterator[Fact]:
    declared = batch.declared
    yield from about_facts(batch.manifest, link("owner", batch.owner))
    if declared is None:
        yield Fact("declared at", ONLY_DECLARED)
        return
    yield Fact("declared at", declared.declared_at or declared.package or "outside of the project's folder")
    if batch.not_deployed:
        yield Fact("not deployed", f"the declaration here has another {', '.join(batch.not_deployed)}")


def _terms(batch: Batch) -> Iterator[Fact]:
    manifest = batch.manifest
    window = batch.watch.window_seconds if batch.watch else 0
    yield from due_facts(batch, manifest.scheduler, manifest.unfinished, window)
    if asked := _asked(Ask.of(batch.watch.alerts if batch.watch else {})):
        yield Fact("alerts", asked)
    if manifest.protected:
        yield Fact("protected", "a person is asked before anything changes in this stage")
    yield Fact("timeout", f"{format_duration(manifest.timeout_seconds)}{' an attempt' if manifest.retries else ''}")
    yield Fact("retries", _retries(manifest))
    yield Fact("two at once", manifest.at_once.words)
    for option in manifest.options:
        allowed = ", ".join(option.values) or (f"matches {option.pattern}" if option.pattern else "one line")
        yield Fact(f"option {option.name}", f"{option.description}: {allowed}" if option.description else allowed)


def due_facts(entry: Batch | KnownWorkflow, scheduler: str, unfinished: str, window: int = 0) -> Iterator[Fact]:
    """When it is due, who starts it then, and what keeps that back."""
    due, named = entry.due, scheduler if scheduler != NOBODY else ""
    if due is None and named:
        yield Fact("schedule", "none that is known here")
        yield Fact("started by", named)
    elif due is None:
        yield Fact("schedule", "none: it is started by hand, or by something that calls the runner")
    elif due.cron is None:
        yield Fact("schedule", f"{due.text}, which cannot be read here: {due.problem}")
    else:
        yield Fact("schedule", f"{due.words} ({due.zone}): {expression_of(due.cron)}")
        yield Fact("started by", named or "nobody: no scheduler starts it")
        if window:
            yield Fact("window", f"AWS starts it within {format_duration(window)} of its due time")
        yield Fact(head("next", entry.next), ", ".join(cell(at, DAY) for at in entry.next) or "never again")
    if unfinished:
        yield Fact("unfinished", unfinished)
    if entry.pause is not None:
        yield Fact("paused", entry.pause.words())


def _asked(ask: Ask) -> str:
    """What a batch asks of its stage's alerts; empty where it asks nothing."""
    if ask.off:
        return "off: no message is sent about it"
    parts = (
        f"after {ask.after_failures} failures in a row" if ask.after_failures > 1 else "",
        "" if ask.lines is None else f"with {ask.lines} line{'' if ask.lines == 1 else 's'} of the log",
    )
    return ", ".join(part for part in parts if part)


def _retries(manifest: BatchManifest) -> str:
    if not manifest.retries:
        return "none"
    delay = manifest.retry_delay_seconds
    pause = f", each after a pause of {format_duration(delay)}" if delay else ""
    return f"{manifest.retries}, on {', '.join(map(str, manifest.retry_on)) or 'nothing'}{pause}"


def _what(batch: Batch, link: Linked) -> Iterator[Fact]:
    manifest, size = batch.manifest, batch.size
    reference = str(batch.main.get("image") or "") or manifest.image.uri
    page = link("image", batch.image) if batch.image else ""
    linked = (page, ": ", Code(reference)) if reference else page
    yield Fact("image", linked if isinstance(page, Link) else reference or "not known")
    if (batch.deployed or batch.runs is not None) and manifest.image.name:
        yield Fact("release", _release(batch))
    if batch.main:
        yield Fact("command", Code(shlex.join(map(text_of, batch.command))) if batch.command else "the image's own")
    yield Fact("size", size.words if size is not None else "not known")
    if batch.main.get("readonlyRootFilesystem"):
        yield Fact("root", "a read-only file system")
    if batch.sidecars:
        yield Fact("sidecars", _listed([f"{c.get('name')} ({text_of(c.get('image'))})" for c in batch.sidecars]))
    if volumes := batch.definition.get("volumes"):
        yield Fact("volumes", _listed([_volume(volume) for volume in volumes]))
    yield Fact("cluster", manifest.cluster)
    yield Fact("subnets", _ids(manifest.subnets, UNKNOWN_SUBNET))
    yield Fact("groups", _ids(manifest.security_groups, UNKNOWN_GROUP) or "those of the VPC")
    yield Fact("public", "an address that the internet reaches" if manifest.assign_public_ip else "no address")
    if manifest.capacity:
        shares = [f"{share.provider} (weight {share.weight}, base {share.base})" for share in manifest.capacity]
        yield Fact("capacity", _listed(shares))
    if manifest.stage != LOCAL and (batch.deployed or not batch.asked_stage):
        yield Fact("log", Code(manifest.log_group))


def _ids(ids: Sequence[str], unknown: str) -> Value:
    """Ids; of those that only a deployment knows no more than that."""
    return _listed([*dict.fromkeys("<what only the deployment knows>" if id == unknown else id for id in ids)])


def _volume(volume: Mapping[str, Any]) -> str:
    """A volume with the file system that it is of, if it is of one."""
    system = (volume.get("efsVolumeConfiguration") or {}).get("fileSystemId")
    return f"{volume.get('name')} ({text_of(system)})" if system else str(volume.get("name"))


def _release(batch: Batch) -> str:
    record = batch.release
    if any(part.what == "the release record" for part in batch.unseen):
        return "not known"
    if record is None:
        return "none is recorded"
    by = record.by.rpartition("/")[2] or record.by
    return f"{record.tag} ({record.digest[:19]}), {record.kind} at {shown(record.at)} by {by}"


def _works_on(batch: Batch, link: Linked) -> Iterator[Block]:
    facts = [*_values(batch)]
    if batch.declared is None:
        yield Facts((*facts, Fact("reads, writes", ONLY_DECLARED)))
        return
    for direction, own in (("reads", batch.reads), ("writes", batch.writes)):
        named: list[Value] = [
            (link("resource", edge.resource) if edge.resource in own else edge.resource, f" ({_source(edge)})")
            for edge in batch.edges
            if edge.direction == direction
        ]
        facts.append(Fact(direction, _listed(named) or "nothing that is declared or granted"))
    yield Facts(tuple(facts))
    if any(edge.declared for edge in batch.edges):
        yield Text(f"{NO_GRANTS}.")


def _values(batch: Batch) -> Iterator[Fact]:
    """Variables: the plain ones and the parameters with their values, the secrets by their names."""
    manifest, plain = batch.manifest, plain_environment(batch.main)
    if plain:
        yield Fact("environment", _listed([_variable(name, value) for name, value in plain.items()]))
    if manifest.parameters:
        named = [_taken(batch, name, _variable(name, batch.values.get(name))) for name in manifest.parameters]
        yield Fact("parameters", _listed(named))
    if manifest.secrets:
        yield Fact("secrets", _listed([_taken(batch, name, name) for name in manifest.secrets]))
    if not plain and not manifest.parameters and not manifest.secrets:
        yield Fact("values", "none")


def _taken(batch: Batch, name: str, said: Inline) -> Value:
    """A parameter or a secret, with where it comes from if that is not its own place."""
    if not batch.main:
        return said
    sources = {entry.get("name"): text_of(entry.get("valueFrom")) for entry in batch.main.get("secrets") or ()}
    source = sources.get(name, "")
    own = f":parameter{StageNames.of(batch.manifest).values_folder(batch.name)}/{name}"
    if source.endswith(own) and f":{batch.manifest.account}:" in source:
        return said
    return (said, f" (from {source})" if source else " (its container does not take it)")


def _variable(name: str, value: str | None) -> Inline:
    return name if value is None else Code(f"{name}={value}", len(name) + 1 + _MOST)


def _listed(values: Sequence[Value]) -> tuple[Inline, ...]:
    """Values with commas between them."""
    parts: list[Inline] = []
    for value in values:
        parts += [", "] * bool(parts)
        parts += value if isinstance(value, tuple) else [value]
    return tuple(parts)


def _source(edge: Edge) -> str:
    return " and ".join(word for word, holds in (("declared", edge.declared), ("granted", edge.granted)) if holds)


def _permissions(batch: Batch) -> Iterator[Block]:
    declared = batch.declared
    roles = [(f"{name} role", batch.definition.get(f"{name}RoleArn")) for name in ("task", "execution")]
    if known := tuple(Fact(name, Code(text_of(arn))) for name, arn in roles if arn):
        yield Facts(known)
    if declared is None:
        yield Text(ONLY_DECLARED)
        return
    lines = _allowed(declared.access.task)
    yield Bullets(tuple(lines)) if lines else Text("nothing, beyond its image, its log and its values")
    if declared.access.task.adopted:
        yield Text("Its task role was given to it: policies that the role has in its account count too.")
    if starting := _allowed(declared.access.execution):
        yield Text("ECS starts it with the execution role, which may:")
        yield Bullets(tuple(starting))
    if declared.access.execution.adopted:
        yield Text("Its execution role was given to it: policies that the role has in its account count too.")
    if declared.startable:
        yield Text(f"{may_start(declared.startable)}.")


def _allowed(role: RoleAccess) -> list[str]:
    lines = [*dict.fromkeys(map(permission_line, permissions_of(role.grants)))]
    arns = [text_of(policy.arn) for policy in role.managed]
    return lines + [f"managed policy {arn}: what it allows is in the account" for arn in arns]


def _history(batch: Batch, *, strip: bool) -> Iterator[Block]:
    if batch.runs is None:
        why = "not known: {} could not be asked" if batch.unseen else "not deployed in {}"
        yield Text(why.format(batch.asked_stage) if batch.asked_stage else ONLY_DEPLOYED)
        return
    if facts := tuple(_last(batch, strip=strip)):
        yield Facts(facts)
    if not batch.runs:
        return
    cells = [cells_of(entry_of(run, batch.now.timestamp())) for run in batch.runs[:KEPT]]
    rows = tuple((*row, Code(words, _MOST) if len(words) > _MOST else words) for *row, words in cells)
    yield Table(("RUN", head("STARTED", (run.created for run in batch.runs[:KEPT])), "TOOK", "BY", "RESULT"), rows)
    if not (phases := batch.phases):
        return
    times = [(phase.name, format_duration(phase.median), format_duration(phase.worst), phase.runs) for phase in phases]
    yield Table(("WHERE THE TIME GOES", "MEDIAN", "WORST", "RUNS"), tuple((*row, str(runs)) for *row, runs in times))
    if word := advice(phases):
        yield Text(f"Advice: {word}.")


def _last(batch: Batch, *, strip: bool) -> Iterator[Fact]:
    past, last = batch.past or Past(), batch.last
    if past.bars and strip:
        yield Fact("last runs", (Code(past.strip), f" {past.words}"))
    if past.failures_in_row:
        since = f", since {shown(last.failing_since)}" if last and last.failing_since else ""
        yield Fact("failed in a row", f"{past.failures_in_row}{since}")
    if past.last_success:
        yield Fact("last success", shown(past.last_success))
    if past.usual_seconds:
        slow = f"; 19 of 20 took {format_duration(past.slow_seconds or 0)} at most" if past.good >= KEPT else ""
        yield Fact("usually takes", f"{format_duration(past.usual_seconds)}, of {past.good} good runs{slow}")
    if batch.expected_seconds:
        yield Fact("expected to take", f"{format_duration(batch.expected_seconds)} at most")
    if not batch.runs and not any(part.what == "its runs" for part in batch.unseen):
        yield Fact("runs", "none in the last 30 days" if batch.deployed else "none is known")


def _costs(batch: Batch) -> Iterator[Block]:
    costs, hour = batch.costs, batch.costs.hour
    region = [Fact("region", batch.priced.why)] if batch.priced.why else []
    if hour.dollars is None:
        yield Facts((Fact("a run", hour.words), *region))
        return
    facts = []
    if costs.run is not None and costs.worst is not None:
        facts.append(Fact("a run", f"{costs.run.words}, and {costs.worst.words.removeprefix('about ')} at worst"))
    if costs.month is not None:
        often = "once" if costs.times == 1 else f"{costs.times} times"
        facts.append(Fact("a month", f"{costs.month.words}: it is due {often} in 30 days"))
    facts.append(Fact("an hour", hour.words))
    if costs.machine is not None:
        parts = f"{TRANSITIONS} transitions and {CALLS} calls of its function"
        facts.append(Fact("its machine", f"{costs.machine.words} a run, beside Fargate: {parts}"))
    facts += [*region, Fact("price", f"{hour.source}. Fargate on demand only: {NOT_IN_IT}")]
    yield Facts(tuple(facts))


def _commands(batch: Batch) -> Iterator[str]:
    name, stage = batch.name, batch.manifest.stage
    options = "".join(f" -o {option.name}=…" for option in batch.manifest.options)
    if batch.deployed or (stage != LOCAL and not batch.asked_stage):
        yield f"batchwright run {name} -s {stage}{options}"
        yield f"batchwright runs {name} -s {stage}"
        yield f"batchwright logs {name}@latest -s {stage}"
    if batch.declared is not None:
        yield f"batchwright run {name} --local{options}"
    if batch.again:
        yield batch.again
