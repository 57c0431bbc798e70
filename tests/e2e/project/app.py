"""The app of the project that the end-to-end test deploys."""

from pathlib import Path

from batchwright import BatchApp

if __name__ == "__main__":
    BatchApp.run(Path(__file__).parent)
