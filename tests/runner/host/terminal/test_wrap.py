from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchwright_runner.host.terminal.text import columns
from batchwright_runner.host.terminal.wrap import wrapped

WORDS = st.lists(st.text(st.sampled_from("ab日é"), min_size=1, max_size=30), min_size=1, max_size=20)


def test_a_line_is_broken_between_words() -> None:
    text = "no stage given: there is no default, so that nothing touches production by accident"

    assert wrapped(text, 60, 13).split("\n") == [
        "no stage given: there is no default, so that",
        "nothing touches production by accident",
    ]


def test_where_there_is_no_terminal_nothing_is_broken() -> None:
    assert wrapped("word " * 100, 0, 13) == "word " * 100
    assert wrapped("word " * 100, 30, 13) == "word " * 100


def test_wide_characters_take_two_columns() -> None:
    assert wrapped("日本語日本語 日本語", 33, 13) == "日本語日本語 日本語"
    assert wrapped("日本語日本語日 日本語", 33, 13) == "日本語日本語日\n日本語"


def test_a_word_that_is_too_long_for_any_line_stays_where_it_is() -> None:
    arn = "arn:aws:ecs:eu-west-1:111111111111:task/batches-staging/0123456789abcdef"

    assert wrapped(f"the run continues: {arn} and more words then", 60, 13) == (
        f"the run continues: {arn} and more words\nthen"
    )


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (
            "it is not in the list, so run git remote set-head origin --auto",
            ["it is not in the list, so run", "git remote set-head origin --auto"],
        ),
        (
            "install it now: uv tool install 'batchwright[local]', or pip install 'batchwright[local]'",
            ["install it now:", "uv tool install 'batchwright[local]', or", "pip install 'batchwright[local]'"],
        ),
        ("no batches are there yet: cdk deploy makes them", ["no batches are there yet: cdk deploy makes", "them"]),
    ],
)
def test_a_command_in_a_sentence_is_not_broken(text: str, lines: list[str]) -> None:
    assert wrapped(text, 58, 13).split("\n") == lines


@pytest.mark.parametrize(
    "line",
    [
        "run it again: batchwright run daily-report -s staging --timeout 1h -- sh -c 'a, b'",
        "PIP_FIND_LINKS=/somewhere/else make demo ARGS='one two three four five six seven'",
        '    "something": "that is added to a file, and is as it is, however long it may be"',
    ],
)
def test_a_line_to_copy_is_left_to_the_terminal(line: str) -> None:
    assert wrapped(f"next:\n{line}", 60, 13) == f"next:\n{line}"


def test_a_command_begins_a_line_of_its_own_where_it_then_fits() -> None:
    line = "see its log: batchwright logs 00000000000000000000000000000000 -s staging"

    assert wrapped(f"owner: me\n{line}", 80, 13) == f"owner: me\n{line.replace(': ', ':' + chr(10))}"
    assert wrapped(f"owner: me\n{line}", 60, 13) == f"owner: me\n{line}"


@given(WORDS, st.integers(40, 90))
def test_nothing_is_lost_and_no_word_that_fits_is_cut(words: list[str], width: int) -> None:
    text = " ".join(words)
    lines = wrapped(text, width, 13).split("\n")

    assert " ".join(lines) == text
    for before, after in pairwise(lines):
        assert after
        assert before
    if all(columns(word) <= width - 13 for word in words):
        assert all(columns(line) <= width - 13 for line in lines)
