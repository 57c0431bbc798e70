"""What users test their workflows with."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from batchwright.testing import play
from tests.library.support import refusal
from tests.library.workflows.support import home

NIGHTLY = home()[1]
DECLARATION = """
from batchwright import FargateBatch, Workflow


def batches(scope, platform):
    for name in ("extract", "report"):
        yield FargateBatch(scope, name, platform=platform, owner="sre", description="x", image="sales")


class Nightly(Workflow):
    \"\"\"Loads the orders.\"\"\"

    stages = ["production"]

    def __init__(self, scope, platform):
        steps = ["extract"] if platform.stage == "production" else ["extract", "report"]
        super().__init__(scope, "nightly", platform=platform, owner="sre", steps=steps)
"""
PLAYED = """
from batches.nightly.workflow import Nightly
from batchwright.testing import play

print(play(Nightly, fails={"extract": 3}).not_started, play(Nightly, stage="production").started)
"""


def test_all_steps_start_in_the_order_of_an_undisturbed_run() -> None:
    played = play(NIGHTLY)

    assert played.started == ("extract", "orders-load", "coupons-load", "orders-check", "report")
    assert (played.not_started, played.failed, played.verdict.code) == ((), (), 0)


def test_a_failure_stops_what_comes_after_it() -> None:
    played = play(NIGHTLY, fails={"orders-load": 3})

    assert played.started == ("extract", "orders-load", "coupons-load")
    assert played.not_started == ("orders-check", "report")
    assert (played.verdict.code, played.verdict.step) == (3, "orders-load")


def test_an_end_may_be_any_row_of_the_table_of_exit_codes() -> None:
    paused = play(NIGHTLY, fails={"extract": "paused"})
    late = play(NIGHTLY, fails={"report": "timeout"})

    assert (paused.started, paused.verdict.code) == (("extract",), 123)
    assert (late.failed, late.verdict.row.value, late.verdict.code) == (("report",), "timeout", 124)


@pytest.mark.parametrize(
    ("fails", "says"),
    [
        ({"orders-laod": 3}, "play: fails: 'orders-laod' was given; known: .*did you mean orders-load?"),
        ({"report": 0}, r"play: fails\['report'\]: 0 was given; allowed: an exit code from 1 to 255, usage, overlap"),
        ({"report": 256}, "256 was given"),
        ({"report": "broken"}, "'broken' was given"),
        ({"report": "step-not-run"}, "'step-not-run' was given"),
    ],
)
def test_what_cannot_come_of_a_step_is_refused(fails: dict[str, int | str], says: str) -> None:
    with refusal(says):
        play(NIGHTLY, fails=fails)


def test_a_class_is_played_with_the_batches_of_its_project(tmp_path: Path) -> None:
    folder = tmp_path / "batches" / "nightly"
    folder.mkdir(parents=True)
    for package in (folder, folder.parent):
        (package / "__init__.py").touch()
    text, _, workflow = DECLARATION.partition("\n\nclass ")
    (folder / "batch.py").write_text(text)
    (folder / "workflow.py").write_text(f"from batchwright import Workflow\n\n\nclass {workflow}")
    network = {"vpc_id": "vpc-0123456789abcdef0", "subnets": ["subnet-0123456789abcdef0"]}
    stages = {"production": {"account": "222222222222", "region": "ap-northeast-1", **network}}
    (tmp_path / "cdk.json").write_text(json.dumps({"app": "python app.py", "context": {"stages": stages}}))

    done = subprocess.run(
        [sys.executable, "-c", PLAYED], cwd=tmp_path, env=os.environ, capture_output=True, text=True, check=False
    )

    assert (done.stdout, done.returncode) == ("('report',) ('extract',)\n", 0), done.stderr


def test_a_class_outside_of_a_project_is_refused() -> None:
    with refusal(r"^play: workflow: Nowhere was given, and no cdk\.json is above its file"):
        play(type("Nowhere", (type(NIGHTLY),), {"__module__": "json"}))
