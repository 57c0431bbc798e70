"""What a stage and a batch say of their alerts, checked. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from batchwright.arns import Place
from batchwright.errors import DeclarationError, unknown, wrong
from batchwright.task.outside import alias_of, parameter_of
from batchwright.tokens import is_token
from batchwright_runner.contract.notices.rules import LINES, MOST_FAILURES, MOST_LINES, Ask

ARGUMENT = "alerts"
KEYS = ("topic", "emails", "key", "slack", "datadog", "lines", "metrics")
_SLACK, _DATADOG = ("channel", "token", "token_version"), ("site", "api_key", "api_key_version")
_TOPIC = re.compile(
    r"arn:(?P<partition>[a-z-]+):sns:(?P<region>[a-z0-9-]+):(?P<account>[0-9]{12}):(?P<name>[^:]{1,256})"
)
_TOPIC_NAME = re.compile(r"[A-Za-z0-9_-]{1,256}")
_KEY = re.compile(r"arn:[a-z-]+:kms:(?P<region>[a-z0-9-]+):(?P<account>[0-9]{12}):key/[A-Za-z0-9-]+")
_EMAIL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_CHANNEL = re.compile(r"#[^\s#@,.A-Z]{1,79}|[CG][A-Z0-9]{8,20}")
"""A channel's name, or its id (Slack's help, "Guidelines for channel names", read 2026-11)."""
_SECRET = re.compile(
    r"(arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:)?[A-Za-z0-9/_+=.@-]{1,512}(#[^\s:#]{1,128})?"
)
_SECRET_ARN = re.compile(r"arn:[a-z-]+:secretsmanager:(?P<region>[a-z0-9-]+):")
_VERSION = re.compile(r"[A-Za-z0-9-]{32,64}")
"""A version's id (Secrets Manager API reference, GetSecretValue, read 2026-11)."""
_SITE = re.compile(r"([a-z0-9-]+\.)?(datadoghq\.com|datadoghq\.eu|ddog-gov\.com)")
"""Datadog's sites (Datadog's documentation, "Getting started with Datadog sites", read 2026-11)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldSecret:
    """A secret of Secrets Manager that a connection is given.

    Attributes:
        name: Its name or ARN.
        field: The field of a JSON object; empty for the whole secret.
        version: The id of its version; empty for the current one, as it is when the connection is made.
    """

    name: str
    field: str = ""
    version: str = ""

    @property
    def reference(self) -> str:
        """What CloudFormation puts the value in for."""
        rest = f":SecretString:{self.field}" if self.field or self.version else ""
        version = f"::{self.version}" if self.version else ""
        return f"{{{{resolve:secretsmanager:{self.name}{rest}{version}}}}}"


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
        _check_channel(subject, f"{ARGUMENT}.channel", given.channel)
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
    _check_keys(subject, ARGUMENT, given, KEYS)
    channel, token = _slack(subject, given.get("slack"), place)
    site, api_key = _datadog(subject, given.get("datadog"), place)
    topic, own = _topic(subject, given.get("topic"), place)
    emails = _emails(subject, given.get("emails"), own=own, topic=topic)
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
        key=_key(subject, given.get("key"), topic, place, own=own),
        channel=channel,
        token=token,
        site=site,
        api_key=api_key,
        lines=lines,
        metrics=metrics,
    )


def _check_keys(subject: str, argument: str, given: Mapping[Any, Any], known: Sequence[str]) -> None:
    for key in given:
        if key not in known:
            raise unknown(subject, argument, str(key), known)


def _elsewhere(given: str, region: str, place: Place, what: str) -> str:
    return f"{given} is in region {region}, and the stage in {place.region}; allowed: {what} of the stage's region"


def _whole(given: object, least: int, most: int) -> bool:
    return isinstance(given, int) and not isinstance(given, bool) and least <= given <= most


def _check_lines(subject: str, given: object) -> None:
    if not _whole(given, 0, MOST_LINES):
        raise wrong(subject, f"{ARGUMENT}.lines", given, f"0 to {MOST_LINES}")


def _topic(subject: str, given: object, place: Place) -> tuple[str, bool]:
    argument = f"{ARGUMENT}.topic"
    allowed = "the ARN of an SNS topic, ssm:/NAME of a parameter that holds it, or true for one that is made"
    if given is None or given is False:
        return "", False
    if given is True:
        return "", True
    arn = given if isinstance(given, str) else getattr(given, "topic_arn", None)
    if not isinstance(arn, str) or not arn:
        raise wrong(subject, argument, given, allowed)
    if is_token(arn) or (parameter_of(arn) and arn.startswith("ssm:")):
        return arn, False
    found = _TOPIC.fullmatch(arn)
    if not found:
        raise wrong(subject, argument, given, allowed)
    if found["name"].endswith(".fifo"):
        raise DeclarationError(
            subject, argument, f"{arn} is a FIFO topic, which reaches neither e-mail nor chat; allowed: a standard one"
        )
    if not _TOPIC_NAME.fullmatch(found["name"]):
        raise wrong(subject, argument, given, allowed)
    if not is_token(place.region) and found["region"] != place.region:
        problem = _elsewhere(arn, found["region"], place, "a topic")
        raise DeclarationError(subject, argument, problem)
    return arn, False


def _emails(subject: str, given: object, *, own: bool, topic: str) -> tuple[str, ...]:
    argument = f"{ARGUMENT}.emails"
    if given is None:
        return ()
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise wrong(subject, argument, given, "a list of e-mail addresses")
    for one in given:
        if not isinstance(one, str) or not _EMAIL.fullmatch(one) or ".." in one:
            raise wrong(subject, argument, one, "e-mail addresses, such as sre@example.com")
    if given and not own:
        where = f"the topic {topic} is not made here" if topic else "there is no topic"
        problem = f"{', '.join(given)} cannot be subscribed, as {where}; allowed: emails beside topic: true"
        raise DeclarationError(subject, argument, problem)
    return tuple(dict.fromkeys(given))


def _key(subject: str, given: object, topic: str, place: Place, *, own: bool) -> str:
    """The key that the machine must be allowed to use. Of a topic in another account it must be known."""
    argument = f"{ARGUMENT}.key"
    found = _TOPIC.fullmatch(topic)
    elsewhere = bool(found and not is_token(place.account) and found["account"] != place.account)
    if given is None:
        return ""
    if own or not topic:
        raise DeclarationError(
            subject, argument, f"{given!r} was given, and the topic is not one of elsewhere; leave it out"
        )
    if not isinstance(given, str) or not given:
        raise wrong(subject, argument, given, "the ARN or the alias of the KMS key that the topic is encrypted with")
    if is_token(given):
        return given
    if elsewhere and (alias_of(given) or not _KEY.fullmatch(given)):
        theirs = f"account {found['account']}" if found else "that account"
        problem = (
            f"{given} does not say which key of {theirs} it is; allowed: the ARN of a key whose policy lets the "
            "stage's account use it"
        )
        raise DeclarationError(subject, argument, problem)
    key = _KEY.fullmatch(given)
    if key and not is_token(place.region) and key["region"] != place.region:
        problem = _elsewhere(given, key["region"], place, "a key")
        raise DeclarationError(subject, argument, problem)
    if not key and not alias_of(given):
        raise wrong(subject, argument, given, "the ARN or the alias of the KMS key that the topic is encrypted with")
    return "" if given == "alias/aws/sns" else given


def _slack(subject: str, given: object, place: Place) -> tuple[str, HeldSecret | None]:
    argument = f"{ARGUMENT}.slack"
    if given is None:
        return "", None
    if not isinstance(given, Mapping):
        raise wrong(subject, argument, given, "an object with channel and token")
    _check_keys(subject, argument, given, _SLACK)
    channel = given.get("channel")
    _check_channel(subject, f"{argument}.channel", channel)
    if given.get("token") is None:
        allowed = "the secret of Secrets Manager that holds the bot's token, xoxb-…"
        problem = f"channel {channel} was given without one; allowed: {allowed}"
        raise DeclarationError(subject, f"{argument}.token", problem)
    secret = _secret(subject, f"{argument}.token", given["token"], given.get("token_version"), place)
    return str(channel), secret


def _check_channel(subject: str, argument: str, given: object) -> None:
    if not isinstance(given, str) or not _CHANNEL.fullmatch(given):
        raise wrong(subject, argument, given, "a channel's name, #batches, or its id, C0123456789")


def _datadog(subject: str, given: object, place: Place) -> tuple[str, HeldSecret | None]:
    argument = f"{ARGUMENT}.datadog"
    if given is None:
        return "", None
    if not isinstance(given, Mapping):
        raise wrong(subject, argument, given, "an object with api_key, and site")
    _check_keys(subject, argument, given, _DATADOG)
    site = given.get("site", "datadoghq.com")
    if not isinstance(site, str) or not _SITE.fullmatch(site):
        raise wrong(
            subject,
            f"{argument}.site",
            site,
            "Datadog's site: datadoghq.com, datadoghq.eu, us5.datadoghq.com, ap1.datadoghq.com, …",
        )
    if given.get("api_key") is None:
        problem = f"site {site} was given without one; allowed: the secret of Secrets Manager that holds the API key"
        raise DeclarationError(subject, f"{argument}.api_key", problem)
    return site, _secret(subject, f"{argument}.api_key", given["api_key"], given.get("api_key_version"), place)


def _secret(subject: str, argument: str, given: object, version: object, place: Place) -> HeldSecret:
    if not isinstance(given, str) or not _SECRET.fullmatch(given) or given.startswith(("xoxb-", "xoxp-", "xapp-")):
        shown = "a token itself" if isinstance(given, str) and given.startswith("xo") else repr(given)
        allowed = "the name or ARN of a secret of Secrets Manager; with #FIELD for a field of a JSON object"
        raise DeclarationError(subject, argument, f"{shown} was given; allowed: {allowed}")
    arn = _SECRET_ARN.match(given)
    if arn and not is_token(place.region) and arn["region"] != place.region:
        problem = _elsewhere(given, arn["region"], place, "a secret")
        raise DeclarationError(subject, argument, problem)
    if version is not None and (not isinstance(version, str) or not _VERSION.fullmatch(version)):
        allowed = "the id of a version of the secret, as aws secretsmanager list-secret-version-ids shows it"
        raise wrong(subject, f"{argument}_version", version, allowed)
    name, _, field = given.partition("#")
    return HeldSecret(name=name, field=field, version=version or "")
