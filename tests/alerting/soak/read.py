"""Reads messages as people do: which ends they tell of. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

TITLE = re.compile(r"(?P<words>[^:]+): (?P<batch>b\d\d) in production")
ITEM = re.compile(r"(?P<words>[^:]+): (?P<batch>b\d\d)(?:, run (?P<run>.+?))?(?:, (?P<more>\d+) more)?")
SEVERAL = re.compile(r"(?:\d+ messages about .*|while muted: .*|stopped(?: on \S+)?: \d+ runs in production)")
UNNAMED = re.compile(r"and (\d+) more")
MORE = re.compile(r"(\d+) more with this end since .*")


@dataclass(frozen=True, kw_only=True)
class Report:
    """An end that a message tells of.

    Attributes:
        to: The channel: ``sns``, ``slack #batches``, ``datadog``.
        at: When it was sent, in seconds since 1970.
        words: What happened, ``exit 3``; empty for ends that a message only counts.
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


def reports(to: str, at: float, title: str, sentences: Iterable[str], facts: Mapping[str, str]) -> Iterator[Report]:
    """The ends of one message.

    Args:
        to: Its channel.
        at: When it was sent.
        title: Its first line.
        sentences: Its sentences.
        facts: Its facts.

    Raises:
        ValueError: It is none of ours.
    """
    single = TITLE.fullmatch(title)
    if single:
        more = MORE.fullmatch(facts.get("more", ""))
        count = int(more[1]) if more else 1
        yield Report(
            to=to,
            at=at,
            words=single["words"],
            batch=single["batch"],
            run=facts.get("run", "").partition("@")[2],
            count=count,
        )
        return
    if not SEVERAL.fullmatch(title):
        raise ValueError(f"a strange title: {title}")
    for line in sentences:
        item, rest = ITEM.fullmatch(line), UNNAMED.fullmatch(line)
        if rest:
            yield Report(to=to, at=at, words="", count=int(rest[1]))
        elif item:
            count = int(item["more"] or 1)
            yield Report(to=to, at=at, words=item["words"], batch=item["batch"], run=item["run"] or "", count=count)
        else:
            raise ValueError(f"a strange line: {line}")
