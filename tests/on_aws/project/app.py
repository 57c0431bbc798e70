"""The app of the project that is deployed by hand to an empty AWS account; docs/proof.md says how."""

from pathlib import Path

from batchwright import BatchApp

if __name__ == "__main__":
    BatchApp.run(Path(__file__).parent)
