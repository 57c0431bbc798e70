"""The pages of a catalog: what each is called, and how one links to another. Pure."""

import hashlib
import re
from dataclasses import dataclass
from datetime import date

from batchwright_runner.contract.schedules.words import WEEKDAYS

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
    """Links from a page.

    Attributes:
        root: How the page gets to the site's folder: empty, or ``../``.
        workflows: Names of the workflows, which no batch has.
    """

    root: str = ""
    workflows: frozenset[str] = frozenset()

    def to(self, page: str) -> str:
        """To a page or a file, by its path in the site."""
        return f"{self.root}{page}"

    def page(self, kind: str, name: str) -> str:
        """To the page of a ``batch``, ``workflow``, ``owner`` or ``image`` by its name, of a ``resource`` by its id."""
        return self.to(page_of(kind, name))

    def due(self, name: str) -> str:
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

    Args:
        kind: What it is: ``batch``, ``workflow``, ``owner``, ``image``, ``resource``.
        name: Its name or id.
    """
    return f"{kind}/{slug(name)}.html"
