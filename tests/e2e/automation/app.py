"""The app of a team without a scheduler of its own: AWS starts its batches."""

from pathlib import Path

from batchwright import BatchApp

if __name__ == "__main__":
    BatchApp.run(Path(__file__).parent)
