"""The pages of a catalog, as files. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from batchwright_runner.contract.sizes import NOBODY
from batchwright_runner.workbench.page.catalog import Batch, Catalog, Resource
from batchwright_runner.workbench.page.site.calendar import week_of
from batchwright_runner.workbench.page.site.chart import chart_of
from batchwright_runner.workbench.page.site.links import Links, page_of, page_of_day
from batchwright_runner.workbench.page.site.picture import picture_of
from batchwright_runner.workbench.page.site.render import Render, static

STATIC = ("catalog.css", "catalog.js")
SECTIONS = {
    "batch": "index.html",
    "calendar": "calendar.html",
    "owner": "owners.html",
    "image": "resources.html",
    "resource": "resources.html",
}
"""Folder to the page of the navigation that its pages belong to."""
NEAR = 40
"""Batches around one that its page still has a picture of."""


def site(catalog: Catalog, render: Render) -> dict[str, str]:
    """The files of the site: path to text.

    Args:
        catalog: The catalog.
        render: Fills the templates.
    """
    pages = _Pages(catalog, render)
    pages.add("index.html", "index.html", **_filters(catalog))
    week = week_of(catalog)
    pages.add("calendar.html", "calendar.html", week=week)
    for day in week.days:
        pages.add(page_of_day(day.date), "day.html", week=week, day=day)
    pages.add("picture.html", "picture.html", picture=picture_of(catalog))
    pages.add("owners.html", "owners.html")
    pages.add("resources.html", "resources.html")
    for batch in catalog.batches:
        pages.add(page_of("batch", batch.name), "batch.html", batch=batch, **_around(catalog, batch))
    for owner in catalog.owners:
        pages.add(page_of("owner", owner.name), "group.html", kind="Owner", group=owner)
    for image in catalog.images:
        pages.add(page_of("image", image.name), "group.html", kind="Image", group=image)
    for resource in catalog.resources:
        pages.add(page_of("resource", resource.id), "resource.html", resource=resource)
    files = {name: static(name) for name in STATIC}
    return {**pages.files, **files, "catalog.json": to_json(catalog)}


def to_json(catalog: Catalog) -> str:
    """The catalog as JSON."""
    return json.dumps(catalog.to_dict(), indent=2, ensure_ascii=False) + "\n"


@dataclass(slots=True)
class _Pages:
    """Pages that have something in common.

    Attributes:
        catalog: The catalog.
        render: Fills the templates.
        files: The pages so far: path to text.
    """

    catalog: Catalog
    render: Render
    files: dict[str, str] = field(default_factory=dict)

    def add(self, path: str, template: str, **values: object) -> None:
        """Adds a page."""
        common = {
            "catalog": self.catalog,
            "links": Links("../" * path.count("/")),
            "here": path,
            "section": SECTIONS.get(path.partition("/")[0], path),
            "batches": {one.name: one for one in self.catalog.batches},
            "resources": {one.id: one for one in self.catalog.resources},
            "nobody": NOBODY,
        }
        self.files[path] = self.render(template, {**common, **values})


def _filters(catalog: Catalog) -> Mapping[str, Any]:
    """What the list of batches can be narrowed down by."""
    return {"schedulers": sorted({one.scheduler or NOBODY for one in catalog.batches})}


def _around(catalog: Catalog, batch: Batch) -> Mapping[str, Any]:
    """What stands around a batch: those that give it something, that take something of it, and that share its image."""
    resources = [one for one in catalog.resources if one.id in (*batch.reads, *batch.writes)]
    images = [one for one in catalog.images if one.name == batch.image]
    before, after = (
        _others(batch, resources, batch.reads, "writers"),
        _others(batch, resources, batch.writes, "readers"),
    )
    beside = [name for one in images for name in one.batches if name != batch.name]
    near = {batch.name, *(name for name, _ in (*before, *after))}
    return {
        "before": before,
        "after": after,
        "beside": beside,
        "picture": picture_of(catalog, near) if 1 < len(near) <= NEAR else None,
        "chart": chart_of(batch.results.runs) if batch.results else None,
    }


def _others(batch: Batch, resources: Sequence[Resource], ids: Sequence[str], side: str) -> list[tuple[str, Resource]]:
    return [(name, one) for one in resources if one.id in ids for name in getattr(one, side) if name != batch.name]
