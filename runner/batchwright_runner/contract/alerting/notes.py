"""The messages of what was decided: in the runner's words, with the facts of the record. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from batchwright_runner.contract.alerting.known import KnownBatch, Outcome
from batchwright_runner.contract.alerting.message import Kind, Message
from batchwright_runner.contract.alerting.record import Repeats
from batchwright_runner.contract.alerting.settings import AlertSettings
from batchwright_runner.contract.alerting.text import FACT_LIMIT, SAID_LIMIT, clean, log_lines, took
from batchwright_runner.contract.command_lines import again_line, command_line
from batchwright_runner.contract.console import log_page, task_page
from batchwright_runner.contract.last import Last, RecordedEnd
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.moments import DATE, cell, moment, shown
from batchwright_runner.contract.stop_reasons import advice
from batchwright_runner.contract.tasks import name_of_run
from batchwright_runner.contract.verdicts import Row, word

AGAIN: Mapping[str, str] = {
    "safe": "Nothing of it has run: it is safe to run it again.",
    "ask": "It had begun to run: whether it may run again is for its owner to say.",
    "useless": "Running it again would end the same: fix the reason first.",
}
"""The sentence about a failed run, by whether running again makes sense."""
GOES_ON = "Run again, a workflow leaves out the steps that have succeeded."
RECOVERED, MISSED, LATE, WITH_HOST = "succeeded again", "did not run", "is taking too long", "stopped with its host"
"""How messages begin that no verdict's word begins."""


def of_failure(known: KnownBatch, outcome: Outcome, repeats: Repeats | None) -> Message:
    """The message of a failure, with its reason, advice and last lines.

    `repeats`: the failures with its verdict that nobody was told of yet, but for this one.
    """
    attempt, verdict, end, host = outcome.attempt, outcome.verdict, outcome.end, outcome.host
    whole, batch, log = known.whole, attempt.subject, ("", "")
    if host is not None:
        what, said = WITH_HOST, [f"Someone stopped it{f' on {host}, or that' if host else ', or its'} host went down."]
    else:
        what, said = word(verdict.row, verdict.code), [(whole.why if whole is not None else "") or verdict.why]
        said += [whole.left if whole is not None else advice(verdict, attempt.state.reason)]
    has_log = known.manifest is not None and bool(end.task) and verdict.row is not Row.NEVER_STARTED
    if has_log and isinstance(batch, BatchManifest):
        log = (batch.log_group, f"{batch.log_stream_prefix}/{batch.container}/")
    return _message(
        "failed",
        known,
        batch.name,
        what,
        end,
        said=[*said, AGAIN.get(verdict.again, "")],
        facts={
            **_took(end, outcome.before),
            "in a row": _in_a_row(outcome.after) if host is None else "",
            "more": _more(repeats, 1) if repeats is not None and repeats.runs else "",
            "last success": _last_success(outcome.before),
        },
        log=log,
        lines=log_lines(known.lines, lines_of(known, log[0])),
    )


def of_recovery(known: KnownBatch, batch: str, end: RecordedEnd, before: Last) -> Message:
    """The message of a run that ended well after failures."""
    row = "1 failure before" if before.failures == 1 else f"{_in_a_row(before).replace(',', ' before,')}"
    return _message("recovered", known, batch, RECOVERED, end, facts={**_took(end, before), "in a row": row})


def of_repeats(known: KnownBatch, batch: str, end: RecordedEnd, last: Last, repeats: Repeats, what: str) -> Message:
    """The message of the failures that were counted in an hour, of which this end is the last."""
    facts = {"in a row": _in_a_row(last), "more": _more(repeats, 0), "last success": _last_success(last)}
    return _message("failed", known, batch, what, end, facts=facts)


def of_due(kind: Kind, known: KnownBatch, batch: str, why: str, last: Last, due: datetime | None, run: str) -> Message:
    """The message of a due time that no run came for, or of a run that takes too long."""
    missed = kind == "missed"
    facts = {"last success": _last_success(last) if missed else "", "run": run}
    scheduled = due.isoformat() if missed and due is not None else ""
    return _message(kind, known, batch, MISSED if missed else LATE, said=[why], facts=facts, due=scheduled)


def of_test(settings: AlertSettings, by: str) -> Message:
    """The message by which someone tries the alerts."""
    said = clean(f"Nothing has happened. {by or 'Someone'} tries whether messages arrive.")[:SAID_LIMIT]
    title = f"test of the alerts of {settings.stage}"
    return Message(kind="test", project=settings.project, stage=settings.stage, title=title, sentences=(said,))


def lines_of(known: KnownBatch, log_group: str) -> int:
    """How many log lines a message has: none of a group that the stage does not make, which may not be read."""
    ask, ours = known.ask, log_group.startswith(f"/{known.settings.project}/{known.settings.stage}/")
    return 0 if not ours or ask.off else known.settings.lines if ask.lines is None else ask.lines


def _message(
    kind: Kind,
    known: KnownBatch,
    batch: str,
    what: str,
    end: RecordedEnd | None = None,
    *,
    said: Sequence[str] = (),
    facts: Mapping[str, str],
    log: tuple[str, str] = ("", ""),
    lines: tuple[str, ...] = (),
    due: str = "",
) -> Message:
    settings, manifest = known.settings, known.manifest
    owner = clean(manifest.owner) if manifest is not None else ""
    run = workflow = task = ""
    if end is not None:
        run = end.run if "@" in end.run or not end.run else f"{batch}@{end.run}"
        workflow, task = clean(end.workflow), end.task
    starts, task_id = workflow.partition("@")[0] or batch, task.rpartition("/")[2]
    again = clean(workflow.partition("@")[2] or (end.run if end is not None else "") or task_id)
    shows = name_of_run(batch, task) if task else workflow
    commands = [command_line("logs", shows, settings.stage)] if shows else []
    commands.append(command_line("runs", starts, settings.stage))
    if kind == "missed":
        commands.append(command_line("run", starts, settings.stage, *(("--scheduled", due) if due else ())))
    if kind == "failed" and again:
        commands.append(again_line(starts, settings.stage, again))
        said = [*said, GOES_ON if workflow else ""]
    shown_facts = {
        **({"ended": _ended(end)} if end is not None else {}),
        **facts,
        "owner": owner[:FACT_LIMIT],
        **({"run": clean(run)[:FACT_LIMIT]} if run else {}),
        "workflow": workflow[:FACT_LIMIT] if starts != batch else "",
    }
    links = {
        "runbook": clean(manifest.runbook)[:SAID_LIMIT] if manifest is not None else "",
        "task": task_page(settings.region, settings.cluster, task_id) if task else "",
        "log": log_page(settings.region, log[0], f"{log[1]}{task_id}") if log[0] else "",
    }
    return Message(
        kind=kind,
        project=settings.project,
        stage=settings.stage,
        title=f"{what}: {batch} in {settings.stage}",
        batch=batch,
        owner=owner,
        verdict=end.verdict if end is not None else "",
        run=clean(run) or facts.get("run", ""),
        task=task,
        sentences=tuple(clean(text)[:SAID_LIMIT] for text in said if text),
        facts=tuple((name, text) for name, text in shown_facts.items() if text),
        links=tuple((name, url) for name, url in links.items() if url),
        commands=tuple(commands),
        lines=lines,
    )


def _ended(end: RecordedEnd) -> str:
    """When a run ended, and for when it was due: ``2026-11-24 02:42 JST, due 02:30``."""
    due = moment(end.scheduled)
    if due is None:
        return shown(end.ended)
    same_day = cell(due, DATE) == cell(end.ended, DATE)
    return f"{shown(end.ended)}, due {cell(due, '%H:%M') if same_day else shown(due)}"


def _more(repeats: Repeats, this: int) -> str:
    return f"{repeats.runs + this} more with this end since {shown(repeats.since)}"


def _took(end: RecordedEnd, before: Last) -> dict[str, str]:
    usual = f", usually {took(round(before.usual_seconds))}" if before.usual_seconds else ""
    return {"took": f"{took(end.seconds)}{usual}" if end.seconds else ""}


def _in_a_row(last: Last) -> str:
    if last.failures < 2:
        return "first failure" if last.failures else ""
    return f"{last.failures} failures, since {shown(last.failing_since)}"


def _last_success(last: Last) -> str:
    return shown(last.succeeded) if last.succeeded else "none seen"
