"""Messages that are told together: by the minute of a host, by the end of a mute, or as there are too many. Pure."""

from collections.abc import Mapping, Sequence

from batchwright_runner.contract.alerting.messages import BY_HOST, MUTED, Message
from batchwright_runner.contract.command_lines import command_line
from batchwright_runner.contract.names import MUTED_ALL
from batchwright_runner.contract.notices.note import KINDS, Note, Notice, note, what
from batchwright_runner.contract.notices.text import FACT_LIMIT, clean
from batchwright_runner.contract.pauses import Pause

MOST_ITEMS = 20
"""Notices that are named one by one in a message about several."""


def bundles(waiting: Mapping[str, Message], mutes: Mapping[str, Pause], now: float) -> list[dict[str, Message]]:
    """What is sent now of what waits in the outbox: each time what goes to one channel as one message, as it is given.

    Args:
        waiting: Name of an item to its message, the oldest first.
        mutes: Batch, or `MUTED_ALL`, to the record of its mute.
        now: Now, in seconds since 1970.
    """
    together: dict[tuple[str, str], dict[str, Message]] = {}
    for key, message in waiting.items():
        kind, _, name = message.waits.partition(" ")
        if kind == MUTED and name in mutes and mutes[name].holds(now):
            continue
        by = message.waits if kind in (MUTED, BY_HOST) else message.notice.owner
        together.setdefault((message.address, f"{kind} {by}"), {})[key] = message
    return list(together.values())


def told_together(messages: Sequence[Message]) -> tuple[Notice, Note]:
    """One notice, and what is said of it, for several messages of one channel. One message stays as it is.

    Args:
        messages: The messages; one at least.
    """
    first = messages[0]
    notices = [message.notice for message in messages]
    if len(notices) == 1:
        return notices[0], note(notices[0])
    batches = {notice.batch for notice in notices}
    owners = {notice.owner for notice in notices}
    kinds = tuple(kind for kind in KINDS if any(notice.kind == kind for notice in notices))
    batch = batches.pop() if len(batches) == 1 else ""
    owner = owners.pop() if len(owners) == 1 else ""
    of = Notice(
        kind=kinds[0] if len(kinds) == 1 else "several",
        stage=notices[0].stage,
        region=notices[0].region,
        batch=batch,
        owner=owner,
        kinds=kinds,
    )
    items = [_item(notice) for notice in notices[:MOST_ITEMS]]
    more = len(notices) - len(items)
    said = (*items, *((f"and {more} more",) if more else ()))
    facts = (("owner", clean(owner)[:FACT_LIMIT]),) if owner else ()
    commands = (command_line("runs", batch, of.stage) if batch else f"batchwright runs -s {of.stage} --failed",)
    return of, Note(
        title=_title(first.waits, notices, of), said=said, facts=facts, links=(), commands=commands, lines=()
    )


def _title(waits: str, notices: Sequence[Notice], of: Notice) -> str:
    kind, _, name = waits.partition(" ")
    where = f"{of.batch} in {of.stage}" if of.batch else of.stage
    if kind == BY_HOST:
        at = f" on {name}" if name else ""
        return f"stopped{at}: {len(notices)} runs in {of.stage}"
    if kind == MUTED:
        scope = of.stage if name == MUTED_ALL else where
        return f"while muted: {len(notices)} messages about {scope}"
    whose = f" of {of.owner}" if of.owner and not of.batch else ""
    return f"{len(notices)} messages about {where}{whose}"


def _item(notice: Notice) -> str:
    run = f", run {clean(notice.run)[:FACT_LIMIT]}" if notice.run else ""
    more = f", {notice.more} more" if notice.more else ""
    return f"{what(notice)}: {notice.batch}{run}{more}"
