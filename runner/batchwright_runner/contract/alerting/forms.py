"""The forms of a message: what the topic is given, and what Slack is. Pure.

Sources, all read 2026-11: Amazon SNS developer guide (messages by protocol, attributes, filters), Amazon Q Developer in
chat applications administrator guide ("Custom notifications"), Slack's reference of ``chat.postMessage`` and of rich
text blocks.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from batchwright_runner.contract.alerting.message import Kind, Message
from batchwright_runner.contract.alerting.text import for_chat
from batchwright_runner.contract.json_text import json_object

SUBJECT_LIMIT = 100
"""ASCII characters of an e-mail's subject (SNS API reference, Publish)."""
CHAT_BLOCK = 5000
"""Characters of log lines in Amazon Q: a description has 8,000 in all."""
EMOJIS: Mapping[Kind, str] = {
    "failed": "rotating_light",
    "recovered": "white_check_mark",
    "missed": "rotating_light",
    "late": "hourglass",
    "test": "wave",
}
UNKNOWN = "unknown"


class FormError(ValueError):
    """The text holds no message."""


def plain(message: Message) -> str:
    """The text for e-mail, and for every protocol without a form of its own."""
    width = max((len(name) for name, _ in (*message.facts, *message.links)), default=0)
    parts = [
        message.title,
        "\n".join(message.sentences),
        "\n".join(f"{name:{width}}  {value}" for name, value in message.facts),
        "\n".join(f"{name:{width}}  {url}" for name, url in message.links),
        "\n".join(f"| {line}" for line in message.lines),
        "\n".join(f"$ {command}" for command in message.commands),
    ]
    return "\n\n".join(part for part in parts if part)


def amazon_q(message: Message) -> dict[str, Any]:
    """A custom notification of Amazon Q Developer in chat applications. It drops anything of another form."""
    block = "\n".join(for_chat(line) for line in message.lines)[-CHAT_BLOCK:]
    parts = [
        "\n".join(for_chat(sentence) for sentence in message.sentences),
        "\n".join(f"*{name}* {for_chat(value)}" for name, value in message.facts),
        f"```\n{block}\n```" if block else "",
    ]
    return {
        "version": "1.0",
        "source": "custom",
        "id": message.run or message.kind,
        "content": {
            "textType": "client-markdown",
            "title": f":{EMOJIS[message.kind]}: {for_chat(message.title)}",
            "description": "\n\n".join(part for part in parts if part),
            "nextSteps": [
                *(f"{name}: {for_chat(url)}" for name, url in message.links),
                *(f"`{for_chat(command)}`" for command in message.commands),
            ],
            "keywords": [name for name in (message.batch, message.stage) if name],
        },
        "metadata": {
            "threadId": f"{message.stage}/{message.batch}",
            "summary": for_chat(message.title),
            "eventType": f"batch-{message.kind}",
            "relatedResources": [message.task] if message.task else [],
        },
    }


def published(message: Message, owners: Sequence[str] = ()) -> dict[str, Any]:
    """What is given to ``sns:publish``, but for the topic; with ``owners`` for a message to all of them."""
    text, data = plain(message), _json(asdict(message))
    forms = {"default": text, "email": text, "sms": message.title, "lambda": data, "sqs": data}
    attributes = {
        "batch": message.batch or UNKNOWN,
        "stage": message.stage,
        "owner": message.owner or UNKNOWN,
        "verdict": message.verdict or message.kind,
        "kind": message.kind,
    }
    shown = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
    if owners:  # one of several values is enough for a filter
        shown["owner"] = {"DataType": "String.Array", "StringValue": _json([UNKNOWN, *owners])}
    return {
        "Subject": message.title.encode("ascii", "ignore").decode()[:SUBJECT_LIMIT],
        "MessageStructure": "json",
        "Message": _json({**forms, "https": _json(amazon_q(message))}),
        "MessageAttributes": shown,
    }


def received(text: str) -> Message:
    """Reads the JSON that a listener gets; fields that are not known are passed over."""
    try:
        data = json_object(text)
        message = Message(**{field.name: data[field.name] for field in fields(Message) if field.name in data})
        slack(message, "")
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise FormError(f"it is no message of batchwright: {type(error).__name__}: {error}") from error
    return message


def slack(message: Message, channel: str) -> dict[str, Any]:
    """The body of ``chat.postMessage``. Rich text is shown as it is: nothing in it is read as Markdown or a mention."""
    emoji = {"type": "emoji", "name": EMOJIS[message.kind]}
    first = [emoji, _text(f" {message.title}\n", bold=True), *(_text(f"{text}\n") for text in message.sentences)]
    facts = [part for name, value in message.facts for part in (_text(f"{name} ", bold=True), _text(f"{value}\n"))]
    links = [part for name, url in message.links for part in (_link(name, url), _text("  "))]
    sections = [{"type": "rich_text_section", "elements": part} for part in (first, facts, links) if part]
    blocks = ["\n".join(part) for part in (message.commands, message.lines) if part]
    sections += [{"type": "rich_text_preformatted", "elements": [_text(block)]} for block in blocks]
    return {
        "channel": channel,
        "text": for_chat(message.title),
        "blocks": [{"type": "rich_text", "elements": sections}],
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _text(text: str, *, bold: bool = False) -> dict[str, Any]:
    return {"type": "text", "text": text, **({"style": {"bold": True}} if bold else {})}


def _link(name: str, url: str) -> dict[str, Any]:
    return {"type": "link", "url": url, "text": name} if url.startswith("https://") else _text(f"{name}: {url}")


def _json(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))
