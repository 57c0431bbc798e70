"""What ``verify`` takes for a stage of 40 batches: whole processes, against the AWS server of the tests.

    python bench/verify.py [--batches 40] [--runs 9]

The server is in this process, which waits meanwhile, and answers at once: what is measured is ours, and not AWS.
"""

import sys
import tempfile
from pathlib import Path

from machine import begin
from runs import report

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.fake_aws import AwsServer
from tests.fake_aws.fixtures import ACCOUNT, REGION
from tests.runner.host.verify.stage import deploy, push


def main() -> None:
    """Measures and prints."""
    options = begin("batchwright", "boto3", batches=40, runs=9)
    print(f"verify, a stage of {options.batches} batches in which all is well; whole processes", flush=True)
    print("  median (least-most), processor time, and calls of AWS:", flush=True)
    with tempfile.TemporaryDirectory() as folder, AwsServer(account=ACCOUNT, region=REGION) as server:
        push(server)
        for number in range(options.batches):
            deploy(server, f"batch-{number}")
        report(server, "the stage", ["verify"], folder, options.runs)
        report(server, "one batch of it", ["verify", "batch-0"], folder, options.runs)


if __name__ == "__main__":
    main()
