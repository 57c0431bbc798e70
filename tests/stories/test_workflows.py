"""Workflows through the installed command: run, attached to, stopped, killed, and refused what is of a batch."""

import json
import signal

from tests.fake_aws import AwsServer, Script, Term, faults, lines
from tests.stories.story import Running, Seen, afterwards, sends, story
from tests.stories.workflow_runs import EXTRACT, FINE, deployed, granted, with_a_failure

RUN = ("run", "nightly", "-s", "staging", "--run-id", "rundeck/7", "--result", "result.json")
BLANK = ("--again=", "--from=", "--done=", "--yes")
"""What a form of Rundeck's gives in which nothing was filled in."""

AGAIN = "batchwright run nightly -s staging --again nightly@rundeck/7"
POLITE = Script(lines=lines("ready"), runs=60.0, term=Term(exit_code=0, after=0.3))


def paused(aws: AwsServer) -> None:
    deployed(aws)
    aws.put_parameter("/batches/staging/paused/nightly", json.dumps({"reason": "new schema", "by": "x/jane"}))


@story(
    FINE,
    manifest=EXTRACT,
    command=(*RUN, *BLANK),
    prepare=with_a_failure,
    faults={"StartExecution": [faults.lost_answer(2)]},
)
def test_a_run_shows_each_step_and_has_the_code_of_the_one_that_failed(seen: Seen) -> None:
    assert sorted(seen.lines) == ["coupons | fine", "extract | fine", "load | broken"]
    assert seen.last == "batchwright: exit 3: step load: the container's own code (main ended by itself)"
    assert seen.err.splitlines()[-2].strip() == f"run it again: {AGAIN}"
    assert seen.result["run_again"] == AGAIN
    assert "workflow nightly: joined as rundeck/7" not in seen.err
    fine = ("succeeded", 0)
    steps = {step["step"]: (step["state"], step["code"]) for step in seen.result["steps"]}
    assert steps == {"extract": fine, "load": ("failed", 3), "coupons": fine, "report": ("not started", None)}
    assert (seen.code, *(seen.result[key] for key in ("code", "row", "batch"))) == (3, 3, "own", "nightly")
    assert len(seen.aws.world.executions) == 4


@story(POLITE, manifest=EXTRACT, command=RUN, prepare=deployed, act=sends(signal.SIGTERM, b"extract | ready"))
def test_a_signal_stops_the_whole(seen: Seen) -> None:
    assert seen.code == 143
    assert seen.last == "batchwright: exit 143: stopped on SIGTERM (1 stopped, 3 not started)"
    assert {execution.status for execution in seen.aws.world.executions.values()} == {"ABORTED"}


def killed_and_run_again(process: Running) -> None:
    process.until_line(b"extract | ready")
    process.send(signal.SIGKILL)
    process.process.wait()
    process.another("stop", "nightly@rundeck/7", "-s", "staging", "--reason", "wrong input", "--json")
    process.another(*RUN)
    process.another("attach", "nightly@rundeck/7", "-s", "staging")


@story(POLITE, manifest=EXTRACT, command=RUN, prepare=deployed, act=killed_and_run_again)
def test_a_run_goes_on_without_its_runner_is_found_and_stopped(seen: Seen) -> None:
    stopped, again, attached = seen.others

    assert json.loads(stopped.out)["stopping"] is True
    assert stopped.err.splitlines()[-1].strip() == f"run it again: {AGAIN}"
    assert "summary" not in stopped.err
    assert (again.code, attached.code) == (122, 122)
    assert "workflow nightly: joined as rundeck/7" in again.err
    assert attached.out == b"extract | ready\n"
    assert "wrong input, by " in attached.err
    assert len(seen.aws.tasks) == 1


def shown_again(process: Running) -> None:
    process.process.wait()
    process.aws.forget(tasks=True)
    process.another("attach", "nightly@latest", "-s", "staging")
    process.another("stop", "nightly@rundeck/7", "-s", "staging")
    process.another("runs", "nightly", "-s", "staging")


@story(FINE, manifest=EXTRACT, command=RUN, prepare=granted, act=shown_again)
def test_its_own_grant_is_enough(seen: Seen) -> None:
    attached, stopped, runs = seen.others

    assert (seen.code, len(seen.lines)) == (3, 3)
    assert (attached.code, len(attached.out.splitlines())) == (3, 3)
    assert (stopped.code, stopped.err.count("it has ended already")) == (0, 1)
    assert (runs.code, len(runs.out.splitlines())) == (0, 5)
    assert [call.outcome for call in seen.aws.calls_of("StartExecution")] == [""]


@story(FINE, manifest=EXTRACT, command=RUN, prepare=paused)
def test_a_paused_workflow_is_not_started(seen: Seen) -> None:
    assert (seen.code, seen.calls["StartExecution"]) == (123, 0)
    assert "nightly is paused by jane: new schema. End it with batchwright resume nightly -s staging" in seen.err


def begun_late(process: Running) -> None:
    process.until(lambda: process.aws.calls_of("DescribeExecution"))
    process.another(*RUN, "--detach")


@story(
    FINE, manifest=EXTRACT, command=("attach", "nightly@rundeck/7", "-s", "staging"), prepare=deployed, act=begun_late
)
def test_a_run_that_is_not_there_yet_is_looked_for_again(seen: Seen) -> None:
    assert (seen.code, len(seen.lines)) == (0, 4)


ENDED = afterwards(
    *(f"logs nightly@{of}" for of in ("rundeck/7", "rundeck/7 --step load", "latest --step report")),
    *(f"logs nightly@latest --step {of}" for of in ("lode", "load -f --grep x")),
    *(f"runs {of}" for of in ("--json", "nightly --failed", "extract")),
    *(f"describe {of}" for of in ("nightly", "nightly@latest --json", "nightly@latest", "load@latest")),
    *("attach load@latest", "resume nightly", "resume load"),
)


@story(FINE, manifest=EXTRACT, command=(*RUN, "--log", "none"), prepare=with_a_failure, act=ENDED)
def test_its_logs_are_shown_by_step_and_its_steps_below_their_run(seen: Seen) -> None:
    whole, step, none, wrong, grep, runs, failed, batch, page, data, *again = seen.others

    assert (seen.code, seen.lines) == (3, [])
    assert sorted(whole.out.splitlines()) == [b"coupons | fine", b"extract | fine", b"load | broken"]
    assert (step.code, step.out) == (0, b"broken\n")
    assert (none.code, none.err.count("step report has no log: it has not been started")) == (125, 1)
    assert (wrong.code, wrong.err.count("no such step 'lode' of nightly. Did you mean load?")) == (2, 1)
    assert (grep.code, grep.out) == (0, b"")
    (run,) = json.loads(runs.out)
    assert (run["batch"], run["run_id"], run["by"], run["word"]) == ("nightly", "rundeck/7", "Rundeck 7", "exit 3")
    first, *others = [(entry["step"], entry["code"]) for entry in run["steps"]]
    assert (first, sorted(others)) == (("extract", 0), [("coupons", 0), ("load", 3)])
    names = [line.split("  ")[0] for line in failed.text.splitlines()]
    assert (names[:3], len(names)) == (["RUN", f"nightly@{run['id']}", f"- {run['steps'][0]['run']}"], 5)
    assert b"a workflow" in batch.out.splitlines()[1]
    assert [b"report", b"report", b"load,", b"coupons"] in [line.split()[:4] for line in page.out.splitlines()]
    steps = [f"{entry['step']}: {entry['word']}" for entry in json.loads(data.out)["steps"]]
    assert steps == ["extract: succeeded", "load: exit 3", "coupons: succeeded", "report: not started"]
    assert "--again" not in batch.err
    described, of_step, attached, *resumed = again
    assert [page.text.splitlines()[-1].strip() for page in (described, of_step)] == [AGAIN, AGAIN]
    assert [command.err.splitlines()[-1].strip() for command in resumed] == [f"run it again: {AGAIN}"] * 2
    assert attached.err.splitlines()[-2].strip() == f"run it again: {AGAIN}"
    assert AGAIN in failed.err
    assert AGAIN in page.text


LISTED = afterwards(
    *("run nightly", "list", "resume nightly", "list --json", "resume nightly", "attach nightly", "run nightli"),
    "run nightly --cpu 256 --memory 512",
)


@story(
    FINE,
    manifest=EXTRACT,
    command=("pause", "nightly", "-s", "staging", "--reason", "new schema"),
    prepare=deployed,
    act=LISTED,
)
def test_it_is_paused_listed_with_what_starts_its_batches_and_known_by_its_name(seen: Seen) -> None:
    _, table, _, listed, again, name, misspelled, size = seen.others

    assert (seen.code, [done.code for done in seen.others]) == (0, [123, 0, 0, 0, 0, 2, 2, 2])
    assert "no run of nightly is in progress. Its last run is nightly@latest" in name.err
    assert "no such batch 'nightli'" in misspelled.err
    assert "Did you mean nightly?" in misspelled.err
    assert size.err.count("cannot be given to nightly: it is a workflow, and that is of a batch.") == 1
    assert seen.aws.calls_of("StartExecution") == []
    assert "workflow nightly" in seen.err
    rows = [line.split() for line in table.out.decode().splitlines()]
    assert rows[0] == ["NAME", "OWNER", "SCHEDULE", "STARTED", "BY", "NEXT", "DESCRIPTION"]
    assert ["extract", "finance-systems", "-", "nightly"] in [row[:4] for row in rows]
    assert rows[-2][:2] == ["WORKFLOW", "OWNER"]
    assert (rows[-1][0], rows[-1][-3:]) == ("nightly", ["load,", "coupons,", "report"])
    assert "nightly is paused by " in table.err
    assert [entry["workflow"] for entry in json.loads(listed.out) if "workflow" in entry] == ["nightly"]
    assert "nightly is not paused" in again.err
