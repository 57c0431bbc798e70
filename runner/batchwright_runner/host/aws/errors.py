"""Why a call to AWS failed: what the runner does next depends on it."""

import re
from collections.abc import Mapping
from typing import Any

from batchwright_runner.contract.moments import answered_at
from batchwright_runner.host.terminal.text import one_line, shorten

UNREACHABLE = 503
"""Stands for the status of a call that did not get through: nothing was asked for."""
UNUSABLE_SETTING = "InvalidConfigError"
"""The code of a setting that the SDK cannot work with, in its own words for those that it checks."""

_THROTTLED = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "EC2ThrottledException",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "ProvisionedThroughputExceededException",
        "BandwidthLimitExceeded",
        "PriorRequestNotComplete",
        "TransactionInProgressException",
        "SlowDown",
    }
)
"""What AWS's SDK takes for throttling (botocore 1.44, retries/standard.py; 2026-11). Not LimitExceededException: of the
services that are called here, that is a number of resources."""
_TIMED_OUT = frozenset({"RequestTimeout", "RequestTimeoutException"})
"""AWS has waited too long for the request (botocore, the same)."""
TOO_LONG, TOO_MANY = 408, 429
"""The statuses of the same two, which what is on the way to AWS may answer with and say nothing else."""
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"})
_LATE = frozenset(
    {
        "UnrecognizedClientException",
        "InvalidClientTokenId",
        "InvalidAccessKeyId",
        "NoCredentials",
        "PartialCredentialsError",
        "CredentialRetrievalError",
    }
)
"""What they say where credentials are not there yet, or AWS does not know them yet."""
_CREDENTIALS = (_EXPIRED | _LATE) | {
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "NoAuthTokenError",
    "SSOTokenLoadError",
    "UnauthorizedSSOTokenError",
    "TokenRetrievalError",
    "LoginError",
    "LoginRefreshRequired",
    "LoginTokenLoadError",
    "LoginAuthorizationCodeError",
}
"""What AWS, or the SDK before it asks, says of credentials that are no good (botocore 1.44, exceptions; 2026-11)."""
_FORBIDDEN = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
_DENIED = _FORBIDDEN | frozenset(
    {
        "UnrecognizedClientException",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        "NoCredentials",
    }
)
_DISGUISE = re.compile(r"Rate exceeded|Request limit exceeded|\(ErrorCode: (?:RequestLimitExceeded|Throttling\w*)\)")
"""ECS hands on throttling by EC2 as an InvalidParameterException with such a text (dagster issue 33439,
dask-cloudprovider issue 56, wrapbox issue 32; 2026-11)."""
_FAILED_BEHIND = re.compile(r"\(ErrorCode: (?:InternalError|InternalFailure|Unavailable|ServiceUnavailable)\)")
"""The same for errors on EC2's side (EC2 API reference, "Server error codes"; 2026-11)."""
LONGEST_MESSAGE = 500
"""Characters of AWS's message that are shown: a refusal that names role, action and resource has about 350."""

_MARKUP = re.compile(r"\s*<(?:!doctype|html|head|body|\?xml)\b", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
LONGEST_TITLE = 80
_SKEWED = re.compile(r"Signature (?:expired|not yet current)|RequestTimeTooSkewed|RequestInTheFuture")
"""In the code or the message of a refusal because the caller's clock is off by more than five minutes (IAM user guide,
"Troubleshoot signature version 4"; 2026-11)."""


class ApiError(Exception):
    """A call to AWS failed. As text it is one line: what is on the way to AWS may answer with a page.

    `credentials`: the credentials themselves are the reason: there are none, they have expired, AWS knows none such.
    `late`: They may be there in a moment.
    `lost`: There was no whole answer: what was asked for may have been done.
    `unanswered`: There was no answer at all: AWS was not reached, or not for long enough.
    `foreign`: It is not AWS that answered: there is a status and no code of AWS's.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int = 400,
        lost: bool = False,
        response: Mapping[str, Any] | None = None,
    ) -> None:
        shown = f"HTTP {code}" if code.isdigit() else code
        super().__init__(f"{shown}: {brief(message)}" if message else shown)
        self.code = code
        self.message = message
        self._status = status
        self.throttled = code in _THROTTLED or status == TOO_MANY or bool(_DISGUISE.search(message))
        self.expired = code in _EXPIRED
        self.credentials = code in _CREDENTIALS
        self.late = code in _LATE
        behind = bool(_FAILED_BEHIND.search(message))
        passes = self.throttled or self.expired or behind or code in _TIMED_OUT or status == TOO_LONG
        unreached = response is None and status == UNREACHABLE
        self.temporary = passes or lost or status >= 500
        self.lost = lost or (status >= 500 and not unreached)
        self.unanswered = unreached or (lost and response is None)
        self.skewed = bool(_SKEWED.search(f"{code}: {message}"))
        self.denied = code in _DENIED or self.skewed
        self.forbidden = code in _FORBIDDEN and not self.skewed
        self.foreign = code.isdigit()
        self.response = response or {}

    def clock_ahead(self, now: float) -> float | None:
        """Seconds by which a clock is ahead of AWS's; none where AWS's answer has no time.

        `now`: the clock's time when the answer came, in seconds since 1970.
        """
        at = answered_at(self.response)
        return None if at is None else now - at

    def without(self, secret: str) -> "ApiError":
        """The same error without a text that must not be shown."""
        message = self.message.replace(secret, "[the value]")
        return ApiError(self.code, message, status=self._status, lost=self.lost)


def refusal(response: Mapping[str, Any]) -> ApiError:
    """The error that an answer of AWS is. Pure."""
    error = response.get("Error", {})
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
    code, message = str(error.get("Code") or status), str(error.get("Message") or "")
    return ApiError(code, message, status=int(status), response=response)


def brief(message: str) -> str:
    """A message as one line that is not too long; of a page, only its kind. Pure."""
    if not _MARKUP.match(message):
        return shorten(one_line(message), LONGEST_MESSAGE)
    title = _TITLE.search(message)
    named = f" ({shorten(one_line(title[1]), LONGEST_TITLE)})" if title and title[1].strip() else ""
    return f"an {'XML document' if '?xml' in message[:64] else 'HTML page'}{named}, not an answer of AWS"


def why_unreached(error: BaseException) -> str:
    """What was not reached and, where the system says it, why: "Connection refused". Pure."""
    text, why = str(error).rstrip("."), _system_error(error)
    return f"{text}: {why}" if why else text


def _system_error(error: BaseException) -> str:
    at: BaseException | None = error
    seen: set[int] = set()
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        if isinstance(at, OSError) and at.strerror:
            return at.strerror
        given = getattr(at, "kwargs", {}).get("error")
        at = given if isinstance(given, BaseException) else at.__cause__ or at.__context__
    return ""
