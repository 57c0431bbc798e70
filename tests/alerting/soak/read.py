"""Reads messages as people do: which ends they tell of. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

TITLE = re.compile(r"(?P<words>[^:]+): (?P<batch>b\d\d) in production")
MORE = re.compile(r"(\d+) more with this end since .*")


@dataclass(frozen=True, kw_only=True)
class Report:
    """An end that a message tells of.

    Attributes:
        to: The channel: ``sns``, ``slack #batches``.
        at: When it was sent, in seconds since 1970.
        words: What happened, ``exit 3``.
        batch: The batch.
        run: The run's id; empty where the message does not say it.
        count: How many ends it stands for.
    """

    to: str
    at: float
    words: str
    batch: str = ""
    run: str = ""
    count: int = 1


def report(to: str, at: float, title: str, facts: Mapping[str, str]) -> Report:
    """The ends of one message.

    Args:
        to: Its channel.
        at: When it was sent.
        title: Its first line.
        facts: Its facts.

    Raises:
        ValueError: It is none of ours.
    """
    single, more = TITLE.fullmatch(title), MORE.fullmatch(facts.get("more", ""))
    if single is None:
        raise ValueError(f"a strange title: {title}")
    run, count = facts.get("run", "").partition("@")[2], int(more[1]) if more else 1
    return Report(to=to, at=at, words=single["words"], batch=single["batch"], run=run, count=count)
