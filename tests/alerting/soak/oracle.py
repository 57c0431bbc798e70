"""What docs/alerts.md promises for what happened in a night. Pure; it knows the night, and nothing of the function."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tests.alerting.soak.generate import ATTEMPT_WITHIN
from tests.alerting.soak.plan import AGAIN, MANNERS, Attempt, Batch, Night, Run

HOUR = FORGETS = 3600
VISIBILITY = 180
"""Seconds after which a message is received again."""


@dataclass(frozen=True, kw_only=True)
class Decided:
    """The end of a run, and between which moments it is decided what is reported of it.

    Attributes:
        run: The run.
        first: The earliest.
        last: The latest.
        known: Its attempts before the last one that are known then.
    """

    run: Run
    first: float
    last: float
    known: Sequence[Attempt] = ()

    @property
    def ended(self) -> int:
        """When the run ended."""
        return ended(self.run)

    @property
    def seconds(self) -> int:
        """How long the run took, as its record has it: from the first of its attempts that is known."""
        return self.ended - min(attempt.begin for attempt in (*self.known, self.run.last))


@dataclass
class Promise:
    """How many ends of a batch must be reported with some words, and how many may be.

    Attributes:
        least: So many must be.
        most: So many may be.
        runs: The runs that these are.
        dropped: Of these, those that a recovery reported by their number alone.
    """

    least: int = 0
    most: int = 0
    runs: list[str] = field(default_factory=list)
    dropped: int = 0


Promises = Mapping[tuple[str, str], Promise]
"""Batch and words to what is promised."""


def promises(night: Night, troubles: Sequence[float]) -> Promises:
    """What is promised of a night.

    Args:
        night: The night.
        troubles: Moments at which the table did not do what it was asked.
    """
    promised: dict[tuple[str, str], Promise] = {}
    for batch in night.batches.values():
        _ends(night, batch, troubles, promised)
        _forgotten(night, batch, troubles, promised)
    for extra in night.extras:
        promise = promised.setdefault((extra.batch, extra.words), Promise())
        promise.least += extra.least
        promise.most += 1
    return promised


def _ends(night: Night, batch: Batch, troubles: Sequence[float], promised: dict[tuple[str, str], Promise]) -> None:
    """What is promised of the ends of a batch's runs."""
    ends = sorted(decided(night, batch), key=lambda end: end.first)
    counted: dict[str, tuple[float, int]] = {}
    for end in ends:
        before = [other for other in ends if other is not end and other.last < end.first]
        unsure = [other for other in ends if other is not end and other.first <= end.last and other.last >= end.first]
        with_all, without = _words(batch, end, [*before, *unsure]), _words(batch, end, before)
        troubled = any(_touches(night, end, moment) for moment in troubles)
        alone = {_words(batch, end, [])} if troubled else set()  # decided without the table
        for words in ({with_all, without} | alone) - {""}:
            promise = promised.setdefault((batch.name, words), Promise())
            promise.least += words == with_all == without
            promise.most += 1 + troubled
            promise.runs.append(end.run.id)
            if end.run.manner.message == "failed":
                at, more = _after_the_hour(*counted.get(words, (float("-inf"), 0)), end.first)
                counted[words] = (at, more + 1) if end.first < at + HOUR + 120 else (end.first, 0)
        if "succeeded again" in (with_all, without):
            for words in counted.keys() - {"overlap", "stopped with its host"}:
                promised[batch.name, words].dropped += _after_the_hour(*counted.pop(words), end.first)[1]


def _after_the_hour(at: float, more: int, now: float) -> tuple[float, int]:
    """When a verdict was last reported, and how many ends of it were not reported since."""
    return (at + HOUR, 0) if more and now >= at + HOUR + 120 else (at, more)


def _forgotten(night: Night, batch: Batch, troubles: Sequence[float], promised: dict[tuple[str, str], Promise]) -> None:
    """An attempt that was followed may be reported where ECS has forgotten the next one, and the table fails, too."""
    attempts = {
        attempt.id: (run, attempt) for run in night.runs for attempt in run.attempts[:-1] if run.batch == batch.name
    }
    for delivery in night.deliveries:
        run, attempt = attempts.get(delivery.of, (None, None))
        if run is None or attempt is None or delivery.at < run.last.stopped + FORGETS:
            continue
        if any(delivery.at - 5 <= moment <= delivery.at + HOUR for moment in troubles):
            promise = promised.setdefault((batch.name, MANNERS[attempt.manner].words), Promise())
            promise.most += 1
            promise.runs.append(run.id)


def _touches(night: Night, end: Decided, moment: float) -> bool:
    """Whether a failure of the table came while it was decided about an end, or while its event came once more."""
    came = (delivery.at for delivery in night.deliveries if delivery.of == end.run.last.id)
    return end.first - 5 <= moment <= end.last + 5 or any(at - 5 <= moment <= at + 5 for at in came)


def _words(batch: Batch, end: Decided, known: Sequence[Decided]) -> str:
    """How the message about an end begins, by what is known of the batch's other ends; empty for no message."""
    manner = end.run.manner
    if batch.off:
        return ""
    if manner.verdict == "Batchwright.Overlap":
        return manner.words
    if not manner.counts:
        return manner.words
    others = [other for other in known if other.run.manner.verdict != "Batchwright.Overlap"]
    if end.run.last.manner != "good":
        enough = batch.after_failures == 1 or _row([*others, end]) >= batch.after_failures
        return manner.words if enough else ""
    newest = all(other.ended < end.ended for other in others)
    return "succeeded again" if newest and _row(others) >= batch.after_failures else ""


def _row(ends: Sequence[Decided]) -> int:
    """How many runs have failed since the last good one."""
    last = max((end.ended for end in ends if _good(end)), default=0)
    return sum(end.run.manner.counts and not _good(end) and end.ended > last for end in ends)


def _good(end: Decided) -> bool:
    return end.run.last.manner == "good"


def decided(night: Night, batch: Batch) -> Iterator[Decided]:
    """The ends of a batch's runs, and when it is decided about each of them."""
    first: dict[tuple[str, str], float] = {}
    for delivery in night.deliveries:
        first.setdefault((delivery.what, delivery.of), delivery.at)
    for run in night.runs:
        if run.batch != batch.name:
            continue
        heard = _heard(run, first)
        may_wait = _may_be_tried_again(batch, run)
        waits = run.last.ended + ATTEMPT_WITHIN + (batch.pause if may_wait == "declared" else 0) if may_wait else 0
        begin = max(heard, waits)
        last = begin + 65 if begin > heard else begin
        if run.starter == "machine" and run.last.manner != "good":
            last += 90  # it may be handed over before it has ended, and is looked at again by the clock
        known = [attempt for attempt in run.attempts if _is_known(run, attempt, first, begin)]
        yield Decided(run=run, first=begin, last=_put_off(night, begin, last), known=known)


def _is_known(run: Run, attempt: Attempt, first: Mapping[tuple[str, str], float], at: float) -> bool:
    """Whether an attempt is known at a moment: its event has come, ECS knows it, or the machine has counted from it."""
    of_machine = run.starter == "machine"
    asked = run.last.manner != "good" if of_machine else attempt.stopped + FORGETS > at
    return asked or first.get(("task", attempt.id), at) < at


def _heard(run: Run, first: Mapping[tuple[str, str], float]) -> float:
    """When the function first hears of the end of a run."""
    if run.starter == "machine" and run.last.manner != "good":
        return min(first.get((kind, run.last.id), float("inf")) for kind in ("handed", "execution"))
    return first["task", run.last.id]


def _put_off(night: Night, begin: float, last: float) -> float:
    """Until when a decision may be put off: by table or topic that fail; one that waits, by a clock standing still."""
    kinds = ("table", "sns", "clock") if last > begin else ("table", "sns")
    for span in sorted(night.spans, key=lambda span: span.begin):
        if span.what in kinds and span.touches(begin - 5, last + 5):
            last = max(last, span.end + VISIBILITY + 70)
    return last + 5


def _may_be_tried_again(batch: Batch, run: Run) -> str:
    """Why another attempt might follow the last one of a run; empty where none could."""
    if run.starter not in ("person", "rundeck", "cron"):
        return ""
    begun = [attempt for attempt in run.attempts[:-1] if attempt.manner != "capacity"]
    if run.last.manner == "capacity":
        starts = 1
        for attempt in reversed(run.attempts[:-1]):
            if attempt.manner != "capacity":
                break
            starts += 1
        return "capacity" if starts < 3 else ""
    return "declared" if run.last.manner in AGAIN and len(begun) < batch.retries else ""


def ended(run: Run) -> int:
    """When a run ended, as its record has it."""
    if run.starter == "machine" and run.last.manner != "good":
        return run.last.stopped + 1
    return run.last.ended
