"""The pages of a catalog: what each is called, and how one links to another. Pure."""

import hashlib
import re
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

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


def web_address(text: str) -> str:
    """The text if it is the address of a web page, which may be linked to; else nothing."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    whole = not any(one.isspace() or not one.isprintable() for one in text)
    return text if whole and parts.scheme in ("http", "https") and parts.netloc else ""


@dataclass(frozen=True, slots=True)
class Links:
    """Links from a page.

    Attributes:
        root: How the page gets to the site's folder: empty, or ``../``.
    """

    root: str = ""

    def to(self, page: str) -> str:
        """To a page or a file, by its path in the site."""
        return f"{self.root}{page}"

    def batch(self, name: str) -> str:
        """To a batch's page."""
        return self.to(page_of("batch", name))

    def owner(self, name: str) -> str:
        """To an owner's page."""
        return self.to(page_of("owner", name))

    def image(self, name: str) -> str:
        """To an image's page."""
        return self.to(page_of("image", name))

    def day(self, day: date) -> str:
        """To the page of a day of the calendar."""
        return self.to(page_of_day(day))

    def resource(self, id: str) -> str:
        """To a resource's page."""
        return self.to(page_of("resource", id))


def page_of_day(day: date) -> str:
    """The page of a day of the calendar. It is called by its weekday: next week's catalog has the same pages."""
    return f"calendar/{WEEKDAYS[day.weekday()].lower()}.html"


def page_of(kind: str, name: str) -> str:
    """The page of something, by its path in the site.

    Args:
        kind: What it is: ``batch``, ``owner``, ``image``, ``resource``.
        name: Its name or id.
    """
    return f"{kind}/{slug(name)}.html"
