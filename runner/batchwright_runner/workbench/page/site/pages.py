"""The pages of a catalog, as files: what each is called, how one links to another, and what fills the templates.

Whatever a name or a text holds, it stays text: markup is escaped, controls are shown.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache, partial
from importlib import resources
from typing import TYPE_CHECKING, Any

from batchwright_runner.contract.duration import format_duration
from batchwright_runner.contract.moments import DAY, cell, shown
from batchwright_runner.contract.schedules.words import WEEKDAYS
from batchwright_runner.contract.sizes import NOBODY
from batchwright_runner.errors import missing_package
from batchwright_runner.host.terminal.text import visible
from batchwright_runner.workbench.page.batch import Batch
from batchwright_runner.workbench.page.batch_page import HISTORY, WORKS_ON, document_of
from batchwright_runner.workbench.page.catalog import Catalog, graphs_of, near_of
from batchwright_runner.workbench.page.data import catalog_data
from batchwright_runner.workbench.page.document import Document, Link
from batchwright_runner.workbench.page.site.calendar import week_of
from batchwright_runner.workbench.page.workflow_page import STEPS
from batchwright_runner.workbench.page.workflow_page import document_of as document_of_workflow
from batchwright_runner.workbench.page.writers import html

if TYPE_CHECKING:
    import jinja2

Render = Callable[[str, Mapping[str, Any]], str]
"""Fills a template, by its name, with values."""


def renderer() -> Render:
    """What fills the catalog's templates."""
    environment = _environment()
    return lambda template, values: environment.get_template(template).render(values)


def static(name: str) -> str:
    """A file that goes into the site as it is."""
    return resources.files(__package__).joinpath("static", name).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def _environment() -> "jinja2.Environment":
    try:
        import jinja2
    except ImportError as error:
        raise missing_package("jinja2", "no pages can be written") from error

    def source(name: str) -> str | None:
        file = resources.files(__package__).joinpath("templates", name)
        return file.read_text(encoding="utf-8") if file.is_file() else None

    def finished(value: object) -> object:
        return value if hasattr(value, "__html__") else visible(str(value))

    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(source),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=finished,
    )
    environment.filters |= {
        "duration": format_duration,
        "moment": partial(shown, form=DAY),
        "next": partial(cell, form=DAY),
        "day": "{:%a %Y-%m-%d}".format,
        "weekday": "{0:%a} {0.day}".format,
        "head": html.head,
        "body": html.body,
        "counted": counted,
    }
    return environment


def counted(number: int, noun: str, several: str = "") -> str:
    """A number of things: ``1 batch``, ``2 batches``."""
    return f"{number} {noun if number == 1 else several or noun + 's'}"


_NO_SLUG = re.compile(r"[^a-z0-9]+")
_LONGEST = 60


def slug(name: str) -> str:
    """A name as part of a file's name: small ASCII letters, digits and dashes, each name its own.

    A name that does not look so itself gets a part of its hash, so that two names never share a file, on a file system
    that does not tell capitals from small letters either.
    """
    plain = _NO_SLUG.sub("-", name.lower()).strip("-")[:_LONGEST].strip("-")
    if plain == name:
        return plain
    return f"{plain}-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}".strip("-")


@dataclass(frozen=True, slots=True)
class Links:
    """Links from a page."""

    # How the page gets to the site's folder: empty, or ``../``
    root: str = ""
    workflows: frozenset[str] = frozenset()

    def to(self, page: str) -> str:
        """To a page or a file, by its path in the site."""
        return f"{self.root}{page}"

    def page(self, kind: str, name: str) -> str:
        """To the page of a ``batch``, ``workflow``, ``owner`` or ``image`` by its name, of a ``resource`` by its id."""
        return self.to(page_of(kind, name))

    def named(self, name: str) -> str:
        """To the page of a batch or a workflow."""
        return self.page("workflow" if name in self.workflows else "batch", name)

    def day(self, day: date) -> str:
        """To the page of a day of the calendar."""
        return self.to(page_of_day(day))


def page_of_day(day: date) -> str:
    """The page of a day of the calendar. It is called by its weekday: next week's catalog has the same pages."""
    return f"calendar/{WEEKDAYS[day.weekday()].lower()}.html"


def page_of(kind: str, name: str) -> str:
    """The page of something, by its path in the site.

    `kind`: what it is: ``batch``, ``workflow``, ``owner``, ``image``, ``resource``.
    """
    return f"{kind}/{slug(name)}.html"


STATIC = ("catalog.css", "catalog.js")
SECTIONS = {
    "batch": "index.html",
    "workflow": "index.html",
    "calendar": "calendar.html",
    "owner": "owners.html",
    "image": "resources.html",
    "resource": "resources.html",
}
"""Folder to the page of the navigation that its pages belong to."""


def site(catalog: Catalog, render: Render) -> dict[str, str]:
    """The files of the site: path to text."""
    files: dict[str, str] = {}
    workflows = frozenset(workflow.name for workflow in catalog.workflows)
    resources = {resource.id: resource for resource in catalog.resources}
    common = {"catalog": catalog, "resources": resources, "nobody": NOBODY}

    def add(path: str, template: str, **values: object) -> None:
        links, section = Links("../" * path.count("/"), workflows), SECTIONS.get(path.partition("/")[0], path)
        files[path] = render(template, {**common, "links": links, "here": path, "section": section, **values})

    week, near = week_of(catalog), near_of(catalog)
    graphs, alone = graphs_of(near)
    add("index.html", "index.html")
    add("calendar.html", "calendar.html", week=week)
    for day in week.days:
        add(page_of_day(day.date), "day.html", week=week, day=day)
    add("picture.html", "picture.html", graphs=graphs, alone=alone)
    add("owners.html", "owners.html")
    add("resources.html", "resources.html")
    for batch in catalog.batches:
        path, around = page_of("batch", batch.name), sorted(thing for thing, _ in near[batch.name])
        titles = {"works_on": WORKS_ON, "history": HISTORY}
        add(path, "batch.html", batch=batch, document=document(batch), around=around, **titles)
    for flow in catalog.workflows:
        whole = document_of_workflow(flow, flow.now, _link)
        add(page_of("workflow", flow.name), "workflow.html", workflow=flow, document=whole, steps=STEPS)
    for kind, groups in (("owner", catalog.owners), ("image", catalog.images)):
        for name, names in groups.items():
            add(page_of(kind, name), "group.html", kind=kind, name=name, names=names)
    for resource in catalog.resources:
        add(page_of("resource", resource.id), "resource.html", resource=resource)
    return {**files, **{name: static(name) for name in STATIC}, "catalog.json": to_json(catalog)}


def to_json(catalog: Catalog) -> str:
    """The catalog as JSON, with a newline at the end."""
    return json.dumps(catalog_data(catalog), indent=2, ensure_ascii=False) + "\n"


def document(batch: Batch) -> Document:
    """A batch's page: without a word about past runs where no stage was asked for them."""
    whole = document_of(batch, _link, strip=False)
    if batch.runs is not None or batch.asked_stage:
        return whole
    return replace(whole, sections=tuple(section for section in whole.sections if section.title != HISTORY))


def _link(kind: str, name: str) -> Link:
    return Link(name.partition(":")[2] if kind == "resource" else name, Links("../").page(kind, name))
