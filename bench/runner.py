"""What a run costs: the installed ``batchwright`` command against the AWS server of the tests, in a process of its own.

    python bench/runner.py [--only NAME ...] [--ten-minutes]

Scripted tasks whose times are known exactly; the log can be read as soon as it is written unless said. Every figure
stands beside its target. ``calls`` watches two minutes and reckons the other eight from the second one, unless
``--ten-minutes`` asks for all of them.
"""

import argparse
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

from machine import describe, refuse_without_bytecode
from runs import COMMAND, Run, execute, percentile

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.fake_aws.fixtures import sample_manifest
from tests.fake_aws.remote import RemoteServer
from tests.fake_aws.script import Line, Lines, burst, steady

START = {"provisioning": 0.5, "pending": 0.5, "pull": 1.0}
RATE = 20.0
RUNNERS = 60


def main() -> None:
    """Measures and prints."""
    refuse_without_bytecode()
    if not COMMAND.exists():
        sys.exit(f"bench: {COMMAND} is missing. Install the project into this environment")
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", nargs="+", choices=CASES, default=list(CASES), metavar="NAME", help=", ".join(CASES))
    parser.add_argument("--ten-minutes", action="store_true", help="watch all ten minutes of the quiet run")
    options = parser.parse_args()
    print(describe("batchwright", "boto3"), flush=True)
    for name in options.only:
        with RemoteServer() as server:
            if name == "calls":
                calls(server, whole=options.ten_minutes)
            else:
                CASES[name](server)


def startup(server: RemoteServer) -> None:
    """From the start of the process to the arrival of RunTask, and what it leads up to."""
    server.deploy(sample_manifest(), {**START, "lines": {"steady": {"count": 1}}})
    times = []
    for _ in range(6):
        server.clear()
        run = good(execute("daily-report", server.environ()))
        times.append((server.first("RunTask") or 0.0) - run.began)
    show("RunTask sent after the process's start, median of 5", median(times[1:]), "s", 0.8)


def latency(server: RemoteServer) -> None:
    """Lines at a steady rate."""
    written = steady(400, per_second=RATE)
    pairs = several(server, {**START, "lines": {"steady": {"count": 400, "per_second": RATE}}}, written)
    late = [seconds for run, task in pairs for seconds in lateness(run, task, written)]
    show("line latency at 20 lines/s, p50", percentile(late, 50), "s", 0.7)
    show("line latency at 20 lines/s, p95", percentile(late, 95), "s", 1.3)
    show("exit after the container's end, latest of 3", max(lags(pairs)), "s", 4.5)


def quiet(server: RemoteServer) -> None:
    """The first line after a minute without any."""
    written = (Line(0.0, "first"), Line(60.0, "after a minute"), Line(61.0, "last"))
    pairs = several(server, {**START, "lines": written}, written)
    show("first line after a quiet minute, latest of 3", max(lateness(*pair, written)[1] for pair in pairs), "s", 5.0)


def delayed(server: RemoteServer) -> None:
    """Every line can be read five seconds after it was written."""
    script = {**START, "ingestion": 5.0, "lines": {"steady": {"count": 100, "per_second": RATE}}}
    pairs = several(server, script, steady(100, per_second=RATE))
    show("the same when every line comes 5 s late, none lost", max(lags(pairs)), "s", None)


def many(server: RemoteServer) -> None:
    """200,000 lines in two seconds."""
    written = burst()
    pairs = several(server, {**START, "lines": {"burst": {}}}, written, runners=1)
    run, task = pairs[0]
    show("200,000 lines of 120 bytes printed after the end", run.arrivals()[-1] - task["ended"], "s", 8.0)
    show("exit after the container's end", run.exited - task["ended"], "s", None)
    show("largest resident memory", run.memory, "MiB", 150)


def calls(server: RemoteServer, *, whole: bool) -> None:
    """What a quiet run of ten minutes asks of AWS."""
    length = 600.0 if whole else 120.0
    server.deploy(sample_manifest(), {"provisioning": 10, "pending": 5, "pull": 15, "runs": length})
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(execute, "daily-report", server.environ())
        while not server.tasks():
            time.sleep(0.05)
        time.sleep(server.tasks()[0]["started"] + 60 - time.time())
        after_a_minute = sum(server.calls().values())
        time.sleep(59)
        second_minute = sum(server.calls().values()) - after_a_minute
        run = good(running.result())
    counted = server.calls()
    total = sum(counted.values())
    print(f"  {in_words(counted)}")
    if whole:
        show("API calls of a quiet run of ten minutes", total, "", 200)
    else:
        show("API calls of a quiet run of ten minutes, reckoned from two", total + 8 * second_minute / 59 * 60, "", 200)
    show("exit after the container's end", run.exited - server.tasks()[0]["ended"], "s", None)


def sixty(server: RemoteServer) -> None:
    """Sixty runners at once within one account's quotas."""
    written = steady(200, per_second=RATE)
    server.quota("GetLogEvents", 10)
    server.quota("DescribeTasks", 20)
    pairs = together(server, {**START, "lines": {"steady": {"count": 200, "per_second": RATE}}}, RUNNERS)
    whole = sum(complete(run, written) for run, _ in pairs)
    show("60 runners at 10 GetLogEvents/s and 20 DescribeTasks/s: whole", whole, "", RUNNERS, least=True)
    print(f"  lines: {sum(len(run.lines) for run, _ in pairs):,} of {RUNNERS * len(written):,}")
    print(f"  exit after the container's end: median {median(lags(pairs)):.1f} s, latest {max(lags(pairs)):.1f} s")
    print(f"  {in_words(server.calls())}")
    for run, task in [pair for pair in pairs if pair[0].code][:3]:
        print(f"  {task['family']} ended with {run.code}:\n{run.status}")


def several(
    server: RemoteServer, script: dict[str, Any], written: Lines, runners: int = 3
) -> list[tuple[Run, dict[str, Any]]]:
    """Runs that must go well, and print what was written; each with its task."""
    pairs = together(server, script, runners)
    for run, _ in pairs:
        if not complete(good(run), written):
            sys.exit(f"bench: {len(run.lines)} lines were printed, not the {len(written)} that were written")
    return pairs


def together(server: RemoteServer, script: dict[str, Any], runners: int) -> list[tuple[Run, dict[str, Any]]]:
    """Runs of as many batches at once, each with its task."""
    batches = [f"batch-{number}" for number in range(runners)]
    for batch in batches:
        server.deploy(sample_manifest(batch), script)
    with ThreadPoolExecutor(runners) as pool:
        runs = list(pool.map(lambda batch: execute(batch, server.environ()), batches))
    tasks = {task["family"].removeprefix("batches-staging-"): task for task in server.tasks()}
    for batch, run in zip(batches, runs, strict=True):
        if batch not in tasks:
            sys.exit(f"bench: {batch} was not started. The runner said:\n{run.status}")
    return [(run, tasks[batch]) for batch, run in zip(batches, runs, strict=True)]


def complete(run: Run, written: Lines) -> bool:
    """Whether a run ended with 0 and printed every line."""
    return run.code == 0 and run.lines == [line.text for line in written]


def good(run: Run) -> Run:
    """Ends the benchmark when a run did not end with 0."""
    if run.code:
        sys.exit(f"bench: the run ended with {run.code}, not 0. It said:\n{run.status}")
    return run


def lags(pairs: list[tuple[Run, dict[str, Any]]]) -> list[float]:
    """From the containers' ends to the runners' exits."""
    return [run.exited - task["ended"] for run, task in pairs]


def in_words(counted: dict[str, int]) -> str:
    """The numbers of calls."""
    return ", ".join(f"{number} {name}" for name, number in counted.items())


def lateness(run: Run, task: dict[str, Any], written: Lines) -> list[float]:
    """From the writing of each line to its arrival."""
    pairs = zip(run.arrivals(), written, strict=True)
    return [arrived - task["started"] - line.at for arrived, line in pairs]


def show(what: str, figure: float, unit: str, target: float | None, *, least: bool = False) -> None:
    """Prints a figure beside its target."""
    shown = f"{figure:.2f}" if unit == "s" else f"{figure:.0f}"
    if target is None:
        print(f"{what:<66} {shown:>7} {unit}")
        return
    met = figure >= target if least else figure <= target
    sign = ">=" if least else "<="
    print(f"{what:<66} {shown:>7} {unit:<6} {sign} {target:g}{'' if met else '   MISSED'}", flush=True)


CASES: dict[str, Callable[[RemoteServer], None]] = {
    "startup": startup,
    "latency": latency,
    "quiet": quiet,
    "delayed": delayed,
    "many": many,
    "calls": lambda server: calls(server, whole=False),
    "sixty": sixty,
}

if __name__ == "__main__":
    main()
