"""Command lines: their words, and the values that Rundeck fills in, as a container's shell reads them."""

import os
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchwright_runner.workbench.moving.words import in_container, plain_words, variable_of, with_option


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a  b\tc", ["a", "b", "c"]),
        ("a 'b c' \"d\\\"e\" f'g h'i '' \\'", ["a", "b c", 'd"e', "fg hi", "", "'"]),
        ("rake 'close[a b]' x=1,2:3@4+5^6%7 日本", ["rake", "close[a b]", "x=1,2:3@4+5^6%7", "日本"]),
        ('"${option.b}" ${option.b} x@option.b.value@', ["${option.b}", "${unquotedoption.b}", "x${unquotedoption.b}"]),
        ("a '{\n \"x\": 1\n}'", ["a", '{\n "x": 1\n}']),
    ],
)  # fmt: skip
def test_words_that_are_the_same_to_every_shell(text: str, words: list[str]) -> None:
    assert plain_words(text) == words


@pytest.mark.parametrize(
    "text",
    ["a;", "a & b", "a | b", "a > b", "a < b", "a $B", 'a "$B"', "a `b`", 'a "`b`"', "a (b)", "a *", "a b?", "a {b,c}",
     "~/a", "a #b", "a\nb", "a 'b", 'a "b', "a !b", "a '$RD_OPTION_B'", "a \\\nb"],
)  # fmt: skip
def test_a_line_that_is_more_than_words(text: str) -> None:
    assert plain_words(text) is None


@pytest.mark.parametrize("text", ["a" * 20_000 + "!", "a " * 20_000 + ";", "'" + "a" * 20_000, "\\a" * 10_000 + ";"])
def test_a_line_of_any_length_is_read_at_once(text: str) -> None:
    assert plain_words(text) is None


def test_a_command_without_options_stays_as_it_is() -> None:
    assert in_container(["rake", "a b", "$HOME"]) == ["rake", "a b", "$HOME"]


def run(words: list[str], **options: str) -> list[str]:
    """The arguments that the program of a container gets."""
    done = subprocess.run(
        in_container(words),
        env={"PATH": os.environ["PATH"], **options},
        capture_output=True,
        text=True,
        check=True,
    )  # fmt: skip
    return done.stdout.split("\0")[:-1]


SHOW = ["printf", r"%s\0", "-"]


@pytest.mark.parametrize("value", ["2026-01-01", "a b", "*", "'", '"$HOME"', "`id`", "日本"])
def test_a_value_is_one_word_whatever_it_holds(value: str) -> None:
    assert run([*SHOW, "${option.date}", "x"], date=value) == ["-", value, "x"]
    assert run([*SHOW, "task[${option.date}]"], date=value) == ["-", f"task[{value}]"]
    assert run([*SHOW, "a${option.date}b@option.to@"], date=value, to="c") == ["-", f"a{value}bc"]


def test_a_blank_value_that_was_not_quoted_is_no_word_and_leaves_what_stands_around_it() -> None:
    words = [*SHOW, "${unquotedoption.date}", "a b*", "[${option.to}]", "${option.to}"]
    assert run(words, date="", to="") == ["-", "a b*", "[]", ""]


def test_a_shells_own_text_gets_the_variables() -> None:
    assert in_container(["sh", "-c", "cd ${HOME} && rake a[${option.date}] ${unquotedoption.to}x"]) == [
        "sh",
        "-c",
        "cd $HOME && rake a[$date] $(printenv to)x",
    ]


@given(st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1))
def test_what_stands_around_a_value_comes_through(around: str) -> None:
    command = in_container([f"{around}${{option.date}}"])

    assert "${" not in command[2].replace(around, "")  # CloudFormation's checks take it for a parameter


@pytest.mark.parametrize(("option", "name"), [("date", "date"), ("target-date", "target_date"), ("2nd", "_2nd")])
def test_an_option_is_called_by_its_own_name_where_a_variable_can_be(option: str, name: str) -> None:
    assert variable_of(option) == name


@pytest.mark.parametrize(
    "text", ["${option.env}", "@option.env@", "$RD_OPTION_ENV", "${RD_OPTION_ENV}", "${option.env.value}"]
)
def test_each_way_to_name_a_value(text: str) -> None:
    assert with_option(f"shop-{text}-x", "env", "production") == "shop-production-x"
