"""A misspelt stage: one answer, whichever command is asked, and before anything is synthesized."""

from pathlib import Path

import pytest

from tests.kit.command import call
from tests.kit.projects import declared, make_project


@pytest.mark.parametrize(
    "command",
    [
        ("list", "--local"),
        ("run", "hello", "--local"),
        ("permissions", "hello"),
        ("catalog", "-o", "pages"),
        ("export", "rundeck"),
        ("list",),
        ("run", "hello"),
        ("describe", "hello"),
        ("doctor",),
    ],
)
def test_a_misspelt_stage_has_one_answer(tmp_path: Path, command: tuple[str, ...]) -> None:
    place = {"account": "111111111111", "region": "eu-west-1"}
    make_project(tmp_path, declared(), stages={"staging": place, "production": place})

    done = call(tmp_path, *command, "-s", "nope")

    message = f"no such stage 'nope': {tmp_path / 'cdk.json'} does not have it. There are: production, staging"
    assert (done.err.splitlines()[0], done.code) == (f"batchwright: {message}", 2)
    assert not (tmp_path / "synthesized").exists()


def test_the_stage_of_local_runs_need_not_be_in_cdk_json(tmp_path: Path) -> None:
    make_project(tmp_path, declared(), stages={"staging": {}})

    assert call(tmp_path, "list", "--local", "-s", "local").code == 0
