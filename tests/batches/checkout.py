"""A checkout of this project for tests that run its batches."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
COMMAND = Path(sys.executable).with_name("batchwright")


def copy_project(root: Path) -> Path:
    """Copies the project without anybody's local.env, with this environment as its .venv."""
    shutil.copytree(ROOT / "batches", root / "batches", ignore=shutil.ignore_patterns("local.env", "__pycache__"))
    for name in ("app.py", "cdk.json"):
        shutil.copy(ROOT / name, root)
    (root / ".venv").symlink_to(sys.prefix)
    return root


def call(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a command in the checkout, its batches as plain processes."""
    return subprocess.run(
        [COMMAND, *arguments],
        cwd=project,
        env={**os.environ, "BATCHWRIGHT_BACKEND": "process"},  # an engine would build the images
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
