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


def read_topic(subject: str, argument: str, given: object, place: Place, *, made: bool = True) -> tuple[str, bool]:
    """The topic's ARN, or ``ssm:/NAME``, empty for none; and whether one is made.

    Args:
        subject: Whose declaration it is.
        argument: The argument.
        given: What was given.
        place: Account and region of the stage.
        made: Whether true may be given, for one that is made.

    Raises:
        DeclarationError: It is not a standard topic of the stage's region.
    """
    allowed = "the ARN of an SNS topic, ssm:/NAME of a parameter that holds it"
    allowed += ", or true for one that is made" if made else ""
    if given is None or (made and given is False):
        return "", False
    if made and given is True:
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
    check_home(subject, argument, arn, place, "a topic", same="region")
    return arn, False


def read_emails(subject: str, argument: str, given: object, *, own: bool, topic: str) -> tuple[str, ...]:
    """Who subscribes to the topic, each address once.

    Raises:
        DeclarationError: It is not a list of addresses, or the topic is not made here.
    """
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


def read_key(subject: str, argument: str, given: object, topic: str, place: Place, *, own: bool) -> str:
    """The key that the machine must be allowed to use. Of a topic in another account it must be known.

    Raises:
        DeclarationError: It does not say which key that is.
    """
    found = _TOPIC.fullmatch(topic)
    elsewhere = bool(found and not is_token(place.account) and found["account"] != place.account)
    if given is None:
        return ""
    if own or not topic:
        raise DeclarationError(
            subject, argument, f"{given!r} was given, and the topic is not an existing one; leave it out"
        )
    if not isinstance(given, str) or not given:
        raise wrong(subject, argument, given, _A_KEY)
    if is_token(given) or PARAMETER.fullmatch(given):
        return given
    if elsewhere and (alias_of(given) or not _KEY.fullmatch(given)):
        theirs = f"account {found['account']}" if found else "that account"
        problem = (
            f"{given} does not say which key of {theirs} it is; allowed: the ARN of a key whose policy lets the "
            "stage's account use it"
        )
        raise DeclarationError(subject, argument, problem)
    key = _KEY.fullmatch(given)
    if key:
        check_home(subject, argument, given, place, "a key", same="region")
    if not key and not alias_of(given):
        raise wrong(subject, argument, given, _A_KEY)
    return "" if given == "alias/aws/sns" else given


def subscribers(emails: Sequence[str], owner_emails: Mapping[str, Sequence[str]]) -> dict[str, dict[str, Any]]:
    """Who is sent which messages: address to the filter of its subscription by the attribute ``owner``; empty for all.

    An owner's people get the messages about their batches in place of the stage's. SNS has one subscription for an
    address, so that one that is named several times has a filter for all of it (Amazon SNS developer guide, "Amazon SNS
    subscription filter policies", 2026-11).

    Args:
        emails: The stage's people.
        owner_emails: Owner to their people.
    """
    found: dict[str, dict[str, Any]] = {}
    for address in dict.fromkeys([*emails, *(email for theirs in owner_emails.values() for email in theirs)]):
        own = [owner for owner, theirs in owner_emails.items() if address in theirs]
        others = [owner for owner in owner_emails if owner not in own]
        if address not in emails:
            found[address] = {"owner": own}
        else:
            found[address] = {"owner": [{"anything-but": others}]} if others else {}
    return found
