"""A run id that several batches share: which run is meant is never guessed."""

import json
from pathlib import Path

import pytest

from batchwright_runner.contract.ends import STEP_FUNCTIONS
from batchwright_runner.contract.tasks import execution_arn
from tests.fake_aws import AwsServer, Script, Term, faults, lines
from tests.fake_aws.fixtures import aws as aws
from tests.fake_aws.fixtures import sample_manifest
from tests.fake_aws.services import states
from tests.fake_aws.services.run_task import start
from tests.fake_aws.services.tasks import Task
from tests.kit.account import batchwright
from tests.kit.command import Done
from tests.kit.workflow_rows import shape
from tests.runner.host.workflows.played import machine, sample_workflow
from tests.stories.machine_runs import MACHINE
from tests.stories.story import start_task, until_past

REPORT = Script(lines=lines("report"), exit_code=3)
IMPORT = Script(lines=lines("import"), exit_code=0)
LONG = Script(lines=lines("import"), runs=60.0, term=Term(exit_code=0, after=0.3))
WHICH = "ambiguous run id 'night': it matches 2 runs. Say which one: daily-report@night, import@night"
VERBS = ("attach", "stop", "logs", "describe")


def of_our_runner(aws: AwsServer, batch: str, run: str = "night") -> Task:
    """A task that our runner has started for a batch."""
    environment = [{"name": "BATCHWRIGHT_RUN_ID", "value": run}]
    start_task(
        aws, batch, startedBy=run, overrides={"containerOverrides": [{"name": "main", "environment": environment}]}
    )
    return aws.tasks[-1]


def both(aws: AwsServer, second: Script = IMPORT, **first: object) -> tuple[Task, Task]:
    """A run of each of two batches, the second one younger, under one id."""
    aws.deploy(sample_manifest("daily-report", **first), REPORT)
    aws.deploy(sample_manifest("import"), second)
    tasks = of_our_runner(aws, "daily-report"), of_our_runner(aws, "import")
    until_past(tasks[0].times.stopped)
    return tasks


def verb(aws: AwsServer, folder: Path, *words: str) -> Done:
    return batchwright(aws, folder, *words, "-s", "staging")


@pytest.mark.parametrize("forgotten", [0, 1, 2])
def test_an_id_of_several_batches_is_refused_with_what_it_could_be(
    aws: AwsServer, tmp_path: Path, forgotten: int
) -> None:
    """ECS knows both runs, the younger one, or none of them."""
    both(aws, LONG if forgotten == 1 else IMPORT)
    aws.forget(tasks=bool(forgotten))

    for name in VERBS:
        done = verb(aws, tmp_path, name, "night")
        assert (done.code, done.text) == (2, "")
        assert WHICH in done.err
    assert not aws.calls_of("StopTask")
    assert {call.body["Path"] for call in aws.calls_of("GetParametersByPath")} == {"/batches/staging/waiting"}


def test_an_id_of_several_workflows_is_refused_too(aws: AwsServer, tmp_path: Path) -> None:
    for name in ("nightly", "weekly"):
        workflow = sample_workflow(shape("a"), name=name, machine=machine(name))
        aws.put_parameter(workflow.path, workflow.to_json())
        states.begin(aws.world, workflow.machine, "night")

    for name in VERBS:
        done = verb(aws, tmp_path, name, "night")
        assert (done.code, done.text) == (2, "")
        assert "ambiguous run id 'night': it matches 2 runs. Say which one: nightly@night, weekly@night" in done.err
    assert not aws.calls_of("StopExecution")


def test_where_the_manifest_of_one_cannot_be_read_by_itself_the_list_of_all_tells(
    aws: AwsServer, tmp_path: Path
) -> None:
    both(aws)
    aws.faults("GetParameter", faults.access_denied(1))

    done = verb(aws, tmp_path, "attach", "night")

    assert done.code == 2
    assert WHICH in done.err


def test_with_its_batch_each_is_followed_to_its_own_end(aws: AwsServer, tmp_path: Path) -> None:
    both(aws)

    for _ in range(2):
        report, other = (verb(aws, tmp_path, "attach", f"{name}@night") for name in ("daily-report", "import"))
        assert (report.code, report.text, other.code, other.text) == (3, "report\n", 0, "import\n")
        aws.forget(tasks=True)
    assert verb(aws, tmp_path, "logs", "daily-report@night").text == "report\n"
    assert json.loads(verb(aws, tmp_path, "describe", "import@night", "--json").out)["batch"] == "import"


def test_the_run_of_another_batch_is_no_further_attempt(aws: AwsServer, tmp_path: Path) -> None:
    both(aws, LONG, retries=2, retry_on=(3,))

    done = verb(aws, tmp_path, "attach", "daily-report@night")

    assert (done.code, done.text) == (3, "report\n")
    assert "its runner may make another attempt, which this follows: batchwright attach daily-report@night" in done.err


def test_a_stop_ends_the_run_of_its_batch_alone(aws: AwsServer, tmp_path: Path) -> None:
    _, other = both(aws, LONG)

    ended, stopped = (verb(aws, tmp_path, "stop", f"{name}@night") for name in ("daily-report", "import"))

    assert "it has ended already" in ended.err
    assert f"stopping: {other.arn}" in stopped.err
    assert len(aws.calls_of("StopTask")) == 1


@pytest.mark.parametrize("fault", [faults.access_denied(None), faults.server_error(None)])
def test_who_may_not_or_cannot_read_the_history_stops_what_ecs_knows(
    aws: AwsServer, tmp_path: Path, fault: faults.Fault
) -> None:
    aws.deploy(sample_manifest("daily-report"), REPORT)
    aws.deploy(sample_manifest("import"), LONG)
    task = of_our_runner(aws, "import")
    aws.faults("FilterLogEvents", fault)

    stopped = verb(aws, tmp_path, "stop", "night")

    assert stopped.code == 0
    assert f"stopping: {task.arn}" in stopped.err
    assert "whether another batch has a run night cannot be seen" in stopped.err


def test_a_task_id_and_the_last_run_are_of_one_batch(aws: AwsServer, tmp_path: Path) -> None:
    report, _ = both(aws)

    for name in (report.id, report.id[:8], report.arn, f"daily-report@{report.id}", "daily-report@latest"):
        assert verb(aws, tmp_path, "logs", name).text == "report\n", name


def test_what_is_before_an_at_sign_need_not_be_a_batch(aws: AwsServer, tmp_path: Path) -> None:
    aws.deploy(sample_manifest(), REPORT)
    started = verb(aws, tmp_path, "run", "daily-report", "--run-id", "me@host")

    assert (started.code, verb(aws, tmp_path, "attach", "me@host").code) == (3, 3)
    for wrong, near in (("daily-reprot", "Did you mean daily-report?"), ("you", "There are: daily-report.")):
        assert f"There is no batch {wrong}. {near} See" in verb(aws, tmp_path, "stop", f"{wrong}@night").err
    for taken in ("latest", "daily-report@latest"):
        assert verb(aws, tmp_path, "run", "daily-report", "--run-id", taken).code == 2


# machines


def executed(aws: AwsServer, batch: str, script: Script, *, name: str = "night", task: bool = True) -> str:
    """An execution of a batch's machine; gives its ARN."""
    machine = MACHINE.replace("daily-report", batch)
    manifest = sample_manifest(batch, machine=machine)
    aws.deploy(manifest, script)
    states.begin(aws.world, machine, name)
    if task:
        family = aws.world.families[f"batches-staging-{batch}"]
        body = {"startedBy": STEP_FUNCTIONS, "group": name}
        start(aws.world, manifest.cluster, body, manifest.task_definition, family)
    return execution_arn(machine, name)


@pytest.mark.parametrize("waits", [False, True])
def test_two_machines_may_have_executions_of_one_name(aws: AwsServer, tmp_path: Path, waits: bool) -> None:
    first = executed(aws, "daily-report", LONG)
    executed(aws, "import", LONG, task=not waits)

    refused = verb(aws, tmp_path, "stop", "night")
    stopped = verb(aws, tmp_path, "stop", first)

    assert refused.code == 2
    assert WHICH in refused.err
    assert stopped.code == 0
    assert [call.body["executionArn"] for call in aws.calls_of("StopExecution")] == [first]


def test_neither_need_have_a_task(aws: AwsServer, tmp_path: Path) -> None:
    for batch in ("daily-report", "import"):
        executed(aws, batch, LONG, task=False)

    assert WHICH in verb(aws, tmp_path, "attach", "night").err


def test_a_machine_and_our_runner_may_have_one_id_in_one_batch(aws: AwsServer, tmp_path: Path) -> None:
    execution = executed(aws, "daily-report", LONG)
    task = of_our_runner(aws, "daily-report")

    refused = verb(aws, tmp_path, "stop", "daily-report@night")

    assert refused.code == 2
    assert f"Say which one: {', '.join(sorted((execution, task.id)))}" in refused.err


def test_an_executions_arn_that_lacks_its_name_stops_nothing(aws: AwsServer, tmp_path: Path) -> None:
    execution = executed(aws, "daily-report", LONG)

    refused = verb(aws, tmp_path, "stop", execution.removesuffix("night"))

    assert (refused.code, refused.text) == (2, "")
    assert "no such run" in refused.err
    assert not aws.calls_of("StopExecution")


def test_a_short_id_of_several_runs_is_refused(aws: AwsServer, tmp_path: Path) -> None:
    for name in ("5a6b7c8d-1", "5a6b7c8d-2"):
        executed(aws, "daily-report", LONG, name=name, task=False)

    refused = verb(aws, tmp_path, "stop", "5a6b7c8d")

    assert refused.code == 2
    assert "ambiguous run id '5a6b7c8d': it matches 2 runs. Give more of it: 5a6b7c8d-1, 5a6b7c8d-2" in refused.err
    assert not aws.calls_of("StopExecution")
