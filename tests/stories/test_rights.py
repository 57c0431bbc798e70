"""Each verb with exactly the rights that a grant gives: the library's statements, against the calls that are made."""

import json
from collections.abc import Sequence

from batchwright_runner.contract.tasks import execution_arn
from tests.fake_aws import AwsServer, Script, steady
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.grants import RUNS
from tests.stories.machine_runs import KEPT, MACHINE, NAME, begin
from tests.stories.stages import POLITE, limit, one_batch
from tests.stories.story import RUN, Running, Scenario, Seen, scenario, start_task, stories, story, until_past

PLAIN = Script(lines=steady(10), exit_code=3)
WHOLE = [f"line {n}" for n in range(10)]


def night(aws: AwsServer) -> None:
    start_task(aws, startedBy="night", tags=tags("daily-report"))


def tags(batch: str) -> list[dict[str, str]]:
    named = {"project": "batches", "stage": "staging", "batch": batch}
    return [{"key": f"batchwright:{key}", "value": value} for key, value in named.items()]


def tagged(aws: AwsServer) -> None:
    """The task definition has the tags that a deployment gives it, and hands them on to its tasks."""
    aws.deploy(sample_manifest(), POLITE, tags={tag["key"]: tag["value"] for tag in tags("daily-report")})
    one_batch(aws)


def running(aws: AwsServer) -> None:
    night(aws)
    one_batch(aws)


def ended(aws: AwsServer) -> None:
    running(aws)
    until_past(aws.tasks[0].times.stopped)


def forgotten(aws: AwsServer) -> None:
    ended(aws)
    aws.forget(tasks=True)


def theirs(aws: AwsServer) -> None:
    one_batch(aws)
    start_task(aws, "theirs", startedBy="theirs", tags=tags("theirs"))


def refused(seen: Seen) -> set[str]:
    return {call.operation for call in seen.aws.calls if call.outcome == "AccessDeniedException"}


def all_batches(aws: AwsServer) -> None:
    night(aws)
    limit(aws, RUNS)


def verb(*words: str) -> Sequence[str]:
    return (*words, "-s", "staging")


LATEST = "daily-report@latest"
STOP_NIGHT = verb("stop", "daily-report@night")
GRANTED: dict[str, tuple[Scenario, tuple[int, set[str]]]] = {
    "a run": (scenario(PLAIN, prepare=one_batch), (3, {"GetLogEvents", "CreateSchedule", "DeleteSchedule"})),
    "a run with an id that has ended": (
        scenario(PLAIN, args=["--run-id", "night"], prepare=forgotten),
        (3, {"FilterLogEvents", "GetLogEvents"}),
    ),
    "a run that looks for others": (
        scenario(PLAIN, manifest=sample_manifest("daily-report", overlap="forbid"), prepare=one_batch),
        (3, {"ListTasks"}),
    ),
    "a run that is stopped": (scenario(POLITE, args=["--timeout", "1s"], prepare=tagged), (124, {"StopTask"})),
    "attach": (scenario(PLAIN, command=verb("attach", LATEST), prepare=ended), (3, {"GetLogEvents"})),
    "stop": (scenario(POLITE, command=verb("stop", LATEST), prepare=running), (0, {"StopTask"})),
    "logs of the batch": (scenario(PLAIN, command=verb("logs", "daily-report"), prepare=ended), (0, set())),
    "logs of its last run": (scenario(PLAIN, command=verb("logs", LATEST), prepare=forgotten), (0, {"GetLogEvents"})),
    "runs": (scenario(PLAIN, command=verb("runs", "daily-report"), prepare=forgotten), (0, {"FilterLogEvents"})),
    "a run, of all batches": (scenario(PLAIN, command=RUN, prepare=all_batches), (3, {"GetLogEvents"})),
    "stop, of all batches": (scenario(POLITE, command=STOP_NIGHT, prepare=all_batches), (0, {"StopTask"})),
}
"""What a grant is for: the exit code, and the calls that it cannot do without."""


@stories(GRANTED)
def test_what_is_granted_is_enough_and_nothing_is_refused(seen: Seen, expected: tuple[int, set[str]]) -> None:
    code, needed = expected

    assert (seen.code, refused(seen)) == (code, set())
    assert needed <= seen.calls.keys()


@story(PLAIN, command=verb("attach", "daily-report@night"), prepare=ended)
def test_attach_by_a_run_id(seen: Seen) -> None:
    assert (seen.code, seen.lines, refused(seen)) == (3, WHOLE, set())


def logs_by_its_short_id(process: Running) -> None:
    process.another(*verb("runs", "daily-report", "--json"))
    (run,) = json.loads(process.others[0].text)
    process.another(*verb("logs", f"daily-report@{run['id']}"))


@story(PLAIN, command=verb("logs", "daily-report@night"), prepare=forgotten, act=logs_by_its_short_id)
def test_logs_of_a_run_in_the_history_by_its_id_and_by_its_short_id(seen: Seen) -> None:
    assert (seen.code, seen.lines) == (0, WHOLE)
    assert (seen.others[1].code, seen.others[1].lines) == (0, WHOLE), seen.others[1].err


@story(
    PLAIN,
    manifest=sample_manifest("daily-report", machine=MACHINE),
    command=verb("describe", execution_arn(MACHINE, "never")),
    prepare=theirs,
)
def test_for_an_execution_that_there_is_not_no_other_batch_is_read(seen: Seen) -> None:
    assert seen.code == 2
    read = {call.body["Name"] for call in seen.aws.calls_of("GetParameter")}
    assert {name for name in read if "/manifests/" in name} == {"/batches/staging/manifests/daily-report"}


@story(
    POLITE,
    command=verb("runs", "daily-report"),
    prepare=running,
    act=lambda process: process.another(*verb("stop", process.aws.tasks[0].arn)),
)
def test_stop_by_an_arn(seen: Seen) -> None:
    assert (seen.another.code, seen.calls["StopTask"]) == (0, 1)


def left_by_another(aws: AwsServer) -> None:
    aws.deploy(sample_manifest("theirs", overlap="wait"), POLITE)
    one_batch(aws)


def without_its_machine(aws: AwsServer) -> None:
    begin(aws, task=False)
    one_batch(aws, machines=[], executions=[])


OF_THEIRS = "needs what platform.grant_run, or grant_run of the batch theirs, grants"
DENIED = {
    **{
        f"the log of {run}": (
            scenario(PLAIN, manifest=KEPT, command=verb("logs", run), prepare=without_its_machine),
            f"is not authorized to perform: states:{call}",
        )
        for run, call in {
            execution_arn(MACHINE, NAME): "DescribeExecution",
            f"daily-report@{NAME}": "DescribeExecution",
            LATEST: "ListExecutions",
        }.items()
    },
    **{
        name: (scenario(PLAIN, command=verb(*words.split()), prepare=prepare), hint)
        for name, words, prepare, hint in (
            ("stop of another batch's run", "stop theirs@latest", theirs, OF_THEIRS),
            ("stop of one that waits", "stop theirs@night", left_by_another, "AccessDeniedException"),
            ("a run of another batch", "run theirs", theirs, OF_THEIRS),
            ("a list", "list", one_batch, "needs what platform.grant_run grants: batch.grant_run is for one batch"),
            ("values", "params list", one_batch, "needs what platform.grant_operate grants"),
        )
    },
}


@stories(DENIED)
def test_what_is_not_granted_is_refused_and_the_hint_names_the_grant(seen: Seen, expected: str) -> None:
    assert seen.code == 125
    assert expected in seen.err
    assert not {"RunTask", "StopTask", "PutParameter"} & seen.calls.keys()


def let_it_end(process: Running) -> None:
    process.until_said(b"waiting for run")
    process.aws.stop_task(process.aws.tasks[0])


@story(
    POLITE,
    PLAIN,
    manifest=sample_manifest("daily-report", overlap="wait"),
    args=["--run-id", "mine"],
    prepare=running,
    act=let_it_end,
)
def test_a_run_that_waits_needs_no_right_more(seen: Seen) -> None:
    assert (seen.code, refused(seen), "PutParameter" in seen.calls) == (3, set(), False)
