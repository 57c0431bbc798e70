"""What a failed call to AWS is taken for, and how it is shown."""

import pytest

from batchwright_runner.host.aws.errors import ApiError


@pytest.mark.parametrize(
    ("code", "message", "status", "temporary", "throttled", "denied"),
    [
        ("ThrottlingException", "Rate exceeded", 400, True, True, False),
        ("InvalidParameterException", "Rate exceeded (ErrorCode: Throttling)", 400, True, True, False),
        (
            "InvalidParameterException",
            "Error retrieving subnet information for [x]: Request limit exceeded. (ErrorCode: RequestLimitExceeded)",
            400,
            True,
            True,
            False,
        ),
        (
            "InvalidParameterException",
            "Error retrieving subnet information for [x]: An internal error has occurred (ErrorCode: InternalError)",
            400,
            True,
            False,
            False,
        ),
        ("InvalidParameterException", "no such subnet (ErrorCode: InvalidSubnetID.NotFound)", 400, False, False, False),
        ("InvalidParameterException", "no such subnet", 400, False, False, False),
        ("EC2ThrottledException", "", 400, True, True, False),
        ("ProvisionedThroughputExceededException", "", 400, True, True, False),
        ("PriorRequestNotComplete", "", 400, True, True, False),
        ("429", "Too Many Requests", 429, True, True, False),
        ("408", "", 408, True, False, False),
        ("RequestTimeoutException", "", 400, True, False, False),
        ("LimitExceededException", "The limit for the resource was exceeded.", 400, False, False, False),
        ("404", "nope", 404, False, False, False),
        ("ServerException", "oops", 500, True, False, False),
        ("ServiceUnavailable", "", 503, True, False, False),
        ("ExpiredTokenException", "expired", 400, True, False, False),
        ("AccessDeniedException", "no", 400, False, False, True),
        ("UnrecognizedClientException", "no", 400, False, False, True),
        ("InvalidSignatureException", "Signature expired: 20261125T0Z is now earlier than …", 403, False, False, True),
        ("RequestTimeTooSkewed", "", 403, False, False, True),
    ],
)
def test_errors_are_sorted(
    code: str, message: str, status: int, temporary: bool, throttled: bool, denied: bool
) -> None:
    error = ApiError(code, message, status=status)

    assert (error.temporary, error.throttled, error.denied) == (temporary, throttled, denied)


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("two\nlines", "E: two lines"),
        ("x" * 2000, f"E: {'x' * 499}…"),
        ("<html></html>", "E: an HTML page, not an answer of AWS"),
        ("<title></title>", "E: <title></title>"),
        ('<?xml version="1.0"?><Error/>', "E: an XML document, not an answer of AWS"),
        ("", "E"),
    ],
)
def test_a_message_is_one_line_that_is_not_too_long(message: str, shown: str) -> None:
    assert str(ApiError("E", message)) == shown


def test_a_secret_is_taken_out_before_anything_is_cut_or_folded() -> None:
    error = ApiError("E", "value first\nsecond is bad", status=500).without("first\nsecond")

    assert str(error) == "E: value [the value] is bad"
    assert error.temporary
