"""What ``run --rundeck`` prints, read again as Rundeck's log filters do."""

import re
from pathlib import Path
from typing import Any

import pytest

from batchwright_runner.commands.result_file import RunResult
from batchwright_runner.commands.rundeck_result import rundeck_result
from batchwright_runner.contract.verdicts import Row, Verdict
from batchwright_runner.workbench.exports.rundeck import _FILTERS
from tests.kit.command import Done, call
from tests.kit.projects import declared, make_project

LINK = "https://eu-west-1.console.aws.amazon.com/ecs/v2/clusters/c/tasks/1"
AGAIN = "batchwright run daily-report -s production --again daily-report@rundeck/rd/7"


def result(**changes: Any) -> RunResult:  # noqa: ANN401 - any attribute
    usual: dict[str, Any] = {
        "verdict": Verdict(Row.OWN, 3, "the container's own code | main ended by itself", "ask"),
        "batch": "daily-report",
        "stage": "production",
        "run_id": "rundeck/rd/7",
        "details": {
            "task": "arn:task/1",
            "phases": {"running": 90.0},
            "links": {"task": LINK},
            "advice": "Ask\nthem.",
            "run_again": AGAIN,
        },
    }
    return RunResult(**{**usual, **changes})


def shown(text: str) -> list[str]:
    """The lines between the markers."""
    lines = text.splitlines()
    return lines[lines.index("#BEGIN:RUNDECK:DATATYPE:text/x-markdown") + 1 : lines.index("#END:RUNDECK:DATATYPE")]


def data(text: str) -> dict[str, str]:
    """What the filter of an exported job makes of it."""
    pattern = str(_FILTERS[1]["config"]["regex"])  # type: ignore[index]
    return {found[1]: found[2] for line in text.splitlines() if (found := re.match(pattern, line))}


def test_that_of_a_workflow_has_its_steps() -> None:
    steps = [{"step": "extract", "word": "succeeded"}, {"step": "load", "word": "exit 3"}]

    table = shown(rundeck_result(result(batch="nightly", details={"steps": steps, "links": {"execution": LINK}})))

    assert table[2:5] == [
        "| workflow | nightly, stage production |",
        "| step extract | succeeded |",
        "| step load | exit 3 |",
    ]


def test_that_of_a_backfill_has_its_due_times() -> None:
    due = [{"due": "2026-11-01T02:30:00+09:00", "word": "succeeded"}, {"due": "2026-11-02T02:30:00+09:00", "word": "-"}]

    table = shown(rundeck_result(result(details={"due": due})))

    assert table[3:5] == ["| due 2026-11-01T02:30:00+09:00 | succeeded |", "| due 2026-11-02T02:30:00+09:00 | - |"]


def test_the_result_is_a_table() -> None:
    assert shown(rundeck_result(result())) == [
        r"| result | exit 3: the container's own code \| main ended by itself |",
        "| --- | --- |",
        "| batch | daily-report, stage production |",
        "| time | running 1m30s |",
        "| advice | Ask them. |",
        f"| run again | ask: {AGAIN} |",
        "| run | daily-report@rundeck/rd/7 |",
        f"| task | [task]({LINK}) |",
    ]


def test_the_result_is_handed_on() -> None:
    assert data(rundeck_result(result())) == {
        "batchwright_code": "3",
        "batchwright_result": Row.OWN.value,
        "batchwright_why": "the container's own code | main ended by itself",
        "batchwright_retry": "ask",
        "batchwright_run": "daily-report@rundeck/rd/7",
        "batchwright_run_again": AGAIN,
        "batchwright_task": "arn:task/1",
        "batchwright_task_link": LINK,
    }


def run(root: Path, script: str, *arguments: str) -> Done:
    make_project(root, declared("hello", "sh", "-c", script))
    return call(root, "run", "hello", "--local", *arguments)


def test_it_ends_the_log_and_costs_no_exit_code(tmp_path: Path) -> None:
    done = run(tmp_path, "echo out; exit 3", "--rundeck", "--timestamps", "--run-id", "night")

    lines = done.text.splitlines()
    assert done.code == 3
    assert lines[0].endswith(" out")
    assert lines[1] == "#BEGIN:RUNDECK:DATATYPE:text/x-markdown"
    assert (data(done.text)["batchwright_code"], data(done.text)["batchwright_run"]) == ("3", "hello@night")


@pytest.mark.parametrize("arguments", [("--memory", "512"), ("-o", "NO=1")])
def test_a_run_that_never_began_has_a_result_too(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = run(tmp_path, "echo out", "--rundeck", *arguments)

    assert (done.code, data(done.text)["batchwright_code"]) == (2, "2")


def test_without_it_stdout_is_the_log_alone(tmp_path: Path) -> None:
    assert run(tmp_path, "echo out").out == b"out\n"
