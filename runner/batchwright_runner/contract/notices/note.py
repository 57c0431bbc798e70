"""A notice: the facts of a run's end, and the message about them, whatever the channel. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from batchwright_runner.contract.command_lines import again_line, command_line
from batchwright_runner.contract.console import log_page, task_page
from batchwright_runner.contract.moments import shown
from batchwright_runner.contract.notices.text import FACT_LIMIT, SAID_LIMIT, clean, took
from batchwright_runner.contract.tasks import name_of_run
from batchwright_runner.contract.verdicts import RetryAdvice, named, word

Kind = Literal["failed", "recovered", "slow", "missed", "late", "twice", "stopped", "several", "test"]
"""What a message is about: a run failed; one ended well again; one took much longer than usual; one that was due did
not end well, is still in progress, or was begun twice; one was stopped with its host; several of these together; or
someone tries the alerts."""
KINDS: tuple[Kind, ...] = ("failed", "recovered", "slow", "missed", "late", "twice", "stopped")
"""What a channel may get, and may leave out."""

AGAIN: Mapping[str, str] = {
    "safe": "Nothing of it has run: it is safe to run it again.",
    "ask": "It had begun to run: whether it may run again is for its owner to say.",
    "useless": "Running it again would end the same: fix the reason first.",
}
"""The sentence about a failed run, by whether running again makes sense."""
GOES_ON = "Run again, a workflow leaves out the steps that have succeeded."
WHAT: Mapping[str, str] = {
    "recovered": "succeeded again",
    "slow": "took longer than usual",
    "missed": "did not run",
    "late": "is taking too long",
    "twice": "begun twice",
    "stopped": "stopped with its host",
    "several": "several messages",
    "test": "test of the alerts",
}
"""What has happened, in a word or two, where it is no end that has a verdict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """The facts."""

    kind: Kind
    stage: str
    region: str
    cluster: str = ""
    batch: str = ""
    # The time for which it was due and did not run, as ISO 8601; empty for any other kind
    due: str = ""
    # The team to ask; empty where that is not known
    owner: str = ""
    # Address of the page to read; empty for none
    runbook: str = ""
    # The run's id; empty where it is not known
    run: str = ""
    # The run of a workflow that it is, or is a step of, ``nightly@RUN``; empty for any other
    workflow: str = ""
    # ARN of its task; empty for none
    task: str = ""
    # What its end is called, ``Batchwright.Exit3``; empty where none has ended
    verdict: str = ""
    code: int = 0
    why: str = ""
    # What the reason asks a person to do; empty where nothing is known
    advice: str = ""
    # Whether running again makes sense; empty where that is not asked
    again: RetryAdvice | Literal[""] = ""
    # How long it took; 0 where that is not known
    seconds: int = 0
    # How long a good run takes; 0 where that is not known
    usual: int = 0
    # How many runs in a row have failed; for ``recovered``, before it
    failures: int = 0
    failing_since: str = ""
    # When a run last ended well before
    succeeded: str = ""
    # Its log group; empty for none
    log_group: str = ""
    # The stream of its main container; empty for none
    stream: str = ""
    lines: tuple[str, ...] = ()
    # How many further runs have failed with the same verdict, this one among them, since people were told
    more: int = 0
    more_since: str = ""
    # What comes together, for several messages in one
    kinds: tuple[Kind, ...] = ()
    owners: tuple[str, ...] = ()

    @property
    def task_id(self) -> str:
        """The last part of the task's ARN."""
        return self.task.rpartition("/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A message."""

    # What happened, to whom, where: ``timeout: daily-report in production``
    title: str
    said: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    links: tuple[tuple[str, str], ...]
    commands: tuple[str, ...]
    lines: tuple[str, ...]


def note(of: Notice) -> Note:
    """The message of a notice."""
    facts = (
        ("took", _took(of)),
        ("in a row", _in_a_row(of)),
        ("more", f"{of.more} more with this end since {shown(of.more_since)}" if of.more else ""),
        ("last success", _last_success(of)),
        ("owner", clean(of.owner)[:FACT_LIMIT]),
        ("run", clean(_run(of))[:FACT_LIMIT]),
        ("workflow", clean(of.workflow)[:FACT_LIMIT] if _starts(of) != of.batch else ""),
    )
    sentences = (clean(text)[:SAID_LIMIT] for text in (of.why, of.advice))
    task = task_page(of.region, of.cluster, of.task_id) if of.task else ""
    log = log_page(of.region, of.log_group, of.stream) if of.stream else ""
    links = (("runbook", clean(of.runbook)), ("task", task), ("log", log))
    return Note(
        title=_title(of),
        said=tuple(
            sentence
            for sentence in (*sentences, AGAIN.get(of.again, ""), GOES_ON if of.workflow and _again(of) else "")
            if sentence
        ),
        facts=tuple(fact for fact in facts if fact[1]),
        links=tuple(link for link in links if link[1]),
        commands=_commands(of),
        lines=of.lines,
    )


def what(of: Notice) -> str:
    """What happened, in a word or two: what a message begins with."""
    if of.kind == "failed":
        row, _ = named(of.verdict)
        return word(row, of.code)
    return WHAT[of.kind]


def _title(of: Notice) -> str:
    return f"{what(of)}: {of.batch} in {of.stage}" if of.batch else f"{what(of)} of {of.stage}"


def _took(of: Notice) -> str:
    if not of.seconds:
        return ""
    return f"{took(of.seconds)}, usually {took(of.usual)}" if of.usual else took(of.seconds)


def _in_a_row(of: Notice) -> str:
    if not of.failures or of.kind not in ("failed", "recovered"):
        return ""
    if of.failures == 1:
        return "1 failure before" if of.kind == "recovered" else "first failure"
    before = " before" if of.kind == "recovered" else ""
    return f"{of.failures} failures{before}, since {shown(of.failing_since)}"


def _last_success(of: Notice) -> str:
    if of.kind not in ("failed", "missed"):
        return ""
    return shown(of.succeeded) if of.succeeded else "none seen"


def _commands(of: Notice) -> tuple[str, ...]:
    if not of.batch:
        return ()
    name, run = _starts(of), name_of_run(of.batch, of.task) if of.task else of.workflow
    logs = (command_line("logs", run, of.stage),) if run else ()
    return (*logs, command_line("runs", name, of.stage), *_again(of))


def _again(of: Notice) -> tuple[str, ...]:
    """The line that makes up for it."""
    name, run = _starts(of), clean(of.workflow.partition("@")[2] or of.run or of.task_id)
    if of.kind == "missed":
        return (command_line("run", name, of.stage, *(("--scheduled", of.due) if of.due else ())),)
    return (again_line(name, of.stage, run),) if of.kind in ("failed", "stopped") and run else ()


def _run(of: Notice) -> str:
    """The run by its id, as every verb takes it; empty where that is not known."""
    return of.run if "@" in of.run or not of.run else f"{of.batch}@{of.run}"


def _starts(of: Notice) -> str:
    """What is started to run it again: of a step, its workflow."""
    return of.workflow.partition("@")[0] or of.batch
