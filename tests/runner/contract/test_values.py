import pytest

from batchwright_runner.contract.values import LIMIT, fault, fingerprint


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", "empty"),
        (" ", None),
        ("x" * LIMIT, None),
        ("x" * (LIMIT + 1), "too long"),
        ("{ {", None),
        ("a{{b", "reference"),
    ],
)
def test_what_ssm_refuses(value: str, expected: str | None) -> None:
    assert fault(value) == expected


def test_a_fingerprint_is_the_beginning_of_the_sha_256_of_the_text_in_base64url() -> None:
    assert (fingerprint("hello"), fingerprint("経理")) == ("LPJNul-w", "22C9QJ0t")
