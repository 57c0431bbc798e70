"""What a stage and a batch say of their alerts, checked. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from batchwright.alerts.connections import HeldSecret, check_channel, read_datadog, read_slack
from batchwright.alerts.topic import read_emails, read_key, read_topic
from batchwright.arns import Place
from batchwright.errors import DeclarationError, check_keys, wrong
from batchwright_runner.contract.notices.rules import LINES, MOST_FAILURES, MOST_LINES, Ask

ARGUMENT = "alerts"
KEYS = ("topic", "emails", "key", "slack", "datadog", "lines", "metrics")


@dataclass(frozen=True, slots=True, kw_only=True)
class StageAlerts:
    """The alerts of a stage.

    Attributes:
        topic: ARN of the topic, or ``ssm:/NAME`` of a parameter that holds it; empty for none.
        own: Whether the topic is made.
        emails: Who subscribes to it.
        key: ARN or alias of the key that the topic is encrypted with; empty for none that must be allowed.
        channel: The Slack channel; empty for none.
        token: The bot's token.
        site: Datadog's site; empty for none.
        api_key: Its API key.
        lines: Log lines that are told.
        metrics: Whether CloudWatch gets the metrics.
    """

    topic: str = ""
    own: bool = False
    emails: tuple[str, ...] = ()
    key: str = ""
    channel: str = ""
    token: HeldSecret | None = None
    site: str = ""
    api_key: HeldSecret | None = None
    lines: int = LINES
    metrics: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerts:
    """What a batch asks of its stage's alerts: ``alerts=Alerts(after_failures=2)``.

    Attributes:
        after_failures: How many runs in a row must have failed before people are told, 1 to 20.
        lines: Log lines that are told, 0 to 20. Default: as the stage says, which is 10.
        channel: The Slack channel in the place of the stage's, ``#finance-systems``. Default: the stage's.
    """

    after_failures: int = 1
    lines: int | None = None
    channel: str | None = None


def asked(subject: str, given: "Alerts | Literal[False] | None", *, log_group: bool) -> Ask:
    """What a batch asks.

    Args:
        subject: Whose declaration it is.
        given: The argument ``alerts``: ``False`` for none at all.
        log_group: Whether its log group is one of elsewhere, which the alerts machine may not read.

    Raises:
        DeclarationError: It is none, or a field has a wrong value.
    """
    if given is None:
        return Ask()
    if given is False:
        return Ask(off=True)
    if not isinstance(given, Alerts):
        raise wrong(subject, ARGUMENT, given, "Alerts(after_failures=…, lines=…, channel=…), or False for none at all")
    if not _whole(given.after_failures, 1, MOST_FAILURES):
        allowed = f"1 to {MOST_FAILURES}: that many runs are kept of a batch"
        raise wrong(subject, f"{ARGUMENT}.after_failures", given.after_failures, allowed)
    if given.lines is not None:
        _check_lines(subject, given.lines)
        if given.lines and log_group:
            problem = (
                f"{given.lines} was given, and its log group is an existing one, which the alerts machine may not "
                "read; allowed: 0, as the message has a link to the log"
            )
            raise DeclarationError(subject, f"{ARGUMENT}.lines", problem)
    if given.channel is not None:
        check_channel(subject, f"{ARGUMENT}.channel", given.channel)
    return Ask(after_failures=given.after_failures, lines=given.lines, channel=given.channel or "")


def stage_alerts(subject: str, given: object, place: Place) -> StageAlerts | None:
    """The argument ``alerts`` of a platform, and a stage's key ``alerts`` in ``cdk.json``; ``None`` for no alerts.

    Raises:
        DeclarationError: Something of it cannot be deployed, or would not arrive.
    """
    if given is None:
        return None
    if not isinstance(given, Mapping):
        raise wrong(subject, ARGUMENT, given, "an object with topic, slack or datadog")
    check_keys(subject, ARGUMENT, given, KEYS)
    channel, token = read_slack(subject, f"{ARGUMENT}.slack", given.get("slack"), place)
    site, api_key = read_datadog(subject, f"{ARGUMENT}.datadog", given.get("datadog"), place)
    topic, own = read_topic(subject, f"{ARGUMENT}.topic", given.get("topic"), place)
    emails = read_emails(subject, f"{ARGUMENT}.emails", given.get("emails"), own=own, topic=topic)
    if not (topic or own or channel or site):
        raise wrong(subject, ARGUMENT, dict(given), "at least one of topic, slack and datadog")
    lines, metrics = given.get("lines", LINES), given.get("metrics", True)
    _check_lines(subject, lines)
    if not isinstance(metrics, bool):
        raise wrong(subject, f"{ARGUMENT}.metrics", metrics, "true or false")
    return StageAlerts(
        topic=topic,
        own=own,
        emails=emails,
        key=read_key(subject, f"{ARGUMENT}.key", given.get("key"), topic, place, own=own),
        channel=channel,
        token=token,
        site=site,
        api_key=api_key,
        lines=lines,
        metrics=metrics,
    )


def _whole(given: object, least: int, most: int) -> bool:
    return isinstance(given, int) and not isinstance(given, bool) and least <= given <= most


def _check_lines(subject: str, given: object) -> None:
    if not _whole(given, 0, MOST_LINES):
        raise wrong(subject, f"{ARGUMENT}.lines", given, f"0 to {MOST_LINES}")
