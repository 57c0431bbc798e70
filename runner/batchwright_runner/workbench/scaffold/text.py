"""Templates, which are package data, and what is filled into them."""

import re
from collections.abc import Mapping
from importlib.resources import files

_PLACE = re.compile(r"(?<!\$)\{\{([a-z_]+)\}\}")
"""``{{name}}``. GitHub's own ``${{ name }}`` stays as it is."""


def render(template: str, values: Mapping[str, str] | None = None) -> str:
    """A template with its places filled in.

    `template`: its file in ``templates/``.
    """
    texts = values or {}
    text = files(__package__).joinpath("templates", template).read_text(encoding="utf-8")
    return _PLACE.sub(lambda match: texts[match[1]], text)


def literal(text: str) -> str:
    """A string in Python source, quoted as ruff formats it: in double quotes, unless single ones need fewer escapes."""
    parts = [escaped(part) for part in text.split('"')]
    if text.count('"') > text.count("'"):
        return "'" + '"'.join(part.replace("'", "\\'") for part in parts) + "'"
    return '"' + '\\"'.join(parts) + '"'


def escaped(text: str) -> str:
    """A text as a literal holds it, but for quotes: invisible characters are written as numbers."""
    return "".join(
        character
        if character.isprintable() and character != "\\"
        else character.encode("unicode_escape").decode("ascii")
        for character in text
    )
