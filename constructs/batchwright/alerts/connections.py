"""What a stage's alerts reach over HTTPS: Slack and Datadog, with the secrets for it. Pure."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from batchwright.arns import Place
from batchwright.errors import DeclarationError, check_keys, wrong
from batchwright.task.outside import check_home
from batchwright.task.stored_values import Secret
from batchwright_runner.contract.alerting.settings import HttpsChannel
from batchwright_runner.contract.notices.note import KINDS

if TYPE_CHECKING:
    from aws_cdk import aws_secretsmanager as secretsmanager

_CHANNEL = re.compile(r"#[^\s#@,.A-Z]{1,79}|[CG][A-Z0-9]{8,20}")
"""A channel's name, or its id (Slack's help, "Guidelines for channel names", read 2026-11)."""
_SECRET = re.compile(
    r"(arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:)?[A-Za-z0-9/_+=.@-]{1,512}(#[^\s:#]{1,128})?"
)
_SECRET_ARN = re.compile(r"arn:[a-z-]+:secretsmanager:(?P<region>[a-z0-9-]+):")
_SITE = re.compile(r"((?!app\.|api\.|www\.)[a-z0-9-]+\.)?(datadoghq\.com|datadoghq\.eu|ddog-gov\.com)")
"""Datadog's sites (Datadog's documentation, "Getting started with Datadog sites", read 2026-11)."""


def check_channel(subject: str, argument: str, channel: object) -> None:
    """Raises unless it is a Slack channel."""
    if not isinstance(channel, str) or not _CHANNEL.fullmatch(channel):
        raise wrong(subject, argument, channel, "a channel's name, #batches, or its id, C0123456789")


def _check_site(subject: str, argument: str, site: object) -> None:
    if not isinstance(site, str) or not _SITE.fullmatch(site):
        sites = "Datadog's site: datadoghq.com, datadoghq.eu, us5.datadoghq.com, ap1.datadoghq.com, …"
        raise wrong(subject, argument, site, sites)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceKind:
    """A kind of service."""

    # The key that says where messages go
    to: str
    default: str | None = None
    # Raises unless they can go there, of subject, argument and what was given
    check: Callable[[str, str, object], None]
    secret: str
    holds: str


SLACK = ServiceKind(to="channel", check=check_channel, secret="token", holds="the bot's token, xoxb-…")  # noqa: S106 - a key
DATADOG = ServiceKind(to="site", default="datadoghq.com", check=_check_site, secret="api_key", holds="the API key")  # noqa: S106


def read_service(kind: ServiceKind, subject: str, argument: str, service: object, place: Place) -> HttpsChannel | None:
    """Where messages go, the secret for it and what is sent; ``None`` without the service."""
    if service is None:
        return None
    if not isinstance(service, Mapping):
        raise wrong(subject, argument, service, f"an object with {kind.to} and {kind.secret}")
    check_keys(subject, argument, service, (kind.to, kind.secret, "kinds"))
    to = service.get(kind.to, kind.default)
    kind.check(subject, f"{argument}.{kind.to}", to)
    if service.get(kind.secret) is None:
        allowed = f"the secret of Secrets Manager that holds {kind.holds}"
        problem = f"{kind.to} {to} was given without one; allowed: {allowed}"
        raise DeclarationError(subject, f"{argument}.{kind.secret}", problem)
    name, field = _secret(subject, f"{argument}.{kind.secret}", service[kind.secret], place)
    kinds = read_kinds(subject, f"{argument}.kinds", service.get("kinds"))
    return HttpsChannel(to=str(to), secret=name, field=field, kinds=kinds)


def read_kinds(subject: str, argument: str, kinds: object) -> tuple[str, ...]:
    """What is sent, each kind once; empty for all."""
    if kinds is None:
        return ()
    if not isinstance(kinds, list | tuple) or not kinds or any(kind not in KINDS for kind in kinds):
        raise wrong(subject, argument, kinds, f"a list of {', '.join(KINDS)}")
    return tuple(dict.fromkeys(kinds))


def _secret(subject: str, argument: str, secret: object, place: Place) -> tuple[str, str]:
    """Name or ARN of a secret, and the field of a JSON object."""
    if hasattr(secret, "secret_arn"):
        secret = Secret.secrets_manager("TOKEN", cast("secretsmanager.ISecret", secret))
    if isinstance(secret, Secret) and secret._arn:
        check_home(subject, argument, secret._home, place, "a secret", same="region")
        return secret._arn, secret._of.split(":")[1] if secret._of else ""
    if not isinstance(secret, str) or not _SECRET.fullmatch(secret) or secret.startswith(("xoxb-", "xoxp-", "xapp-")):
        shown = "a token itself" if isinstance(secret, str) and secret.startswith("xo") else repr(secret)
        allowed = (
            "the name or ARN of a secret of Secrets Manager; with #FIELD for a field of a JSON object; the secret, or "
            "Secret.secrets_manager(…, json_field=…)"
        )
        raise DeclarationError(subject, argument, f"{shown} was given; allowed: {allowed}")
    arn = _SECRET_ARN.match(secret)
    if arn:
        check_home(subject, argument, secret, place, "a secret", same="region")
    name, _, field = secret.partition("#")
    return name, field
