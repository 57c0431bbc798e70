"""The CDK app: the project of cdk.json, with the batches of batches/."""

from pathlib import Path

from batchwright import BatchApp

if __name__ == "__main__":
    BatchApp.run(Path(__file__).parent)
