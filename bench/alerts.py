"""What a stage's alerts take: from an event to its message, the clock's minute with 200 batches, and money a month.

    python bench/alerts.py [--runs 100] [--batches 200]

The function is a process of its own, as Lambda runs it, against the AWS server of the tests. What Lambda would take is
reckoned: the processor's time at the share of a processor that the function's memory buys, and its calls.
"""

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import median, quantiles

from machine import begin

sys.path.insert(0, str(Path(__file__).parents[1]))

from batchwright_runner.contract.watch import Watch
from tests.alerting.function import Done, packed
from tests.alerting.stage import Stage, of_task
from tests.runner.contract.alerting.support import NOW, batch, task

MEMORY = 1769
"""MiB of the function (constructs/batchwright/functions/function.py)."""
PROCESSOR = 1769
"""MiB that buy one processor (AWS Lambda developer guide, "Configure Lambda function memory", 2026-11)."""
CALL = 0.015
"""Seconds of a call to AWS from within its region: a guess on the safe side."""
ON_THE_WAY = 0.5
"""Seconds through EventBridge and SQS into the function. AWS Architecture Blog, 2026-02-04, has 0.08 for nine of ten
events from one EventBridge bus to another's target; SQS's long poll adds tens of milliseconds."""
START = 0.5
"""Seconds in which Lambda makes a new process ready, before the function's own imports."""
PRICES = {
    "a million Lambda requests": 0.20,
    "a million GB-seconds of Lambda": 16.6667,
    "a million DynamoDB writes": 0.625,
    "a million DynamoDB reads": 0.125,
    "a million SQS requests": 0.40,
    "a million EventBridge events that are not AWS's": 1.00,
    "a million SNS messages": 0.50,
    "a million e-mails": 20.0,
    "a million PutMetricData": 10.0,
    "a GB of logs": 0.50,
    "an alarm a month": 0.10,
    "a metric a month": 0.30,
}
"""US dollars in us-east-1, without what is free of charge (AWS's list prices, 2025)."""
MINUTES, DAYS = 43_800, 30.4
POLLS = 5 * 3 * MINUTES
"""Requests by which Lambda waits for messages in a month: five pollers, each for twenty seconds."""
WATCHED = Watch(schedule="30 2 * * * UTC", scheduler="rundeck", expected_seconds=3600)


def reckoned(done: Done, calls: int, *, cold: bool = False) -> float:
    """Seconds from an event to its message on AWS."""
    share = PROCESSOR / MEMORY
    return ON_THE_WAY + done.processor * share + calls * CALL + ((START + done.began * share) if cold else 0.0)


def calls_of(stage: Stage) -> Counter[str]:
    """What the function has called since this was asked before: operation to count."""
    counts = Counter(call.operation for call in stage.aws.calls)
    stage.aws.dispatcher.calls.clear()
    return counts


def shown(name: str, seconds: Sequence[float]) -> None:
    """A line of times."""
    print(f"{name:52} {median(seconds):7.3f} s, of twenty nineteen within {quantiles(seconds, n=20)[-1]:.3f} s")


def to_a_message(stage: Stage, runs: int) -> tuple[Counter[str], float]:
    """From an event to its message; what one takes of calls and of Lambda's seconds."""
    times: dict[str, list[float]] = {"here": [], "on AWS": [], "on AWS, cold": []}
    calls: Counter[str] = Counter()
    for number in range(runs):
        stage.now += 700
        cold = number % 10 == 9
        if cold:
            stage.function.cool()
        calls_of(stage)
        done = stage.give(of_task(task(number, 1 + number % 200, at=stage.now)))
        if number < 5:
            continue  # the first ones make the SDK's clients
        calls = calls_of(stage)
        times["on AWS, cold" if cold else "on AWS"].append(reckoned(done, calls.total(), cold=cold))
        times["here"] += [] if cold else [done.seconds]
        assert len(stage.mails) == number + 1
    for name, seconds in times.items():
        shown(f"from an event to its messages, {name}", seconds)
    return calls, median(times["on AWS"]) - ON_THE_WAY


def of_a_minute(stage: Stage, batches: int) -> tuple[Counter[str], float]:
    """The clock's minute with so many batches; what one takes of calls and of Lambda's seconds."""
    for number in range(batches):
        stage.deploy(batch(f"batch-{number}"), WATCHED)
    stage.now = NOW - 3600
    done = [stage.tick(60) for _ in range(30)]
    calls = calls_of(stage)
    quiet = [look.processor for look in done[5:]]
    shown(f"processor, a quiet minute with {batches} batches", quiet)
    stage.now = NOW - 600 + 3700
    busy = [stage.tick(60) for _ in range(5)]
    shown("processor, a minute with ten looks", [look.processor for look in busy])
    print(f"{'memory':52} {max(look.memory for look in [*done, *busy]):5.0f} MiB; package {size():.1f} MB")
    usual = Counter({name: round(count / len(done)) for name, count in calls.items()})
    return usual, median(quiet) * PROCESSOR / MEMORY + usual.total() * CALL


def size() -> float:
    """Megabytes of the package."""
    return sum(path.stat().st_size for path in packed()[0].rglob("*") if path.is_file()) / 1e6


def of_a_month(stage: Stage, failure: tuple[Counter[str], float], minute: tuple[Counter[str], float]) -> None:
    """Money of a month."""
    stage.begin_anew()
    stage.deploy(batch())
    for number in range(60):
        done = stage.give(of_task(task(number, 0, at=stage.now + number)))
        good = calls_of(stage)
    record = len(stage.table.items["record", "daily-report"]["state"]["S"]) / 1024
    success = (good, done.processor * PROCESSOR / MEMORY + good.total() * CALL)
    for name, calls in (("a success", good), ("a failure", failure[0]), ("a quiet minute", minute[0])):
        print(f"calls of {name}: {', '.join(f'{count} {operation}' for operation, count in calls.items() if count)}")
    print(f"a record of sixty ends: {record:.0f} KB")
    # A metric costs for the hours in which something is sent to it.
    kinds = {
        "the stage alone": (0.0, 0.0),
        "60 batches a day, one run of fifty fails, on top": (60 * DAYS, 60 * DAYS * 60 / MINUTES),
        "a batch of every minute, one run of fifty fails, on top": (float(MINUTES), 1.0),
    }
    alone = costs(0.0, 0.0, success, failure, minute, record)
    for name, (runs, metrics) in kinds.items():
        whole = costs(runs, metrics, success, failure, minute, record)
        more = {part: dollars - (alone[part] if runs else 0.0) for part, dollars in whole.items()}
        shares = ", ".join(f"{part} {dollars:.2f}" for part, dollars in more.items() if dollars >= 0.005)
        print(f"US dollars a month, {name}: {sum(more.values()):.2f} ({shares})")


def costs(
    runs: float,
    metrics: float,
    success: tuple[Counter[str], float],
    failure: tuple[Counter[str], float],
    minute: tuple[Counter[str], float],
    record: float,
) -> dict[str, float]:
    """What to what it costs, in dollars a month."""
    failed, price = runs / 50, {name: dollars / 1e6 for name, dollars in PRICES.items() if name.startswith("a million")}
    parts = ((runs - failed, *success), (failed, *failure), (MINUTES, *minute))
    counts: Counter[str] = Counter()
    for times, calls, _ in parts:
        counts.update({name: round(count * times) for name, count in calls.items()})
    # A transaction costs twice; a record's write as many units as it has KB, a read one for four of them.
    changes = (
        counts["TransactWriteItems"] * 2 * (1 + -(-record // 1))
        + counts["UpdateItem"]
        + counts["PutItem"]
        + counts["DeleteItem"]
    )
    looks = counts["GetItem"] * -(-record // 4) + counts["Query"]
    seconds = sum(times * took for times, _, took in parts) * MEMORY / 1024
    return {
        "Lambda": (runs + MINUTES) * price["a million Lambda requests"]
        + seconds * price["a million GB-seconds of Lambda"],
        "DynamoDB": changes * price["a million DynamoDB writes"] + looks * price["a million DynamoDB reads"],
        "SQS": (POLLS + 3 * (runs + MINUTES)) * price["a million SQS requests"],
        "SNS with an e-mail": counts["Publish"] * (price["a million SNS messages"] + price["a million e-mails"]),
        "PutMetricData": counts["PutMetricData"] * price["a million PutMetricData"],
        "logs": (runs + MINUTES) * 300 / 1e9 * PRICES["a GB of logs"],
        "alarms": 4 * PRICES["an alarm a month"],
        "metrics": (3 * metrics + 1) * PRICES["a metric a month"],
    }


def main() -> None:
    """Measures and prints."""
    options = begin(runs=100, batches=200)
    with Stage() as stage:
        stage.deploy(batch())
        failure = to_a_message(stage, options.runs)
        stage.begin_anew()
        minute = of_a_minute(stage, options.batches)
        of_a_month(stage, failure, minute)


if __name__ == "__main__":
    main()
