"""What a stage and a batch say of their alerts, checked. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypedDict, cast

from batchwright.arguments import checked_fields
from batchwright.arns import Place
from batchwright.errors import DeclarationError, check_keys, check_removed, wrong
from batchwright.task.outside import check_home, parameter_of
from batchwright.task.stored_values import Secret
from batchwright.tokens import is_token
from batchwright_runner.contract.alerting.ask import LINES, MOST_FAILURES, MOST_LINES, Ask
from batchwright_runner.contract.alerting.text import clean
from batchwright_runner.contract.context_keys import ALERTS_KEYS

if TYPE_CHECKING:
    from aws_cdk import aws_secretsmanager as secretsmanager
    from aws_cdk import aws_sns as sns

ARGUMENT = "alerts"
_CHANNEL = re.compile(r"#[^\s#@,.A-Z]{1,79}|[CG][A-Z0-9]{8,20}")
"""A channel's name, or its id (Slack's help, "Guidelines for channel names", read 2026-11)."""
_SECRET = re.compile(
    r"(arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:)?[A-Za-z0-9/_+=.@-]{1,512}(#[^\s:#]{1,128})?"
)
_TOPIC = re.compile(r"arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}")
_EMAIL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


class SlackAlerts(TypedDict):
    """A stage's channel in Slack, and the secret with the bot's token."""

    channel: str
    token: "str | Secret | secretsmanager.ISecret"


class OwnerAlerts(TypedDict, total=False):
    """Where an owner is told, in place of the stage's people."""

    emails: Sequence[str]
    slack: str


class StageAlerts(TypedDict, total=False):
    """Who is told of the runs of a stage."""

    emails: Sequence[str]
    slack: SlackAlerts
    owners: Mapping[str, OwnerAlerts]
    topic: "str | sns.ITopic"
    lines: int
    metrics: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredAlerts:
    """The alerts of a stage, checked."""

    # The topic that takes the place of ours, ``ssm:/NAME`` or its ARN; empty for ours
    topic: str = ""
    # The same as a construct; none where it was given as a text
    construct: "sns.ITopic | None" = None
    emails: tuple[str, ...] = ()
    # Owner that is told in a place of its own to the addresses there, and to the Slack channel
    owner_emails: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)
    # The stage's channel, and the token's secret, with ``#FIELD``; empty for no Slack
    slack: str = ""
    token: str = ""
    lines: int = LINES
    metrics: bool = True


@checked_fields
@dataclass(frozen=True, slots=True, kw_only=True)
class Alerts:
    """Which messages its stage's alerts send about a batch: ``alerts=Alerts(after_failures=2)``.

    Attributes:
        after_failures: How many runs in a row must have failed before a message is sent, 1 to 20.
        lines: Log lines in a message, 0 to 20. Default: as the stage says, which is 10.
    """

    after_failures: int = 1
    lines: int | None = None


def asked(subject: str, alerts: "Alerts | Literal[False] | None", *, log_group: bool) -> Ask:
    """What a batch asks."""
    if alerts is None or alerts is False:
        return Ask(off=alerts is False)
    if not isinstance(alerts, Alerts):
        raise wrong(subject, ARGUMENT, alerts, "Alerts(after_failures=…, lines=…), or False for none at all")
    if not _whole(alerts.after_failures, 1, MOST_FAILURES):
        allowed = f"1 to {MOST_FAILURES}: that many runs are kept of a batch"
        raise wrong(subject, f"{ARGUMENT}.after_failures", alerts.after_failures, allowed)
    if alerts.lines is not None:
        _check_lines(subject, alerts.lines)
        if alerts.lines and log_group:
            problem = (
                f"{alerts.lines} was given, and its log group is an existing one, which the alerts function may not "
                "read; allowed: 0, as the message has a link to the log"
            )
            raise DeclarationError(subject, f"{ARGUMENT}.lines", problem)
    return Ask(after_failures=alerts.after_failures, lines=alerts.lines)


def stage_alerts(subject: str, alerts: object, place: Place) -> DeclaredAlerts | None:
    """The argument ``alerts`` of a platform, and a stage's key ``alerts`` in ``cdk.json``; ``None`` for no alerts."""
    if alerts is None:
        return None
    given = _object(subject, ARGUMENT, alerts, ALERTS_KEYS, "an object with emails, slack, owners or topic")
    topic = given.get("topic")
    slack = token = ""
    if given.get("slack") is not None:
        asked = _object(
            subject, f"{ARGUMENT}.slack", given["slack"], ("channel", "token"), "an object with channel and token"
        )
        slack = _channel(subject, f"{ARGUMENT}.slack.channel", asked.get("channel"))
        token = _secret(subject, f"{ARGUMENT}.slack.token", asked.get("token"), place)
    owners, owner_emails = _owners(subject, given.get("owners") or {}, slack=bool(slack))
    metrics = given.get("metrics", True)
    if not isinstance(metrics, bool):
        raise wrong(subject, f"{ARGUMENT}.metrics", metrics, "true or false")
    return DeclaredAlerts(
        topic="" if topic is None else read_topic(subject, f"{ARGUMENT}.topic", topic, place),
        construct=topic if hasattr(topic, "topic_arn") else None,
        emails=_emails(subject, f"{ARGUMENT}.emails", given.get("emails")),
        owner_emails=owner_emails,
        owners=owners,
        slack=slack,
        token=token,
        lines=_check_lines(subject, given.get("lines", LINES)),
        metrics=metrics,
    )


def read_topic(subject: str, argument: str, topic: object, place: Place) -> str:
    """The ARN of a topic of the stage's region, or ``ssm:/NAME``."""
    allowed = "a topic, the ARN of a standard SNS topic, or ssm:/NAME that holds it; without it one is made"
    arn = topic if isinstance(topic, str) else getattr(topic, "topic_arn", None)
    if not isinstance(arn, str):
        raise wrong(subject, argument, topic, allowed)
    check_home(subject, argument, topic, place, "a topic", same="region")
    if not is_token(arn) and not (parameter_of(arn) and arn.startswith("ssm:")) and not _TOPIC.fullmatch(arn):
        if arn.endswith(".fifo"):
            problem = f"{arn} is a FIFO topic, which reaches neither e-mail nor chat; allowed: a standard one"
            raise DeclarationError(subject, argument, problem)
        raise wrong(subject, argument, topic, allowed)
    return arn


def subscribers(emails: Sequence[str], owner_emails: Mapping[str, Sequence[str]]) -> dict[str, dict[str, Any]]:
    """Who is sent which messages: address to the filter of its subscription by the attribute ``owner``; empty for all.

    SNS has one subscription for an address, so that one that is named several times has a filter for all of it (Amazon
    SNS developer guide, "Amazon SNS subscription filter policies", 2026-11).
    """
    filters: dict[str, dict[str, Any]] = {}
    for address in dict.fromkeys([*emails, *(email for theirs in owner_emails.values() for email in theirs)]):
        own = [owner for owner, theirs in owner_emails.items() if address in theirs]
        others = [owner for owner in owner_emails if owner not in own]
        if address not in emails:
            filters[address] = {"owner": own}
        else:
            filters[address] = {"owner": [{"anything-but": others}]} if others else {}
    return filters


def _owners(subject: str, table: object, *, slack: bool) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """Owner to their channel, and owner to their addresses; empty where an owner has none."""
    if not isinstance(table, Mapping):
        raise wrong(subject, f"{ARGUMENT}.owners", table, "an object: an owner's name to emails and slack")
    owners: dict[str, str] = {}
    emails: dict[str, tuple[str, ...]] = {}
    for name, theirs in table.items():
        argument = f"{ARGUMENT}.owners.{name}"
        if not isinstance(name, str) or not name.strip() or clean(name) != name:
            raise wrong(subject, f"{ARGUMENT}.owners", name, "the name of an owner, as its batches say it")
        owner = _object(
            subject, argument, theirs, ALERTS_KEYS["owners"].keys, "an object with emails or slack, or both"
        )
        emails[name] = _emails(subject, f"{argument}.emails", owner.get("emails"))
        channel = owner.get("slack")
        owners[name] = "" if channel is None else _channel(subject, f"{argument}.slack", channel)
        if owners[name] and not slack:
            problem = f"{channel} was given, and the stage has no slack; allowed: it beside slack with its token"
            raise DeclarationError(subject, f"{argument}.slack", problem)
        if not owners[name] and not emails[name]:  # nobody would be told
            raise wrong(subject, argument, dict(owner), "an object with emails or slack, or both")
    return owners, emails


def _object(subject: str, argument: str, given: object, known: Any, allowed: str) -> Mapping[str, Any]:  # noqa: ANN401
    if not isinstance(given, Mapping):
        raise wrong(subject, argument, given, allowed)
    if argument == ARGUMENT:
        check_removed(subject, {"stages": {"*": {ARGUMENT: given}}}, within="stages.*.")
    check_keys(subject, argument, given, known)
    return given


def _channel(subject: str, argument: str, channel: object) -> str:
    if not isinstance(channel, str) or not _CHANNEL.fullmatch(channel):
        raise wrong(subject, argument, channel, "a channel's name, #batches, or its id, C0123456789")
    return channel


def _emails(subject: str, argument: str, emails: object) -> tuple[str, ...]:
    """Addresses, each once."""
    if isinstance(emails, str) or not isinstance(emails, Sequence | None):
        raise wrong(subject, argument, emails, "a list of e-mail addresses")
    for address in emails or ():
        if not isinstance(address, str) or not _EMAIL.fullmatch(address) or ".." in address:
            raise wrong(subject, argument, address, "e-mail addresses, such as sre@example.com")
    return tuple(dict.fromkeys(emails or ()))


def _secret(subject: str, argument: str, secret: object, place: Place) -> str:
    """Name or ARN of a secret, with ``#FIELD`` for a field of a JSON object."""
    if hasattr(secret, "secret_arn"):
        secret = Secret.secrets_manager("TOKEN", cast("secretsmanager.ISecret", secret))
    if isinstance(secret, Secret) and secret._arn:
        check_home(subject, argument, secret._home, place, "a secret", same="region")
        return f"{secret._arn}#{secret._of.split(':')[1]}" if secret._of else secret._arn
    if not isinstance(secret, str) or not _SECRET.fullmatch(secret) or secret.startswith(("xoxb-", "xoxp-", "xapp-")):
        shown = "a token itself" if isinstance(secret, str) and secret.startswith("xo") else repr(secret)
        allowed = (
            "the name or ARN of a secret of Secrets Manager; with #FIELD for a field of a JSON object; the secret, or "
            "Secret.secrets_manager(…, json_field=…)"
        )
        raise DeclarationError(subject, argument, f"{shown} was given; allowed: {allowed}")
    if secret.startswith("arn:"):
        check_home(subject, argument, secret.partition("#")[0], place, "a secret", same="region")
    return secret


def _whole(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _check_lines(subject: str, lines: object) -> int:
    if not _whole(lines, 0, MOST_LINES):
        raise wrong(subject, f"{ARGUMENT}.lines", lines, f"0 to {MOST_LINES}")
    return cast("int", lines)
