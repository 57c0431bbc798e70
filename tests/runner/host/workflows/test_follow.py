"""How a workflow's run is followed, stopped and joined: what is shown, and what is asked of AWS meanwhile."""

import signal
from dataclasses import replace
from typing import Any

import pytest

from batchwright_runner.contract.verdicts import Row
from batchwright_runner.errors import InterruptedEarlyError, RunnerError
from batchwright_runner.host.aws.config import StageTarget
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.fargate.log_view import WHOLE
from batchwright_runner.host.runs.signals import LeaveNow
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.terminal.log_output import standard_output
from batchwright_runner.host.workflows.seen import show_logs
from tests.fake_aws import Line, Script, Term, lines
from tests.fake_aws.fixtures import REGION
from tests.fake_aws.protocols import OPERATIONS
from tests.fake_aws.services import states
from tests.fake_aws.world import World
from tests.kit.workflow_rows import shape
from tests.runner.host.workflows.played import BEGINNING, Account, devices, sample_workflow

CHAIN = sample_workflow(shape("a b"))
BRANCHES = sample_workflow(shape("[a b / c] d ; z"), timezone="Asia/Tokyo")
POLITE = Script(runs=1e6, term=Term(exit_code=0, after=0.3))
FAILS = Script(lines=lines("broken"), runs=5.0, exit_code=3)
FINE = Script(lines=lines("fine"))
LOST = ApiError("IncompleteRead", "the answer was cut off", lost=True)
DENIED = ApiError("AccessDeniedException", "not authorized", status=400)


def polite(at: float = 60.0, number: int = signal.SIGTERM) -> Account:
    """An account whose first step goes on until it is stopped, and a signal that comes meanwhile."""
    account = Account(CHAIN, {"step-a": [POLITE]})
    account.waiter.at[at] = number
    return account


# shown


def test_each_line_begins_with_its_step() -> None:
    account = Account(CHAIN, {"step-a": [Script(lines=lines("one", "two"))], "step-b": [Script(lines=lines("three"))]})

    assert account.run().lines == ["step-a | one", "step-a | two", "step-b | three"]


@pytest.mark.parametrize(("log", "shown"), [("failed", ["step-b | broken"]), ("none", [])])
def test_the_logs_of_failed_steps_alone_or_none(log: str, shown: list[str]) -> None:
    seen = Account(CHAIN, {"step-a": [FINE], "step-b": [FAILS]}).run(log=log)

    assert (seen.lines, seen.end.verdict.code, seen.aws.count("GetLogEvents") > 0) == (shown, 3, bool(shown))


def test_each_attempt_of_a_step_is_shown() -> None:
    seen = Account(CHAIN, {"step-a": [FAILS, FINE]}, retries=1, retry_on=(3,)).run()

    assert (seen.lines, seen.end.verdict.code) == (["step-a | broken", "step-a | fine"], 0)


def test_the_end_is_a_table_and_the_verdict() -> None:
    seen = Account(BRANCHES, {"step-c": [FAILS]}).run()

    assert [line.split()[:3] for line in seen.end.lines] == [
        ["STEP", "TOOK", "RESULT"],
        ["step-a", "11s", "succeeded"],
        ["step-b", "11s", "succeeded"],
        ["step-c", "5.9s", "exit"],
        ["step-d", "-", "not"],
        ["step-z", "11s", "succeeded"],
    ]
    assert seen.end.verdict.said == "exit 3: step step-c: the container's own code (main ended by itself)"
    assert seen.end.on_failure[0] == "see its log: batchwright logs nightly@night -s staging --step step-c"
    entry = seen.end.details()["steps"][2]
    assert (entry["step"], entry["state"], entry["code"], entry["row"]) == ("step-c", "failed", 3, "own")
    assert entry["task"].startswith("arn:aws:ecs:")


def test_the_log_to_look_at_is_that_of_a_failure_that_counts() -> None:
    seen = Account(sample_workflow(shape("a~ b")), {"step-a": [FAILS], "step-b": [FAILS]}).run()

    assert seen.end.on_failure[0] == "see its log: batchwright logs nightly@night -s staging --step step-b"


def test_a_step_that_did_not_run_has_no_log_to_look_at() -> None:
    account = Account(CHAIN, {})
    account.server.world.machine_ends["step-a"] = Row.PAUSED

    end = account.run().end

    assert (end.verdict.code, end.on_failure) == (123, ["see the last runs: batchwright runs nightly -s staging"])


def test_a_step_whose_manifest_cannot_be_read_runs_all_the_same() -> None:
    account = Account(CHAIN, {"step-a": [FAILS]})
    del account.server.world.parameters[account.manifests[0].path]

    seen = account.run()

    assert (seen.lines, seen.end.verdict.code) == ([], 3)
    assert "the log of step step-a cannot be shown" in seen.notes


def test_a_step_that_the_workflow_does_not_declare_any_more_is_shown() -> None:
    account = Account(CHAIN, {"step-b": [FAILS]})
    account.workflow = replace(CHAIN, steps=CHAIN.steps[:1])

    seen = account.run()

    assert (seen.states, seen.end.verdict.code) == ({"step-a": "succeeded", "step-b": "failed"}, 3)


def test_a_run_that_waits_for_another_one_says_so_once() -> None:
    account = Account(CHAIN, {})
    account.server.world.players.pop(CHAIN.machine)
    account.server.world.machines[CHAIN.machine] = ("RUNNING", "", "")
    account.waiter.at[90.0] = signal.SIGTERM

    seen = account.run(on_signal="leave")

    assert (seen.notes.count("no step has begun yet"), set(seen.states.values())) == (1, {"waiting"})


# how often AWS is asked


def test_ten_quiet_steps_cost_few_calls() -> None:
    many = sample_workflow(shape("[a / b / c / d / e / f / g / h / i / j]"))

    seen = Account(many, {step.name: [Script(runs=1200.0)] for step in many.all_steps}).run()

    minute = [call for at, call in seen.aws.calls if 600 <= at - BEGINNING < 660]
    assert minute.count("GetExecutionHistory") <= 25
    assert minute.count("DescribeTasks") <= 12
    assert {"DescribeExecution", "ListTasks", "GetParameter"}.isdisjoint(minute)
    assert seen.aws.count("DescribeExecution") == 10 + 1


def test_the_start_of_the_next_step_is_seen_within_two_seconds() -> None:
    """As on Fargate, ECS takes some seconds to take a task away after its end."""
    usual = Script(runs=60.0, deprovisioning=15.0)
    seen = Account(CHAIN, {"step-a": [usual], "step-b": [usual]}).run(log="none")

    begun = BEGINNING + seen.begun["step-b"]
    looks = [at for at, call in seen.aws.calls if call == "GetExecutionHistory" and at >= begun]
    assert looks[0] - begun <= 2.0


# stopped


@pytest.mark.parametrize("best", [True, False], ids=["they are stopped with it", "they are not"])
def test_a_signal_stops_the_whole_and_each_step_by_name(best: bool) -> None:
    account = Account(BRANCHES, {"step-a": [POLITE], "step-c": [POLITE]})
    account.server.world.stops_children = best
    account.waiter.at[60.0] = signal.SIGTERM

    seen = account.run(given={"scheduled": "2027-01-14T17:30:00Z"})

    assert (seen.end.verdict.row, seen.end.verdict.code) == (Row.SIGNAL, 143)
    assert "SIGTERM: stopping the workflow, step-a, step-c. A second signal leaves at once" in seen.notes
    not_started = dict.fromkeys(("step-b", "step-d", "step-z"), "not started")
    assert seen.states == {"step-a": "stopped", "step-c": "stopped", **not_started}
    ended = account.server.world.executions.values()
    assert {execution.status for execution in ended} == {"ABORTED"}
    assert all("SIGTERM" in execution.cause for execution in ended if not best)
    assert all(task.times.stopped < account.server.world.clock() for task in account.server.tasks)
    command = "run step-z -s staging --scheduled 2027-01-15T02:30:00+09:00"
    failed = "-e 'BATCHWRIGHT_WORKFLOW_FAILED=step-a step-c'"
    assert f"step-z always runs, but not after a stop: batchwright {command} {failed}" in seen.end.on_failure


def test_the_workflow_is_stopped_first_so_that_it_starts_nothing_more() -> None:
    account = polite(number=signal.SIGINT)
    account.server.world.stops_children = False

    seen = account.run()

    by_end = sorted(account.server.world.executions.values(), key=lambda execution: execution.stopped)
    assert (by_end[0].arn, len(by_end)) == (seen.end.extra["execution"], 2)


def test_a_stop_that_is_refused_is_said_and_the_run_goes_on() -> None:
    account = polite()
    account.aws.fails["StopExecution"] = lambda _: DENIED

    end = account.run().end

    assert end.verdict.code == 125
    assert "could not be stopped: AccessDeniedException" in end.verdict.why
    assert "follow it: batchwright attach nightly@night -s staging" in end.goes_on


def test_a_run_that_ended_before_the_signal_keeps_its_verdict() -> None:
    account = Account(CHAIN, {"step-a": [FAILS]})
    account.waiter.at[8.0] = signal.SIGTERM  # its log is still read

    assert account.run().end.verdict.code == 3


def test_somebody_elses_stop_is_122() -> None:
    account = Account(CHAIN, {"step-a": [POLITE]})
    account.aws.fails["GetExecutionHistory"] = lambda number: stop_it(account) if number == 20 else None

    seen = account.run()

    assert (seen.end.verdict.row, seen.end.verdict.code) == (Row.STOPPED_BY_OTHERS, 122)
    assert "by hand" in seen.end.verdict.why


def stop_it(account: Account, of: str = "nightly") -> None:
    arn = next(arn for arn in account.server.world.executions if f"-{of}:" in arn)
    body = {"executionArn": arn, "error": "Batchwright.Stopped", "cause": "by hand"}
    states.stop_execution(account.server.world, body)


def test_who_stopped_a_step_is_known_afterwards() -> None:
    account = Account(CHAIN, {"step-a": [POLITE]})
    account.aws.fails["GetExecutionHistory"] = lambda number: stop_it(account, "step-a") if number == 20 else None
    account.run()

    seen = account.run()

    assert account.joined
    assert seen.end.verdict.said == "exit 122: step step-a: stopped by someone else (by hand)"


def test_a_signal_may_leave_it_running() -> None:
    seen = polite().run(on_signal="leave")

    assert (seen.end.verdict.code, seen.aws.count("StopExecution")) == (125, 0)
    assert "left on SIGTERM, the workflow goes on" in seen.end.verdict.why
    assert "stop it: batchwright stop nightly@night -s staging" in seen.end.goes_on


def test_a_second_signal_leaves_at_once() -> None:
    account = Account(CHAIN, {"step-a": [Script(runs=1e6, term=Term(ignore=True))]})
    account.server.world.stops_children = False
    account.waiter.at[60.0] = signal.SIGTERM
    wait = account.waiter.wait

    def waits(seconds: float, read: Any = (), write: Any = ()) -> None:  # noqa: ANN401 - as a waiter has it
        wait(seconds, read, write)
        if account.waiter.time > 62.0:
            raise LeaveNow(signal.SIGTERM)

    account.waiter.wait = waits  # type: ignore[method-assign]

    seen = account.run()

    assert seen.end.verdict.said == "exit 143: stopped on SIGTERM (1 stopped, 1 not started)"
    assert seen.end.goes_on == [f"step step-a may still go on: step-a@{account.server.tasks[0].id[:8]}"]


# joined, and lost


def test_the_same_id_joins() -> None:
    account = Account(CHAIN, {"step-a": [FAILS]})
    account.run()

    seen = account.run()

    assert (seen.end.verdict.code, seen.lines) == (3, ["step-a | broken"])
    assert (account.joined, len(account.server.tasks)) == (True, 1)


def test_a_start_that_is_refused_ends_at_once() -> None:
    account = Account(CHAIN, {})
    account.aws.fails["StartExecution"] = lambda _: DENIED

    with pytest.raises(RunnerError, match="the workflow could not be started: AccessDeniedException"):
        account.run()

    assert account.aws.count("StartExecution") == 1


def test_a_machine_that_is_not_there_is_said() -> None:
    account = Account(CHAIN, {})
    account.server.world.players.clear()

    with pytest.raises(RunnerError, match="its machine is not there"):
        account.run()


def test_a_signal_before_the_start_starts_nothing() -> None:
    account = Account(CHAIN, {})
    account.waiter.at[0.0] = signal.SIGTERM

    with pytest.raises(InterruptedEarlyError):
        account.run()

    assert account.server.world.executions == {}


def test_a_signal_after_a_lost_answer_stops_what_may_have_begun() -> None:
    account = polite(at=0.1)
    account.aws.fails["StartExecution"] = lambda number: None if number else LOST

    assert account.run().end.verdict.code == 143


def test_what_cannot_be_seen_for_a_while_is_said_once_and_followed_on() -> None:
    account = Account(CHAIN, {"step-a": [FAILS]})
    outage = ApiError("InternalFailure", "an internal error", status=500)
    account.aws.fails["GetExecutionHistory"] = lambda number: outage if 2 <= number < 9 else None

    seen = account.run()

    assert (seen.end.verdict.code, seen.notes.count("the workflow cannot be seen: ")) == (3, 1)
    assert "the workflow can be seen again" in seen.notes


def test_what_may_not_be_seen_is_left_after_a_while_with_the_way_back() -> None:
    account = Account(CHAIN, {"step-a": [POLITE]})
    account.aws.fails["GetExecutionHistory"] = lambda number: DENIED if number else None

    seen = account.run()

    assert seen.end.verdict.code == 125
    assert "its end was not seen: AccessDeniedException" in seen.end.verdict.why
    assert seen.end.goes_on[0] == "the run may still go on: nightly@night"


def test_lines_that_come_late_are_waited_for() -> None:
    late = Script(lines=(Line(1.0, "late", late=2.0),), runs=2.0)

    assert Account(CHAIN, {"step-b": [late]}).run().lines == ["step-b | late"]


@pytest.mark.parametrize(
    ("seconds", "shown", "incomplete"),
    [
        (7.0, ["step-a | broken", "step-a | fine"], ""),
        (60.0, ["step-a | broken"], "step-a: its last task was not seen"),
    ],
)
def test_the_last_attempt_of_a_step_is_waited_for_where_ecs_lists_it_late(
    monkeypatch: pytest.MonkeyPatch, seconds: float, shown: list[str], incomplete: str
) -> None:
    account = Account(CHAIN, {"step-a": [FAILS, FINE]}, retries=1, retry_on=(3,))
    listed = OPERATIONS["ListTasks"]

    def late(world: World, body: dict[str, Any]) -> dict[str, Any]:
        retried = [task for task in world.tasks.values() if task.request["group"].startswith("step-a")][1:]
        hidden = {task.arn for task in retried if world.clock() < task.times.stopped + seconds}
        return {"taskArns": [arn for arn in listed(world, body)["taskArns"] if arn not in hidden]}

    monkeypatch.setitem(OPERATIONS, "ListTasks", late)
    seen = account.run()

    assert (seen.lines, seen.end.verdict.code, seen.end.incomplete) == (shown, 0, incomplete)


def test_the_logs_of_a_run_whose_tasks_are_forgotten_are_an_error() -> None:
    account = Account(CHAIN, {"step-b": [FAILS]})
    account.run()
    world = account.server.world
    world.tasks.clear()
    world.groups.pop(world.history_group, None)

    with devices() as (console, *_):
        stage = Stage(StageTarget(project="batches", stage="staging"), account.aws, account.waiter, console, REGION)
        (night,) = (run.arn for run in world.executions.values() if run.name == "night")
        with pytest.raises(RunnerError, match="step step-a, step-b has no log"):
            show_logs(stage, CHAIN, night, standard_output(console), WHOLE, "")
