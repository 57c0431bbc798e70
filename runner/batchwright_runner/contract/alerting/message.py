"""A message to people, whatever carries it: what happened, to whom, and what to do. Pure."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["failed", "recovered", "missed", "late", "test"]
"""What a message is about: a run failed; one ended well again; one that was due did not end well; one takes too long;
or someone tries the alerts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message. Its text is of one line each, without what a terminal or a chat acts on."""

    kind: Kind
    project: str
    stage: str
    # What happened, to whom, where: ``timeout: daily-report in production``
    title: str
    batch: str = ""
    # The team to ask; empty where that is not known
    owner: str = ""
    # What the run's end is called, ``Batchwright.Exit3``; empty where none has ended
    verdict: str = ""
    # ``BATCH@ID``; empty where it is not known
    run: str = ""
    # ARN of its task; empty for none
    task: str = ""
    sentences: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    commands: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
