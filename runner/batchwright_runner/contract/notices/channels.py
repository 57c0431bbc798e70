"""How each channel is given a note: as JSON, the body of the request. Pure.

Sources, all read 2026-11: Amazon SNS developer guide (messages by protocol, attributes), Amazon Q Developer in chat
applications administrator guide ("Custom notifications"), Slack's reference of ``chat.postMessage`` and of rich text
blocks, Datadog's API reference (events, metrics).
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from batchwright_runner.contract.notices.note import Kind, Note, Notice
from batchwright_runner.contract.notices.text import calm, clean, for_chat

SUBJECT_LIMIT = 100
"""ASCII characters of an e-mail's subject (SNS API reference, Publish), and of a Datadog event's title."""
CHAT_BLOCK, DATADOG_BLOCK, DATADOG_TEXT = 5000, 2000, 4000
"""Characters of log lines: a description of Amazon Q has 8,000 in all, an event of Datadog 4,000."""
LOOKS: Mapping[Kind, tuple[str, str]] = {
    "failed": (":rotating_light:", "error"),
    "recovered": (":white_check_mark:", "success"),
    "slow": (":hourglass:", "warning"),
    "missed": (":rotating_light:", "error"),
    "late": (":hourglass:", "warning"),
    "twice": (":warning:", "warning"),
    "stopped": (":electric_plug:", "warning"),
    "several": (":rotating_light:", "error"),
    "test": (":wave:", "info"),
}
"""A message's kind to its emoji in a chat, and to the ``alert_type`` of a Datadog event."""
UNKNOWN = "unknown"


def plain(note: Note) -> str:
    """The text for e-mail, and for every protocol without a form of its own."""
    width = max((len(name) for name, _ in (*note.facts, *note.links)), default=0)
    parts = [
        note.title,
        "\n".join(note.said),
        "\n".join(f"{name:{width}}  {value}" for name, value in note.facts),
        "\n".join(f"{name:{width}}  {url}" for name, url in note.links),
        "\n".join(f"| {line}" for line in note.lines),
        "\n".join(f"$ {command}" for command in note.commands),
    ]
    return "\n\n".join(part for part in parts if part)


def amazon_q(of: Notice, note: Note) -> dict[str, Any]:
    """A custom notification of Amazon Q Developer in chat applications. It drops anything of another form."""
    block = "\n".join(for_chat(line) for line in note.lines)[-CHAT_BLOCK:]
    parts = [
        "\n".join(for_chat(sentence) for sentence in note.said),
        "\n".join(f"*{name}* {for_chat(value)}" for name, value in note.facts),
        f"```\n{block}\n```" if block else "",
    ]
    return {
        "version": "1.0",
        "source": "custom",
        "id": of.run or of.kind,
        "content": {
            "textType": "client-markdown",
            "title": f"{LOOKS[of.kind][0]} {for_chat(note.title)}",
            "description": "\n\n".join(part for part in parts if part),
            "nextSteps": [
                *(f"{name}: {for_chat(url)}" for name, url in note.links),
                *(f"`{for_chat(command)}`" for command in note.commands),
            ],
            "keywords": [name for name in (of.batch, of.stage) if name],
        },
        "metadata": {
            "threadId": f"{of.stage}/{of.batch}",
            "summary": for_chat(note.title),
            "eventType": f"batch-{of.kind}",
            "relatedResources": [of.task] if of.task else [],
        },
    }


def sns(of: Notice, note: Note) -> dict[str, Any]:
    """What is given to ``sns:publish``, but for the topic."""
    text = plain(note)
    forms = {
        "default": text,
        "email": text,
        "sms": note.title,
        "https": json.dumps(amazon_q(of, note), ensure_ascii=False, separators=(",", ":")),
    }
    return {
        "Subject": note.title.encode("ascii", "ignore").decode()[:SUBJECT_LIMIT],
        "MessageStructure": "json",
        "Message": forms,
        "MessageAttributes": {
            name: {"DataType": "String", "StringValue": value}
            if isinstance(value, str)
            else {"DataType": "String.Array", "StringValue": json.dumps(value)}
            for name, value in attributes(of).items()
        },
    }


def attributes(of: Notice) -> dict[str, str | Sequence[str]]:
    """By what a subscription may filter; one of several values is enough (SNS developer guide, String.Array, 2026)."""
    return {
        "batch": of.batch or UNKNOWN,
        "stage": of.stage,
        "owner": [clean(owner) or UNKNOWN for owner in of.owners] or clean(of.owner) or UNKNOWN,
        "verdict": of.verdict or of.kind,
        "kind": of.kinds or of.kind,
    }


def slack(of: Notice, note: Note, channel: str) -> dict[str, Any]:
    """The body of ``chat.postMessage``. Rich text is shown as it is: nothing in it is read as Markdown or a mention."""
    emoji = {"type": "emoji", "name": LOOKS[of.kind][0].strip(":")}
    first = [emoji, _text(f"{note.title}\n", bold=True), *(_text(f"{sentence}\n") for sentence in note.said)]
    facts = [part for name, value in note.facts for part in (_text(f"{name} ", bold=True), _text(f"{value}\n"))]
    links = [part for name, url in note.links for part in (_link(name, url), _text("  "))]
    sections = [{"type": "rich_text_section", "elements": part} for part in (first, facts, links) if part]
    blocks = ["\n".join(part) for part in (note.commands, note.lines) if part]
    sections += [{"type": "rich_text_preformatted", "elements": [_text(block)]} for block in blocks]
    return {
        "channel": channel,
        "text": for_chat(note.title),
        "blocks": [{"type": "rich_text", "elements": sections}],
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _text(text: str, *, bold: bool = False) -> dict[str, Any]:
    return {"type": "text", "text": text, **({"style": {"bold": True}} if bold else {})}


def _link(name: str, url: str) -> dict[str, Any]:
    return {"type": "link", "url": url, "text": name} if url.startswith("https://") else _text(f"{name}: {url}")


def datadog_event(of: Notice, note: Note, project: str) -> dict[str, Any]:
    """The body of Datadog's event. An ``@`` in it would call people, and ``%%%`` would begin Markdown."""
    block = "\n".join(f"| {line}" for line in note.lines)[-DATADOG_BLOCK:]
    parts = [
        "\n".join(note.said),
        "\n".join(f"{name}: {value}" for name, value in (*note.facts, *note.links)),
        "\n".join(f"$ {command}" for command in note.commands),
        block,
    ]
    return {
        "title": calm(note.title)[:SUBJECT_LIMIT],
        "text": calm("\n\n".join(part for part in parts if part)).replace("%%%", "%%")[:DATADOG_TEXT],
        "alert_type": LOOKS[of.kind][1],
        "source_type_name": "batchwright",
        "aggregation_key": f"{project}/{of.stage}/{of.batch}",
        "tags": datadog_tags(of, project),
    }


def datadog_tags(of: Notice, project: str) -> list[str]:
    """The tags of an event and of a metric's points."""
    return [
        f"project:{project}",
        f"stage:{of.stage}",
        f"batch:{of.batch or UNKNOWN}",
        f"owner:{clean(of.owner) or UNKNOWN}",
        f"verdict:{of.verdict or of.kind}",
    ]
