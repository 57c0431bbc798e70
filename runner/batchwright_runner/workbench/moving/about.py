"""What a free text says about a job: what it is for, whose it is, and where to read on. Pure."""

import re
from typing import Any

from batchwright_runner.contract.checks import DESCRIPTION_LIMIT

_OWNER = re.compile(
    r"(?:^|[·|])[ \t*_>-]*(?:owner|team|contact|担当者?|担当チーム|オーナー)[*_]*\s*[:=\uff1a][*_]*\s*"
    r"(?P<value>.+?)(?= [·|] |$)",
    re.IGNORECASE | re.MULTILINE,
)
_RUNBOOK = re.compile(
    r"(?:runbook|playbook|手順書?|wiki|docs?)\s*[:=\uff1a]\s*<?(?P<plain>https?://[^\s>)\]]+)>?"
    r"|\[(?:runbook|playbook|手順書?)\]\((?P<link>https?://[^\s)]+)\)",
    re.IGNORECASE,
)


def read_about(text: str) -> dict[str, Any]:
    """Reads a description, as people write it: ``description``, ``owner``, ``runbook`` and ``notes`` of a job.

    ``owner: billing`` and ``runbook: https://…``, on lines of their own or beside each other, are taken out.
    """
    owner, runbook = _OWNER.search(text), _RUNBOOK.search(text)
    lines = [line.rstrip() for line in text.strip().splitlines() if not _is_about(line)]
    paragraphs = [part for part in "\n".join(lines).split("\n\n") if part.strip()]
    first = one_line(paragraphs[0]) if paragraphs else ""
    rest = "\n\n".join(paragraphs[1:]).strip()
    if len(first) > DESCRIPTION_LIMIT:
        short = first[: DESCRIPTION_LIMIT - 1].rpartition(" ")[0] or first[: DESCRIPTION_LIMIT - 1]
        first, rest = f"{short}…", "\n\n".join(filter(None, (first, rest)))
    return {
        "description": first,
        "owner": one_line(owner["value"].strip(" .*_")) if owner else "",
        "runbook": (runbook["plain"] or runbook["link"]).rstrip(".,") if runbook else "",
        "notes": rest,
    }


def one_line(text: str) -> str:
    """A text as a declaration may hold it: in one line, without invisible characters and SSM's references."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(printable.split()).replace("{{", "{ {")


def _is_about(line: str) -> bool:
    """Whether a line says nothing but owner and runbook."""
    rest = _RUNBOOK.sub("", _OWNER.sub("", line))
    return rest != line and not re.search(r"\w", rest)
