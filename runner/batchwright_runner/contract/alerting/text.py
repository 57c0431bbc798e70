"""Texts of others within ours: no text of a log or of a reason leaves its place, or calls people. Pure."""

import re
from collections.abc import Sequence

from batchwright_runner.contract.duration import format_duration

LINE_LIMIT = 200
"""Characters of a log line that a message shows."""
_CONTROLS = re.compile(
    r"\x1b\[[0-9;?]*[ -\/]*[@-~]"
    r"|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]"
)
"""What is taken out: terminals' sequences, controls, and what turns or hides text."""
_BREAKS = re.compile(r"\r\n|\r|\n")
SPACE = "\u200b"
"""A space without width, after each ``@``: no chat takes the word after it for a person or a channel."""

SAID_LIMIT, FACT_LIMIT = 500, 200
"""Characters of a sentence or a link, and of a fact: what AWS says of a failure may be long."""


def clean(text: str) -> str:
    """Text in one line, without what a terminal or a chat acts on."""
    return _CONTROLS.sub("", text.replace("\t", " ").replace("\n", " "))


def log_lines(messages: Sequence[str], count: int) -> tuple[str, ...]:
    """The last lines of a log."""
    lines = [clean(line)[:LINE_LIMIT] for message in messages for line in _BREAKS.split(message)]
    return tuple([line for line in lines if line][-count:]) if count else ()


def for_chat(text: str) -> str:
    """Text of others in a chat's Markdown: no link or mention of its own, and no end of the block that it is in."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace("`", "'").replace("@", f"@{SPACE}")


def took(seconds: int) -> str:
    """A duration, the two largest units: ``45s``, ``12m03s``, ``1h05m``."""
    return f"{seconds}s" if seconds < 10 else format_duration(seconds)
