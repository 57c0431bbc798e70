"""What a stage's alerts reach over HTTPS: Slack and Datadog, with the secrets for it. Pure."""

import re
from collections.abc import Mapping

from batchwright.arns import Place
from batchwright.errors import DeclarationError, check_keys, wrong
from batchwright.task.outside import check_home
from batchwright_runner.contract.alerting.settings import Service
from batchwright_runner.contract.notices.note import KINDS

_SLACK, _DATADOG = ("channel", "token", "kinds"), ("site", "api_key", "kinds")
_CHANNEL = re.compile(r"#[^\s#@,.A-Z]{1,79}|[CG][A-Z0-9]{8,20}")
"""A channel's name, or its id (Slack's help, "Guidelines for channel names", read 2026-11)."""
_SECRET = re.compile(
    r"(arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:)?[A-Za-z0-9/_+=.@-]{1,512}(#[^\s:#]{1,128})?"
)
_SECRET_ARN = re.compile(r"arn:[a-z-]+:secretsmanager:(?P<region>[a-z0-9-]+):")
_SITE = re.compile(r"((?!app\.|api\.|www\.)[a-z0-9-]+\.)?(datadoghq\.com|datadoghq\.eu|ddog-gov\.com)")
"""Datadog's sites (Datadog's documentation, "Getting started with Datadog sites", read 2026-11)."""


def read_slack(subject: str, argument: str, given: object, place: Place) -> Service | None:
    """The channel, the bot's token and what is sent; ``None`` without Slack.

    Raises:
        DeclarationError: A key is unknown, missing, or has a wrong value.
    """
    if given is None:
        return None
    if not isinstance(given, Mapping):
        raise wrong(subject, argument, given, "an object with channel and token")
    _check_version(subject, argument, given, "token")
    check_keys(subject, argument, given, _SLACK)
    channel = given.get("channel")
    check_channel(subject, f"{argument}.channel", channel)
    if given.get("token") is None:
        allowed = "the secret of Secrets Manager that holds the bot's token, xoxb-…"
        problem = f"channel {channel} was given without one; allowed: {allowed}"
        raise DeclarationError(subject, f"{argument}.token", problem)
    name, field = _secret(subject, f"{argument}.token", given["token"], place)
    kinds = read_kinds(subject, f"{argument}.kinds", given.get("kinds"))
    return Service(to=str(channel), secret=name, field=field, kinds=kinds)


def check_channel(subject: str, argument: str, given: object) -> None:
    """Raises unless it is a Slack channel.

    Raises:
        DeclarationError: It is neither a channel's name nor its id.
    """
    if not isinstance(given, str) or not _CHANNEL.fullmatch(given):
        raise wrong(subject, argument, given, "a channel's name, #batches, or its id, C0123456789")


def read_datadog(subject: str, argument: str, given: object, place: Place) -> Service | None:
    """Datadog's site, the API key and what is sent; ``None`` without Datadog.

    Raises:
        DeclarationError: A key is unknown, missing, or has a wrong value.
    """
    if given is None:
        return None
    if not isinstance(given, Mapping):
        raise wrong(subject, argument, given, "an object with api_key, and site")
    _check_version(subject, argument, given, "api_key")
    check_keys(subject, argument, given, _DATADOG)
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
    name, field = _secret(subject, f"{argument}.api_key", given["api_key"], place)
    kinds = read_kinds(subject, f"{argument}.kinds", given.get("kinds"))
    return Service(to=site, secret=name, field=field, kinds=kinds)


def read_kinds(subject: str, argument: str, given: object) -> tuple[str, ...]:
    """What is sent, each kind once; empty for all.

    Raises:
        DeclarationError: It is not a list of kinds, or an empty one.
    """
    if given is None:
        return ()
    if not isinstance(given, list | tuple) or not given or any(kind not in KINDS for kind in given):
        raise wrong(subject, argument, given, f"a list of {', '.join(KINDS)}")
    return tuple(dict.fromkeys(given))


def _check_version(subject: str, argument: str, given: Mapping[str, object], secret: str) -> None:
    if f"{secret}_version" in given:
        problem = (
            f"{given[f'{secret}_version']!r} was given; no version can be given: the function reads the secret itself, "
            "and reads it again when the token in it is refused"
        )
        raise DeclarationError(subject, f"{argument}.{secret}_version", problem, remedy=f"remove {secret}_version")


def _secret(subject: str, argument: str, given: object, place: Place) -> tuple[str, str]:
    """Name or ARN of a secret, and the field of a JSON object."""
    if not isinstance(given, str) or not _SECRET.fullmatch(given) or given.startswith(("xoxb-", "xoxp-", "xapp-")):
        shown = "a token itself" if isinstance(given, str) and given.startswith("xo") else repr(given)
        allowed = "the name or ARN of a secret of Secrets Manager; with #FIELD for a field of a JSON object"
        raise DeclarationError(subject, argument, f"{shown} was given; allowed: {allowed}")
    arn = _SECRET_ARN.match(given)
    if arn:
        check_home(subject, argument, given, place, "a secret", same="region")
    name, _, field = given.partition("#")
    return name, field
