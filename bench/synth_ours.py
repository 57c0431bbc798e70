"""One side of `synth.py`: N batches declared with batchwright: ``python synth_ours.py [SCHEDULER] N FOLDER``."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from batchwright import BatchApp, BatchPlatform, FargateBatch, Schedule  # first, as an app.py does

if TYPE_CHECKING:
    from constructs import Construct

*SCHEDULER, COUNT, FOLDER = sys.argv[1:]
CONTEXT = {
    "project": "bench",
    "registry": {"account": "333333333333", "region": "eu-west-1"},
    "stages": {
        "staging": {
            "account": "111111111111",
            "region": "eu-west-1",
            "vpc_id": "vpc-0123456789abcdef0",
            "subnets": ["subnet-0123456789abcdef0"],
        }
    },
}


def batch_class(n: int) -> type[FargateBatch]:
    """The class of the n-th batch."""

    class Batch(FargateBatch):
        """Sums up something."""

        def __init__(self, scope: "Construct", platform: BatchPlatform) -> None:
            super().__init__(
                scope,
                f"batch-{n}",
                platform=platform,
                owner="bench",
                command=["python", "-m", "report"],
                environment={"LANG": "C.UTF-8"},
                parameters={"REPORT_TO": "dev@example.com"},
                secrets=["DB_PASSWORD"],
                schedule=Schedule.daily("02:30") if SCHEDULER else None,
                scheduler="".join(SCHEDULER) or None,
            )

    return Batch


classes = [batch_class(n) for n in range(int(COUNT))]
BatchApp(Path(FOLDER), context=CONTEXT, outdir=FOLDER, batches=classes).synth()
