"""The notice of an end: in the runner's words, with the facts of the record. Pure."""

from dataclasses import replace

from batchwright_runner.contract.alerting.known import KnownBatch, Outcome
from batchwright_runner.contract.judgment.ending import stop_request
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.notices.note import Kind, Notice
from batchwright_runner.contract.notices.rules import Ask
from batchwright_runner.contract.notices.text import log_lines
from batchwright_runner.contract.run import Attempt
from batchwright_runner.contract.stop_reasons import advice
from batchwright_runner.contract.verdicts import Row, Verdict

HOST_SIGNALS = (1, 15)
"""SIGHUP and SIGTERM: what a host gives to all its programs when it goes down."""


def failure_of(known: KnownBatch, outcome: Outcome) -> Notice:
    """The notice of a failure, with its reason, advice and last lines."""
    attempt, verdict, whole = outcome.attempt, outcome.verdict, known.whole
    notice = notice_of("failed", known, outcome)
    return replace(
        notice,
        why=(whole.why if whole is not None else "") or verdict.why,
        advice=whole.left if whole is not None else advice(verdict, attempt.state.reason),
        again=verdict.again,
        lines=log_lines(tuple(known.lines), lines_of(known.ask, attempt.manifest, known.settings.lines))
        if notice.stream
        else (),
    )


def notice_of(kind: Kind, known: KnownBatch, outcome: Outcome) -> Notice:
    """The notice of any end."""
    attempt, verdict, end, before = outcome.attempt, outcome.verdict, outcome.end, outcome.before
    counted, batch = before if end.good else outcome.after, attempt.subject
    log_group = stream = ""
    has_log = bool(end.task) and known.manifest is not None and verdict.row is not Row.NEVER_STARTED
    if has_log and isinstance(batch, BatchManifest):
        log_group = batch.log_group
        stream = f"{batch.log_stream_prefix}/{batch.container}/{end.task.rpartition('/')[2]}"
    host = stopped_with_host(attempt, verdict)
    return replace(
        known.notice(kind, batch.name),
        run=end.run,
        workflow=end.workflow,
        task=end.task,
        verdict=end.verdict,
        code=end.code,
        why=_of_host(host or "") if kind == "stopped" else "",
        again=verdict.again if kind == "stopped" else "",
        seconds=end.seconds,
        usual=round(before.usual_seconds or 0),
        failures=counted.failures,
        failing_since=counted.failing_since,
        succeeded=before.succeeded,
        log_group=log_group,
        stream=stream,
    )


def stopped_with_host(attempt: Attempt, verdict: Verdict) -> str | None:
    """The host of a runner that was told to stop while no person sat at it, empty where it is not known; else none."""
    if verdict.row is not Row.SIGNAL:
        return None
    request = stop_request(attempt.state.reason)
    if request is None or request.by != "signal" or request.signal not in HOST_SIGNALS or request.attended:
        return None
    return request.host


def _of_host(host: str) -> str:
    return f"Someone stopped it{f' on {host}, or that' if host else ', or its'} host went down."


def lines_of(ask: Ask, manifest: BatchManifest, usual: int) -> int:
    """How many log lines a message has: none of a group that the stage does not make, which may not be read."""
    ours = manifest.log_group.startswith(f"/{manifest.project}/{manifest.stage}/")
    return 0 if not ours or ask.off else usual if ask.lines is None else ask.lines
