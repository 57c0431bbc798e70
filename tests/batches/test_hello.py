"""The sample batch hello."""

from tests.batches.conftest import RunApp


def test_an_argument_names_whom_to_greet(run_app: RunApp) -> None:
    done = run_app("hello", "hello.py", "Rundeck", GREETING="Hello")

    assert done.stdout.splitlines()[0] == "Hello, Rundeck!"


def test_it_shows_the_names_of_its_variables_and_never_their_values(run_app: RunApp) -> None:
    done = run_app("hello", "hello.py", GREETING="Hello", API_TOKEN="do-not-show")

    assert "API_TOKEN" in done.stdout
    assert "do-not-show" not in done.stdout
