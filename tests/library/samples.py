"""The project of this repository, its sample batches and the batch that uses every argument, as one app."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from aws_cdk import App, Stack
from aws_cdk import aws_iam as iam

from batchwright import BatchApp, FargateBatch, Platform
from batchwright.app.discovery import find_batches, find_workflows
from batchwright.testing import Template
from tests.library.everything import PLATFORM, Everything

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Assembly:
    """An assembly as plain data, which stay when another Node takes over.

    Attributes:
        folder: Where it was written.
        templates: Stack to template.
        tags: Stack to its tags.
    """

    folder: Path
    templates: Mapping[str, Template]
    tags: Mapping[str, Mapping[str, str]]

    @classmethod
    def of(cls, app: App) -> "Assembly":
        """Synthesizes an app."""
        stacks = app.synth().stacks
        templates = {stack.stack_name: stack.template for stack in stacks}
        return cls(Path(app.outdir), templates, {stack.stack_name: dict(stack.tags) for stack in stacks})

    def file(self, batch: str, stage: str = "staging") -> dict[str, Any]:
        """The batch file of a batch."""
        read: dict[str, Any] = json.loads(
            (self.folder / "batches" / stage / f"{batch}.json").read_text(encoding="utf-8")
        )
        return read


def context() -> dict[str, Any]:
    """The context of cdk.json, with what the batch that uses every argument asks of a stage."""
    read: dict[str, Any] = json.loads(ROOT.joinpath("cdk.json").read_text(encoding="utf-8"))["context"]
    for stage in read["stages"].values():
        stage.update(PLATFORM)
    return read


def declared(root: Path = ROOT) -> list[str]:
    """The batches' names, by their folders, or a folder's table: whoever adds one need not count here."""
    folders = [path.parent.name for path in root.glob("batches/*/batch.py")]
    tables = {folder: getattr(import_module(f"batches.{folder}.batch"), "TASKS", None) for folder in folders}
    return sorted(name for folder in folders for name in tables[folder] or [folder.replace("_", "-")])


def workflows(root: Path = ROOT) -> list[str]:
    """The workflows' names, by their folders."""
    return sorted(path.parent.name.replace("_", "-") for path in root.glob("batches/*/workflow.py"))


def sample_app(outdir: Path, **given: str) -> BatchApp:
    """The app: every batch and workflow, in staging and production, and a role that may run and operate them.

    Args:
        outdir: Where the assembly goes.
        given: More of the context: ``stage``.
    """
    declarations = [*find_batches(ROOT), Everything]
    app = BatchApp(
        ROOT, context={**context(), **given}, outdir=str(outdir), batches=declarations, workflows=find_workflows(ROOT)
    )
    for on in platforms(app):
        operator = iam.Role(
            Stack.of(on), "Operator", assumed_by=iam.AccountRootPrincipal(), description="An operator of the stage"
        )
        on.grant_operate(operator)
        caller = iam.Role(
            Stack.of(on), "Caller", assumed_by=iam.AccountRootPrincipal(), description="A scheduler of one batch"
        )
        next(batch for batch in app.batches if batch.platform is on).grant_run(caller)
    return app


def platforms(app: BatchApp) -> list[Platform]:
    """The app's platforms, in order."""
    return list(dict.fromkeys(batch.platform for batch in app.batches))


def batches(app: BatchApp, name: str) -> list[FargateBatch]:
    """The app's batches of a name, one for each stage."""
    return [batch for batch in app.batches if batch.name == name]
