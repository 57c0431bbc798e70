"""What ``verify`` takes for a stage of 40 batches: whole processes, against the AWS server of the tests.

    python bench/verify.py [--batches 40] [--runs 9]

The server is in this process, which waits meanwhile, and answers at once: what is measured is ours, and not AWS.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from machine import describe, refuse_without_bytecode
from runs import COMMAND

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.fake_aws import AwsServer
from tests.fake_aws.fixtures import ACCOUNT, REGION
from tests.runner.host.verify.stage import deploy, push


def main() -> None:
    """Measures and prints."""
    refuse_without_bytecode()
    if not COMMAND.exists():
        sys.exit(f"bench: {COMMAND} is missing. Install the project into this environment")
    parser = argparse.ArgumentParser()
    parser.add_argument("--batches", type=int, default=40)
    parser.add_argument("--runs", type=int, default=9)
    options = parser.parse_args()
    print(describe("batchwright", "boto3"), flush=True)
    print(f"verify, a stage of {options.batches} batches in which all is well; whole processes", flush=True)
    print("  median (least-most), and calls of AWS:", flush=True)
    with tempfile.TemporaryDirectory() as folder, AwsServer(account=ACCOUNT, region=REGION) as server:
        push(server)
        for number in range(options.batches):
            deploy(server, f"batch-{number}")
        report("the stage", server, folder, [], options.runs)
        report("one batch of it", server, folder, ["batch-0"], options.runs)


def report(what: str, server: AwsServer, folder: str, words: Sequence[str], runs: int) -> None:
    """Measures a command, and prints a line."""
    before = len(server.calls)
    took = sorted(run(folder, words, server.environ()) for _ in range(runs))
    calls = (len(server.calls) - before) // runs
    print(f"    {what}: {median(took):.2f} s ({took[0]:.2f}-{took[-1]:.2f}), {calls} calls", flush=True)


def run(folder: str, words: Sequence[str], environment: Mapping[str, str]) -> float:
    """Runs the command; gives the seconds it took."""
    began = time.perf_counter()
    done = subprocess.run(
        [COMMAND, "verify", *words, "-s", "staging"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": folder, **environment},
        capture_output=True,
        text=True,
    )
    took = time.perf_counter() - began
    if done.returncode:
        sys.exit(f"bench: verify {' '.join(words)} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return took


if __name__ == "__main__":
    main()
