"""What the table allows for what truly happened."""

from dataclasses import replace

import pytest

from tests.soak.facts import SCHEDULER, SOMEBODY, CallFact, Cause, CommandFact, RunFacts, Signal, TaskFact
from tests.soak.oracle import allowed, chains, goes_on

STARTED = CallFact(at=0.0, operation="RunTask", token="token")
TASK = TaskFact(id="a" * 32, run="night", token="token", created=0.0, started=1.0, ended=5.0, shown=5.1, exit_code=0)
RUN = CommandFact(name="first", run="night", exited=9.0, calls=[STARTED])
STOP = CallFact(at=3.0, operation="StopTask", task=TASK.id)
TERM = Signal(at=2.9, number=15)


def codes(task: TaskFact | None, command: CommandFact = RUN, *others: CommandFact, **facts: object) -> set[int]:
    tasks = [] if task is None else [task]
    known = RunFacts(tasks=tasks, commands=[command, *others], **facts)  # type: ignore[arg-type] # any field
    return set(allowed(known, command, tasks))


def stopped(by: str) -> TaskFact:
    return replace(TASK, cause="stop", stopper=by, stopped_at=3.0)


@pytest.mark.parametrize(("code", "seen"), [(0, 0), (3, 3), (137, 137), (256, 255), (None, 125)])
def test_its_own_code(code: int | None, seen: int) -> None:
    assert codes(replace(TASK, exit_code=code)) == {seen}


@pytest.mark.parametrize(("cause", "code"), [("start", 126), ("aws", 75)])
def test_an_end_by_aws(cause: Cause, code: int) -> None:
    assert codes(replace(TASK, cause=cause)) == {code}


def test_an_end_by_aws_before_it_began_is_a_start_that_failed() -> None:
    assert codes(replace(TASK, cause="aws", started=float("inf"))) == {126}


def test_an_essential_sidecar_that_was_first_is_never_a_0() -> None:
    assert codes(replace(TASK, cause="sidecar", unsure=True)) == {125}


def test_an_essential_sidecar_that_may_have_been_first() -> None:
    assert codes(replace(TASK, unsure=True)) == {0, 125}


def test_a_code_that_nobody_could_have_seen_is_not_allowed() -> None:
    assert codes(replace(TASK, shown=20.0)) == set()


def test_others_that_stop_it() -> None:
    assert codes(stopped(SOMEBODY)) == {122}
    assert codes(stopped(SCHEDULER)) == {124}


def test_a_signal_of_its_own() -> None:
    assert codes(stopped("first"), replace(RUN, signals=[TERM], calls=[STARTED, STOP])) == {143}


def test_a_signal_that_came_before_python_had_begun_the_command() -> None:
    early = replace(RUN, signals=[Signal(at=0.06, number=2)], calls=[], err="")
    assert codes(None, early) == {130}
    assert codes(None, replace(early, err="Fatal Python error: init_import_site: Failed to")) == {1, 130}


def test_a_signal_that_came_after_the_end_changes_nothing() -> None:
    assert codes(TASK, replace(RUN, signals=[Signal(at=7.0, number=15)])) == {0}


def test_a_timeout_of_its_own_and_one_that_had_not_passed() -> None:
    stops = [STARTED, STOP]
    assert codes(stopped("first"), replace(RUN, timeout=2.0, calls=stops)) == {124}
    assert codes(stopped("first"), replace(RUN, timeout=60.0, calls=stops)) == set()


def test_a_stop_by_another_runner_of_the_same_run_is_told_by_its_reason() -> None:
    other = replace(RUN, name="second", signals=[TERM])
    assert codes(stopped("second"), RUN, other) == {143}


def test_leaving_on_a_signal() -> None:
    command = replace(RUN, exited=3.5, leaves=True, signals=[TERM])
    assert codes(replace(TASK, shown=20.0), command) == {125}


def test_a_second_signal_is_a_stop_only_where_the_stop_was_accepted() -> None:
    command = replace(RUN, exited=3.9, signals=[TERM, Signal(at=3.5, number=15)])
    assert codes(replace(stopped("first"), shown=20.0), replace(command, calls=[STARTED, STOP])) == {125, 143}
    assert codes(replace(TASK, shown=20.0), command) == {125}


def test_giving_way_needs_a_run_to_give_way_to() -> None:
    ours = replace(stopped("first"), created=1.0)
    older = replace(TASK, id="b" * 32, run="other", token="other")

    def with_tasks(*tasks: TaskFact) -> set[int]:
        return set(allowed(RunFacts(tasks=tasks, commands=[RUN], forbid=True), RUN, [ours]))

    assert with_tasks(older, ours) == {123}
    assert with_tasks(replace(older, shown=0.5), ours) == set()
    assert with_tasks(replace(older, created=2.0), ours) == set()


def test_who_could_not_see_other_runs_stops_its_own_without_a_result() -> None:
    def stopped_at(at: float, seen: float) -> set[int]:
        looks = [CallFact(at=t, operation="ListTasks", outcome="" if t <= seen else "503") for t in range(1, int(at))]
        looks += [CallFact(at=seen, operation="DescribeTasks")]
        command = replace(RUN, calls=[STARTED, *looks, replace(STOP, at=at)], exited=at + 1)
        ours = replace(stopped("first"), created=0.0, stopped_at=at, shown=at)
        return set(allowed(RunFacts(tasks=[ours], commands=[command], forbid=True), command, [ours]))

    assert stopped_at(12.0, seen=4.0) == {125}
    assert stopped_at(12.0, seen=10.0) == set()
    assert stopped_at(9.0, seen=2.0) == set()


def test_a_refusal_allows_no_result() -> None:
    refused = CallFact(at=0.0, operation="RunTask", outcome="AccessDeniedException")
    assert codes(None, replace(RUN, calls=[refused])) == {125}
    assert codes(None, replace(RUN, calls=[replace(refused, outcome="ThrottlingException")])) == set()


DENIED = "AccessDeniedException"


def test_a_look_that_is_refused_for_a_moment_is_no_reason() -> None:
    def looks(*moments: float) -> set[int]:
        return codes(
            None, replace(RUN, calls=[CallFact(at=at, operation="ListTasks", outcome=DENIED) for at in moments])
        )

    assert looks(0.0, 1.0) == set()
    assert looks(0.0, 1.0, 4.0) == {125}


def test_credentials_that_have_expired_are_one_once_they_were_looked_up_again() -> None:
    expired = CallFact(at=0.0, operation="ListTasks", outcome="ExpiredTokenException")
    good = replace(expired, outcome="")

    assert codes(None, replace(RUN, calls=[expired, good, expired])) == set()
    assert codes(None, replace(RUN, calls=[good, expired, expired])) == {125}


def test_neither_is_a_stop() -> None:
    def stops(*moments: float) -> set[int]:
        refused = [replace(STOP, at=at, outcome=DENIED) for at in moments]
        return codes(replace(TASK, ended=99.0, shown=99.1), replace(RUN, signals=[TERM], calls=[STARTED, *refused]))

    assert stops(3.0, 4.0) == set()
    assert stops(3.0, 9.0, 14.0) == {125}


def test_who_gave_way_says_so_also_where_aws_ended_its_task_meanwhile() -> None:
    ours = replace(TASK, created=1.0, cause="aws", shown=8.0)
    older = replace(TASK, id="b" * 32, run="other", token="other")
    command = replace(RUN, calls=[STARTED, STOP])

    assert set(allowed(RunFacts(tasks=[older, ours], commands=[command], forbid=True), command, [ours])) == {75, 123}


def test_who_leaves_after_its_timeout_has_stopped_the_task_says_that() -> None:
    command = replace(RUN, exited=4.5, timeout=2.0, leaves=True, signals=[Signal(at=4.2, number=1)])
    seen = codes(replace(stopped("first"), shown=20.0), replace(command, calls=[STARTED, STOP]))

    assert seen == {124, 125}


def test_other_runs_that_could_not_be_seen_because_a_look_hung() -> None:
    ours = replace(TASK, cause="stop", stopper="first", stopped_at=16.0, ended=16.1, shown=16.2)

    def stopped_after(hang: float) -> set[int]:
        look, stop = CallFact(at=1.0, operation="DescribeTasks"), replace(STOP, at=1.0 + hang)
        command = replace(RUN, exited=20.0, calls=[STARTED, look, stop])
        return set(allowed(RunFacts(tasks=[ours], commands=[command], forbid=True), command, [ours]))

    assert stopped_after(15.0) == {125}
    assert stopped_after(3.0) == set()


def test_a_refused_look_does_not_excuse_the_one_who_started_it() -> None:
    look = CallFact(at=2.0, operation="DescribeTasks", outcome="AccessDeniedException")
    assert codes(TASK, replace(RUN, calls=[STARTED, look])) == {0}


def test_what_is_tried_again() -> None:
    facts = RunFacts(tasks=[], commands=[], retries=1, retry_on=(3, "interruption"))
    three, failed = replace(TASK, exit_code=3), replace(TASK, cause="start", passing=True)

    assert goes_on(facts, [three])
    assert goes_on(facts, [replace(three, unsure=True)])
    assert goes_on(facts, [replace(three, cause="sidecar")])
    assert not goes_on(facts, [replace(three, cause="sidecar", unsure=True)])
    assert not goes_on(facts, [three, three])
    assert not goes_on(facts, [TASK])
    assert goes_on(facts, [replace(TASK, cause="aws")])
    assert goes_on(facts, [failed, failed])
    assert not goes_on(facts, [failed, failed, failed])
    assert not goes_on(facts, [replace(failed, passing=False)])


def test_the_attempts_are_told_by_their_tokens_and_a_joined_run_by_its_id() -> None:
    second = replace(TASK, id="b" * 32, token="second", created=6.0)
    joined = replace(RUN, name="second", calls=[CallFact(at=7.0, operation="GetLogEvents")])
    facts = RunFacts(tasks=[TASK, second], commands=[RUN, joined])

    assert chains(facts, RUN) == [[TASK]]
    assert chains(facts, joined) == [[TASK], [TASK, second], [second]]
    assert chains(facts, replace(joined, calls=[])) == [[TASK], [TASK, second], [second], []]
    assert chains(facts, replace(joined, verb="attach")) == [[TASK], [second]]


def test_who_joins_the_newest_attempt_may_have_missed_those_before_it() -> None:
    second, third = (replace(TASK, id=letter * 32, token=letter, created=at) for letter, at in (("b", 6.0), ("c", 8.0)))

    read = replace(RUN, calls=[STARTED, CallFact(at=8.5, operation="GetLogEvents", task=third.id)])
    facts = RunFacts(tasks=[TASK, second, third], commands=[RUN])

    assert chains(facts, read) == [[TASK], [TASK, third]]
    assert chains(facts, RUN) == [[TASK]]
    assert [second, third] in chains(facts, replace(read, name="second", calls=read.calls[1:]))
    assert [TASK, third] in chains(facts, replace(read, name="second", calls=read.calls[1:]))
