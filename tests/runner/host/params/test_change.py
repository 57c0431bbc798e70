"""Where a value comes from, and what is kept of it."""

import io

import pytest

from batchwright_runner.contract.values import LIMIT
from batchwright_runner.errors import RunnerError, UsageError
from batchwright_runner.host.params.change import read_value
from batchwright_runner.host.params.verbs import split


def read(data: bytes, *, raw: bool = False) -> str:
    def nobody(prompt: str) -> str:
        raise AssertionError(prompt)

    return read_value("NAME", io.BytesIO(data), terminal=False, ask=nobody, raw=raw)


def typed(*lines: str) -> str:
    answers = iter(lines)
    return read_value("NAME", io.BytesIO(b"never read"), terminal=True, ask=lambda _: next(answers), raw=False)


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"a", "a"),
        (b"a\n", "a"),
        (b"a\n\n", "a\n"),
        (b"a\r\n", "a"),
        (b"a\r", "a\r"),
        (b"a\r\n\r\n", "a\r\n"),
        (b" a\n b \n", " a\n b "),
        ("秘密".encode(), "秘密"),
    ],
)
def test_exactly_one_trailing_newline_is_dropped(data: bytes, value: str) -> None:
    assert read(data) == value


def test_raw_keeps_the_newline() -> None:
    assert read(b"a\n", raw=True) == "a\n"


def test_a_person_types_it_twice() -> None:
    assert typed("same", "same") == "same"
    with pytest.raises(UsageError, match="not the same"):
        typed("one", "other")


@pytest.mark.parametrize(
    ("data", "message"),
    [(b"", "empty"), (b"\n", "empty"), (b"x" * (LIMIT + 1), "4097 characters, 4096"), (b"a{{b}}", "two braces")],
)
def test_what_ssm_does_not_take_is_refused_before_it_is_asked(data: bytes, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read(data)


def test_bytes_that_are_no_text_are_refused_without_showing_them() -> None:
    with pytest.raises(RunnerError, match="not UTF-8") as caught:
        read(b"canary\xff")

    assert caught.value.__cause__ is None
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("daily-report", "DB_PASSWORD", "canary"), "set another one"),
        (("daily-report", "DB_PASSWORD=canary"), "set another one"),
        (("DB_PASSWORD=canary",), "set another one"),
        (("one",), "--shared"),
        ((), "--shared"),
    ],
)
def test_a_value_on_the_command_line_is_refused_and_not_repeated(words: tuple[str, ...], hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        split(words, shared=False)

    assert "canary" not in str(caught.value)
    assert hint in caught.value.hint


def test_with_shared_one_word_is_the_name() -> None:
    assert split(("API_TOKEN",), shared=True) == (None, "API_TOKEN")
