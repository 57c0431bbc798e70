"""The files of a new project. Pure."""

import json
from typing import Any

from batchwright_runner.workbench.scaffold.answers import Answers, StageAnswers
from batchwright_runner.workbench.scaffold.batch_files import PACKAGES, batch_files
from batchwright_runner.workbench.scaffold.ci_files import ci_files, ci_places
from batchwright_runner.workbench.scaffold.files import NewFile
from batchwright_runner.workbench.scaffold.pins import places
from batchwright_runner.workbench.scaffold.text import render

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
        registry["release_roles"] = [ci_places(answers, "")["release_role"]]
    return {
        "project": answers.project,
        "timezone": answers.timezone,
        "registry": registry,
        "stages": {stage.name: _stage(stage) for stage in answers.stages},
    }


def _stage(stage: StageAnswers) -> dict[str, Any]:
    subnets = stage.subnets[0] if stage.subnets[0].startswith(("/", "ssm:")) else list(stage.subnets)
    return {"account": stage.account, "region": stage.region, "subnets": subnets}
