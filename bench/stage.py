"""What looking at runs takes in a large stage: ``attach``, ``stop`` and ``runs``, whole processes.

    python bench/stage.py [--batches 500] [--past 10000] [--runs 7]

The server is in this process, and what it takes to answer is a part of the seconds: for thousands of past runs that is
most of them. The processor time is the command's alone.
"""

import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from machine import begin
from runs import report

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.fake_aws import AwsServer, Script, Term, lines
from tests.fake_aws.fixtures import ACCOUNT, REGION, sample_manifest
from tests.kit.past import ended
from tests.stories.story import start_task

WEEK = 7 * 24 * 3600.0
LOOKS = {
    "attach BATCH@RUN, a run that has ended": ["attach", "batch-1@night"],
    "attach RUN, the same by its id alone": ["attach", "tonight"],
    "attach BATCH@RUN, one that ECS has forgotten": ["attach", "batch-2@past-2"],
    "stop BATCH@RUN": ["stop", "batch-0@night"],
    "stop RUN, the same by its id alone": ["stop", "own"],
    "runs BATCH": ["runs", "batch-1"],
    "runs --limit 20": ["runs", "--limit", "20"],
    "runs --since 1d": ["runs", "--since", "1d"],
    "runs, all": ["runs"],
}
RUNNING = Script(lines=lines("ready"), runs=3600.0, term=Term(ignore=True), stop_timeout=3600.0)
DONE = Script(lines=lines("done"), deprovisioning=0.1)


def main() -> None:
    """Measures and prints."""
    options = begin("batchwright", "boto3", batches=500, past=10_000, runs=7)
    print(
        f"a stage of {options.batches} batches with {options.past:,} runs of the last week; whole processes", flush=True
    )
    print("  median (least-most), processor time, and calls of AWS:", flush=True)
    with tempfile.TemporaryDirectory() as folder, AwsServer(account=ACCOUNT, region=REGION) as server:
        fill(server, options.batches, options.past)
        for title, words in LOOKS.items():
            report(server, title, words, folder, options.runs, codes=(0, 3))


def fill(server: AwsServer, batches: int, past: int) -> None:
    """Deploys the batches, starts some runs, and puts so many into the history."""
    manifests = [sample_manifest(f"batch-{number}") for number in range(batches)]
    for number, manifest in enumerate(manifests):
        server.deploy(manifest, RUNNING if number == 0 else DONE)
    for batch, run in (("batch-0", "night"), ("batch-0", "own"), ("batch-1", "night"), ("batch-1", "tonight")):
        start_task_of(server, batch, run)
    now = time.time()
    for number in range(past):
        started = datetime.fromtimestamp(now - WEEK + (number + 1) * (WEEK - 7200) / past, UTC)
        ended(server, manifests[number % batches], started, code=0 if number % 50 else 3, run=f"past-{number}")
    time.sleep(1)


def start_task_of(server: AwsServer, batch: str, run: str) -> None:
    """Starts a task as our runner does."""
    given = [{"name": "BATCHWRIGHT_RUN_ID", "value": run}]
    overrides = {"containerOverrides": [{"name": "main", "environment": given}]}
    start_task(server, batch, startedBy=run, overrides=overrides)


if __name__ == "__main__":
    main()
