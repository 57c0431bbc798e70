"""What ``describe`` takes in a project of 200 batches: whole processes, and of them what is ours beside the synthesis.

    python bench/describe.py [--batches 200] [--runs 9]

The project is written for this, its batches are declared with the library, and the stage is the AWS server of the
tests, in a process of its own, with all of them deployed.
"""

import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from machine import begin
from project import write
from runs import Took, shown, took

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.fake_aws.fixtures import sample_manifest
from tests.fake_aws.remote import remote_server

BATCH = '''\
from aws_cdk import aws_s3 as s3
from constructs import Construct

from batchwright import BatchPlatform, FargateBatch, Schedule


class Report(FargateBatch):
    """Sums up something."""

    def __init__(self, scope: Construct, platform: BatchPlatform) -> None:
        super().__init__(
            scope, "batch-{number}", platform=platform, owner="bench", reads=["mysql:shop.orders"],
            command=["python", "-m", "report"], schedule=Schedule.daily("02:30"),
            parameters={{"REPORT_TO": "dev@example.com"}}, secrets=["DB_PASSWORD"],
        )
        s3.Bucket.from_bucket_name(self, "Sales", "sales").grant_read(self)
'''
SYNTHESIZED = re.compile(r"synthesized in (?:(\d+)m)?([\d.]+)s")


def main() -> None:
    """Measures and prints."""
    options = begin("batchwright", "aws-cdk-lib", "boto3", batches=200, runs=9)
    print(f"describe, a project of {options.batches} batches; whole processes", flush=True)
    with tempfile.TemporaryDirectory() as folder, remote_server() as server:
        project, elsewhere = Path(folder, "project"), Path(folder, "elsewhere")
        elsewhere.mkdir()
        numbers = range(options.batches)
        write(project, "batches", {f"batch_{number}": BATCH.format(number=number) for number in numbers})
        for number in numbers:
            server.deploy(sample_manifest(f"batch-{number}"))
        name, environment = f"batch-{options.batches // 2}", server.environ()
        first = run(project, [name], environment)
        synthesis = f"of which the synthesis takes {synthesized(first.err):.0f} s"
        print(f"  the first time: {first.seconds:.2f} s, {synthesis}", flush=True)
        print("  ours beside the synthesis, median (least-most):", flush=True)
        report("declaration alone, up to date", project, [name], environment, options.runs)
        run(project, [name, "-s", "staging"], environment)  # synthesizes the stage
        report("of a stage, in the project", project, [name, "-s", "staging"], environment, options.runs)
        report("of a stage, without the project", elsewhere, [name, "-s", "staging"], environment, options.runs)


def run(folder: Path, words: Sequence[str], environment: Mapping[str, str]) -> Took:
    """Runs the command once."""
    return took(["describe", *words], folder, environment)


def synthesized(text: str) -> float:
    """The seconds of the synthesis, as the command says them."""
    match = SYNTHESIZED.search(text)
    return int(match.group(1) or 0) * 60 + float(match.group(2)) if match else 0.0


def report(title: str, folder: Path, words: Sequence[str], environment: Mapping[str, str], runs: int) -> None:
    """Measures a command that synthesizes nothing, and prints a line."""
    measured = [run(folder, words, environment) for _ in range(runs)]
    if any(synthesized(done.err) for done in measured):
        sys.exit(f"bench: {title} was synthesized again")
    print(f"    {title}: {shown(measured)}", flush=True)


if __name__ == "__main__":
    main()
