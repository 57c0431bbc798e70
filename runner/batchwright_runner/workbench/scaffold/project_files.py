"""The files of a new project, those of its CI among them. Pure."""

import json
import re
import shlex
from collections.abc import Mapping
from typing import Any

from batchwright_runner.workbench.scaffold.answers import Answers, Ci, StageAnswers
from batchwright_runner.workbench.scaffold.files import NewFile, render
from batchwright_runner.workbench.scaffold.new_batch import PACKAGES, batch_files

PINS = {
    "aws-cdk-lib": "2.275.0",
    "mypy": "2.4.1",
    "pip": "26.3",
    "pytest": "9.2.0",
    "ruff": "0.17.6",
}
ACTIONS = {
    "checkout": "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1",
    "setup_python": "actions/setup-python@5fda3b95a4ea91299a34e894583c3862153e4b97 # v7.0.0",
    "cache": "actions/cache@27d5ce7f107fe9357f9df03efb73ab90386fccae # v5.0.5",
    "setup_buildx": "docker/setup-buildx-action@37fe631027851001ddb9b187196cc803df7f5f0e # v4.3.0",
    "configure_aws": "aws-actions/configure-aws-credentials@e6de054238d6b7531b4efff3b6587d9aade6a06c # v6.2.3",
}
"""Actions of the workflow, pinned to commits. A test holds them to the repository's own workflows."""


def places() -> dict[str, str]:
    """The pins as places of templates."""
    return {**ACTIONS, **{name.replace("-", "_"): pin for name, pin in PINS.items()}}


CONFIG = "batchwright.ci.toml"
_WORKFLOWS = {"github": ".github/workflows/batches.yml", "circleci": ".circleci/config.yml"}
_IMAGES = '[.[] | select(.source) | {name: .manifest.image.name, folder: (.source | rtrimstr("/app"))}]'
"""The images that are built here, with their folders, of the files that a synthesis writes: for jq."""


def ci_places(answers: Answers, below: str) -> dict[str, str]:
    """The places of CI's templates."""
    first = answers.stages[0]
    return {
        "project": answers.project,
        "stage": first.name,
        "account": first.account,
        "region": first.region,
        "partition": first.partition,
        "defaults": f"\ndefaults:\n  run:\n    working-directory: {_yaml(below)}\n" if below else "",
        "pins": _yaml(f"{below}/pyproject.toml" if below else "pyproject.toml"),
        "types": _yaml(f"{below}/.mypy_cache" if below else ".mypy_cache"),
        "cd": f"cd {shlex.quote(below)} && " if below else "",
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


FIRST_BATCH = "hello"
APP = ".venv/bin/python app.py"
_FLAGS = {
    "@aws-cdk/aws-iam:minimizePolicies": True,
    "@aws-cdk/aws-kms:applyImportedAliasPermissionsToPrincipal": True,
    "@aws-cdk/core:checkSecretUsage": True,
    "@aws-cdk/core:validateAgainstDefaultRules": True,
    "@aws-cdk/core:target-partitions": ["aws", "aws-cn", "aws-us-gov"],
}
"""The CDK's feature flags that the library is tested with."""


def project_files(
    answers: Answers, *, requirement: str, below: str = "", with_batch: bool = True
) -> tuple[NewFile, ...]:
    """The files of a project, relative to its folder.

    `below`: where its folder is in the git repository: ``tools/batches``; empty at the repository's top.
    """
    typed = ["app.py", *([] if answers.ci == "none" else ["callers.py"]), "batches"]
    values = {
        **places(),
        **ci_places(answers, below),
        "requirement": requirement,
        "batch": FIRST_BATCH,
        "typed": ", ".join(map(json.dumps, typed)),
    }
    values["ci_section"] = "" if answers.ci == "none" else render(f"ci/{answers.ci}.README.in", values)
    return (
        NewFile("cdk.json", json.dumps(cdk_json(answers), indent=2) + "\n"),
        NewFile("app.py", render("project/app.py.in")),
        NewFile("pyproject.toml", render("project/pyproject.toml.in", values)),
        NewFile("Makefile", render("project/Makefile.in", values)),
        NewFile(".gitignore", render("project/gitignore.in")),
        NewFile("README.md", render("project/README.md.in", values)),
        NewFile("batches/README.md", render("project/batches.README.md.in", values)),
        PACKAGES,
        *(batch_files(FIRST_BATCH) if with_batch else ()),
        *ci_files(answers, values, below),
    )


def cdk_json(answers: Answers) -> dict[str, Any]:
    """The content of ``cdk.json``."""
    return {"app": APP, "context": {**context(answers), **_FLAGS}}


def context(answers: Answers) -> dict[str, Any]:
    """What ``cdk.json`` says of the project."""
    first = answers.stages[0]
    registry: dict[str, Any] = {"account": first.account, "region": first.region}
    if answers.ci != "none":
        name = f"{answers.project}-{first.name}-release"
        registry["release_roles"] = [f"arn:{first.partition}:iam::{first.account}:role/{name}"]
    return {
        "project": answers.project,
        "timezone": answers.timezone,
        "registry": registry,
        "stages": {stage.name: _stage(stage) for stage in answers.stages},
    }


def _stage(stage: StageAnswers) -> dict[str, Any]:
    subnets = stage.subnets[0] if stage.subnets[0].startswith(("/", "ssm:")) else list(stage.subnets)
    return {"account": stage.account, "region": stage.region, "subnets": subnets}
