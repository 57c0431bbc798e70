"""The soak of alerts: ``python -m tests.alerting.soak``, from the repository's root."""

import argparse
import sys
import time
from collections.abc import Iterator
from random import SystemRandom

from tests.alerting.soak.checks import figures, judge
from tests.alerting.soak.generate import generate
from tests.alerting.soak.plan import Night
from tests.alerting.soak.play import Played, Player

RUNS = 500


def main() -> int:
    """Plays the nights of the seeds, and prints a line for each.

    Returns:
        1 if something was wrong.
    """
    parser = argparse.ArgumentParser(prog="make soak-alerts")
    parser.add_argument("--seed", type=int, nargs="+", help="the seeds. Default: a random one")
    parser.add_argument("--runs", type=int, default=RUNS, help="runs of each night, about. Default: %(default)s")
    parser.add_argument("--batch", help="also all that happened to one batch")
    options = parser.parse_args()
    seeds = options.seed or [SystemRandom().randrange(10_000)]
    return max([_night(seed, options) for seed in seeds])


def _night(seed: int, options: argparse.Namespace) -> int:
    began = time.monotonic()
    night = generate(seed, options.runs)
    played = Player(night).play()
    complaints = judge(night, played)
    for complaint in complaints:
        print(f"    {complaint}")
    if options.batch:
        for line in story(night, played, options.batch):
            print(f"    | {line}")
    print(f"seed {seed}: {figures(night, played, complaints)}; {time.monotonic() - began:.0f} s", flush=True)
    return int(bool(complaints))


def story(night: Night, played: Played, batch: str) -> Iterator[object]:
    """All that happened to one batch, and what its messages reported."""
    yield night.batches[batch]
    yield from (span for span in night.spans if span.of in ("", batch))
    runs = [run for run in night.runs if run.batch == batch]
    yield from runs
    ids = {attempt.id for run in runs for attempt in run.attempts}
    yield from (delivery for delivery in night.deliveries if delivery.of in ids)
    yield from (extra for extra in night.extras if extra.batch == batch)
    yield from (end for end in played.reported if end.batch == batch)


if __name__ == "__main__":
    sys.exit(main())
