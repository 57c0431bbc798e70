"""What a batch reads and writes, as far as what its task role may do says so. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from batchwright_runner.permissions.actions import is_wild, service_of
from batchwright_runner.permissions.statements import Permission

_MEANS = frozenset({"", "kms", "sts", "logs", "ecr", "ssmmessages", "iam"})
"""Services that a batch goes through, and that hold nothing that it works on."""
_READING = frozenset({"Read", "List"})
_FOLDERS = frozenset({"table", "stream", "secret", "parameter", "function", "stateMachine", "cluster", "event-bus"})
"""What stands before a name in an ARN and is no part of it (Service Authorization Reference, 2026-11)."""
_RANDOM = re.compile(r"-(\?{6}|[A-Za-z0-9]{6})$")
"""What Secrets Manager puts behind a secret's name in its ARN (AWS Secrets Manager user guide, 2026-11)."""


@dataclass(frozen=True, slots=True, order=True)
class Thing:
    """Something in AWS that batches work on.

    Attributes:
        service: IAM's prefix of its service: ``s3``.
        name: Its name.
    """

    service: str
    name: str

    @property
    def id(self) -> str:
        """Both."""
        return f"{self.service}:{self.name}"


@dataclass(slots=True)
class Touch:
    """What a batch does with it.

    Attributes:
        reads: It reads or lists it.
        writes: It changes it.
    """

    reads: bool = False
    writes: bool = False


def touches(permissions: Iterable[Permission], account: str) -> dict[Thing, Touch]:
    """What permissions say that a batch reads and writes, in their order.

    A permission on every resource of a service names none. What is only listed counts as read.

    Args:
        permissions: What its task role may do.
        account: The stage's account; what is in another one says so in its name.
    """
    found: dict[Thing, Touch] = {}
    for one in permissions:
        if not one.allowed or one.but or one.service in _MEANS:
            continue
        levels = set(one.levels)
        for thing in dict.fromkeys(thing_of(arn, one.actions[0], account) for arn in one.resources):
            if thing is not None:
                touch = found.setdefault(thing, Touch())
                touch.reads |= bool(levels & _READING)
                touch.writes |= bool(levels - _READING) or not levels
    return found


def thing_of(arn: str, action: str, account: str) -> Thing | None:
    """What an ARN of a permission names; none where it names every one.

    Args:
        arn: The ARN; ``<Queue.Arn>`` for one that only a deployment knows.
        action: An action of the permission: it says the service where the ARN does not.
        account: The stage's account.
    """
    if arn.startswith("<"):
        return Thing(service_of(action), arn.strip("<>").partition(",")[0].removeprefix("Ref ").removesuffix(".Arn"))
    parts = arn.split(":", 5)
    if len(parts) < 6 or arn.startswith("all but "):
        return None
    service, owner, rest = parts[2], parts[4], parts[5]
    name = _name(service, rest)
    if not name.strip("*?/:"):
        return None
    elsewhere = f"{owner}/" if owner not in ("", account) and not is_wild(owner) else ""
    return Thing(service, f"{elsewhere}{name}")


def _name(service: str, rest: str) -> str:
    """The name in the last part of an ARN, without what is inside of it."""
    if service == "s3":
        return rest.partition("/")[0]
    if service == "ssm":
        return rest.removeprefix("parameter").rstrip("*")
    kind, slash, name = rest.replace(":", "/", 1).partition("/")
    if not slash or kind not in _FOLDERS:
        return rest.rstrip("*").rstrip(":/")
    if service == "secretsmanager":
        return _RANDOM.sub("", name)
    return name.partition("/")[0].rstrip("*") if service in ("dynamodb", "kinesis") else name.rstrip("*").rstrip(":/")
