from typing import Any

import pytest

from batchwright_runner.contract.batch_file import BatchFile
from batchwright_runner.errors import RunnerError
from batchwright_runner.workbench.local.stage_values import StageValues
from batchwright_runner.workbench.local.values import resolve
from tests.kit.projects import batch_of, declared

FILE = "batches/hello/local.env"


def ignored() -> str:
    return ", which git ignores"


BUCKET = {"unresolved": "Ref SalesBucket"}


def batch(
    environment: list[dict[str, object]] | None = None, parameters: dict[str, object] | None = None, *secrets: str
) -> BatchFile:
    data: dict[str, Any] = declared(
        "hello",
        manifest={"parameters": list(parameters or {}), "secrets": list(secrets)},
        container={"environment": environment or []},
        parameters={name: {"path": f"/p/{name}", "value": value} for name, value in (parameters or {}).items()},
    )
    return batch_of(data)


PLAIN: list[dict[str, object]] = [{"name": name, "value": "declared"} for name in "AB"]
BUCKETS: list[dict[str, object]] = [{"name": name, "value": BUCKET} for name in ("BUCKET", "TABLE")]


@pytest.mark.parametrize(
    ("declared_batch", "given", "filed", "environment"),
    [
        (batch(PLAIN[:1], {"TO": "me"}), {}, {}, {"A": "declared", "TO": "me"}),
        # The file wins over the declaration, and the command line over both.
        (
            batch(PLAIN, {"TO": "declared"}),
            {"B": "given", "NEW": "given"},
            {"A": "file", "B": "file", "TO": "file"},
            {"A": "file", "B": "given", "TO": "file", "NEW": "given"},
        ),
        (batch(None, None, "PASSWORD"), {}, {"PASSWORD": "x"}, {"PASSWORD": "x"}),
        # A value that only AWS knows can be given.
        (batch(BUCKETS), {"BUCKET": "b"}, {"TABLE": "t"}, {"BUCKET": "b", "TABLE": "t"}),
        # The command line sets a declared parameter, and a secret.
        (
            batch(None, {"TO": "declared"}, "PASSWORD"),
            {"TO": "given", "PASSWORD": "given"},
            {"TO": "file", "PASSWORD": "file"},
            {"TO": "given", "PASSWORD": "given"},
        ),
    ],
)
def test_which_value_a_variable_has(
    declared_batch: BatchFile, given: dict[str, str], filed: dict[str, str], environment: dict[str, str]
) -> None:
    found = resolve(declared_batch, given, filed, FILE, ignored)

    assert (found.environment, found.unknown) == (environment, ())


def test_everything_missing_is_named_at_once_with_the_file_to_write() -> None:
    declared_batch = batch([{"name": "BUCKET", "value": BUCKET}], {"TOPIC": {"unresolved": "Ref Topic"}}, "PASSWORD")

    with pytest.raises(RunnerError) as caught:
        resolve(declared_batch, {}, {}, FILE, ignored)

    assert caught.value.exit_code == 125
    assert str(caught.value) == (
        "hello cannot run here: BUCKET (a variable that only AWS knows: Ref SalesBucket), "
        "TOPIC (a parameter that only AWS knows: Ref Topic), PASSWORD (a secret) have no value on this machine "
        f"(looked in {FILE}). Add -e NAME=VALUE to a run of the batch, or write such lines into {FILE}, which git "
        "ignores"
    )


def test_a_declared_value_that_no_variable_can_hold_is_an_error_that_names_it() -> None:
    with pytest.raises(RunnerError, match="hello cannot run here: LANG holds a NUL"):
        resolve(batch([{"name": "LANG", "value": "C\0"}]), {}, {}, FILE, ignored)


def test_names_of_the_file_that_mean_nothing_are_found_and_not_passed_on() -> None:
    found = resolve(batch(), {}, {"TYPO": "x"}, FILE, ignored)

    assert found.unknown == ("TYPO",)
    assert found.environment == {}


def test_the_stages_values_win_over_the_file_and_the_command_line_over_them() -> None:
    declared_batch = batch(None, {"TO": "declared", "FROM": "declared"}, "PASSWORD", "KEY")
    staged = StageValues("staging", {"main": {"TO": "x", "FROM": "x", "PASSWORD": "x"}})

    found = resolve(
        declared_batch, {"KEY": "given"}, {"PASSWORD": "file", "KEY": "file", "X": "y"}, FILE, ignored, staged
    )

    assert found.environment == {"KEY": "given"}  # the others are handed over
    assert found.unused == ("PASSWORD",)
    assert found.unknown == ("X",)


def test_all_that_the_stage_lacks_is_said_at_once_with_what_this_machine_lacks() -> None:
    declared_batch = batch([{"name": "BUCKET", "value": BUCKET}], {"TO": "declared"}, "PASSWORD", "KEY")
    staged = StageValues("staging", {"main": {"TO": "x"}}, {"PASSWORD": "/p/PASSWORD is not there", "KEY": "no"})

    with pytest.raises(RunnerError) as caught:
        resolve(declared_batch, {}, {"PASSWORD": "file"}, FILE, ignored, staged)

    message = str(caught.value)
    assert "BUCKET: a variable that only AWS knows" in message
    assert "PASSWORD: /p/PASSWORD is not there\nKEY: no" in message
    assert "A value for this run alone is -e NAME=VALUE" in message


def test_a_nul_in_a_stages_value_is_refused_without_showing_it() -> None:
    with pytest.raises(RunnerError, match="PASSWORD holds a NUL") as caught:
        resolve(
            batch(None, None, "PASSWORD"), {}, {}, FILE, ignored, StageValues("s", {"main": {"PASSWORD": "can\0ary"}})
        )

    assert "can" not in str(caught.value).replace("cannot", "").replace("can hold", "")
