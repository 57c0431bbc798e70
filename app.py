"""The CDK app: the project of cdk.json, with the batches of batches/."""

import sys
from pathlib import Path

if __name__ == "__main__":
    if sys.version_info < (3, 11):  # noqa: UP036 - an older one would only say that it cannot read batchwright
        sys.exit("app.py: Python 3.11 or newer is needed, and " + sys.version.split()[0] + " was found")
    from batchwright import BatchApp

    BatchApp.run(Path(__file__).parent)
