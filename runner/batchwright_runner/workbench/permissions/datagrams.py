"""What the AWS SDKs report of their calls: client-side monitoring, one JSON object in a UDP datagram.

Of a datagram this module takes service, operation, region and whether AWS refused the call. Access keys and session
tokens, which attempts carry, and all else are dropped here and reach nothing. Whoever shares the socket's network can
send datagrams: only those with the run's token count, and only in the form that AWS's names have.

Source: botocore, ``botocore/monitoring.py``; aws-sdk-core (Ruby), ``plugins/client_metrics_plugin.rb``; 2026-11.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LARGEST = 8192
"""Bytes of a datagram: the SDKs send no larger one."""

_SERVICE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 .-]{0,63}")
_OPERATION = re.compile(r"[A-Z][A-Za-z0-9]{0,127}")
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]{1,2}|aws-global")
_SDK = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,31}")
_DENIED = re.compile(r"AccessDenied(Exception)?|AuthorizationError(Exception)?|UnauthorizedOperation|AccessDeniedFault")
_BARE = (None, "403", "Forbidden")
"""What an SDK makes of a refusal without a body, such as that of a HEAD request."""
_ACTION = re.compile(r"not authorized to perform: ([a-z0-9-]+:[A-Za-z0-9]+)")
_RESOURCE = re.compile(r"on resource: \"?(arn:[A-Za-z0-9:/_.+=,@*-]{1,400})")


@dataclass(frozen=True, slots=True)
class ReportedCall:
    """A call that an SDK reported."""

    # The service, as the SDK calls it: ``S3``
    service: str
    # The operation: ``ListObjectsV2``
    operation: str
    # The region; empty where it was not reported
    region: str = ""
    # Name of the SDK: ``Boto3``
    sdk: str = ""
    # AWS refused it for a lack of permission
    denied: bool = False
    # The action that the refusal names; empty for none
    action: str = ""
    resource: str = ""


class ForeignError(ValueError):
    """A datagram is no report, or not of this run's SDKs."""


def read_call(datagram: bytes, token: str) -> ReportedCall | None:
    """Reads a datagram; ``None`` for the report of a single attempt, which the report of its call includes. Pure."""
    data = _object(datagram)
    if data is None or data.get("ClientId") != token or data.get("Type") not in ("ApiCall", "ApiCallAttempt"):
        raise ForeignError
    if data["Type"] == "ApiCallAttempt":
        return None
    service, operation = data.get("Service"), data.get("Api")
    if not _fits(_SERVICE, service) or not _fits(_OPERATION, operation):
        raise ForeignError
    region, sdk = data.get("Region"), str(data.get("UserAgent", "")).partition("/")[0]
    error, message = data.get("FinalAwsException"), str(data.get("FinalAwsExceptionMessage", ""))
    denied = _fits(_DENIED, error) or (error in _BARE and str(data.get("FinalHttpStatusCode")) == "403")
    action, resource = _ACTION.search(message), _RESOURCE.search(message)
    return ReportedCall(
        service=str(service),
        operation=str(operation),
        region=str(region) if _fits(_REGION, region) else "",
        sdk=sdk if _fits(_SDK, sdk) else "",
        denied=denied,
        action=action[1] if denied and action else "",
        resource=resource[1] if denied and resource else "",
    )


def _object(datagram: bytes) -> Mapping[str, Any] | None:
    if len(datagram) > LARGEST:
        return None
    try:
        data = json.loads(datagram)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _fits(form: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and form.fullmatch(value) is not None
