"""A workflow on this machine, by the installed command on a small project."""

import json
import re
import signal
from pathlib import Path
from typing import Any

import pytest

from batchwright_runner._version import __version__
from tests.kit.command import Done, call, finish, start
from tests.kit.projects import declared, declared_workflow, make_project

SCRIPTS = {
    "extract": "echo due ${BATCHWRIGHT_SCHEDULED_DATE:?} ${BATCHWRIGHT_SCHEDULED_TIME:?}",
    "orders-load": "echo loading; exit ${CODE:-0}",
    "coupons-load": "echo coupons",
    "report": "echo format $FORMAT day ${DAY-none}",
    "summary": "echo failed: $BATCHWRIGHT_WORKFLOW_FAILED.",
}
OPTIONS = {"report": ["FORMAT", "DAY"]}
STEPS = (
    "extract",
    {"parallel": [["orders-load"], [{"step": "coupons-load", "on_failure": "ignore"}]]},
    {"step": "report", "options": {"FORMAT": "csv"}},
)


def project(root: Path, batches: dict[str, dict[str, Any]] | None = None, **changes: object) -> Path:
    """The sample: each step's batch, some of them changed, and the workflow."""
    made = []
    for name, script in SCRIPTS.items():
        container = {"environment": [{"name": "CODE", "value": "0"}], **(batches or {}).get(name, {})}
        secrets = [secret["name"] for secret in container.get("secrets", [])]
        manifest = {"options": OPTIONS.get(name, []), "secrets": secrets}
        made.append(declared(name, "sh", "-c", script, manifest=manifest, container=container))
    record = {"always": ["summary"], "options": [{"name": "DAY", "pattern": "[0-9-]+"}], **changes}
    return make_project(root, *made, workflows=[declared_workflow("nightly", *STEPS, **record)])


def fails(root: Path, code: int) -> None:
    (root / "batches/orders_load/local.env").write_text(f"CODE={code}\n")


def run(root: Path, *arguments: str) -> Done:
    return call(root, "run", "nightly", "--local", *arguments)


def test_each_line_of_a_log_begins_with_its_step_and_the_last_on_stderr_is_the_verdict(tmp_path: Path) -> None:
    done = run(project(tmp_path, timezone="Asia/Tokyo"), "--scheduled", "2026-11-25T02:30:00+09:00")

    assert done.lines == [
        "extract | due 2026-11-25 2026-11-25T02:30:00+09:00",
        "orders-load | loading",
        "coupons-load | coupons",
        "report | format csv day none",
        "summary | failed: .",
    ]
    assert done.err.startswith(
        f"batchwright: {__version__}: workflow nightly, stage local, on this machine, as a process\n"
    )
    assert (done.last, done.code) == ("batchwright: exit 0: 5 succeeded", 0)


def test_a_failure_ends_in_a_table_one_verdict_and_the_result(tmp_path: Path) -> None:
    fails(project(tmp_path, runbook="https://wiki/nightly"), 3)

    done = run(tmp_path, "--result", "result.json")

    assert (done.code, done.lines[-1]) == (3, "summary | failed: orders-load.")
    table = re.sub(r" [0-9.]+s ", " 0.0s ", done.err)
    assert (
        "batchwright: STEP          TOOK  RESULT\n"
        "             extract       0.0s  succeeded\n"
        "             orders-load   0.0s  exit 3\n"
        "             coupons-load  0.0s  succeeded\n"
        "             report        -     not started\n"
        "             summary       0.0s  succeeded\n"
        "batchwright: owner: platform-team\n"
        "             runbook: https://wiki/nightly\n"
        "             run it again: batchwright run nightly --local --result result.json\n"
        "batchwright: exit 3: step orders-load: the container's own code (main ended by itself)\n"
    ) in table
    result = json.loads((tmp_path / "result.json").read_text())
    assert (result["code"], result["row"], result["retry"], result["batch"]) == (3, "own", "ask", "nightly")
    assert {step["step"]: step["state"] for step in result["steps"]} == {
        "extract": "succeeded",
        "orders-load": "failed",
        "coupons-load": "succeeded",
        "report": "not started",
        "summary": "succeeded",
    }
    assert result["steps"][1]["container_code"] == 3


def test_without_a_time_all_steps_have_the_one_at_which_it_began(tmp_path: Path) -> None:
    days = project(tmp_path, {"report": {}, "summary": {}}, timezone="Pacific/Kiritimati")

    (line,) = [line for line in run(days).lines if line.startswith("extract | ")]

    assert re.fullmatch(r"extract \| due (\S+) \1T\d\d:\d\d:\d\d\+14:00", line)


def test_an_option_goes_to_the_steps_whose_batch_has_it(tmp_path: Path) -> None:
    project(tmp_path)

    assert "report | format csv day 2026-11-24" in run(tmp_path, "-o", "DAY=2026-11-24").lines
    wrong = run(tmp_path, "-o", "DAY=today")
    unknown = run(tmp_path, "-o", "FORMAT=pdf")
    assert (wrong.code, wrong.out, unknown.code, unknown.out) == (2, b"", 2, b"")
    assert "-o DAY=today is refused: allowed: what matches [0-9-]+" in wrong.err
    assert "-o FORMAT is refused: there is no such option" in unknown.err


def test_steps_are_left_out_and_what_they_need_too(tmp_path: Path) -> None:
    secret = {"secrets": [{"name": "DB_PASSWORD", "valueFrom": "/batches/local/extract/DB_PASSWORD"}]}
    done = run(project(tmp_path, {"extract": secret}), "--from", "orders-load", "--done", " ", "--again", "")
    but = run(tmp_path, "--done", "extract, coupons-load", "--result", "result.json")
    result = {
        step["step"]: (step["state"], step["why"])
        for step in json.loads((tmp_path / "result.json").read_text())["steps"]
    }

    assert done.code == but.code == 0
    shown = [line.partition(" | ")[0] for line in done.lines]
    assert shown == [line.partition(" | ")[0] for line in but.lines] == ["orders-load", "report", "summary"]
    assert re.search(r"coupons-load  no    not after orders-load, where \S+@\S+ began\n +report        yes", done.err)
    assert re.search(r"extract       -     passed over: not after orders-load, where \S+@\S+ began\n", done.err)
    assert done.last == "batchwright: exit 0: 3 succeeded, 2 passed over"
    assert result["extract"][0] == "passed over"
    assert re.fullmatch(r"done, as \S+@\S+ said", result["extract"][1])


@pytest.mark.parametrize(
    ("batch", "given", "problem"),
    [
        ("nightly", ("--from", "order-load"), "no such step 'order-load' of nightly. Did you mean orders-load"),
        ("nightly", ("--again", "latest"), "--again cannot be combined with --local"),
        ("nightly", ("--without", "agent"), "no step of nightly has a container agent"),
        ("extract", ("--from", "extract"), "--from and --done cannot be given to extract: it is a batch"),
        ("extract", ("--parallelism", "2"), "--parallelism cannot be given to extract: it is a batch"),
        ("nightly", ("-e", "A=1"), "cannot be given to nightly: it is a workflow, and that is of a batch"),
        ("nightly", ("--", "echo", "hello"), "cannot be given to nightly: it is a workflow, and that is of a batch"),
    ],
)
def test_what_cannot_be_given_is_refused(tmp_path: Path, batch: str, given: tuple[str, ...], problem: str) -> None:
    done = call(project(tmp_path), "run", batch, "--local", *given)

    assert (done.code, done.out) == (2, b"")
    assert problem in done.err


def test_all_steps_are_looked_at_before_the_first_starts(tmp_path: Path) -> None:
    secret = {"secrets": [{"name": "DB_PASSWORD", "valueFrom": "/batches/local/summary/DB_PASSWORD"}]}
    done = run(project(tmp_path, {"summary": secret}))

    assert (done.code, done.out) == (125, b"")
    assert "summary cannot run here: DB_PASSWORD (a secret) has no value on this machine" in done.err
    assert "batches/summary/local.env" in done.err


@pytest.mark.parametrize(("log", "shown"), [("failed", {"orders-load"}), ("none", set())])
def test_the_logs_of_failed_steps_alone_or_none(tmp_path: Path, log: str, shown: set[str]) -> None:
    fails(project(tmp_path), 3)

    done = run(tmp_path, "--log", log)

    assert (done.code, {line.partition(" | ")[0] for line in done.lines}) == (3, shown)


def test_a_signal_stops_the_whole_and_says_what_always_runs(tmp_path: Path) -> None:
    waits = {"command": ["sh", "-c", "echo ready; exec sleep 60"]}
    process = start(project(tmp_path, {"orders-load": waits}), "run", "nightly", "--local", "--log", "all")
    assert process.stdout is not None
    assert [process.stdout.readline() for _ in range(2)][1] == b"orders-load | ready\n"
    process.send_signal(signal.SIGTERM)
    done = finish(process)

    assert done.code == 143
    assert b"summary" not in done.out
    assert done.last == "batchwright: exit 143: stopped on SIGTERM (1 succeeded, 1 stopped, 3 not started)"
    (again,) = re.findall(r"summary was not run: batchwright (.*)", done.err)
    assert re.fullmatch(r"run summary --local --scheduled \S+ -e BATCHWRIGHT_WORKFLOW_FAILED=orders-load", again)


def test_names_that_are_near_are_those_of_workflows_too(tmp_path: Path) -> None:
    assert "Did you mean nightly?" in call(project(tmp_path), "run", "nightlyy", "--local").err


def test_what_is_declared_is_listed_and_described_without_runs(tmp_path: Path) -> None:
    listed = call(project(tmp_path), "list", "--local")
    described = call(tmp_path, "describe", "nightly")
    data = json.loads(call(tmp_path, "describe", "nightly", "--json").text)

    assert re.search(r"^extract +platform-team .* nightly ", listed.text, re.MULTILINE)
    assert re.search(
        r"^nightly +finance .* extract, orders-load, coupons-load, report, summary$", listed.text, re.MULTILINE
    )
    assert "Workflow nightly in local" in described.text
    assert "batchwright run nightly --local" in described.text
    assert "How it has gone" not in described.text
    assert (data["workflow"], data["runs"]) == ("nightly", None)  # no one was asked
