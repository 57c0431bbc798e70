"""What a batch's declaration says beside its containers and values, checked. Pure."""

import inspect
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aws_cdk import Duration

from batchwright.arguments import checked_fields
from batchwright.errors import DeclarationError, wrong
from batchwright.origins import of_class
from batchwright.task.checks import seconds, whole_seconds
from batchwright.task.retry import Retry
from batchwright_runner.contract.checks import DESCRIPTION_LIMIT, TIMEOUTS
from batchwright_runner.contract.edges import FORM, LONGEST, is_resource
from batchwright_runner.contract.sizes import OVERLAPS, Overlap

WAITS = range(1, TIMEOUTS[-1] + 1)
"""Seconds that a run may wait for another one."""


@checked_fields
@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """A run waits while another one of its batch is in progress, and then runs: ``overlap=Wait(at_most=…)``.

    Attributes:
        at_most: How long it waits before it gives up with exit code 123, from a second to 14 days.
    """

    at_most: Duration


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Whose a batch is, and on which terms it runs; the arguments of `FargateBatch` of the same names."""

    description: str
    owner: str
    runbook: str | None
    timeout: Duration
    overlap: Overlap | Wait
    retry: Retry | None = None
    reads: Sequence[str] = ()
    writes: Sequence[str] = ()
    expected: Duration | None = None

    @property
    def expected_seconds(self) -> int:
        """How long a run usually takes at most, in seconds; 0 where that is not given."""
        return 0 if self.expected is None else seconds(self.expected)

    def check(self, subject: str) -> None:
        """Raises unless they can be kept."""
        check_words(subject, description=self.description, owner=self.owner, runbook=self.runbook)
        longest = whole_seconds(subject, "timeout", self.timeout, TIMEOUTS, "60 seconds to 14 days, in whole seconds")
        # A run that reaches its timeout is stopped, so that nothing could take longer than is expected beyond that.
        check_expected(subject, self.expected, longest, f"the batch's timeout of {longest} seconds")
        check_overlap(subject, self.overlap, OVERLAPS)
        _check_edges(subject, "reads", self.reads)
        _check_edges(subject, "writes", self.writes)

    def manifest_fields(self) -> dict[str, Any]:
        """The manifest's fields about them."""
        return {
            "description": self.description,
            "owner": self.owner,
            "runbook": self.runbook or "",
            "timeout_seconds": seconds(self.timeout),
            **(self.retry._manifest_fields() if self.retry is not None else {}),
            **_overlap_fields(self.overlap),
        }


def describe(subject: str, description: str | None, documented: type, base: type) -> str:
    """A batch's description: as given, or the first paragraph of its class's docstring.

    `description`: the description; ``None`` for the docstring's.
    """
    own = vars(documented).get("__doc__") if documented is not base else None
    text = inspect.cleandoc(own or "").partition("\n\n")[0] if description is None else description
    description = " ".join(text.split())
    if not description:
        raise DeclarationError(
            subject,
            "description",
            "none was given; allowed: a docstring of the class, or description=",
            of_class(documented) if documented is not base else None,
        )
    return description


def check_words(subject: str, *, description: str, owner: str, runbook: str | None) -> None:
    """Raises unless these can be shown to people."""
    if not isinstance(owner, str) or not owner.strip():
        raise wrong(subject, "owner", owner, "the team to ask, such as finance-systems")
    if len(description) > DESCRIPTION_LIMIT:
        problem = f"it has {len(description)} characters; allowed: {DESCRIPTION_LIMIT}"
        raise DeclarationError(subject, "description", problem)
    for argument, text in {"description": description, "owner": owner, "runbook": runbook or ""}.items():
        _check_line(subject, argument, text)


def check_expected(subject: str, expected: Duration | None, longest: int, limit: str) -> None:
    """Raises unless a run can be expected to take so long at most.

    `expected`: how long; ``None`` where that is not given.
    """
    if expected is not None:
        words = f"{TIMEOUTS[0]} seconds to {limit}, in whole seconds"
        whole_seconds(subject, "expected", expected, range(TIMEOUTS[0], longest + 1), words)


def check_overlap(subject: str, overlap: str | Wait, allowed: Sequence[str]) -> None:
    """Raises for what a run cannot do while another one is in progress."""
    if isinstance(overlap, Wait):
        whole_seconds(subject, "overlap.at_most", overlap.at_most, WAITS, "1 second to 14 days, in whole seconds")
    elif overlap not in allowed:
        raise wrong(subject, "overlap", overlap, f"{', '.join(allowed)}, Wait(at_most=Duration…)")


def _check_line(subject: str, argument: str, text: str) -> None:
    """A second line or an escape would be something else in a crontab, a unit, a table or a message."""
    hidden = [character for character in text if unicodedata.category(character) in ("Cc", "Zl", "Zp")]
    if hidden:
        problem = f"it holds {ascii(hidden[0])[1:-1]}; allowed: a text of one line that can be printed"
        raise DeclarationError(subject, argument, problem)


def _check_edges(subject: str, argument: str, edges: Sequence[str]) -> None:
    if isinstance(edges, str):
        raise wrong(subject, argument, edges, "a list, such as ['mysql:shop.orders']")
    for number, edge in enumerate(edges):
        if not isinstance(edge, str) or not is_resource(edge):
            raise wrong(subject, argument, edge, f"{FORM}, at most {LONGEST} characters")
        if edge in edges[:number]:
            raise DeclarationError(subject, argument, f"{edge!r} was given twice; allowed: each once")


def _overlap_fields(overlap: Overlap | Wait) -> dict[str, Any]:
    if isinstance(overlap, Wait):
        return {"overlap": "wait", "overlap_wait_seconds": seconds(overlap.at_most)}
    return {"overlap": overlap}
