"""What a stage and a batch say of their alerts, checked. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from batchwright.alerts.connections import DATADOG, SLACK, check_channel, read_kinds, read_service
from batchwright.alerts.topic import read_emails, read_key, read_topic
from batchwright.arguments import checked_fields
from batchwright.arns import Place
from batchwright.errors import DeclarationError, check_keys, check_removed, wrong
from batchwright_runner.contract.alerting.settings import Owner, Telling
from batchwright_runner.contract.context_keys import ALERTS_KEYS
from batchwright_runner.contract.notices.rules import LINES, MOST_FAILURES, MOST_LINES, Ask
from batchwright_runner.contract.notices.text import clean

ARGUMENT = "alerts"


@dataclass(frozen=True, slots=True, kw_only=True)
class StageAlerts(Telling):
    """The alerts of a stage."""

    own: bool = False
    emails: tuple[str, ...] = ()
    # ARN or alias of the key that the topic is encrypted with; empty for none that must be allowed
    key: str = ""
    # Owner to who subscribes to the messages about their batches in place of `emails`
    owner_emails: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def secrets(self) -> list[str]:
        """Names or ARNs of the secrets of its channels."""
        return [service.secret for service in (self.slack, self.datadog) if service is not None]


@checked_fields
@dataclass(frozen=True, slots=True, kw_only=True)
class Alerts:
    """Which messages its stage's alerts send about a batch: ``alerts=Alerts(after_failures=2)``.

    Attributes:
        after_failures: How many runs in a row must have failed before a message is sent, 1 to 20.
        lines: Log lines in a message, 0 to 20. Default: as the stage says, which is 10.
        channel: The Slack channel in the place of its owner's and the stage's, ``#finance-systems``. Default: theirs.
    """

    after_failures: int = 1
    lines: int | None = None
    channel: str | None = None


def asked(subject: str, alerts: "Alerts | Literal[False] | None", *, log_group: bool) -> Ask:
    """What a batch asks."""
    if alerts is None:
        return Ask()
    if alerts is False:
        return Ask(off=True)
    if not isinstance(alerts, Alerts):
        raise wrong(subject, ARGUMENT, alerts, "Alerts(after_failures=…, lines=…, channel=…), or False for none at all")
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
    if alerts.channel is not None:
        check_channel(subject, f"{ARGUMENT}.channel", alerts.channel)
    return Ask(after_failures=alerts.after_failures, lines=alerts.lines, channel=alerts.channel or "")


def stage_alerts(subject: str, alerts: object, place: Place) -> StageAlerts | None:
    """The argument ``alerts`` of a platform, and a stage's key ``alerts`` in ``cdk.json``; ``None`` for no alerts."""
    if alerts is None:
        return None
    if not isinstance(alerts, Mapping):
        raise wrong(subject, ARGUMENT, alerts, "an object with topic, slack or datadog")
    check_removed(subject, {"stages": {"*": {ARGUMENT: alerts}}}, within="stages.*.")
    check_keys(subject, ARGUMENT, alerts, ALERTS_KEYS)
    slack = read_service(SLACK, subject, f"{ARGUMENT}.slack", alerts.get("slack"), place)
    datadog = read_service(DATADOG, subject, f"{ARGUMENT}.datadog", alerts.get("datadog"), place)
    topic, own = read_topic(subject, f"{ARGUMENT}.topic", alerts.get("topic"), place)
    emails = read_emails(subject, f"{ARGUMENT}.emails", alerts.get("emails"), own=own, topic=topic)
    if not (topic or own or slack or datadog):
        raise wrong(subject, ARGUMENT, dict(alerts), "at least one of topic, slack and datadog")
    kinds = read_kinds(subject, f"{ARGUMENT}.kinds", alerts.get("kinds"))
    if kinds and not (topic or own):
        problem = (
            f"{', '.join(kinds)} was given for the topic, and there is no topic; allowed: kinds in slack or datadog"
        )
        raise DeclarationError(subject, f"{ARGUMENT}.kinds", problem)
    owners, owner_emails = _owners(subject, alerts.get("owners"), own=own, topic=topic, slack=slack is not None)
    lines = alerts.get("lines", LINES)
    _check_lines(subject, lines)
    flags = {name: alerts.get(name, True) for name in ("metrics", "stopped")}
    for name, flag in flags.items():
        if not isinstance(flag, bool):
            raise wrong(subject, f"{ARGUMENT}.{name}", flag, "true or false")
    return StageAlerts(
        topic=topic,
        own=own,
        emails=emails,
        key=read_key(subject, f"{ARGUMENT}.key", alerts.get("key"), topic, place, own=own),
        kinds=kinds,
        slack=slack,
        datadog=datadog,
        owners=owners,
        owner_emails=owner_emails,
        lines=lines,
        **flags,
    )


def _owners(
    subject: str, table: object, *, own: bool, topic: str, slack: bool
) -> tuple[dict[str, Owner], dict[str, tuple[str, ...]]]:
    """Owner to their channel and kinds, and owner to their addresses."""
    if table is None:
        return {}, {}
    if not isinstance(table, Mapping):
        raise wrong(subject, f"{ARGUMENT}.owners", table, "an object: an owner's name to channel, emails and kinds")
    owners: dict[str, Owner] = {}
    emails: dict[str, tuple[str, ...]] = {}
    for name, owner in table.items():
        argument = f"{ARGUMENT}.owners.{name}"
        if not isinstance(name, str) or not name.strip() or clean(name) != name:
            raise wrong(subject, f"{ARGUMENT}.owners", name, "the name of an owner, as its batches say it")
        if not isinstance(owner, Mapping) or not owner:
            raise wrong(subject, argument, owner, "an object with at least one of channel, emails and kinds")
        check_keys(subject, argument, owner, ALERTS_KEYS["owners"].keys)
        channel = owner.get("channel")
        if channel is not None:
            check_channel(subject, f"{argument}.channel", channel)
            if not slack:
                problem = (
                    f"{channel} was given, and the stage has no slack; allowed: channel beside slack with its token"
                )
                raise DeclarationError(subject, f"{argument}.channel", problem)
        kinds = read_kinds(subject, f"{argument}.kinds", owner.get("kinds"))
        addresses = read_emails(subject, f"{argument}.emails", owner.get("emails"), own=own, topic=topic)
        owners[name] = Owner(channel=channel or "", kinds=kinds)
        emails |= {name: addresses} if addresses else {}
    return owners, emails


def _whole(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _check_lines(subject: str, lines: object) -> None:
    if not _whole(lines, 0, MOST_LINES):
        raise wrong(subject, f"{ARGUMENT}.lines", lines, f"0 to {MOST_LINES}")
