"""The SNS topic that a stage's alerts go to: who subscribes, and the key it is encrypted with. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from batchwright.arns import Place
from batchwright.errors import DeclarationError, wrong
from batchwright.task.outside import PARAMETER, alias_of, check_home, parameter_of
from batchwright.tokens import is_token

_TOPIC = re.compile(
    r"arn:(?P<partition>[a-z-]+):sns:(?P<region>[a-z0-9-]+):(?P<account>[0-9]{12}):(?P<name>[^:]{1,256})"
)
_TOPIC_NAME = re.compile(r"[A-Za-z0-9_-]{1,256}")
_A_KEY = "the ARN or the alias of the KMS key that the topic is encrypted with, or ssm:/NAME that holds the ARN"
_KEY = re.compile(r"arn:[a-z-]+:kms:(?P<region>[a-z0-9-]+):(?P<account>[0-9]{12}):key/[A-Za-z0-9-]+")
_EMAIL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def read_topic(
    subject: str, argument: str, topic: object, place: Place, *, may_be_made: bool = True
) -> tuple[str, bool]:
    """The topic's ARN, or ``ssm:/NAME``, empty for none; and whether one is made."""
    allowed = "the ARN of an SNS topic, ssm:/NAME of a parameter that holds it"
    allowed += ", or true for one that is made" if may_be_made else ""
    if topic is None or (may_be_made and topic is False):
        return "", False
    if may_be_made and topic is True:
        return "", True
    arn = topic if isinstance(topic, str) else getattr(topic, "topic_arn", None)
    if not isinstance(arn, str) or not arn:
        raise wrong(subject, argument, topic, allowed)
    check_home(subject, argument, topic, place, "a topic", same="region")
    if is_token(arn) or (parameter_of(arn) and arn.startswith("ssm:")):
        return arn, False
    parts = _TOPIC.fullmatch(arn)
    if not parts:
        raise wrong(subject, argument, topic, allowed)
    if parts["name"].endswith(".fifo"):
        raise DeclarationError(
            subject, argument, f"{arn} is a FIFO topic, which reaches neither e-mail nor chat; allowed: a standard one"
        )
    if not _TOPIC_NAME.fullmatch(parts["name"]):
        raise wrong(subject, argument, topic, allowed)
    return arn, False


def read_emails(subject: str, argument: str, emails: object, *, own: bool, topic: str) -> tuple[str, ...]:
    """Who subscribes to the topic, each address once."""
    if emails is None:
        return ()
    if isinstance(emails, str) or not isinstance(emails, Sequence):
        raise wrong(subject, argument, emails, "a list of e-mail addresses")
    for address in emails:
        if not isinstance(address, str) or not _EMAIL.fullmatch(address) or ".." in address:
            raise wrong(subject, argument, address, "e-mail addresses, such as sre@example.com")
    if emails and not own:
        reason = f"the topic {topic} is not made here" if topic else "there is no topic"
        problem = f"{', '.join(emails)} cannot be subscribed, as {reason}; allowed: emails beside topic: true"
        raise DeclarationError(subject, argument, problem)
    return tuple(dict.fromkeys(emails))


def read_key(subject: str, argument: str, key: object, topic: str, place: Place, *, own: bool) -> str:
    """The key that the machine must be allowed to use. Of a topic in another account it must be known."""
    parts = _TOPIC.fullmatch(topic)
    elsewhere = bool(parts and not is_token(place.account) and parts["account"] != place.account)
    if key is None:
        return ""
    if own or not topic:
        raise DeclarationError(
            subject, argument, f"{key!r} was given, and the topic is not an existing one; leave it out"
        )
    if not isinstance(key, str) or not key:
        raise wrong(subject, argument, key, _A_KEY)
    if is_token(key) or PARAMETER.fullmatch(key):
        return key
    if elsewhere and (alias_of(key) or not _KEY.fullmatch(key)):
        theirs = f"account {parts['account']}" if parts else "that account"
        problem = (
            f"{key} does not say which key of {theirs} it is; allowed: the ARN of a key whose policy lets the "
            "stage's account use it"
        )
        raise DeclarationError(subject, argument, problem)
    is_arn = _KEY.fullmatch(key)
    if is_arn:
        check_home(subject, argument, key, place, "a key", same="region")
    if not is_arn and not alias_of(key):
        raise wrong(subject, argument, key, _A_KEY)
    return "" if key == "alias/aws/sns" else key


def subscribers(emails: Sequence[str], owner_emails: Mapping[str, Sequence[str]]) -> dict[str, dict[str, Any]]:
    """Who is sent which messages: address to the filter of its subscription by the attribute ``owner``; empty for all.

    An owner's people get the messages about their batches in place of the stage's. SNS has one subscription for an
    address, so that one that is named several times has a filter for all of it (Amazon SNS developer guide, "Amazon SNS
    subscription filter policies", 2026-11).
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
