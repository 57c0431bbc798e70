"""How long ``batchwright diff`` takes for many batches, whole process, and what of it is beside the synthesis.

    python bench/diff.py [--batches 200] [--runs 3]

A project of one stage is committed, and then every batch has another timeout, memory and permission. The whole is base
and project synthesized at the same time, and compared; then two assemblies that exist, compared alone. To reach: at
most 3 s for those.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from machine import begin
from project import write
from runs import took

TARGET = 3.0
DECLARATION = """
from aws_cdk import Duration
from batchwright import FargateBatch

def batches(scope, platform):
    for number in range({count}):
        batch = FargateBatch(
            scope, f"report-{{number}}", platform=platform, owner="finance", image="reports", description="Reports.",
            command=["report", str(number)], memory={memory}, parameters={{"TO": "a"}}, secrets=["PASSWORD"],
            timeout=Duration.minutes({minutes}),
        )
        batch.allow("s3:GetObject", on="arn:aws:s3:::sales/{prefix}*")
        yield batch
"""


def main() -> None:
    """Measures and prints."""
    options = begin("aws-cdk-lib", "jsii", "constructs", batches=200, runs=3)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "project")
        before = DECLARATION.format(count=options.batches, memory=512, minutes=30, prefix="2026/")
        write(root, "bench", {"report": before})
        git(root, "init", "--quiet")
        git(root, "add", ".")
        git(root, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "--message=one")
        base = synthesize(root, Path(folder, "base"))
        after = DECLARATION.format(count=options.batches, memory=1024, minutes=60, prefix="")
        write(root, "bench", {"report": after})
        head = synthesize(root, Path(folder, "head"))
        whole = ["--base", "HEAD", "--json"]
        ours = ["--base", str(base), "--head", str(head), "--json"]
        print(f"{options.batches} batches, all of them changed; median of {options.runs} whole processes")
        print(
            f"  diff against a commit, both synthesized  {measure(root, whole, options.batches, options.runs):6.2f} s"
        )
        seconds = measure(root, ours, options.batches, options.runs)
        print(f"  diff of the two assemblies alone         {seconds:6.2f} s  (target <= {TARGET} s)")


def git(root: Path, *words: str) -> None:
    """Runs git."""
    subprocess.run(["git", "-C", root, *words], check=True)


def synthesize(root: Path, target: Path) -> Path:
    """Makes an assembly, and returns its folder."""
    environment = {**os.environ, "CDK_OUTDIR": str(target)}
    subprocess.run([sys.executable, "app.py"], cwd=root, env=environment, check=True)
    return target


def measure(root: Path, words: Sequence[str], count: int, runs: int) -> float:
    """Median seconds of ``batchwright diff``, which must name every batch."""
    measured = [took(["diff", "--quiet", *words], root, {}) for _ in range(runs)]
    for done in measured:
        batches = {change.get("batch") for change in json.loads(done.out)["changes"]} - {None}
        assert len(batches) == count, f"{len(batches)} batches"
    return median(done.seconds for done in measured)


if __name__ == "__main__":
    main()
