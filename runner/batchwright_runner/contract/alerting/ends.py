"""The end that an event is about: of a task or of an execution, judged as the runner judges it. Pure."""

from collections.abc import Iterable, Sequence

from batchwright_runner.contract.alerting.events import ExecutionEnded, TaskEnded
from batchwright_runner.contract.alerting.settings import AlertSettings
from batchwright_runner.contract.judgment.ending import ending_of, stop_request
from batchwright_runner.contract.judgment.retries import ATTEMPT_WITHIN, after, pause_before_retry, why_again
from batchwright_runner.contract.last import RecordedEnd
from batchwright_runner.contract.manifest import BatchManifest, ManifestError
from batchwright_runner.contract.moments import utc
from batchwright_runner.contract.run import Attempt
from batchwright_runner.contract.sizes import AWS
from batchwright_runner.contract.starters import who_started
from batchwright_runner.contract.verdicts import Row, Verdict, name

UNCOUNTED = frozenset({Row.OVERLAP, Row.PAUSED, Row.SIGNAL, Row.STOPPED_BY_OTHERS})
"""Ends that are neither a success nor a failure of the batch: it gave way, or someone stopped it."""


def verdict_of_run(attempt: Attempt, others: Sequence[Attempt] = ()) -> Verdict | None:
    """What an attempt's end means for its run: to run it again is not safe where an earlier attempt had begun."""
    begun = sum(other.state.began for other in _earlier(attempt, others))
    return None if attempt.verdict is None else after(begun, attempt.verdict)


def end_of(attempt: Attempt, verdict: Verdict, others: Sequence[Attempt] = ()) -> RecordedEnd:
    """The end of a run, as it is recorded.

    `others`: its other attempts, as far as they are known: it has begun with the first of them.
    """
    ended = attempt.ended or attempt.created
    attempts = [attempt, *_of_its_run(attempt, others)]
    created = min(each.created for each in attempts)
    return RecordedEnd(
        ended=utc(ended),
        verdict=name(verdict.row, verdict.code),
        code=verdict.code,
        run=attempt.started_by,
        task=attempt.arn if attempt.has_task else "",
        seconds=max(0, round(ended - created)) if created else 0,
        counts=verdict.row not in UNCOUNTED,
        started=utc(created) if created else "",
        scheduled=attempt.scheduled,
        by=AWS if attempt.execution else who_started(attempt.started_by),
        began=any(each.state.began for each in attempts)
        or (not attempt.has_task and verdict.row not in (Row.NEVER_STARTED, *_NOT_RUN)),
    )


HOST_SIGNALS = (1, 15)
"""SIGHUP and SIGTERM: what a host gives to all its programs when it goes down."""
_NOT_RUN = (Row.OVERLAP, Row.PAUSED, Row.USAGE)


def may_be_tried_again(attempt: Attempt, others: Sequence[Attempt] = ()) -> str:
    """Why the runner makes another attempt after this one; empty where it does not.

    A machine makes its own attempts, and hands over what is left of them; no one else repeats a task.
    """
    verdict = attempt.verdict
    if verdict is None or attempt.execution or attempt.attempt_of == attempt.arn:
        return ""
    before = sorted(_earlier(attempt, others), key=lambda other: other.created, reverse=True)
    rows = [other.verdict.row if other.verdict is not None else None for other in before]
    failed_starts = next((at for at, row in enumerate(rows) if row is not Row.NEVER_STARTED), len(rows)) + 1
    retried = sum(other.state.began for other in before)
    ending = ending_of(attempt.manifest.container, attempt.state)
    return why_again(attempt.manifest, verdict, ending, failed_starts=failed_starts, retried=retried)


def is_followed(attempt: Attempt, others: Iterable[Attempt]) -> bool:
    """Whether its run has a later attempt already, whose end says what became of the run."""
    return any(other.created > attempt.created for other in _of_its_run(attempt, others))


def tried_again_until(attempt: Attempt) -> float:
    """Until when another attempt begins, if one does, in seconds since 1970."""
    verdict = attempt.verdict
    pause = 0
    if verdict is not None and isinstance(attempt.subject, BatchManifest):
        pause = pause_before_retry(attempt.subject, verdict)
    return (attempt.ended or attempt.created) + ATTEMPT_WITHIN + pause


def stopped_with_host(attempt: Attempt, verdict: Verdict) -> str | None:
    """The host of a runner that was told to stop while no person sat at it, empty where it is not known; else none."""
    request = stop_request(attempt.state.reason) if verdict.row is Row.SIGNAL else None
    if request is None or request.by != "signal" or request.signal not in HOST_SIGNALS or request.attended:
        return None
    return request.host


def unknown_manifest(event: TaskEnded | ExecutionEnded, settings: AlertSettings) -> BatchManifest | None:
    """A manifest made of an event, for a batch that has none that can be read; none where no batch has such a name.

    What has a family, or a machine, with the stage's prefix is the stage's, whoever started it.
    """
    place, path = f"{settings.region}:{settings.account}", f"/{settings.project}/{settings.stage}/{event.batch}"
    partition, family = event.arn.split(":")[1], f"{settings.prefix}-{event.batch}"
    try:
        return BatchManifest(
            project=settings.project,
            stage=settings.stage,
            batch=event.batch,
            owner="unknown",
            cluster=settings.cluster,
            task_definition=f"arn:{partition}:ecs:{place}:task-definition/{family}:0",
            container=event.container if isinstance(event, TaskEnded) else "main",
            essential=(),
            subnets=("subnet-0",),
            machine=f"arn:{partition}:states:{place}:stateMachine:{family}",
            log_group=path,
            log_stream_prefix="run",
        )
    except ManifestError:
        return None


def _of_its_run(attempt: Attempt, others: Iterable[Attempt]) -> list[Attempt]:
    return [other for other in others if other.arn != attempt.arn and other.attempt_of == attempt.attempt_of]


def _earlier(attempt: Attempt, others: Iterable[Attempt]) -> list[Attempt]:
    return [other for other in _of_its_run(attempt, others) if other.created <= attempt.created and not other.gave_way]
