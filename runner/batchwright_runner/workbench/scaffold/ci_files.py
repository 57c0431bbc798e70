"""What CI needs of a new project: its configuration, and the role that it releases with. Pure."""

import json
import re
import shlex
from collections.abc import Mapping

from batchwright_runner.workbench.scaffold.answers import Answers, Ci
from batchwright_runner.workbench.scaffold.files import NewFile
from batchwright_runner.workbench.scaffold.text import render

CONFIG = "batchwright.ci.toml"
_WORKFLOWS = {"github": ".github/workflows/batches.yml", "circleci": ".circleci/config.yml"}
_IMAGES = '[.[] | select(.source) | {name: .manifest.image.name, folder: (.source | rtrimstr("/app"))}]'
"""The images that are built here, with their folders, of the files that a synthesis writes: for jq."""


def ci_places(answers: Answers, below: str) -> dict[str, str]:
    """The places of CI's templates."""
    first = answers.stages[0]
    working = f"\ndefaults:\n  run:\n    working-directory: {_yaml(below)}\n" if below else ""
    return {
        "project": answers.project,
        "stage": first.name,
        "account": first.account,
        "region": first.region,
        "registry_account": first.account,
        "registry_region": first.region,
        "partition": first.partition,
        "release_role": f"arn:{first.partition}:iam::{first.account}:role/{answers.project}-{first.name}-release",
        "defaults": working,
        "pins": _yaml(f"{below}/pyproject.toml" if below else "pyproject.toml"),
        "types": _yaml(f"{below}/.mypy_cache" if below else ".mypy_cache"),
        "cd": f"cd {shlex.quote(below)} && " if below else "",
        "config": CONFIG,
        "images": _IMAGES,
        "workflow": workflow_of(answers.ci),
        "workflow_link": workflow_of(answers.ci, below),
    }


def ci_files(answers: Answers, values: Mapping[str, str], below: str) -> tuple[NewFile, ...]:
    """The files of CI, relative to the project's folder."""
    if answers.ci == "none":
        return ()
    top = _up(below)
    dependabot = NewFile(f"{top}.github/dependabot.yml", render("ci/dependabot.yml.in"))
    return (
        NewFile(workflow_of(answers.ci, below), render(f"ci/{answers.ci}.yml.in", values)),
        NewFile(CONFIG, render("ci/batchwright.toml.in", values)),
        NewFile("callers.py", render("project/callers.py.in", values)),
        *([dependabot] if answers.ci == "github" else []),
    )


def workflow_of(ci: Ci, below: str = "") -> str:
    """The file that a CI reads, relative to the project's folder.

    `below`: where that folder is in the git repository; empty for the file's place in the repository.
    """
    return f"{_up(below)}{_WORKFLOWS.get(ci, '')}"


def _up(below: str) -> str:
    return "../" * (below.count("/") + 1) if below else ""


def _yaml(text: str) -> str:
    return text if re.fullmatch(r"[\w./-]+", text) else json.dumps(text)
