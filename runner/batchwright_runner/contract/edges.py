"""What a batch reads and writes: edges between batches and data, ``mysql:shop.orders``, ``s3:sales``."""

import re
from dataclasses import asdict, dataclass
from typing import Any, Literal

Direction = Literal["reads", "writes"]

FORM = "kind:name without white space, such as mysql:shop.orders or s3:sales"
"""How something that is read or written is named, in words."""
LONGEST = 200
"""Characters of such a name."""

_FORM = re.compile(r"[a-z][a-z0-9+.-]*:\S+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """Something that a batch reads or writes."""

    # ``reads`` or ``writes``
    direction: Direction
    # What it is, ``kind:name``: as it is declared, or IAM's prefix of its service and its name in AWS, where ``*``
    # stands for any text and ``<…>`` for what only a deployment knows
    resource: str
    # The declaration says so, with ``reads=`` or ``writes=``
    declared: bool = False
    granted: bool = False
    # The lines that granted it, ``batches/report/batch.py:31``
    at: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return {**asdict(self), "at": list(self.at)}


def is_resource(text: str) -> bool:
    """Whether a text names something that a batch reads or writes: ``mysql:shop.orders``."""
    return len(text) <= LONGEST and text.isprintable() and _FORM.fullmatch(text) is not None
