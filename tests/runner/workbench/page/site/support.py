"""Catalogs of batches that are declared here, and runs of theirs."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from batchwright_runner.contract.batch_file import BatchFile
from batchwright_runner.contract.ends import ENDED_BY_ITSELF
from batchwright_runner.contract.judgment.state import TaskState
from batchwright_runner.contract.run import Attempt, Run
from batchwright_runner.contract.workflows.file import WorkflowFile
from batchwright_runner.workbench.page.batch import Batch, declared_batch
from batchwright_runner.workbench.page.catalog import NOT_ASKED, SEEN, Catalog
from batchwright_runner.workbench.page.site.pages import renderer, site
from batchwright_runner.workbench.page.workflow import KnownWorkflow, declared_workflow
from tests.kit.projects import declared
from tests.kit.projects import declared_workflow as declared_workflow_file

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
"""Wednesday at noon in Tokyo."""
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"'`{{ 7*7 }}{% raw %}&lt;\x1b[31m\u202eevil"
"""What would break out of a page that forgets to escape it, of a template, or of a terminal."""
Flow = Callable[[Sequence[Batch]], KnownWorkflow]
"""A workflow that still has to be given the batches of its stage."""
NIGHTLY = "30 2 * * * Asia/Tokyo"


def grant(*actions: str, on: Sequence[Any], at: str = "batches/a/batch.py:9", effect: str = "Allow") -> dict[str, Any]:
    """A statement of a task role as a batch's file has it."""
    return {"statement": {"Effect": effect, "Action": list(actions), "Resource": list(on)}, "at": at, "reason": ""}


def batch(
    name: str = "daily-report",
    *,
    grants: Sequence[Mapping[str, Any]] = (),
    file: Mapping[str, Any] | None = None,
    command: Sequence[str] = ("python", "-m", "report"),
    environment: Sequence[Mapping[str, str]] = (),
    now: datetime = NOW,
    **manifest: object,
) -> Batch:
    """A declared batch, with changes to its manifest and its file."""
    usual = {"owner": "finance", "stage": "production", **manifest}
    more = {"access": {"task": {"grants": list(grants)}}, **(file or {})}
    data = declared(name, *command, manifest=usual, container={"environment": [*environment]}, **more)
    return declared_batch(BatchFile.from_dict(data), now)


def ran(batch: Batch, begun: float, seconds: float, code: int = 0, reason: str = "") -> Run:
    """A run that has ended.

    Args:
        batch: Its batch.
        begun: When it was asked for, in seconds since 1970.
        seconds: How long it took.
        code: Its exit code.
        reason: What ECS says of its end.
    """
    times = {"createdAt": begun, "pullStartedAt": begun, "startedAt": begun, "executionStoppedAt": begun + seconds}
    state = TaskState(
        status="STOPPED", began=True, ended=True, exit_code=code, stop_code=ENDED_BY_ITSELF, reason=reason, times=times
    )
    arn = f"arn:aws:ecs:task/c/{int(begun) * 2654435761 % 16**8:08x}{0:024}"
    return Run((Attempt(batch.manifest, arn, "", state, begun, number=1),))


def flow(*steps: object, now: datetime = NOW, **record: object) -> Flow:
    """The workflow nightly, of these steps, with changes to its record; it is given its batches by `catalog`."""
    usual = {"stage": "production", "owner": "finance", "schedule": NIGHTLY, **record}
    return lambda batches: declared_workflow(
        WorkflowFile.from_dict(declared_workflow_file("nightly", *steps, **usual)), batches, now
    )


def catalog(*batches: Batch, flows: Sequence[Flow] = (), zone: str = "Asia/Tokyo", now: datetime = NOW) -> Catalog:
    """The catalog of batches, and of workflows of them."""
    results = SEEN if any(batch.runs is not None for batch in batches) else NOT_ASKED
    workflows = [build(batches) for build in flows]
    ordered = sorted(batches, key=lambda batch: batch.name)
    return Catalog(
        batches=ordered, workflows=workflows, project="batches", stage="production", zone=zone, now=now, results=results
    )


def pages(*batches: Batch, flows: Sequence[Flow] = ()) -> dict[str, str]:
    """The site of batches and workflows: file to text."""
    return site(catalog(*batches, flows=flows), renderer())
