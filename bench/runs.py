"""Runs the installed ``batchwright`` command against the test server, and notes when what came out of it."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.fake_aws import AwsServer

CHUNK = 1 << 20
COMMAND = Path(sys.executable).parent / "batchwright"


@dataclass(frozen=True)
class Run:
    """One run of the command; times in seconds since the epoch.

    Attributes:
        began: When the process was started.
        exited: When it had ended.
        code: Its exit code.
        output: What it wrote on stdout.
        chunks: When how many bytes of that had been read.
        status: What it wrote on stderr.
        memory: Its largest resident memory, in MiB.
    """

    began: float
    exited: float
    code: int
    output: bytes
    chunks: list[tuple[float, int]]
    status: str
    memory: float

    @property
    def lines(self) -> list[str]:
        """The lines on stdout."""
        return self.output.decode().split("\n")[:-1]

    def arrivals(self) -> list[float]:
        """When each line had been read."""
        ends = accumulate(len(line) + 1 for line in self.output.split(b"\n")[:-1])
        chunks = iter(self.chunks)
        at, read = 0.0, 0
        times = []
        for end in ends:
            while read < end:
                at, read = next(chunks)
            times.append(at)
        return times


def execute(batch: str, environment: Mapping[str, str]) -> Run:
    """Runs a batch on the stage ``staging``, to its end."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as status:
        began = time.time()
        process = subprocess.Popen(
            [COMMAND, "run", batch, "--stage", "staging"],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "HOME": folder, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=status,
        )
        assert process.stdout
        parts, chunks, read = [], [], 0
        while part := os.read(process.stdout.fileno(), CHUNK):
            read += len(part)
            parts.append(part)
            chunks.append((time.time(), read))
        _, ended, usage = os.wait4(process.pid, 0)
        exited = time.time()
        process.returncode = os.waitstatus_to_exitcode(ended)
        process.stdout.close()
        status.seek(0)
        text = status.read().decode()
    return Run(began, exited, process.returncode, b"".join(parts), chunks, text, usage.ru_maxrss / 1024)


@dataclass(frozen=True)
class Took:
    """A command that has ended: seconds that passed, those of processors, its stdout and stderr, its peak in MiB."""

    seconds: float
    processor: float
    out: str
    err: str
    memory: float


def took(words: Sequence[str], folder: str | Path, environment: Mapping[str, str], codes: Sequence[int] = (0,)) -> Took:
    """Runs ``batchwright`` once, with these variables beside the path and the home, which is its folder."""
    variables = {"PATH": os.environ["PATH"], "HOME": str(folder), **environment}
    return measured([str(COMMAND), *words], folder, variables, codes)


def measured(
    command: Sequence[str], folder: str | Path, environment: Mapping[str, str], codes: Sequence[int] = (0,)
) -> Took:
    """Runs a command once, which must end with one of these codes; what it took, with what it started."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=out, stderr=err)
        _, ended, usage = os.wait4(process.pid, 0)
        passed = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(ended)
        out.seek(0)
        err.seek(0)
        texts = out.read().decode(), err.read().decode()
    if process.returncode not in codes:
        sys.exit(f"bench: {' '.join(command)} ended with {process.returncode}: {''.join(texts)}")
    return Took(passed, usage.ru_utime + usage.ru_stime, *texts, usage.ru_maxrss / 1024)


def shown(all_took: Sequence[Took]) -> str:
    """The seconds: median, with the extremes."""
    seconds = sorted(took.seconds for took in all_took)
    return f"{median(seconds):6.2f} s ({seconds[0]:.2f}-{seconds[-1]:.2f})"


def report(
    server: "AwsServer", title: str, words: Sequence[str], folder: str, runs: int, codes: Sequence[int] = (0,)
) -> None:
    """Measures a command of the stage ``staging``, and prints its seconds, its processors' and its calls of AWS."""
    before = len(server.calls)
    all_took = [took([*words, "-s", "staging"], folder, server.environ(), codes) for _ in range(runs)]
    busy, calls = median(took.processor for took in all_took), (len(server.calls) - before) / runs
    print(f"    {title:<46} {shown(all_took)}, {busy:.2f} s, {calls:.0f} calls", flush=True)


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that ``percent`` of the values do not exceed."""
    return quantiles(values, n=100, method="inclusive")[percent - 1]
