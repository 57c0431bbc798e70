"""What is known of one run, as a document and as JSON. Pure."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from batchwright_runner.contract.command_lines import command_line
from batchwright_runner.contract.duration import format_duration
from batchwright_runner.contract.moments import SECONDS, SHORT, cell, head, shown
from batchwright_runner.contract.run import Attempt, Run
from batchwright_runner.contract.run_entry import entry_of
from batchwright_runner.contract.starters import who_started
from batchwright_runner.contract.stop_reasons import advice
from batchwright_runner.contract.tasks import given_to
from batchwright_runner.contract.verdicts import Row
from batchwright_runner.host.cost.cost import NOT_IN_IT, Cost, billed, of_run, total
from batchwright_runner.host.fargate.end import log_link, task_link
from batchwright_runner.host.runs.phases import phases
from batchwright_runner.workbench.page.batch import AskedRun, size_of
from batchwright_runner.workbench.page.document import Commands, Document, Fact, Facts, Link, Section, Table

MOMENTS = {
    "createdAt": "asked for",
    "pullStartedAt": "pull begun",
    "startedAt": "started",
    "stoppingAt": "stop begun",
    "executionStoppedAt": "containers ended",
    "stoppedAt": "ended",
}
"""ECS's moments, in the words that are shown."""


def document_of(described: AskedRun, now: datetime) -> Document:
    """A run on one page."""
    run, attempt, manifest = described.run, described.attempt, described.run.manifest
    times = attempt.state.times
    moments = [Fact(words, shown(times[name], SECONDS)) for name, words in MOMENTS.items() if name in times]
    of_all = (Fact("attempt", f"{attempt.number} of {len(run.attempts)}"),) if len(run.attempts) > 1 else ()
    sections = [
        Section("How it went", (Facts(tuple(_result(run, now))), *_attempts(run, now))),
        Section("When", (Facts((*of_all, *moments)), *_phases(attempt, now))),
        Section("What ran", (Facts(tuple(_what(described, now))),)),
        *_containers(attempt),
        *([Section("Its last lines", (Commands(described.lines),))] if described.lines else []),
        Section("What to do", (Commands(tuple(_commands(described))),)),
    ]
    head = [
        Fact("batch", manifest.batch),
        Fact("run id", run.started_by or "none"),
        Fact("started by", who_started(run.backfill or run.started_by)),
        *([Fact("backfill", run.backfill)] if run.backfill else []),
        Fact("owner", manifest.owner),
        *([Fact("runbook", Link("", manifest.runbook))] if manifest.runbook else []),
        Fact("known from", _known_from(attempt)),
    ]
    return Document(f"Run {attempt.name} in {manifest.stage}", tuple(head), tuple(sections))


def data_of(described: AskedRun, now: datetime) -> dict[str, Any]:
    """A run as ``--json`` prints it."""
    run, attempt = described.run, described.attempt
    result, cost, size = run.verdict, cost_of(run, now), size_of(attempt.task, attempt.manifest)
    return {
        **entry_of(run, now.timestamp()),
        "stage": run.manifest.stage,
        "why": result.why if result else "",
        "cost": {**cost.to_dict(), "source": cost.source, "not_in_it": NOT_IN_IT},
        "execution": run.execution,
        "attempt": attempt.number,
        "task_arn": attempt.arn if attempt.has_task else "",
        "exit_code": attempt.state.exit_code,
        "stop_code": attempt.state.stop_code,
        "image_digest": attempt.state.image_digest,
        "times": dict(attempt.state.times),
        "phases": {name: round(took, 3) for name, took in _took(attempt, now).items()},
        "size": None if size is None else asdict(size),
        "overrides": _overrides(attempt),
        "in_ecs": attempt.in_ecs,
        "last_lines": list(described.lines),
        "links": _links(attempt),
    }


def cost_of(run: Run, now: datetime) -> Cost:
    """What a run has cost, or costs until now, with all its attempts."""
    took = [(task, billed(task.state.times, None if task.state.ended else now.timestamp())) for task in run.attempts]
    sizes = [(size_of(task.task, task.manifest), seconds) for task, seconds in took if seconds is not None]
    costs = [of_run(size, run.manifest.region, seconds) for size, seconds in sizes]
    return total(costs) if costs else Cost(None, "nothing was billed: no image pull had begun")


def _known_from(attempt: Attempt) -> str:
    if not attempt.has_task:
        return "Step Functions: it has no task"
    return "ECS, which knows it for an hour after its end" if attempt.in_ecs else "the stage's history"


def _result(run: Run, now: datetime) -> Iterator[Fact]:
    verdict, seconds, reason = run.verdict, run.seconds(now.timestamp()), run.last.state.reason
    going_on = f"in progress: {run.last.word}{', being stopped' if run.last.stopping else ''}"
    yield Fact("result", f"exit {verdict.code}: {verdict.why}" if verdict else going_on)
    if seconds is not None:
        yield Fact("takes until now" if run.in_progress else "took", format_duration(seconds))
    if reason:
        yield Fact("reason", reason)
    if word := advice(verdict, reason) if verdict else "":
        yield Fact("advice", word)
    if verdict and not run.succeeded:
        yield Fact("run again", {"safe": "safe", "ask": "ask: it had begun", "useless": "useless"}[verdict.again])


def _attempts(run: Run, now: datetime) -> Sequence[Table]:
    """The attempts of a run that has several."""
    rows = tuple(
        (
            str(attempt.number),
            attempt.name,
            cell(attempt.created, SHORT),
            "-" if (seconds := attempt.seconds(now.timestamp())) is None else format_duration(seconds),
            attempt.word,
        )
        for attempt in run.attempts
    )
    started = head("STARTED", (attempt.created for attempt in run.attempts))
    return (Table(("ATTEMPT", "RUN", started, "TOOK", "RESULT"), rows),) if len(rows) > 1 else ()


def _took(attempt: Attempt, now: datetime) -> dict[str, float]:
    return phases(attempt.state.times, None if attempt.state.ended else now.timestamp())


def _phases(attempt: Attempt, now: datetime) -> Sequence[Table]:
    rows = tuple((name, format_duration(took)) for name, took in _took(attempt, now).items())
    return (Table(("WHERE THE TIME WENT", ""), rows),) if rows else ()


def _what(described: AskedRun, now: datetime) -> Iterator[Fact]:
    attempt, manifest, image = described.attempt, described.attempt.manifest, described.attempt.manifest.image
    digest = attempt.state.image_digest
    yield Fact("image", f"{image.repository}@{digest}" if digest and image.repository else digest or "not known")
    size = size_of(attempt.task, manifest)
    yield Fact("size", size.words if size is not None else "not known")
    cost, attempts = cost_of(described.run, now), len(described.run.attempts)
    of_all = f", of all {attempts} attempts" if attempts > 1 else ""
    yield Fact("cost", f"{cost.words}{of_all}. Fargate only: {NOT_IN_IT}" if cost.dollars is not None else cost.words)
    overrides = _overrides(attempt)
    if overrides["command"]:
        yield Fact("command", shlex.join(overrides["command"]))
    options = {option.name for option in manifest.options}
    for name, value in overrides["environment"].items():
        # A value that was given with -e may be private.
        yield Fact(f"-o {name}" if name in options else f"-e {name}", value if name in options else "given")
    if definition := str(attempt.task.get("taskDefinitionArn", "")):
        yield Fact("task definition", definition.rpartition("/")[2])
    for name, word in (("availabilityZone", "zone"), ("platformVersion", "platform")):
        if attempt.task.get(name):
            yield Fact(word, str(attempt.task[name]))
    for name, url in _links(attempt).items():
        yield Fact(name, Link("", url))


def _overrides(attempt: Attempt) -> dict[str, Any]:
    """What was given to this attempt: its command, and its variables but for those of the runner itself."""
    overrides = given_to(attempt.task, attempt.manifest.container)
    options = {option.name for option in attempt.manifest.options}
    return {
        "command": list(overrides.command),
        "environment": {name: value if name in options else "" for name, value in overrides.own.items()},
    }


def _containers(attempt: Attempt) -> Sequence[Section]:
    rows = []
    for container in attempt.task.get("containers") or []:
        status, code = str(container.get("lastStatus", "")).lower(), container.get("exitCode")
        reason = str(container.get("reason", ""))
        rows.append((str(container.get("name")), status, "-" if code is None else str(code), reason))
    table = Table(("CONTAINER", "STATUS", "EXIT CODE", "REASON"), tuple(rows))
    return (Section("Containers", (table,)),) if len(rows) > 1 else ()


def _links(attempt: Attempt) -> dict[str, str]:
    if not attempt.has_task:
        return {}
    return {"task": task_link(attempt.manifest, attempt.arn), "log": log_link(attempt.manifest, attempt.arn)}


def _commands(described: AskedRun) -> Iterator[str]:
    attempt, name, manifest = described.attempt, described.attempt.name, described.run.manifest
    never = attempt.verdict is not None and attempt.verdict.row is Row.NEVER_STARTED
    if never or attempt.has_task:  # what has not begun has no log
        verb, subject = ("verify", manifest.batch) if never else ("logs", name)
        yield command_line(verb, subject, manifest.stage)
    if attempt.verdict is None:
        yield from (command_line(verb, name, manifest.stage) for verb in ("attach", "stop"))
    if described.again:
        yield described.again
