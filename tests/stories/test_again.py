"""What has failed is run again: a workflow from where it came to, a batch as it was."""

import json
import re
from dataclasses import replace
from typing import Any

from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.options import RunOption
from batchwright_runner.contract.tasks import given_to
from batchwright_runner.contract.workflows.structure import WorkflowStep
from tests.fake_aws import AwsServer, faults
from tests.fake_aws.fixtures import sample_manifest
from tests.stories import workflow_runs
from tests.stories.story import Running, Seen, afterwards, scenario, start_run, stories, story, until_past
from tests.stories.workflow_runs import FAILS, FINE, machine, may_run

DUE = "2026-11-25T02:30:00+09:00"
GIVEN = ("--scheduled", DUE, "-o", "SHOP=a")
BY_HAND = ("--scheduled", DUE.replace("T", " "), "-o", "SHOP=a")
RUN = ("run", "nightly", "-s", "staging", "--run-id", "rundeck/7", *BY_HAND, "--log", "none")
AGAIN = "run nightly --again"
OPTIONS = (RunOption(name="SHOP"),)


def manifest(name: str, **changes: Any) -> BatchManifest:  # noqa: ANN401 - any field
    return sample_manifest(name, machine=machine(name), options=OPTIONS, **changes)


EXTRACT = manifest("extract")
OTHERS = tuple(manifest(name) for name in ("load", "report", "summary"))
NIGHTLY = replace(
    workflow_runs.NIGHTLY,
    steps=tuple(WorkflowStep(name=name) for name in ("extract", "load", "report")),
    always=(WorkflowStep(name="summary"),),
    options=OPTIONS,
)


def deployed(aws: AwsServer, **changes: Any) -> None:  # noqa: ANN401 - any field
    """Two steps fail once each."""
    load, report, summary = OTHERS
    aws.deploy(load, FAILS, FINE)
    aws.deploy(report, FAILS, FINE)
    aws.deploy(summary, FINE)
    aws.deploy_workflow(replace(NIGHTLY, **changes), [EXTRACT, *OTHERS])


def granted(aws: AwsServer) -> None:
    deployed(aws)
    may_run(aws, [step.batch for step in (EXTRACT, *OTHERS)])


AGAIN_AND_AGAIN = afterwards(
    f"{AGAIN} latest --result again.json",
    f"{AGAIN} rundeck/7 --from rport",
    f"{AGAIN} rundeck/7 --dry-run",
    f"{AGAIN} nightly@rundeck/7-again-1 --from '' --done report",
    "describe nightly@latest",
    "runs nightly --json",
    f"{AGAIN} rundeck/7",
    f"{AGAIN} rundeck/7 -o SHOP=b --run-id mine",
)


@story(FINE, manifest=EXTRACT, command=RUN, prepare=granted, act=AGAIN_AND_AGAIN)
def test_what_failed_runs_again_until_nothing_is_left_and_its_own_grant_is_enough(seen: Seen) -> None:
    first, near, dry, done, page, runs, nothing, both = seen.others

    assert (seen.code, first.code, near.code, dry.code, done.code, nothing.code, both.code) == (3, 3, 2, 0, 0, 2, 2)
    assert sorted(first.out.splitlines()) == [b"load | fine", b"report | broken", b"summary | fine"]
    assert [line.split() for line in first.err.splitlines()[1:6]] == [
        ["batchwright:", "STEP", "RUNS", "WHY"],
        ["extract", "no", "succeeded", "in", "rundeck/7"],
        ["load", "yes", "exit", "3", "in", "rundeck/7"],
        ["report", "yes", "not", "started", "in", "rundeck/7"],
        ["summary", "yes", "always", "runs"],
    ]
    assert re.search(r"\n {13}extract  - +passed over: succeeded in rundeck/7\n", first.err)
    result = json.loads(seen.files["again.json"])
    assert (result["run_id"], result["code"]) == ("rundeck/7-again-1", 3)
    assert "no such step 'rport' of nightly. Did you mean report?" in near.err
    given = json.loads(json.loads(dry.out)["input"])
    assert (given["run_id"], given["scheduled"], given["SHOP"]) == ("rundeck/7-again-2", DUE, "a")
    assert given["done"] == {"extract": "succeeded in rundeck/7", "load": "succeeded in rundeck/7-again-1"}
    assert done.out == b"summary | fine\n"
    assert done.err.endswith("batchwright: exit 0: 1 succeeded, 3 passed over\n")
    assert re.search(rf"report   - +passed over: done, as {re.escape(given['by'])} said", page.text)
    assert f"started by  {given['by']}" in page.text
    assert [(run["run_id"], run["word"]) for run in json.loads(runs.out)] == [
        ("rundeck/7-again-2", "succeeded"),
        ("rundeck/7-again-1", "exit 3"),
        ("rundeck/7", "exit 3"),
    ]
    assert "nothing is left of rundeck/7-again-2" in nothing.err
    assert "--run-id, -o cannot be combined with --again" in both.err
    assert len(seen.aws.calls_of("StartExecution")) == 3


def from_a_step(process: Running) -> None:
    process.process.wait()
    process.another(*RUN, "--from", "report", "--yes")
    process.another(*RUN, "--from", "report", "--yes")
    process.another(*RUN, "--done", "extract", "--yes")


@story(
    FINE,
    manifest=EXTRACT,
    command=RUN,
    args=["--from", "report"],
    prepare=lambda aws: deployed(aws, protected=True),
    act=from_a_step,
    faults={"StartExecution": [faults.lost_answer(1)]},
)
def test_a_new_run_begins_at_a_step_and_a_protected_stage_is_asked(seen: Seen) -> None:
    run, joined, other = seen.others

    assert (seen.code, run.code, joined.code, other.code) == (2, 3, 3, 2)
    assert "extract  no    not after report, where " in seen.err
    assert "stage staging is protected, and stdin is not a terminal, so there is no one to ask. Add --yes" in seen.err
    assert run.err.endswith("exit 3: step report: the container's own code (main ended by itself)\n")
    assert re.search(r"\n {13}summary  \S+s +succeeded\n", run.err)
    assert "joined as rundeck/7" in joined.err
    assert "someone has started rundeck/7 meanwhile, in which other steps run" in other.err
    assert sum(execution.machine == NIGHTLY.machine for execution in seen.aws.world.executions.values()) == 1


BATCH = ("run", "extract", "-s", "staging")


OF_A_BATCH = afterwards(
    *(f"run extract --again {what}" for what in ("first", "latest", "first", "noon", "load@first")),
    "run extract --again first -o SHOP=b",
    "run extract --again first --from extract",
    "run extract --again ' ' --dry-run",
    f"run nightly --run-id night {' '.join(GIVEN)} --log none",
    *(f"run load --again {what}" for what in ("first", "night", "latest")),
    f"{AGAIN} latest",
    "run load --run-id x-again-1",
)


@story(
    FAILS,
    FINE,
    manifest=EXTRACT,
    command=BATCH,
    args=["--run-id", "first", *GIVEN, "-e", "DEBUG=1"],
    prepare=deployed,
    act=OF_A_BATCH,
)
def test_a_batch_runs_again_with_its_options_and_its_time(seen: Seen) -> None:
    again, over, since, none, named, option, step, blank, _, other, whole, hand, night, taken = seen.others

    assert (seen.code, again.code, hand.code) == (3, 0, 0)
    assert {done.code for done in (over, since, none, named, option, step, other, whole, night, taken)} == {2}
    assert "not repeated of the run before: -e DEBUG" in again.err
    assert re.search(r"run \S+ has succeeded\.", over.err)
    assert re.search(r"run \S+ has succeeded since, for the same time\.", since.err)
    assert "batchwright run extract -s staging --again latest --run-id ID\n" in over.err
    assert "joined run extract@first-again-1" not in again.err
    assert "started run extract@first-again-1\n" in again.err
    assert "no such run 'extract@noon'" in none.err
    assert "--again load@first is refused: that is a run of load, not of extract" in named.err
    assert "no such run 'load@first'" in other.err
    assert "no such run 'load@night'" in whole.err
    assert "-o cannot be combined with --again" in option.err
    assert "--from and --done cannot be given to extract: it is a batch" in step.err
    assert blank.code == 0
    assert re.search(r"step load has succeeded since, for the same time, in load-\w+-again-1\b", night.err)
    assert "--run-id x-again-1 is refused: attach, stop and logs take it for a run again" in taken.err
    ran = [given_to(task.request, "main").variables for task in seen.aws.tasks]
    shown = ("BATCHWRIGHT_SCHEDULED_TIME", "SHOP", "DEBUG")
    given = [tuple(variables.get(name, "") for name in shown) for variables in ran if "SHOP" in variables]
    assert given[:2] == [(DUE, "a", "1"), (DUE, "a", "")]
    assert given[-1][:2] == (DUE, "a")
    assert ran[-1]["BATCHWRIGHT_SCHEDULED_DATE"] == "2026-11-24"  # as its workflow said, whose zone is UTC


def failed(aws: AwsServer) -> None:
    """A run of the batch has failed, before anyone runs it again."""
    until_past(start_run(aws, "extract", "first").times.stopped)


def two_more(process: Running) -> None:
    process.another(*BATCH, "--again", "first", "--result", "again.json")
    process.another(*BATCH, "--again", "latest")


def one_more_later(process: Running) -> None:
    process.until(lambda: len(process.aws.tasks) > 1)
    process.another(*BATCH, "--again", "latest", "--result", "again.json")
    process.another(*BATCH, "--again", "latest")


@stories(
    {
        f"{overlap}, {act.__name__}": scenario(
            FAILS,
            replace(FINE, runs=4.0),
            manifest=manifest("extract", overlap=overlap),
            command=BATCH,
            args=["--again", "first"],
            prepare=failed,
            act=act,
        )
        for overlap in ("allow", "wait")
        for act in (two_more, one_more_later)
    }
)
def test_two_people_who_run_a_batch_again_get_one_run(seen: Seen) -> None:
    beside, after = seen.others

    assert (seen.code, beside.code, after.code) == (0, 0, 2), seen.err + beside.err
    assert (seen.out, beside.out) == (b"fine\n", b"fine\n")
    assert [task.request["startedBy"] for task in seen.aws.tasks] == ["first", "first-again-1"]
    assert json.loads(seen.files["again.json"])["run_id"] == "first-again-1"
    assert "run extract@first-again-1 has succeeded" in after.err
