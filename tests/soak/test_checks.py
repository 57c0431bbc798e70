"""What is wrong is reported, and what is right is not."""

from dataclasses import replace

import pytest

from tests.soak.checks import judge
from tests.soak.facts import NEVER, CallFact, CommandFact, RunFacts, Signal, TaskFact

TASK = TaskFact(
    id="a" * 32, run="night", token="token", started=1.0, ended=5.0, shown=5.1, exit_code=3, lines=["one", "two"]
)
RUN = CommandFact(
    name="first",
    run="night",
    exited=9.0,
    code=3,
    out=b"one\ntwo\n",
    err="batchwright: exit 3: the container's own code (main ended by itself)\n",
    result={"code": 3, "retry": "ask", "log_complete": True},
    calls=[CallFact(at=0.0, operation="RunTask", token="token")],
)
SAID = "batchwright: lines may be missing: gone\n"


def wrong(command: CommandFact, *tasks: TaskFact) -> str:
    return "\n".join(judge(RunFacts(tasks=tasks or (TASK,), commands=[command])))


def test_a_good_run() -> None:
    assert wrong(RUN) == ""


def test_a_command_that_followed_a_task_where_there_was_none() -> None:
    joined = replace(RUN, calls=[CallFact(at=0.0, operation="GetLogEvents")])
    others = replace(TASK, run="another")

    assert wrong(joined, others) == "first: it followed or stopped a task, and its run had none"


@pytest.mark.parametrize("code", [0, 2, 75, 122, 124, 125, 126, 143])
def test_a_broken_verdict(code: int) -> None:
    broken = replace(RUN, code=code, err=f"batchwright: exit {code}: x\n", result=None)
    assert wrong(broken) == f"first: exit code {code}, and the table allows 3 (it ended by itself)"


def test_a_false_0_after_a_stop() -> None:
    task = replace(TASK, cause="stop", stopper="somebody", stopped_at=4.0, exit_code=0)
    false = replace(RUN, code=0, err="batchwright: exit 0: x\n", result=None)
    assert wrong(false, task) == "first: exit code 0, and the table allows 122 (stopped by someone else)"


def test_a_lost_a_doubled_and_a_strange_line() -> None:
    assert "1 of 2 lines are missing and not reported: 'two'" in wrong(replace(RUN, out=b"one\n"))
    assert "1 lines on stdout are doubled or strange: 'one'" in wrong(replace(RUN, out=b"one\none\ntwo\n"))
    assert "doubled or strange: 'three'" in wrong(replace(RUN, out=b"one\nthree\ntwo\n"))
    assert "out of order" in wrong(replace(RUN, out=b"two\none\n"))
    assert "not whole: 'tw'" in wrong(replace(RUN, out=b"one\ntw"))


def test_who_leaves_at_once_may_leave_the_rest_of_a_line() -> None:
    abandoned = replace(RUN, signals=[Signal(at=2.0, number=15), Signal(at=3.0, number=15)])

    inside = replace(TASK, lines=("one", "tw€"))
    assert "not whole" not in wrong(replace(abandoned, out=b"one\ntw"))
    assert "not whole" not in wrong(replace(abandoned, out="one\ntw€".encode()[:-1]), inside)
    assert "not whole: 'tx'" in wrong(replace(abandoned, out=b"one\ntx"))


def test_lines_that_are_said_to_be_missing_may_be() -> None:
    result = {"code": 3, "retry": "ask", "log_complete": False}
    assert wrong(replace(RUN, out=b"one\n", err=SAID + (RUN.err or ""), result=result)) == ""


def test_lines_that_are_said_to_be_missing_are_not_doubled_all_the_same() -> None:
    result = {"code": 3, "retry": "ask", "log_complete": False}
    assert "doubled" in wrong(replace(RUN, out=b"one\none\n", err=SAID + (RUN.err or ""), result=result))


def test_the_result_file_says_what_stderr_says() -> None:
    assert "the result file says that the log is incomplete" in wrong(
        replace(RUN, result={"code": 3, "retry": "ask", "log_complete": False})
    )
    assert "the result file says 0" in wrong(replace(RUN, result={"code": 0, "retry": "ask"}))
    assert "running again is safe" in wrong(replace(RUN, result={"code": 3, "retry": "safe"}))


def test_a_task_that_runs_on_unsaid() -> None:
    abandoned = replace(
        RUN,
        exited=2.0,
        code=125,
        out=b"",
        err="batchwright: exit 125: no result\n",
        result=None,
        calls=[*RUN.calls, CallFact(at=1.5, operation="GetParameter", outcome="AccessDeniedException")],
    )
    assert "task aaaaaaaa runs on" in wrong(abandoned)
    assert wrong(replace(abandoned, err=f"batchwright: stop it: batchwright stop a\n{abandoned.err}")) == ""


def test_a_last_line_that_says_another_code() -> None:
    assert "the last line on stderr is 'batchwright: exit 0: x'" in wrong(replace(RUN, err="batchwright: exit 0: x\n"))


def test_a_defect() -> None:
    text = f"batchwright: a defect in the runner: KeyError: x\n{RUN.err}"
    assert "stderr has 'a defect in the runner'" in wrong(replace(RUN, err=text))


def test_a_command_that_does_not_end() -> None:
    assert wrong(replace(RUN, code=None, exited=NEVER)) == "first: it did not end"


def test_a_killed_command_owes_nothing() -> None:
    assert wrong(replace(RUN, code=137, killed=True, out=b"", err="")) == ""


def test_an_attempt_too_many_and_one_too_few() -> None:
    calls = [*RUN.calls, CallFact(at=6.0, operation="RunTask", token="second")]
    second = replace(TASK, id="b" * 32, token="second", created=6.0, started=6.5, ended=7.0, shown=7.1)
    both = replace(RUN, out=RUN.out and RUN.out * 2, calls=calls)

    assert "attempt 2 was made after an end that is not tried again" in wrong(both, TASK, second)
    retried = RunFacts(tasks=[TASK], commands=[RUN], retries=1, retry_on=(3,))
    assert judge(retried) == ["first: no further attempt was made, though the batch retries on 3"]


def test_an_attempt_of_a_run_that_another_runner_had_begun() -> None:
    second = replace(TASK, id="b" * 32, token="second", created=6.0, started=6.5, ended=7.0, shown=7.1)
    calls = [CallFact(at=1.0, operation="GetLogEvents"), CallFact(at=6.0, operation="RunTask", token="second")]
    joined = replace(RUN, name="second", exited=8.0, out=RUN.out and RUN.out * 2, calls=calls)
    facts = RunFacts(tasks=[TASK, second], commands=[RUN, joined], retries=1, retry_on=(3,))

    assert "second: it made an attempt of a run that another runner had begun" in judge(facts)


def test_a_stop_without_a_reason_and_a_timeout_that_is_not_kept() -> None:
    task = replace(TASK, cause="stop", stopper="first", stopped_at=2.0)
    calls = [*RUN.calls, CallFact(at=2.0, operation="StopTask", task=TASK.id)]
    stopped = replace(RUN, timeout=60.0, calls=calls, code=124, err="batchwright: exit 124: x\n", result=None)

    assert "it stopped its task after 2.0 s, for no reason that there was" in wrong(stopped, task)
    long = replace(TASK, ended=200.0, shown=200.1)
    assert "the timeout of 3.0 s was not kept" in wrong(replace(RUN, timeout=3.0, exited=201.0), long)


def test_one_run_with_two_tasks_at_work() -> None:
    twin = replace(TASK, id="b" * 32, token="other")
    assert "run night had two tasks at work at once" in wrong(RUN, TASK, twin)


def test_two_runs_at_once_where_that_is_forbidden() -> None:
    other = replace(TASK, id="b" * 32, run="other", token="other", created=0.5, started=2.0)
    facts = RunFacts(tasks=[TASK, other], commands=[RUN], forbid=True)

    assert judge(facts) == ["two runs were in progress at once: aaaaaaaa of night and bbbbbbbb of other"]
    assert judge(replace(facts, lag=2.0)) == []
    stop = CallFact(at=3.0, operation="StopTask", task=other.id, outcome="page")
    starter = CommandFact(name="second", run="other", code=125, calls=[replace(RUN.calls[0], token="other"), stop])
    assert "two runs were in progress at once" not in str(judge(replace(facts, commands=[RUN, starter])))
    assert judge(replace(facts, forbid=False)) == []
