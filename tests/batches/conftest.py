"""Runs a sample batch's source as the runner does: in its own folder, with its declared environment and no other."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

BATCHES = Path(__file__).parents[2] / "batches"
RunApp = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run_app() -> RunApp:
    def run(batch: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=BATCHES / batch / "app",
            env=environment,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )

    return run
