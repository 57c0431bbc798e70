"""The app of a house that brings its own roles, logs, key, secrets and repository."""

from pathlib import Path

from batchwright import BatchApp

if __name__ == "__main__":
    BatchApp.run(Path(__file__).parent)
