"""A project that a benchmark writes."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

APP = """\
from pathlib import Path

from batchwright import BatchApp

BatchApp.run(Path(__file__).parent)
"""
STAGE = {
    "account": "111111111111",
    "region": "eu-west-1",
    "vpc_id": "vpc-0123456789abcdef0",
    "subnets": ["subnet-0123456789abcdef0"],
}


def write(root: Path, name: str, declarations: Mapping[str, str]) -> None:
    """Writes a project of one stage; package to its ``batch.py``."""
    context = {"project": name, "timezone": "Asia/Tokyo", "stages": {"staging": STAGE}}
    context["registry"] = {"account": "333333333333", "region": "eu-west-1"}
    app = {"app": f"{sys.executable} app.py", "context": context}
    files = {"cdk.json": json.dumps(app), "app.py": APP, "batches/__init__.py": ""}
    for package, text in declarations.items():
        files |= {f"batches/{package}/__init__.py": "", f"batches/{package}/batch.py": text}
    for file, text in files.items():
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
