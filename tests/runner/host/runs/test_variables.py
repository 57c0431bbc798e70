import click
import pytest

from batchwright_runner.commands.run import run
from batchwright_runner.errors import UsageError
from batchwright_runner.host.runs.variables import FLAGS, refuse_undecoded, without_values


@pytest.mark.parametrize(
    ("given", "shown"), [("KEY=secret", "KEY=…"), ("KEY=secret=more", "KEY=…"), ("KEY", "KEY"), ("KEY=", "KEY=")]
)
def test_the_value_of_a_variable_is_not_shown(given: str, shown: str) -> None:
    assert without_values(["run", "hello", "-e", given, "--local"]) == ["run", "hello", "-e", shown, "--local"]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (["--env", "KEY=x"], ["--env", "KEY=…"]),
        (["--env=KEY=x"], ["--env=KEY=…"]),
        (["-eKEY=x"], ["-eKEY=…"]),
        (["-qe", "KEY=x"], ["-qe", "KEY=…"]),
        (["-yqeKEY=x"], ["-yqeKEY=…"]),
        (["-e", "-eKEY=x"], ["-e", "-eKEY=…"]),
    ],
)
def test_the_value_of_a_variable_is_not_shown_however_it_is_written(given: list[str], shown: list[str]) -> None:
    assert without_values(["run", "hello", *given]) == ["run", "hello", *shown]


def test_the_letters_before_it_are_those_of_the_commands_own_flags() -> None:
    flags = [option for option in run.params if isinstance(option, click.Option) and option.is_flag]

    assert {*FLAGS} == {"h", *(name[1:] for option in flags for name in option.opts if len(name) == 2)}


@pytest.mark.parametrize(
    ("variables", "command", "what"),
    [({"PW": "\udcff"}, [], "PW"), ({"A\udcff": ""}, [], "A"), ({}, ["sh", "\udce4"], "COMMAND")],
)
def test_what_is_not_utf_8_is_refused_and_not_shown(variables: dict[str, str], command: list[str], what: str) -> None:
    with pytest.raises(UsageError, match=f"^{what}.? cannot be passed on: it is not UTF-8") as caught:
        refuse_undecoded(variables, command)
    assert "=" not in str(caught.value)


def test_all_other_characters_are_passed_on() -> None:
    refuse_undecoded({"PW": "pä✓\n\x01", "N": ""}, ["echo", "日本"])


def test_several_variables_are_each_without_their_values() -> None:
    assert without_values(["run", "-e", "A=1", "-e", "B=2"]) == ["run", "-e", "A=…", "-e", "B=…"]


def test_other_options_and_the_batchs_own_command_are_shown_as_they_are() -> None:
    words = ["run", "hello", "--image=agent=x", "--exact", "a=b", "--", "sh", "-e", "KEY=x"]

    assert without_values(words) == words
