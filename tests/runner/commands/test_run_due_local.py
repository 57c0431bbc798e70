"""``run --due`` on this machine, by the installed command on a small project."""

import json
import signal
from pathlib import Path

from tests.kit.command import call, finish, start
from tests.kit.projects import declared, declared_workflow, make_project

DUE = ("--local", "--due", "2026-11-01..2026-11-03", "--result", "result.json")
OPTION = {"options": ["DATE"], "schedule": "30 2 * * * Asia/Tokyo"}


def became(root: Path) -> list[str]:
    return [due["word"] for due in json.loads((root / "result.json").read_text())["due"]]


def project(root: Path, script: str, **manifest: object) -> Path:
    return make_project(root, declared("hello", "sh", "-c", script, manifest={**OPTION, **manifest}))


def test_it_runs_for_every_due_time_until_one_fails(tmp_path: Path) -> None:
    project(tmp_path, "echo $DATE $BATCHWRIGHT_SCHEDULED_TIME; test $DATE != 2026-11-01 || exit 3")

    done = call(tmp_path, "run", "hello", *DUE, "-o", "DATE={date-1}")

    assert (done.code, became(tmp_path)) == (3, ["succeeded", "exit 3", "not run"])
    assert done.lines == ["2026-10-31 2026-11-01T02:30:00+09:00", "2026-11-01 2026-11-02T02:30:00+09:00"]
    assert "2026-11-01 02:30 JST  run      not known on this machine" in done.err


def test_a_workflow_runs_for_each_day_and_a_signal_ends_the_rest(tmp_path: Path) -> None:
    script = "echo $BATCHWRIGHT_SCHEDULED_DATE; test $BATCHWRIGHT_SCHEDULED_DATE = 2026-11-01 || sleep 60"
    batch, workflow = declared("load", "sh", "-c", script), declared_workflow("nightly", "load", overlap="forbid")
    make_project(tmp_path, batch, workflows=[workflow])
    running = start(tmp_path, "run", "nightly", *DUE)
    assert running.stdout is not None
    assert [running.stdout.readline() for _ in range(2)] == [b"load | 2026-11-01\n", b"load | 2026-11-02\n"]

    running.send_signal(signal.SIGTERM)
    done = finish(running)

    assert (done.code, became(tmp_path)) == (143, ["succeeded", "stopped", "not run"])
    assert "nightly has no schedule: each day stands for its beginning, 00:00 in UTC" in done.err
