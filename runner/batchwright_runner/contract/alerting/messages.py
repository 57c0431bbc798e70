"""Messages: a notice on its way to one channel. Where it goes, what it waits for, and which go together. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, Self

from batchwright_runner.contract.alerting.settings import AlertSettings, Owner
from batchwright_runner.contract.command_lines import command_line
from batchwright_runner.contract.json_text import filled, parsed
from batchwright_runner.contract.names import MUTED_ALL
from batchwright_runner.contract.notices.note import KINDS, Note, Notice, note, what
from batchwright_runner.contract.notices.rules import Ask
from batchwright_runner.contract.notices.text import FACT_LIMIT, clean
from batchwright_runner.contract.pauses import Pause

Channel = Literal["sns", "slack", "datadog"]
BY_HOST, MUTED = "host", "muted"
"""What messages wait for together: the minute of a host that stops its runs, or the end of a mute."""
SINGLE, WINDOW = 5, 600.0
"""So many messages of a channel go one by one within so many seconds; what comes then goes together, once a minute."""
TRIED = 3600.0
"""Seconds for which a message is tried that a channel does not take. Then it goes to the dead letters."""
PAUSES = (60.0, 120.0, 300.0)
"""Seconds before another try, by the number of the failed ones; the last for all others."""
MOST_ITEMS = 20
"""Notices that are named one by one in a message about several."""


class MessageError(ValueError):
    """The text holds no message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A notice for one channel."""

    channel: Channel
    # The topic's ARN, Slack's channel, Datadog's site
    to: str
    notice: Notice
    # What it waits for with others, ``host rundeck-01``, ``muted daily-report``; empty where it may go alone
    waits: str = ""
    # When it may be tried, in seconds since 1970
    due: float = 0.0
    tries: int = 0
    # When it was tried for the first time, in seconds since 1970; 0 where it was not
    since: float = 0.0

    @property
    def address(self) -> str:
        """What distinguishes its channel from the others: ``slack #batches``."""
        return f"{self.channel} {self.to}"

    def to_json(self) -> str:
        """The form in which it waits in the table, without what is empty."""
        return json.dumps({**asdict(self), "notice": filled(self.notice)})

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Reads that form."""
        try:
            data: dict[str, Any] = parsed(text)
            notice = Notice(**_known(Notice, data["notice"]))
            what(notice)  # of a kind that is known here
            return cls(**{**_known(cls, data), "notice": notice, "due": float(data["due"])})
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise MessageError(f"a message in another form: {type(error).__name__}: {error}") from error


def messages_of(notice: Notice, settings: AlertSettings, ask: Ask, waits: str = "") -> list[Message]:
    """A message for each channel that takes notices of its kind.

    The batch's own channel comes before its owner's, and that before the stage's. E-mail addresses are subscriptions of
    the topic, which filter by owner.
    """
    owner = settings.owners.get(notice.owner, Owner())
    addressed: list[Message] = []

    def add(channel: Channel, to: str, kinds: tuple[str, ...]) -> None:
        if not kinds or notice.kind in kinds or notice.kind == "test":
            addressed.append(Message(channel=channel, to=to, notice=notice, waits=waits))

    if settings.topic:
        add("sns", settings.topic, owner.kinds or settings.kinds)
    if settings.slack is not None:
        add("slack", ask.channel or owner.channel or settings.slack.to, owner.kinds or settings.slack.kinds)
    if settings.datadog is not None:
        add("datadog", settings.datadog.to, settings.datadog.kinds)
    return addressed


def muted_by(batch: str, mutes: Mapping[str, Pause], now: float) -> str:
    """The name of the mute that keeps messages about a batch back; empty for none.

    `now`: Now, in seconds since 1970.
    """
    return next((name for name in (batch, MUTED_ALL) if name in mutes and mutes[name].holds(now)), "")


def next_try(failed: int, now: float) -> float:
    """When a message is tried again that a channel has not taken, in seconds since 1970."""
    return now + PAUSES[min(failed, len(PAUSES)) - 1]


def bundles(waiting: Mapping[str, Message], mutes: Mapping[str, Pause], now: float) -> list[dict[str, Message]]:
    """The waiting messages that are sent now, in groups: each goes to its channel as one message.

    `now`: Now, in seconds since 1970.
    """
    together: dict[tuple[str, str], dict[str, Message]] = {}
    for key, message in waiting.items():
        kind = message.waits.partition(" ")[0]
        if kind == MUTED and muted_by(message.notice.batch, mutes, now):
            continue
        by = message.waits if kind in (MUTED, BY_HOST) else message.notice.owner
        together.setdefault((message.address, f"{kind} {by}"), {})[key] = message
    return list(together.values())


def told_together(messages: Sequence[Message]) -> tuple[Notice, Note]:
    """One notice and its text, for several messages of one channel. A single message stays as it is."""
    first = messages[0]
    notices = [message.notice for message in messages]
    if len(notices) == 1:
        return notices[0], note(notices[0])
    batches = {notice.batch for notice in notices}
    owners = tuple(dict.fromkeys(notice.owner for notice in notices))
    kinds = tuple(kind for kind in KINDS if any(notice.kind == kind for notice in notices))
    batch = batches.pop() if len(batches) == 1 else ""
    owner = owners[0] if len(owners) == 1 else ""
    of = Notice(
        kind=kinds[0] if len(kinds) == 1 else "several",
        stage=notices[0].stage,
        region=notices[0].region,
        batch=batch,
        owner=owner,
        owners=owners,
        kinds=kinds,
    )
    items = [_item(notice) for notice in notices[:MOST_ITEMS]]
    more = len(notices) - len(items)
    sentences = (*items, *((f"and {more} more",) if more else ()))
    facts = (("owner", clean(owner)[:FACT_LIMIT]),) if owner else ()
    commands = (command_line("runs", batch, of.stage) if batch else f"batchwright runs -s {of.stage} --failed",)
    return of, Note(
        title=_title(first.waits, notices, of), said=sentences, facts=facts, links=(), commands=commands, lines=()
    )


def _known(cls: type[Message | Notice], data: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that a class has: a newer version may have written others."""
    values = {field.name: data[field.name] for field in fields(cls) if field.name in data}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


def _title(waits: str, notices: Sequence[Notice], of: Notice) -> str:
    kind, _, name = waits.partition(" ")
    place = f"{of.batch} in {of.stage}" if of.batch else of.stage
    if kind == BY_HOST:
        at = f" on {name}" if name else ""
        return f"stopped{at}: {len(notices)} runs in {of.stage}"
    if kind == MUTED:
        scope = of.stage if name == MUTED_ALL else place
        return f"while muted: {len(notices)} messages about {scope}"
    whose = f" of {of.owner}" if of.owner and not of.batch else ""
    return f"{len(notices)} messages about {place}{whose}"


def _item(notice: Notice) -> str:
    run = f", run {clean(notice.run)[:FACT_LIMIT]}" if notice.run else ""
    more = f", {notice.more} more" if notice.more else ""
    return f"{what(notice)}: {notice.batch}{run}{more}"
