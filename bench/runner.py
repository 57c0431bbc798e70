"""What a run costs: the installed ``batchwright`` command against the AWS server of the tests, in a process of its own.

    python bench/runner.py [--only NAME ...]

Scripted tasks whose times are known exactly; the log can be read as soon as it is written, unless a line says
otherwise. Every figure stands beside its target. ``calls`` takes its ten minutes.
"""

import argparse
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from statistics import median

from machine import describe, refuse_without_bytecode
from runs import Run, execute, percentile

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.fake_aws.fixtures import sample_manifest
from tests.fake_aws.remote import RemoteServer, remote_server
from tests.fake_aws.script import Line, Lines, Script, burst, steady

START = Script(provisioning=0.5, pending=0.5, pull=1.0)
RATE = 20.0
RUNNERS = 60
Pair = tuple[Run, tuple[float, float]]
"""A run, and the start and end of its container."""


def main() -> None:
    """Measures and prints."""
    refuse_without_bytecode()
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", nargs="+", choices=CASES, default=list(CASES), metavar="NAME", help=", ".join(CASES))
    options = parser.parse_args()
    print(describe("batchwright", "boto3"), flush=True)
    for name in options.only:
        with remote_server() as server:
            CASES[name](server)


def startup(server: RemoteServer) -> None:
    """From the start of the process to the arrival of RunTask, and what it leads up to."""
    server.deploy(sample_manifest(), replace(START, lines=steady(1)))
    times = []
    for _ in range(6):
        server.clear()
        run = good(execute("daily-report", server.environ()))
        times.append(server.calls_of("RunTask")[0].at - run.began)
    show("RunTask sent after the process's start, median of 5", median(times[1:]), "s", 0.3)


def latency(server: RemoteServer) -> None:
    """Lines at a steady rate."""
    written = steady(400, per_second=RATE)
    pairs = several(server, replace(START, lines=written))
    late = [seconds for run, task in pairs for seconds in lateness(run, task, written)]
    show("line latency at 20 lines/s, p50", percentile(late, 50), "s", 0.45)
    show("line latency at 20 lines/s, p95", percentile(late, 95), "s", 0.85)
    show("exit after the container's end, latest of 3", max(lags(pairs)), "s", 3.2)


def quiet(server: RemoteServer) -> None:
    """The first line after a minute without any."""
    written = (Line(0.0, "first"), Line(60.0, "after a minute"), Line(61.0, "last"))
    pairs = several(server, replace(START, lines=written))
    show("first line after a quiet minute, latest of 3", max(lateness(*pair, written)[1] for pair in pairs), "s", 5.0)


def silent(server: RemoteServer) -> None:
    """Runs that write nothing."""
    pairs = several(server, replace(START, runs=8.0))
    show("exit after the end of a container without a line, latest of 3", max(lags(pairs)), "s", 5.0)


def delayed(server: RemoteServer) -> None:
    """Every line can be read five seconds after it was written."""
    pairs = several(server, replace(START, ingestion=5.0, lines=steady(100, per_second=RATE)))
    show("the same when every line comes 5 s late, none lost", max(lags(pairs)), "s", None)


def many(server: RemoteServer) -> None:
    """200,000 lines in two seconds."""
    ((run, (_, ended)),) = several(server, replace(START, lines=burst()), runners=1)
    show("200,000 lines of 120 bytes printed after the end", run.arrivals()[-1] - ended, "s", 8.0)
    show("exit after the container's end", run.exited - ended, "s", None)
    show("largest resident memory", run.memory, "MiB", 150)


def calls(server: RemoteServer) -> None:
    """What a quiet run of ten minutes asks of AWS."""
    pairs = several(server, Script(provisioning=10, pending=5, pull=15, runs=600), runners=1)
    counted = server.counts()
    print(f"  {in_words(counted)}")
    show("API calls of a quiet run of ten minutes", sum(counted.values()), "", 150)
    show("exit after its container's end", max(lags(pairs)), "s", None)


def sixty(server: RemoteServer) -> None:
    """Sixty runners at once within one account's quotas."""
    written = steady(200, per_second=RATE)
    server.quota("GetLogEvents", 10)
    server.quota("DescribeTasks", 20)
    pairs = together(server, replace(START, lines=written), RUNNERS)
    whole = sum(complete(run, written) for run, _ in pairs)
    show("60 runners at 10 GetLogEvents/s and 20 DescribeTasks/s: whole", whole, "", RUNNERS, least=True)
    print(f"  lines: {sum(len(run.lines) for run, _ in pairs):,} of {RUNNERS * len(written):,}")
    print(f"  exit after the container's end: median {median(lags(pairs)):.1f} s, latest {max(lags(pairs)):.1f} s")
    print(f"  {in_words(server.counts())}")
    for run in [run for run, _ in pairs if run.code][:3]:
        print(f"  a run ended with {run.code}:\n{run.status}")


def several(server: RemoteServer, script: Script, runners: int = 3) -> list[Pair]:
    """Runs that must go well, and print what was written; each with its task."""
    pairs = together(server, script, runners)
    for run, _ in pairs:
        if not complete(good(run), script.lines):
            sys.exit(f"bench: {len(run.lines)} lines were printed, not the {len(script.lines)} that were written")
    return pairs


def together(server: RemoteServer, script: Script, runners: int) -> list[Pair]:
    """Runs of as many batches at once, each with its task."""
    batches = [f"batch-{number}" for number in range(runners)]
    for batch in batches:
        server.deploy(sample_manifest(batch), script)
    with ThreadPoolExecutor(runners) as pool:
        runs = list(pool.map(lambda batch: execute(batch, server.environ()), batches))
    tasks = {family.removeprefix("batches-staging-"): times for family, times in server.times().items()}
    for batch, run in zip(batches, runs, strict=True):
        if batch not in tasks:
            sys.exit(f"bench: {batch} was not started. Its status:\n{run.status}")
    return [(run, tasks[batch]) for batch, run in zip(batches, runs, strict=True)]


def complete(run: Run, written: Lines) -> bool:
    """Whether a run ended with 0 and printed every line."""
    return run.code == 0 and run.lines == [line.text for line in written]


def good(run: Run) -> Run:
    """Ends the benchmark when a run did not end with 0."""
    if run.code:
        sys.exit(f"bench: the run ended with {run.code}, not 0. Its status:\n{run.status}")
    return run


def lags(pairs: list[Pair]) -> list[float]:
    """From the containers' ends to the runners' exits."""
    return [run.exited - ended for run, (_, ended) in pairs]


def in_words(counted: Mapping[str, int]) -> str:
    """The numbers of calls."""
    return ", ".join(f"{number} {name}" for name, number in counted.items())


def lateness(run: Run, task: tuple[float, float], written: Lines) -> list[float]:
    """From the writing of each line to its arrival."""
    pairs = zip(run.arrivals(), written, strict=True)
    return [arrived - task[0] - line.at for arrived, line in pairs]


def show(title: str, figure: float, unit: str, target: float | None, *, least: bool = False) -> None:
    """Prints a figure beside its target."""
    shown = f"{figure:.2f}" if unit == "s" else f"{figure:.0f}"
    if target is None:
        print(f"{title:<66} {shown:>7} {unit}")
        return
    met = figure >= target if least else figure <= target
    sign = ">=" if least else "<="
    print(f"{title:<66} {shown:>7} {unit:<6} {sign} {target:g}{'' if met else '   MISSED'}", flush=True)


CASES: dict[str, Callable[[RemoteServer], None]] = {
    "startup": startup,
    "latency": latency,
    "quiet": quiet,
    "silent": silent,
    "delayed": delayed,
    "many": many,
    "calls": calls,
    "sixty": sixty,
}

if __name__ == "__main__":
    main()
