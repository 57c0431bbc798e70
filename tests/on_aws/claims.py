"""What only AWS can show: the one table that ``make trial`` answers and docs/proof.md shows."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

BEFORE = "before"
"""The part that deploys nothing."""
Answer = Literal["seen", "not so", "cannot be seen here"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One thing that these pages rely on.

    Attributes:
        key: Its name.
        what: What is relied on.
        otherwise: What happens if it is not so.
        part: The part of the trial that asks it; "" for what no program can ask.
        needs: What it would need, where no part asks it.
        policies: Whether an answer means nothing in an account where no policy is evaluated, as in an emulator.
        sure: How sure we are that it is so, in percent.
        seen: Who else has met it on AWS, with links.
        documented: Where AWS says it, with links.
    """

    key: str
    what: str
    otherwise: str
    part: str = ""
    needs: str = ""
    policies: bool = False
    sure: int = 0
    seen: str = ""
    documented: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What AWS has answered.

    Attributes:
        claim: The claim's key.
        answer: Whether it is so.
        evidence: What was seen, in a few words.
    """

    claim: str
    answer: Answer
    evidence: str


CLAIMS = tuple(
    Claim(key=key, **facts)
    for key, facts in tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")).items()
)
