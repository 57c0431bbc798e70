"""What the tests of images share: a stage and a registry, and the command against both."""

import os
import subprocess
from pathlib import Path

from tests.fake_aws import AwsServer
from tests.fake_aws.services.image_store import Repository
from tests.runner.params.support import Done
from tests.runner.support import COMMAND, environment

REGISTRY = "333333333333.dkr.ecr.eu-west-1.amazonaws.com"
RECORD = "/batches/staging/releases/reports"


def reports(aws: AwsServer) -> Repository:
    """The repository of the image that the sample batches run."""
    return aws.world.images.repository("batches/reports")


def batchwright(aws: AwsServer, folder: Path, *words: str, path: str = "", **more: str) -> Done:
    """Runs the installed command."""
    done = subprocess.run(
        [COMMAND, *words], cwd=folder, env=variables(aws, folder, path, **more), capture_output=True, timeout=90
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


def variables(aws: AwsServer, folder: Path, path: str = "", **more: str) -> dict[str, str]:
    searched = f"{path}:{os.environ['PATH']}" if path else os.environ["PATH"]
    return {**environment(), **aws.environ(), "HOME": str(folder), "PATH": searched, **more}
