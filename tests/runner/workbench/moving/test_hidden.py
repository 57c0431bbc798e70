"""What looks like a secret, in texts and in variables."""

import pytest

from batchwright_runner.workbench.moving.hidden import as_comment, as_message, is_secret
from tests.kit.rows import rows


@pytest.mark.parametrize("text", [row[0] for row in rows(__file__, "secrets")])
def test_a_comment_has_no_secret(text: str) -> None:
    assert "hidden" not in as_comment(text)


@pytest.mark.parametrize("text", [row[0] for row in rows(__file__, "no_secrets")])
def test_a_comment_keeps_what_is_none(text: str) -> None:
    assert as_comment(text) == text


def test_an_address_in_a_sentence_stays() -> None:
    assert as_message("See https://wiki.example.com/report.") == "See https://wiki.example.com/report."


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("DB_PASSWORD", "x", True),
        ("AWS_SECRET_ACCESS_KEY", "x", True),
        ("SLACK_WEBHOOK_URL", "https://example.com/x", True),
        ("DATABASE_URL", "postgres://a:b@c/d", True),
        ("DATABASE_URL", "postgres://c/d", False),
        ("NOTIFY", "https://hooks.slack.com/services/x", True),
        ("RAILS_MASTER_KEY", "x", True),
        ("dbPassword", "x", True),
        ("TOKEN_TTL", "5", False),
        ("SORT_KEY", "name", False),
        ("API_KEY", "${option.key}", False),
        ("API_KEY", "", False),
    ],
)
def test_a_variable(name: str, value: str, secret: bool) -> None:
    assert is_secret(name, value) is secret


@pytest.mark.parametrize("part", ["a", "a-", "a_", "a.", "a:", "-a", "key", "tokens-"])
def test_a_word_of_any_length_is_read_at_once(part: str) -> None:
    """A pattern that looks at each letter from each other one takes minutes for this text, not a moment."""
    assert as_comment(part * 20_000)
