"""Catalogs of batches that are declared here."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from batchwright_runner.workbench.page.build import Known, catalog_of
from batchwright_runner.workbench.page.catalog import Catalog
from batchwright_runner.workbench.page.site.pages import site
from batchwright_runner.workbench.page.site.render import renderer
from batchwright_runner.workbench.project.batches import DeclaredBatch
from tests.kit.projects import declared

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
"""Wednesday at noon in Tokyo."""
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"'`{{ 7*7 }}{% raw %}&lt;\x1b[31m\u202eevil"
"""What would break out of a page that forgets to escape it, of a template, or of a terminal."""
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
    **manifest: object,
) -> DeclaredBatch:
    """A declared batch, with changes to its manifest and its file."""
    usual = {"owner": "finance", "stage": "production", **manifest}
    access = {"task": {"grants": list(grants)}}
    data = declared(
        name, *command, manifest=usual, container={"environment": [*environment]}, access=access, **(file or {})
    )
    return DeclaredBatch.from_dict(data)


def catalog(
    *batches: DeclaredBatch, known: Known | None = None, zone: str = "Asia/Tokyo", now: datetime = NOW
) -> Catalog:
    """The catalog of batches."""
    return catalog_of(batches, project="batches", stage="production", zone=zone, now=now, known=known)


def pages(*batches: DeclaredBatch, known: Known | None = None) -> dict[str, str]:
    """The site of batches: file to text."""
    return site(catalog(*batches, known=known), renderer())
