"""The app of a project in which faults are planted."""

from pathlib import Path

from batchwright import BatchApp

if __name__ == "__main__":
    BatchApp.run(Path(__file__).parent)
