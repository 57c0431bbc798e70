"""What a project needs in files that exist already, and are left as they are. Pure."""

import json
import textwrap
from collections.abc import Callable, Mapping

from batchwright_runner.workbench.scaffold.answers import Answers
from batchwright_runner.workbench.scaffold.files import NewFile
from batchwright_runner.workbench.scaffold.project_files import context

SECRETS = NewFile("batches/.gitignore", "# Secrets for runs on this machine. They never belong into git.\nlocal.env\n")
"""Keeps secrets out of git where the project's own .gitignore is left as it is, and does not."""
_SECRETS_LINES = {"local.env", "**/local.env", "batches/**/local.env", "batches/*/local.env", "/batches/*/local.env"}


def to_add(path: str, existing: str, template: str, answers: Answers) -> str:
    """What a person must add to a file that exists; empty for nothing."""
    addition = _ADDITIONS.get(path)
    return addition(existing, template, answers) if addition else ""


def keeps_secrets_out(gitignore: str) -> bool:
    """Whether the project's own .gitignore has git ignore them."""
    return bool({line.strip() for line in gitignore.splitlines()} & _SECRETS_LINES)


def is_another_app(cdk_json: str) -> bool:
    """Whether a cdk.json names an app in another language than Python, which batches cannot be added to."""
    try:
        app = json.loads(cdk_json).get("app", "")
    except (ValueError, AttributeError):
        return False
    return isinstance(app, str) and app != "" and ".py" not in app and "python" not in app


def _ignored(existing: str, template: str, _: Answers) -> str:
    have = {line.strip().strip("/") for line in existing.splitlines()}
    lines = [line for line in template.splitlines() if line and line[0] != "#" and line.strip("/") not in have]
    return _added("", "\n".join(lines))


def _context(existing: str, _: str, answers: Answers) -> str:
    try:
        context_there = json.loads(existing).get("context", {})
        has = isinstance(context_there, dict) and "stages" in context_there
    except (ValueError, AttributeError):
        has = False
    return "" if has else _added('in "context"', textwrap.dedent(json.dumps(context(answers), indent=2)[2:-2]))


def _app(existing: str, _: str, __: Answers) -> str:
    imports = "from pathlib import Path\nfrom batchwright import BatchApp"
    lines = f"{imports}\napp = BatchApp(Path(__file__).parent)  # in the place of App()"
    return "" if "BatchApp" in existing else _added("your stacks go on as they are", lines)


def _pins(existing: str, template: str, _: Answers) -> str:
    group = template[: template.index("[tool.")].strip()
    return "" if "batchwright" in existing else _added("or have in your environment", group)


def _added(remark: str, lines: str) -> str:
    return f"{f' ({remark})' if remark else ''}:\n{lines}" if lines else ""


_ADDITIONS: Mapping[str, Callable[[str, str, Answers], str]] = {
    ".gitignore": _ignored,
    "cdk.json": _context,
    "app.py": _app,
    "pyproject.toml": _pins,
}
