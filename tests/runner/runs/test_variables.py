import pytest

from batchwright_runner.runs.variables import without_values


@pytest.mark.parametrize("given", [["-e", "KEY=secret"], ["-e", "KEY=secret=more"], ["-e", "KEY"]])
def test_the_value_of_a_variable_is_not_shown(given: list[str]) -> None:
    assert without_values(["run", "hello", *given, "--local"]) == ["run", "hello", "-e", "KEY", "--local"]


@pytest.mark.parametrize(
    ("given", "shown"),
    [(["--env", "KEY=x"], ["--env", "KEY"]), (["--env=KEY=x"], ["--env=KEY"]), (["-eKEY=x"], ["-eKEY"])],
)
def test_nor_in_another_way_of_writing_it(given: list[str], shown: list[str]) -> None:
    assert without_values(["run", "hello", *given]) == ["run", "hello", *shown]


def test_several_variables_are_each_without_their_values() -> None:
    assert without_values(["run", "-e", "A=1", "-e", "B=2"]) == ["run", "-e", "A", "-e", "B"]


def test_other_options_and_the_batchs_own_command_are_shown_as_they_are() -> None:
    given = ["run", "hello", "--image=agent=x", "--exact", "a=b", "--", "sh", "-e", "KEY=x"]

    assert without_values(given) == given
