"""What a failed call to AWS is taken for, and how it is shown."""

import re

import pytest

from batchwright_runner.host.aws.errors import ApiError
from tests.kit.rows import each_row


@each_row("given kinds", __file__, "errors")
def test_errors_are_sorted(given: str, kinds: str) -> None:
    [(status, code, message)] = re.findall(r"^(\d+) (\w+): ?(.*)$", given)

    error = ApiError(code, message, status=int(status))

    found = {"temporary": error.temporary, "throttled": error.throttled, "denied": error.denied}
    assert [kind for kind, it_is in found.items() if it_is] == kinds.replace("neither", "").split()


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
