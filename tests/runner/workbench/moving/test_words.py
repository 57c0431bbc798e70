"""Command lines: their words, and the values that Rundeck fills in, as a container's shell reads them."""

import os
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchwright_runner.workbench.moving.words import in_container, simple_commands, variable_of, with_option


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a b", [("a", "b")]),
        ("cd /x && a 'b c' >> log 2>&1", [("cd", "/x"), ("a", "b c")]),
        ("a | tee log; b", [("a",), ("tee", "log"), ("b",)]),
        ("#!/bin/sh\n# why\nset -e\n\na \\\n  b\n", [("set", "-e"), ("a", "b")]),
        ("a '{\n \"x\": 1\n}'\nb", [("a", '{\n "x": 1\n}'), ("b",)]),
        ("ARN=$(aws ecs run-task --query 'a[0].b')", [("aws", "ecs", "run-task", "--query", "a[0].b")]),
        ('ARN="$(aws ecs list)"\necho "$ARN"', [("aws", "ecs", "list"), ("echo", "$ARN")]),
    ],
)  # fmt: skip
def test_simple_commands(text: str, words: list[tuple[str, ...]]) -> None:
    assert [command.words for command in simple_commands(text)] == words


def test_a_command_without_options_stays_as_it_is() -> None:
    assert in_container(["rake", "a b", "$HOME"], ()) == ["rake", "a b", "$HOME"]


def run(words: list[str], **options: str) -> list[str]:
    """The arguments that the program of a container gets."""
    done = subprocess.run(
        [*in_container(words, [name for name in ("date", "to") if not options.get(name)]),],
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


def test_a_blank_value_is_no_word_and_leaves_what_stands_around_it() -> None:
    assert run([*SHOW, "${option.date}", "a b*", "[${option.to}]"], date="", to="") == ["-", "a b*", "[]"]


def test_a_shells_own_text_gets_the_variables() -> None:
    assert in_container(["sh", "-c", "cd ${HOME} && rake a[${option.date}] ${unquotedoption.to}x"], ()) == [
        "sh",
        "-c",
        "cd $HOME && rake a[$date] $(printenv to)x",
    ]


@given(st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1))
def test_what_stands_around_a_value_comes_through(around: str) -> None:
    command = in_container([f"{around}${{option.date}}"], ())

    assert "${" not in command[2].replace(around, "")  # CloudFormation's checks take it for a parameter


@pytest.mark.parametrize(("option", "name"), [("date", "date"), ("target-date", "target_date"), ("2nd", "_2nd")])
def test_an_option_is_called_by_its_own_name_where_a_variable_can_be(option: str, name: str) -> None:
    assert variable_of(option) == name


@pytest.mark.parametrize(
    "text", ["${option.env}", "@option.env@", "$RD_OPTION_ENV", "${RD_OPTION_ENV}", "${option.env.value}"]
)
def test_each_way_to_name_a_value(text: str) -> None:
    assert with_option(f"shop-{text}-x", "env", "production") == "shop-production-x"


@pytest.mark.parametrize("into", [">", ">>", ">|", "2>", "&>"])
def test_where_output_goes_is_no_word_of_a_command(into: str) -> None:
    (command,) = simple_commands(f"rake a {into} /data/x.csv")

    assert (command.words, command.redirected) == (("rake", "a"), ((into, "/data/x.csv"),))
