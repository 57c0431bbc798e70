"""What users test their batches with: `batchwright_runner.testing`."""

from pathlib import Path

import pytest

from batchwright_runner.testing import run_batch, start_batch
from tests.kit.projects import declared, make_project

pytestmark = pytest.mark.process

TRAPS = "trap 'echo cleaning up; exit 0' TERM; echo ready; while :; do sleep 0.1; done"


def project(root: Path, script: str) -> Path:
    environment = [{"name": "GREETING", "value": "hello"}]
    return make_project(root, declared("hello", "sh", "-c", script, container={"environment": environment}))


def test_code_log_and_status_of_a_run(tmp_path: Path) -> None:
    ended = run_batch("hello", project=project(tmp_path, "echo $GREETING; echo 二 >&2; exit 3"))

    assert (ended.code, ended.log, ended.lines) == (3, "hello\n二\n", ["hello", "二"])
    assert ended.status.splitlines()[-1].startswith("batchwright: exit 3: the container's own code")


def test_values_win_over_declared_ones(tmp_path: Path) -> None:
    assert run_batch("hello", {"GREETING": "a b"}, project=project(tmp_path, "echo $GREETING")).log == "a b\n"


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        ({"DATE": "2026-11-24", "NOTE": "a=b c"}, 0, "2026-11-24 a=b c"),
        ({"DATE": " "}, 0, "none none"),  # blank is as not given
        ({"DATE": "yesterday"}, 2, "-o DATE=yesterday is refused: allowed: what matches"),
        ({"DAY": "2026-11-24"}, 2, "-o DAY is refused: there is no such option"),
    ],
)
def test_options_are_those_that_the_batch_declares(tmp_path: Path, given: dict[str, str], code: int, said: str) -> None:
    options = [{"name": "DATE", "pattern": r"\d{4}-\d\d-\d\d"}, {"name": "NOTE"}]
    batch = declared("hello", "sh", "-c", "echo ${DATE:-none} ${NOTE:-none}", manifest={"options": options})

    ended = run_batch("hello", options=given, project=make_project(tmp_path, batch))

    assert ended.code == code
    assert said in ended.log + ended.status


def test_a_batch_with_secrets_needs_no_file_of_them(tmp_path: Path) -> None:
    names = {"parameters": {"TO": "01234567"}, "secrets": ["PASSWORD"]}
    script = "echo $TO $PASSWORD; tr '\\0' ' ' < /proc/$PPID/cmdline"
    batch = declared("hello", "sh", "-c", script, manifest=names, parameters={"TO": {"path": "/t", "value": "x"}})

    ended = run_batch(
        "hello", secrets={"PASSWORD": "a b"}, parameters={"TO": "me"}, project=make_project(tmp_path, batch)
    )

    assert ended.code == 0, ended.status
    assert ended.lines[0] == "me a b"
    assert ended.lines[1].endswith("-e TO=me -e PASSWORD "), "the list of processes does not show a secret"


def test_a_command_of_its_own(tmp_path: Path) -> None:
    ended = run_batch("hello", command=["sh", "-c", "echo other --words"], project=project(tmp_path, "false"))

    assert (ended.code, ended.log) == (0, "other --words\n")


def test_this_process_s_own_settings_do_not_reach_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATCHWRIGHT_STAGE", "production")

    assert "stage local" in run_batch("hello", project=project(tmp_path, "true")).status


def test_a_run_is_stopped_as_a_scheduler_does(tmp_path: Path) -> None:
    with start_batch("hello", project=project(tmp_path, TRAPS)) as running:
        running.wait_for("ready")
        ended = running.stop()

    assert (ended.code, ended.lines[-1]) == (143, "cleaning up")


def test_what_still_runs_at_the_end_of_the_block_is_stopped(tmp_path: Path) -> None:
    script = "trap 'echo cleaning up > stopped; exit 0' TERM; echo ready; while :; do sleep 0.1; done"

    with start_batch("hello", project=project(tmp_path, script)) as running:
        running.wait_for("ready")

    assert (tmp_path / "batches/hello/app/stopped").read_text() == "cleaning up\n"


def test_a_text_that_never_comes_is_a_failure_that_shows_the_log(tmp_path: Path) -> None:
    with (
        start_batch("hello", project=project(tmp_path, "echo something else; exit 4")) as running,
        pytest.raises(AssertionError, match=r"(?s)hello ended with 4 before 'ready'.*something else.*exit 4"),
    ):
        running.wait_for("ready")


def test_a_text_and_an_end_that_do_not_come_in_time_are_failures(tmp_path: Path) -> None:
    with start_batch("hello", project=project(tmp_path, TRAPS)) as running:
        running.wait_for("ready")
        with pytest.raises(AssertionError, match=r"hello did not write 'never' within 0\.1 s"):
            running.wait_for("never", seconds=0.1)
        with pytest.raises(AssertionError, match=r"(?s)hello did not end within 0\.1 s.*ready"):
            running.wait(seconds=0.1)


def test_a_batch_that_is_not_declared_is_a_usage_error(tmp_path: Path) -> None:
    ended = run_batch("helo", project=project(tmp_path, "true"))

    assert ended.code == 2
    assert "no such batch 'helo'" in ended.status
