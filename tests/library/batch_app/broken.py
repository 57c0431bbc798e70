"""Broken declarations, as people write them: what is in ``batches/x/batch.py``, and the message about it."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CONTEXT: dict[str, Any] = {
    "project": "nightly",
    "registry": {"account": "333333333333", "region": "ap-northeast-1"},
    "stages": {
        "staging": {
            "account": "111111111111",
            "region": "ap-northeast-1",
            "vpc_id": "vpc-0123456789abcdef0",
            "subnets": ["subnet-0123456789abcdef0"],
            "settings": {"sales_bucket": "sales"},
        }
    },
}
PRODUCTION = {"account": "222222222222", "region": "ap-northeast-1", "subnets": ["subnet-0123456789abcdef0"]}
HEAD = """\
from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from batchwright import BatchPlatform, Container, Existing, Fargate, FargateBatch, Retry, Sidecar
"""
HERE = "batches/x/batch.py:{line}: "


@dataclass(frozen=True)
class Case:
    """A broken declaration.

    Attributes:
        text: What follows the imports in ``batch.py``; ``#!`` marks the line at fault, and ``None`` is no such file.
        expected: The message after the place, as a pattern.
        place: Where, with ``{line}`` for the marked line.
        head: The imports.
        files: Further files, by path.
    """

    text: str | None
    expected: str
    place: str = HERE
    head: str = HEAD
    files: dict[str, str] = field(default_factory=dict)


def write(root: Path, case: Case) -> int:
    """Writes the project, and tells the marked line."""
    texts = {"cdk.json": json.dumps({"app": "python app.py", "context": CONTEXT}), **case.files}
    if case.text is not None:
        texts |= {"batches/__init__.py": "", "batches/x/__init__.py": "", "batches/x/batch.py": case.head + case.text}
    for name, text in texts.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("  #!", ""), encoding="utf-8")
    marked = [n for text in texts.values() for n, line in enumerate(text.splitlines(), 1) if line.endswith("  #!")]
    return marked[0] if marked else 1


def called(arguments: str, *, before: str = "", after: str = "", body: str = "") -> str:
    """A class whose constructor gives these arguments beside the usual ones."""
    return (
        f'\n\nclass X(FargateBatch):\n    """Reports."""\n{body}\n'
        f"    def __init__(self, scope: Construct, platform: BatchPlatform) -> None:\n{before}"
        f'        super().__init__(\n            scope,\n            "report",\n            platform=platform,\n'
        f"            {arguments}\n        )\n{after}"
    )


def _read(block: str) -> Case:
    """The case of a block of ``rows/broken.txt``: parts that begin with ``@``, of which the first is batch.py."""
    program, _, expected = block.rstrip("\n").rpartition("\n> ")
    text, *parts = re.split(r"^@ ", program, flags=re.MULTILINE)
    head, place, files = HEAD, HERE, {}
    for part in parts:
        first, _, rest = part.partition("\n")
        kind, _, value = first.partition(" ")
        if kind == "no":
            head, text = "", rest
        elif kind == "without":
            head, text = HEAD.replace(f"{value}\n", ""), rest
        elif kind == "file":
            files[value] = rest
        else:
            place = value
    own = f"\n\n{text}" if head and not text.startswith(("import ", "from ")) else text
    return Case(own if text or not files else None, expected, place=place, head=head, files=files)


ROWS = (Path(__file__).parent / "rows/broken.txt").read_text(encoding="utf-8").replace("\\0", "\0")
CASES = {name: _read(block) for name, block in re.findall(r"^== (.*)\n((?:(?!== ).*\n?)*)", ROWS, re.MULTILINE)}
