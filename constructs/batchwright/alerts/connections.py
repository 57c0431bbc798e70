"""What a stage's alerts reach over HTTPS: Slack and Datadog, with the secrets for it. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from batchwright.arns import Place
from batchwright.errors import DeclarationError, check_keys, wrong
from batchwright.task.outside import check_region

_SLACK, _DATADOG = ("channel", "token", "token_version"), ("site", "api_key", "api_key_version")
_CHANNEL = re.compile(r"#[^\s#@,.A-Z]{1,79}|[CG][A-Z0-9]{8,20}")
"""A channel's name, or its id (Slack's help, "Guidelines for channel names", read 2026-11)."""
_SECRET = re.compile(
    r"(arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:)?[A-Za-z0-9/_+=.@-]{1,512}(#[^\s:#]{1,128})?"
)
_SECRET_ARN = re.compile(r"arn:[a-z-]+:secretsmanager:(?P<region>[a-z0-9-]+):")
_VERSION = re.compile(r"[A-Za-z0-9-]{32,64}")
"""A version's id (Secrets Manager API reference, GetSecretValue, read 2026-11)."""
_SITE = re.compile(r"((?!app\.|api\.|www\.)[a-z0-9-]+\.)?(datadoghq\.com|datadoghq\.eu|ddog-gov\.com)")
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


def read_slack(subject: str, argument: str, given: object, place: Place) -> tuple[str, HeldSecret | None]:
    """The channel and the bot's token; empty and ``None`` without Slack.

    Raises:
        DeclarationError: A key is unknown, missing, or has a wrong value.
    """
    if given is None:
        return "", None
    if not isinstance(given, Mapping):
        raise wrong(subject, argument, given, "an object with channel and token")
    check_keys(subject, argument, given, _SLACK)
    channel = given.get("channel")
    check_channel(subject, f"{argument}.channel", channel)
    if given.get("token") is None:
        allowed = "the secret of Secrets Manager that holds the bot's token, xoxb-…"
        problem = f"channel {channel} was given without one; allowed: {allowed}"
        raise DeclarationError(subject, f"{argument}.token", problem)
    secret = _secret(subject, f"{argument}.token", given["token"], given.get("token_version"), place)
    return str(channel), secret


def check_channel(subject: str, argument: str, given: object) -> None:
    """Raises unless it is a Slack channel.

    Raises:
        DeclarationError: It is neither a channel's name nor its id.
    """
    if not isinstance(given, str) or not _CHANNEL.fullmatch(given):
        raise wrong(subject, argument, given, "a channel's name, #batches, or its id, C0123456789")


def read_datadog(subject: str, argument: str, given: object, place: Place) -> tuple[str, HeldSecret | None]:
    """Datadog's site and the API key; empty and ``None`` without Datadog.

    Raises:
        DeclarationError: A key is unknown, missing, or has a wrong value.
    """
    if given is None:
        return "", None
    if not isinstance(given, Mapping):
        raise wrong(subject, argument, given, "an object with api_key, and site")
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
    return site, _secret(subject, f"{argument}.api_key", given["api_key"], given.get("api_key_version"), place)


def _secret(subject: str, argument: str, given: object, version: object, place: Place) -> HeldSecret:
    if not isinstance(given, str) or not _SECRET.fullmatch(given) or given.startswith(("xoxb-", "xoxp-", "xapp-")):
        shown = "a token itself" if isinstance(given, str) and given.startswith("xo") else repr(given)
        allowed = "the name or ARN of a secret of Secrets Manager; with #FIELD for a field of a JSON object"
        raise DeclarationError(subject, argument, f"{shown} was given; allowed: {allowed}")
    arn = _SECRET_ARN.match(given)
    if arn:
        check_region(subject, argument, given, arn["region"], place, "a secret")
    if version is not None and (not isinstance(version, str) or not _VERSION.fullmatch(version)):
        allowed = "the id of a version of the secret, as aws secretsmanager list-secret-version-ids shows it"
        raise wrong(subject, f"{argument}_version", version, allowed)
    name, _, field = given.partition("#")
    return HeldSecret(name=name, field=field, version=version or "")
