"""A checkout of this project for tests that run its batches."""

import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def copy_project(root: Path) -> Path:
    """Copies the project without anybody's local.env, with this environment as its .venv."""
    shutil.copytree(ROOT / "batches", root / "batches", ignore=shutil.ignore_patterns("local.env", "__pycache__"))
    for name in ("app.py", "cdk.json"):
        shutil.copy(ROOT / name, root)
    (root / ".venv").symlink_to(sys.prefix)
    return root
