"""Makes a night of a seed. Pure: a seed always gives the same night."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from tests.alerting.soak.plan import (
    AGAIN,
    MANNERS,
    STARTERS,
    Attempt,
    Batch,
    Delivery,
    Extra,
    Night,
    Run,
    Span,
    Starter,
    Times,
)

NIGHTS = ("2026-10-24T18", "2027-03-27T18", "2026-10-31T22", "2027-03-14T00", "2026-11-24T18")
"""When nights begin, in UTC; in four of them clocks change, in Berlin or in New York."""
HOURS = 12
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Tokyo", "UTC")
REST = 4 * 3600
"""Seconds after the last run in which all that waits is sent."""
GRACE = 600
"""Seconds within which a run that is due should have begun (docs/schedules.md)."""
ATTEMPT_WITHIN = 300
"""Seconds after an attempt's end, and the declared pause, within which another one begins (docs/running.md)."""
BAD = ("exit 3", "exit 4", "exit 75", "memory", "image", "spot", "timeout", "no code")
SILENT = ("terminal", "ctrl-c", "alice", "console", "gave way")
HOSTS = ("rundeck-01", "rundeck-02", "laptop")


class Maker:
    """Makes one night.

    Args:
        seed: Its seed.
        count: How many runs it has, about.
    """

    def __init__(self, seed: int, count: int) -> None:
        self.chance = Random(seed)
        self.seed, self.count = seed, count
        begin = datetime.fromisoformat(f"{NIGHTS[seed % len(NIGHTS)]}:00:00+00:00")
        self.begin = int(begin.timestamp())
        self.until = self.begin + HOURS * 3600
        self.runs: list[Run] = []
        self.spans: list[Span] = []
        self.extras: list[Extra] = []

    def night(self) -> Night:
        """Makes it."""
        batches = {f"b{at:02}": self._batch(at) for at in range(40)}
        for batch in batches.values():
            if batch.times is not None:
                self._scheduled(batch, batch.times)
        loose = [batch for batch in batches.values() if batch.times is None]
        more = max(0, self.count - len(self.runs))
        for place, batch in enumerate(loose):
            self._loose(batch, more // len(loose) + (place < more % len(loose)))
        end = max([self.until, *(run.last.stopped for run in self.runs)]) + REST
        self._trouble()
        return Night(
            seed=self.seed,
            begin=self.begin,
            end=end,
            batches=batches,
            runs=sorted(self.runs, key=lambda run: run.last.end),
            deliveries=sorted([*self._deliveries(batches), *self._ticks(end)], key=lambda delivery: delivery.at),
            spans=self.spans,
            extras=[replace(extra, least=extra.least and self._sure(extra)) for extra in self.extras],
        )

    def _batch(self, at: int) -> Batch:
        chance, starter = self.chance, STARTERS[at % 5]
        batch = Batch(
            name=f"b{at:02}",
            starter=starter,
            owner=chance.choice(["sre", "finance", "data"]),
            overlap="forbid" if chance.random() < 0.4 else "allow",
        )
        if starter in ("rundeck", "cron", "machine") and at // 5 % 2 == 0:
            return replace(batch, times=self._times(at), expected=chance.choice([900, 1500]))
        if starter in ("person", "rundeck", "rule") and chance.random() < 0.08:
            return replace(batch, removed=True)
        retries = chance.choice([0, 0, 1, 2]) if starter != "rule" else 0
        return replace(
            batch,
            retries=retries,
            pause=chance.choice([0, 60, 200]) if retries else 0,
            after_failures=chance.choice([1, 1, 1, 1, 2, 3]),
            off=chance.random() < 0.04,
            expected=1200 if chance.random() < 0.2 else 0,
            overlap="wait" if starter == "machine" else batch.overlap,
        )

    def _times(self, at: int) -> Times:
        hours = (tuple(range(24)), tuple(range(0, 24, 2)), (1, 2, 3, 4))[at // 10 % 3]
        return Times(minute=self.chance.randrange(60), hours=hours, zone=self.chance.choice(ZONES))

    # Runs without a schedule.

    def _loose(self, batch: Batch, count: int) -> None:
        chance = self.chance
        usual = chance.randint(60, 600)
        moments = sorted(chance.sample(range(self.begin + 60, self.until - 1800, 7), count))
        mood = chance.choice([0.1, 0.3, 0.6])
        for moment in moments:
            manner = self._manner(batch, mood)
            long = 3 * usual + 700 if manner == "good" and chance.random() < 0.08 else 0
            self._run(batch, moment, long or usual + chance.randint(-usual // 10, usual // 10), manner)

    def _manner(self, batch: Batch, mood: float) -> str:
        chance = self.chance
        bad = [*BAD[:4], *BAD] + (["capacity"] if batch.retries else [])
        if batch.overlap == "wait" and chance.random() < 0.15:
            return "gave up"
        if chance.random() < mood:
            return chance.choice(bad)
        if chance.random() < 0.08:
            return "host" if batch.starter in ("person", "rundeck", "cron") else "console"
        if chance.random() < 0.08:
            return chance.choice(SILENT) if batch.starter in ("person", "rundeck", "cron") else "console"
        return "good"

    def _run(
        self, batch: Batch, begin: int, takes: int, manner: str, *, starter: Starter | None = None, due: int = 0
    ) -> Run:
        """A run that begins and ends so; where its batch tries again, further attempts before that end."""
        starter = starter or batch.starter
        attempts: list[Attempt] = []
        if batch.retries and manner not in (*SILENT, "gave up"):
            for _ in range(self.chance.choice([0, 0, 1, batch.retries])):
                attempts.append(self._attempt(begin, takes, self.chance.choice([*AGAIN, "capacity"])))
                paused = 0 if attempts[-1].manner == "capacity" else batch.pause
                begin = attempts[-1].ended + paused + self.chance.randint(2, ATTEMPT_WITHIN - 40)
        attempts = self._allowed(batch, attempts)
        attempts.append(self._attempt(begin, takes, manner))
        run = Run(batch=batch.name, id=self._id(batch, starter), starter=starter, attempts=attempts, due=due)
        self.runs.append(self._apart(run))
        return run

    def _allowed(self, batch: Batch, attempts: list[Attempt]) -> list[Attempt]:
        """As many as the runner makes: so many retries, and three starts in a row."""
        begun = [attempt for attempt in attempts if attempt.manner != "capacity"]
        return attempts if len(begun) <= batch.retries and len(attempts) - len(begun) <= 2 else []

    def _attempt(self, begin: int, takes: int, manner: str) -> Attempt:
        end = begin + (takes if MANNERS[manner].begins else 30)
        host = self.chance.choice(HOSTS)
        return Attempt(id=f"{self.chance.getrandbits(128):032x}", begin=begin, end=end, manner=manner, host=host)

    def _id(self, batch: Batch, starter: Starter) -> str:
        number = len(self.runs)
        return {
            "person": f"run-{number:012x}/alice/laptop",
            "rundeck": f"rundeck/batches/{number}",
            "cron": f"run-{number:012x}/root/host-01",
            "machine": f"nightly-{number}",
            "rule": f"events-rule/{batch.name}",
        }[starter]

    def _apart(self, run: Run) -> Run:
        """No two ends of a batch come in one second: then which was the last would be open."""
        taken = {attempt.ended for other in self.runs if other.batch == run.batch for attempt in other.attempts}
        last = run.last
        while last.ended in taken:
            last = replace(last, end=last.end + 1)
        return replace(run, attempts=[*run.attempts[:-1], last])

    # Runs that are due.

    def _scheduled(self, batch: Batch, times: Times) -> None:
        first, last = self.begin + 1200, self.until - 5400
        self.spans.append(Span(what="pause", begin=self.begin, end=first, of=batch.name))
        self.spans.append(Span(what="pause", begin=last + 1, end=self.until + 24 * 3600, of=batch.name))
        moments = list(due_times(times, first, last))
        fates = {
            **FATES,
            **(FORBIDDEN if batch.overlap == "forbid" else {}),
            **(SLOW_STARTS if batch.expected > 1400 else {}),
        }
        for due in moments:
            weights = [weight for weight, _ in fates.values()]
            _, fate = self.chance.choices(list(fates.values()), weights)[0]
            fate(self, batch, due)

    def due_run(self, batch: Batch, due: int, takes: float, manner: str = "good", *, after: int = 0) -> Run:
        """The run that is due, by who starts the batch; it takes a share of what is expected."""
        begin = due + after + self.chance.randint(1, 40)
        says = due if batch.starter in ("rundeck", "machine") else 0
        return self._run(batch, begin, int(takes * batch.expected), manner, due=says)

    def by_hand(self, batch: Batch, begin: int, takes: float) -> Run:
        """A good run by a person, who says of no time that it was due then."""
        return self._run(batch, begin, int(takes), "good", starter="person")

    def promise(self, batch: Batch, words: str, at: float) -> None:
        """A message about a due time."""
        self.extras.append(Extra(batch=batch.name, words=words, at=at))

    def missed(self, batch: Batch, due: int) -> None:
        """Nothing stands for a due time."""
        self.promise(batch, "did not run", due + min(GRACE, batch.expected + 60))

    def _sure(self, extra: Extra) -> int:
        """Whether a message about a due time comes for sure: not where clock, table or topic stood still then."""
        begin, end = extra.at - 120, extra.at + 600
        return int(not any(span.what in ("clock", "table", "sns") and span.touches(begin, end) for span in self.spans))

    # What is out of order, and what reaches the queue.

    def _trouble(self) -> None:
        chance = self.chance
        for what, count, least, most in (
            ("table", 2, 60, 500),
            ("sns", 1, 120, 2400),
            ("slack", 2, 120, 2400),
            ("clock", 2, 120, 1200),
        ):
            for place in range(count):
                part = (self.until - 6000 - self.begin) / count  # apart: what waits for the table is given five times
                begin = self.begin + 600 + part * place + chance.uniform(0, part - 2400)
                self.spans.append(Span(what=what, begin=begin, end=begin + chance.uniform(least, most)))  # type: ignore[arg-type]
        if self.seed % 3 == 0:
            begin = chance.uniform(self.begin + 600, self.until - 7000)
            self.spans.append(Span(what="slack", begin=begin, end=begin + 5400))

    def _deliveries(self, batches: dict[str, Batch]) -> Iterator[Delivery]:
        for run in self.runs:
            exact = batches[run.batch].times is not None
            very_late = "" if exact or self.chance.random() > 0.05 else self.chance.choice(run.attempts).id
            for attempt in run.tasks:
                at = attempt.stopped + (self.chance.randint(3700, 7000) if attempt.id == very_late else 0)
                yield from self._delivered("task", attempt.id, at, exact=exact)
            if run.starter == "machine" and run.last.manner != "good":
                # Events of Step Functions are best effort: one of the two may be lost.
                lost = self.chance.choice(["", "", "", "execution", "handed"])
                if lost != "handed":
                    yield Delivery(at=run.last.stopped + 0.5, what="handed", of=run.last.id)
                if lost != "execution":
                    yield from self._delivered("execution", run.last.id, run.last.stopped + 2, exact=exact)

    def _delivered(self, what: str, of: str, at: int, *, exact: bool) -> Iterator[Delivery]:
        """An event, late or twice."""
        for _ in range(1 + (self.chance.random() < 0.1)):
            late = self.chance.choices(
                [2.0, 60.0, 100.0 if exact else 1500.0, 100.0 if exact else 3400.0], [85, 8, 5, 2]
            )
            yield Delivery(at=at + self.chance.uniform(0.3, late[0]), what=what, of=of)  # type: ignore[arg-type]

    def _ticks(self, end: int) -> Iterator[Delivery]:
        for at in range(self.begin, end, 60):
            still = any(span.what == "clock" and span.touches(at, at) for span in self.spans)
            for _ in range(0 if still else 1 + (self.chance.random() < 0.03)):
                yield Delivery(at=at + self.chance.uniform(0, 4), what="tick")


def due_times(times: Times, begin: int, end: int) -> Iterator[int]:
    """The moments at which it is due: a time that does not exist is left out, one that comes twice counts once."""
    zone, seen = ZoneInfo(times.zone), set[datetime]()
    moment = datetime.fromtimestamp(begin - begin % 60, UTC)
    while moment.timestamp() <= end:
        wall = moment.astimezone(zone)
        plain = wall.replace(tzinfo=None)
        if wall.minute == times.minute and wall.hour in times.hours and not wall.fold and plain not in seen:
            seen.add(plain)
            yield int(moment.timestamp())
        moment += timedelta(minutes=1)


Fate = Callable[[Maker, Batch, int], object]


def _failed(maker: Maker, batch: Batch, due: int) -> None:
    maker.due_run(batch, due, 0.3, maker.chance.choice(BAD))


def _long(maker: Maker, batch: Batch, due: int) -> None:
    maker.due_run(batch, due, 1 + maker.chance.uniform(400, 900) / batch.expected)
    maker.promise(batch, "is taking too long", due + batch.expected + 60)


def _twice(maker: Maker, batch: Batch, due: int) -> None:
    maker.due_run(batch, due, 0.5)
    maker.by_hand(batch, due + maker.chance.randint(60, 120), 0.5 * batch.expected)


def _stopped(maker: Maker, batch: Batch, due: int) -> None:
    maker.due_run(batch, due, 0.3, "console")
    maker.promise(batch, "did not run", due + batch.expected + 60)


def _with_its_host(maker: Maker, batch: Batch, due: int) -> None:
    maker.due_run(batch, due, 0.3, "host" if batch.starter != "machine" else "good")


def _paused(maker: Maker, batch: Batch, due: int) -> None:
    if due > maker.until - 9000:
        maker.due_run(batch, due, 0.5)
        return
    maker.spans.append(Span(what="pause", begin=due - 300, end=due + batch.expected + 900, of=batch.name))


def _made_up(maker: Maker, batch: Batch, due: int) -> None:
    maker.by_hand(batch, due + maker.chance.randint(200, 400), 0.3 * batch.expected)


def _late(maker: Maker, batch: Batch, due: int) -> None:
    maker.due_run(batch, due, 0.3, after=850)
    maker.missed(batch, due)


def _refused(maker: Maker, batch: Batch, due: int) -> None:
    maker.by_hand(batch, due - 400, 850)
    if maker.chance.random() < 0.5:
        maker.due_run(batch, due, 0, "gave way")
    maker.missed(batch, due)


FATES: dict[str, tuple[float, Fate]] = {
    "good": (12, lambda maker, batch, due: maker.due_run(batch, due, maker.chance.uniform(0.3, 0.7))),
    "absent": (1.5, lambda maker, batch, due: maker.missed(batch, due)),
    "failed": (2, _failed),
    "long": (1, _long),
    "twice": (0.8, _twice),
    "stopped": (0.8, _stopped),
    "with its host": (0.6, _with_its_host),
    "paused": (0.6, _paused),
    "made up for": (0.8, _made_up),
}
FORBIDDEN: dict[str, tuple[float, Fate]] = {"refused": (1.5, _refused)}
SLOW_STARTS: dict[str, tuple[float, Fate]] = {"late": (1, _late)}


def generate(seed: int, count: int = 500) -> Night:
    """The night of a seed.

    Args:
        seed: The seed.
        count: How many runs it has, about.
    """
    return Maker(seed, count).night()
