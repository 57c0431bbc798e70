"""The app of the project that `make trial` deploys; all that it makes has the trial's tag."""

import os
from pathlib import Path

from aws_cdk import Tags

from batchwright import BatchApp

if __name__ == "__main__":
    app = BatchApp(Path(__file__).parent)
    Tags.of(app).add("batchwright-trial", os.environ.get("TRIAL_STAMP", "yes"))
    app.synth()
