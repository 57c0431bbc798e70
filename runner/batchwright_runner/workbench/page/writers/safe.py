"""Text and URLs from anywhere, made harmless before a writer sees them. Pure."""

import re

from batchwright_runner.host.terminal.text import one_line, visible

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_WEB = re.compile(r"https?://[^/\\]", re.IGNORECASE)
_NOT_IN_URLS = re.compile(r"[\x00-\x20\x7f-\xa0\u2000-\u200f\u2028-\u202f\u2060-\u206f\u3000\ufeff]")
_SURROGATES = re.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    """A text in one line, with controls and turns of direction made visible."""
    return one_line(_whole(text))


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a text, each in one line; none for a text of white space."""
    found = [clean(one) for one in re.split(r"\n[^\S\n]*\n", text.replace("\r\n", "\n"))]
    return [one for one in found if one]


def lines(text: str) -> list[str]:
    """The lines of a text that keeps its white space, without what ends a line; at least one."""
    return [_whole(line).expandtabs(8) for line in text.splitlines()] or [""]


def web_url(url: str) -> str:
    """A URL that may be followed: ``http``, ``https`` or relative; empty for any other.

    White space and controls are dropped first, as a browser does, so that none hides a scheme.
    """
    found = _SURROGATES.sub("", _NOT_IN_URLS.sub("", url))
    if _WEB.match(found):
        return found
    if _SCHEME.match(found) or found.replace("\\", "/").startswith("//"):
        return ""
    return found


def _whole(text: str) -> str:
    return visible(_SURROGATES.sub("\N{REPLACEMENT CHARACTER}", text))
