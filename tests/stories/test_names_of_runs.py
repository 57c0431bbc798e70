"""Which run is meant by ``BATCH@ID`` is never guessed: of another batch, of another id, or of one that begins so."""

import json
import re
from pathlib import Path

import pytest

from batchwright_runner.contract.tasks import execution_arn
from tests.fake_aws import AwsServer, Script, Term, faults, lines
from tests.fake_aws.fixtures import aws as aws
from tests.fake_aws.fixtures import sample_manifest
from tests.fake_aws.services.tasks import Task
from tests.kit.account import batchwright
from tests.kit.command import Done
from tests.stories.machine_runs import KEPT, MACHINE, NAME, begin
from tests.stories.story import start_run, until_past

REPORT = Script(lines=lines("report"), exit_code=3)
IMPORT = Script(lines=lines("import"), exit_code=0)
LONG = Script(lines=lines("import"), runs=60.0, term=Term(exit_code=0, after=0.3))


def one_forgotten(aws: AwsServer, older: str, younger: str) -> tuple[Task, Task]:
    """Two runs of a batch: the older one has ended, and ECS has forgotten it; the younger one goes on."""
    aws.deploy(sample_manifest("daily-report"), REPORT)
    first = start_run(aws, "daily-report", older)
    until_past(first.times.stopped)
    aws.forget(tasks=True)
    aws.script(sample_manifest("daily-report"), LONG)
    return first, start_run(aws, "daily-report", younger)


def verb(aws: AwsServer, folder: Path, *words: str) -> Done:
    return batchwright(aws, folder, *words, "-s", "staging")


PAIRS = (
    ("rundeck/HOST/471", "rundeck/HOST/4711"),
    ("nightly-2026-11-25", "nightly-2026-11-25-again-1"),
    ("due-2026-11-01T0230-1", "due-2026-11-01T0230-10"),
    ("20261125", "202611251"),
)


@pytest.mark.parametrize(("short", "long"), [*PAIRS, *(pair[::-1] for pair in PAIRS)])
def test_of_two_ids_of_which_one_begins_the_other_each_is_its_own_run(
    aws: AwsServer, tmp_path: Path, short: str, long: str
) -> None:
    older, younger = one_forgotten(aws, short, long)
    name = f"daily-report@{short}"

    attached, logged, described, stopped = (
        verb(aws, tmp_path, word, name) for word in ("attach", "logs", "describe", "stop")
    )
    again = verb(aws, tmp_path, "run", "daily-report", "--dry-run", "--again", short)
    joined = verb(aws, tmp_path, "run", "daily-report", "--run-id", short)

    assert (attached.code, attached.text, logged.text) == (3, "report\n", "report\n")
    if "-again-" in f"{short}{long}":  # each is named after the first of its line, and one of the line goes on
        assert (joined.code, again.code) == ((2, 2) if "-again-" in short else (3, 0))
    else:
        assert json.loads(again.out)["startedBy"] == f"{short}-again-1"
    if "-again-" not in short:
        assert (joined.code, joined.text, "ECS has forgotten it" in joined.err) == (3, "report\n", True)
    assert not aws.calls_of("RunTask")
    assert f"daily-report@{older.id[:8]}" in described.text
    assert "it has ended already" in stopped.err
    assert not aws.calls_of("StopTask")
    assert f"stopping: daily-report@{younger.id[:8]}" in verb(aws, tmp_path, "stop", f"daily-report@{long}").err


@pytest.mark.parametrize(("short", "long"), PAIRS[:3])
def test_what_begins_an_id_names_no_run(aws: AwsServer, tmp_path: Path, short: str, long: str) -> None:
    aws.deploy(sample_manifest("daily-report"), LONG)
    start_run(aws, "daily-report", long)

    refused = verb(aws, tmp_path, "stop", f"daily-report@{short}")

    assert (refused.code, "no such run" in refused.err) == (2, True)
    assert f"Did you mean daily-report@{long}?" in refused.err
    assert not aws.calls_of("StopTask")


def test_a_whole_id_wins_over_the_beginning_of_a_task_id_also_once_ecs_has_forgotten_it(
    aws: AwsServer, tmp_path: Path
) -> None:
    aws.deploy(sample_manifest("daily-report"), LONG)
    going_on = start_run(aws, "daily-report", "day")
    aws.script(sample_manifest("daily-report"), REPORT)
    whole = start_run(aws, "daily-report", going_on.id[:8])
    name = f"daily-report@{going_on.id[:8]}"
    until_past(whole.times.stopped)

    assert "it has ended already" in verb(aws, tmp_path, "stop", name).err
    del aws.world.tasks[whole.id]
    assert "it has ended already" in verb(aws, tmp_path, "stop", name).err
    assert not aws.calls_of("StopTask")
    assert f"stopping: daily-report@{going_on.id[:8]}" in verb(aws, tmp_path, "stop", f"daily-report@{going_on.id}").err


@pytest.mark.parametrize("digits", [7, 8, 20, 32])
def test_eight_digits_that_begin_its_id_name_a_task_that_ecs_knows_or_has_forgotten(
    aws: AwsServer, tmp_path: Path, digits: int
) -> None:
    aws.deploy(sample_manifest("daily-report"), REPORT)
    task = start_run(aws, "daily-report")
    until_past(task.times.stopped)

    for _ in range(2):
        done = verb(aws, tmp_path, "attach", f"daily-report@{task.id[:digits]}")
        assert (done.code, done.text) == ((3, "report\n") if digits > 7 else (2, ""))
        aws.forget(tasks=True)


def both(aws: AwsServer, second: Script = IMPORT, **first: object) -> tuple[Task, Task]:
    """A run of each of two batches, the second one younger, under one id."""
    aws.deploy(sample_manifest("daily-report", **first), REPORT)
    aws.deploy(sample_manifest("import"), second)
    tasks = start_run(aws, "daily-report"), start_run(aws, "import")
    until_past(tasks[0].times.stopped)
    return tasks


def test_of_one_id_of_two_batches_each_is_followed_to_its_own_end(aws: AwsServer, tmp_path: Path) -> None:
    both(aws)

    for _ in range(2):
        report, other = (verb(aws, tmp_path, "attach", f"{name}@night") for name in ("daily-report", "import"))
        assert (report.code, report.text, other.code, other.text) == (3, "report\n", 0, "import\n")
        aws.forget(tasks=True)
    assert verb(aws, tmp_path, "logs", "daily-report@night").text == "report\n"
    assert json.loads(verb(aws, tmp_path, "describe", "import@night", "--json").out)["batch"] == "import"


@pytest.mark.parametrize("fault", [faults.access_denied(0), faults.access_denied(None), faults.server_error(None)])
def test_a_stop_ends_the_run_of_its_batch_alone_also_where_the_history_cannot_be_read(
    aws: AwsServer, tmp_path: Path, fault: faults.Fault
) -> None:
    _, other = both(aws, LONG)
    aws.faults("FilterLogEvents", fault)

    ended, stopped = (verb(aws, tmp_path, "stop", f"{name}@night") for name in ("daily-report", "import"))

    assert "it has ended already" in ended.err
    assert f"stopping: import@{other.id[:8]}" in stopped.err
    assert len(aws.calls_of("StopTask")) == 1


@pytest.mark.parametrize("forgotten", [False, True])
def test_an_arn_names_a_task_of_any_batch(aws: AwsServer, tmp_path: Path, forgotten: bool) -> None:
    report, _ = both(aws)
    aws.forget(tasks=forgotten)

    assert verb(aws, tmp_path, "logs", report.arn).text == "report\n"


def test_a_bare_batch_is_its_only_run_in_progress(aws: AwsServer, tmp_path: Path) -> None:
    aws.deploy(sample_manifest("daily-report"), LONG)

    none = verb(aws, tmp_path, "stop", "daily-report")
    tasks = [start_run(aws, "daily-report", run) for run in ("day", "night")]
    two = verb(aws, tmp_path, "stop", "daily-report")
    aws.stop_task(tasks[0])
    until_past(tasks[0].times.stopped)
    one = verb(aws, tmp_path, "stop", "daily-report")

    assert (none.code, two.code, one.code) == (2, 2, 0)
    assert "no run of daily-report is in progress. Its last run is daily-report@latest" in none.err
    assert "2 runs of daily-report are in progress. Name one: daily-report@" in two.err
    assert f"stopping: daily-report@{tasks[1].id[:8]}" in one.err


@pytest.mark.parametrize("which", ["night", "ID", "unknown"])
def test_a_bare_id_is_refused_with_the_form_that_is_meant(aws: AwsServer, tmp_path: Path, which: str) -> None:
    aws.deploy(sample_manifest("daily-report"), LONG)
    task = start_run(aws, "daily-report")
    name = task.id if which == "ID" else which

    for word in ("attach", "stop", "logs", "describe"):
        done = verb(aws, tmp_path, word, name)
        assert done.code == 2
        assert (f"Write daily-report@{name}" in done.err) == (which != "unknown")
        assert "no such batch" in done.err or which != "unknown"


def test_from_a_failure_each_printed_line_leads_on_to_the_log_and_to_a_run_again(
    aws: AwsServer, tmp_path: Path
) -> None:
    """What is printed is pasted: the log, the last runs, the run again, and what that prints in its turn."""
    aws.deploy(sample_manifest("daily-report"), REPORT)
    failed = verb(aws, tmp_path, "run", "daily-report", "--run-id", "me@host")

    pasted = re.findall(r"batchwright ((?:logs|runs|run) .+)$", failed.err, re.MULTILINE)
    log, runs, again = (batchwright(aws, tmp_path, *line.split()) for line in pasted)

    assert (log.code, log.text) == (0, "report\n")
    assert f"daily-report@{aws.tasks[0].id[:8]}" in runs.text
    assert (again.code, len(aws.tasks)) == (3, 2)


# machines


def executed(aws: AwsServer, *, name: str = "night", task: bool = True) -> str:
    """An execution of the batch's machine; gives its ARN."""
    aws.deploy(KEPT, LONG)
    begin(aws, task=task, name=name)
    return execution_arn(MACHINE, name)


@pytest.mark.parametrize("waits", [False, True])
def test_a_machine_and_our_runner_may_have_one_id_in_one_batch(aws: AwsServer, tmp_path: Path, waits: bool) -> None:
    execution = executed(aws, task=not waits)
    start_run(aws, "daily-report")

    refused = verb(aws, tmp_path, "stop", "daily-report@night")
    stopped = verb(aws, tmp_path, "stop", execution)

    assert (refused.code, stopped.code) == (2, 0)
    assert "ambiguous run id 'night': it matches 2 runs. Say which one: " in refused.err
    assert [call.body["executionArn"] for call in aws.calls_of("StopExecution")] == [execution]


def test_an_executions_arn_that_lacks_its_name_stops_nothing(aws: AwsServer, tmp_path: Path) -> None:
    execution = executed(aws)

    refused = verb(aws, tmp_path, "stop", execution.removesuffix("night"))

    assert (refused.code, refused.text) == (2, "")
    assert "no such run" in refused.err
    assert not aws.calls_of("StopExecution")


@pytest.mark.parametrize("task", [False, True])
def test_a_uuid_may_be_shortened_and_no_other_name_of_an_execution(aws: AwsServer, tmp_path: Path, task: bool) -> None:
    executed(aws, name="20261125-1", task=task)
    execution = executed(aws, name=NAME, task=task)

    refused, stopped = (verb(aws, tmp_path, "stop", f"daily-report@{short}") for short in ("20261125", NAME[:8]))

    assert (refused.code, stopped.code) == (2, 0)
    assert [call.body["executionArn"] for call in aws.calls_of("StopExecution")] == [execution]
