"""What an ARN names, for people: ``s3:sales``, ``sqs:orders``. Pure."""

import re

_ARN = re.compile(r"arn:[^:]*:([^:]*):[^:]*:[^:]*:(.+)", re.DOTALL)
_MARKED = re.compile(r"<(.*)>[^<>]*", re.DOTALL)
_SUFFIX = re.compile(r"-(?:[A-Za-z0-9]{6}|\?{6})$")
"""What Secrets Manager appends to a secret's name in its ARN."""
_KINDS = {"elasticfilesystem": "efs", "events": "eventbridge", "states": "step-functions"}
"""What people call a service whose prefix nobody says."""
_TYPES = re.compile(
    r"^(?:accesspoint|collection|cluster|database|dbuser|deliverystream|domain|event-bus|file-system|function|identity"
    r"|stateMachine|stream|table|topic|workgroup)[/:]"
)
"""The type that stands before a name."""


def resource_of(service: str, arn: str) -> str:
    """What an ARN in a statement names: kind and name.

    Args:
        service: IAM's prefix of the service whose action the statement allows; counts where the ARN names none.
        arn: The ARN; may have wildcards; ``<Queue.Arn>`` where only a deployment knows it, with
            what is inside of it, ``<Bucket.Arn>/*``.
    """
    marked = _MARKED.fullmatch(arn)
    if marked:
        return f"{_kind(service)}:<{'-'.join(marked.group(1).split())}>"
    found = _ARN.fullmatch(arn)
    if found is None or found.group(1) in ("", "*"):
        return f"{_kind(service)}:*"
    own, rest = found.group(1), found.group(2)
    return f"{_kind(own)}:{_name(own, rest)}"


def _kind(service: str) -> str:
    return _KINDS.get(service, service)


def _name(service: str, rest: str) -> str:
    """The name in the last part of an ARN, without its type and without what is inside of it."""
    if service == "secretsmanager":
        return _SUFFIX.sub("", rest.removeprefix("secret:"))
    if service == "ssm":
        return rest.removeprefix("parameter")
    name = _TYPES.sub("", rest, count=1)
    if service in ("s3", "dynamodb", "es"):
        return name.partition("/")[0]
    return name.partition(":")[0] if service == "lambda" else name
