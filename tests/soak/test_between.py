"""What is wrong between batches is reported, and what is right is not."""

from dataclasses import replace
from typing import Any

import pytest

from tests.fake_aws.script import Script
from tests.soak.between import judge
from tests.soak.facts import (
    NEVER,
    SCHEDULER,
    BatchFacts,
    CallFact,
    CommandFact,
    ExecutionFact,
    Facts,
    Observed,
    Signal,
    TaskFact,
)
from tests.soak.plan import Batch, Command

BATCH = Batch(name="import", manifest={"overlap": "allow"}, scripts=[Script()])
TASK = TaskFact(
    id="a" * 32,
    run="night",
    token="token",
    created=0.0,
    started=1.0,
    ended=90.0,
    shown=90.1,
    exit_code=3,
    lines=["one"],
)
OTHER = replace(TASK, id="b" * 32, token="other", exit_code=0, lines=["two"])


def fact(code: int | None, said: str = "", **more: Any) -> CommandFact:  # noqa: ANN401 - any field
    known: dict[str, Any] = {"began": 2.0, "exited": 95.0, "out": b"one\n", "run": "night", "name": "c0"}
    text = f"{said}\nbatchwright: exit {code}: x\n"
    return CommandFact(**{"code": code, "err": text, **known, **more})


def runner(code: int | None = 3, **more: Any) -> Observed:  # noqa: ANN401 - any field of the fact
    started = CallFact(at=0.0, operation="RunTask", token="token")
    command = Command(name="c0", verb="run", batch="import", run="night")
    return Observed(command=command, fact=fact(code, **{"began": 0.0, "calls": [started], **more}))


def observer(verb: Any, code: int, said: str = "", **more: Any) -> Observed:  # noqa: ANN401 - a verb, and any field
    calls = [CallFact(at=3.0, operation="GetLogEvents")] if verb == "attach" else []
    stops = more.pop("stops", ())
    known: dict[str, Any] = {"name": "c1", "calls": calls, "verb": "attach" if verb == "attach" else "run"}
    seen = fact(code, said, **{**known, **more})
    return Observed(command=Command(name="c1", verb=verb, batch="import", run="night"), fact=seen, stops=stops)


def wrong(*observed: Observed, tasks: Any = (TASK,), made: bool = True, **more: Any) -> str:  # noqa: ANN401 - any field
    own = {name: more.pop(name) for name in ("executions", "paused", "timeout") if name in more}
    batches = {
        "import": BatchFacts(batch=BATCH, tasks=tasks, **own),
        "mailer": BatchFacts(batch=replace(BATCH, name="mailer"), tasks=[OTHER], deadline=False),
    }
    deadlines = {task.id: [1.0] for task in tasks} if made else {}
    return "\n".join(judge(Facts(batches=batches, observed=observed, **{"made": deadlines, **more})))


def test_a_good_night() -> None:
    assert wrong(runner(), observer("attach", 3)) == ""


def test_an_observer_that_tells_the_truth_of_another_batch() -> None:
    assert "exit code 0, and the table allows 3" in wrong(runner(), observer("attach", 0, out=b"two\n"))


def test_a_run_that_is_there_is_found_and_its_whole_id_never_means_another() -> None:
    calls = [CallFact(at=90.0, operation="ListTasks")]
    text, both = "batchwright: no such run 'import@night'", "batchwright: ambiguous run id 'night': it matches 2 runs"

    assert "exit code 2, and no run was not found" in wrong(runner(), observer("attach", 2, both))
    assert "it found no run, and there was one" in wrong(runner(), observer("attach", 2, text, calls=calls))
    assert wrong(runner(), observer("attach", 2, text, calls=calls, began=-9.0, exited=1.0)) != ""


def test_nothing_is_stopped_that_was_not_meant() -> None:
    printed = f"batchwright: stopping: import@{TASK.id[:8]}"
    stopped = replace(TASK, cause="stop", stopper="c1", stopped_at=50.0)
    good = observer("stop", 0, printed, stops=[(50.0, TASK.id)])

    assert wrong(runner(122), good, tasks=[stopped]) == ""
    strayed = observer("stop", 0, printed, stops=[(50.0, TASK.id), (50.0, OTHER.id)])
    assert "it stopped mailer@night, and meant import@night" in wrong(runner(122), strayed, tasks=[stopped])
    assert "it says that it stops import@" in wrong(runner(), observer("stop", 0, printed, exited=20.0))


def test_a_stop_that_says_ended_of_what_goes_on() -> None:
    printed = f"batchwright: it has ended already: import@{TASK.id[:8]}"

    assert "has ended, and it went on" in wrong(runner(), observer("stop", 0, printed, exited=20.0))
    assert wrong(runner(), observer("stop", 0, printed)) == ""


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        ({"made": True}, ""),
        ({"made": False}, "had no deadline 90 s after Scheduler answered"),
        ({"made": False, "broken": {"scheduler": [(0.0, 40.0)]}}, ""),
        ({"dropped": {TASK.id: [50.0]}}, "the deadline of task aaaaaaaa was dropped while it went on"),
        ({"dropped": {TASK.id: [91.0]}}, ""),
    ],
)
def test_a_deadline_is_there_within_a_minute_and_stays(more: dict[str, Any], complaint: str) -> None:
    complaints = wrong(runner(), **more)

    assert complaint in complaints if complaint else complaints == ""


def test_a_task_whose_runner_is_gone_needs_none() -> None:
    assert wrong(runner(None, killed=True, exited=20.0), made=False) == ""


def test_a_deadline_that_comes_too_early() -> None:
    stopped = replace(TASK, cause="stop", stopper=SCHEDULER, stopped_at=50.0)

    assert "was stopped by its deadline after 50 s" in wrong(runner(124), tasks=[stopped], timeout=60.0)
    assert wrong(runner(124), tasks=[stopped], timeout=50.0) == ""


def test_an_execution_that_ended_otherwise_than_its_task() -> None:
    without_token = replace(TASK, token="")
    execution = ExecutionFact(arn="arn:x:night", run="night", began=0.0, ended=91.0, code=3, error="Batchwright.Exit3")

    assert wrong(tasks=[without_token], executions=[execution]) == ""
    false = replace(execution, code=0, error="SUCCEEDED")
    assert "ended with SUCCEEDED, and the table allows 3" in wrong(tasks=[without_token], executions=[false])


def test_a_pause_that_is_not_kept_and_one_that_there_was_not() -> None:
    assert "it was started though the batch was paused" in wrong(runner(began=-5.0), paused=[(-9.0, 9.0)])
    refused = fact(123, "batchwright: import is paused by test", calls=[], out=b"")
    paused = replace(runner(), fact=refused)
    assert wrong(paused, tasks=[], paused=[(0.0, 9.0)]) == ""
    assert "it says that the batch is paused, and it was not" in wrong(paused, tasks=[])


def test_files_of_others() -> None:
    strayed = Observed(command=Command(name="c1", verb="list"), fact=fact(0), strayed="it ran the app")
    settings = Command(name="c1", verb="run", batch="import", run="x", foreign="settings")
    calls = [CallFact(at=0.0, operation="GetParameter")]

    assert "it ran the app" in wrong(runner(), strayed)
    assert "it used a file of somebody else's" in wrong(runner(), Observed(command=settings, fact=fact(3, calls=calls)))
    refused = fact(125, "x is not used, since it decides what runs here", calls=[])
    assert wrong(runner(), Observed(command=settings, fact=refused)) == ""


def test_a_run_that_was_started_otherwise_is_not_joined() -> None:
    other = replace(runner().command, name="c1", more=["-e", "DAY=2"])
    printed = "batchwright: run night cannot be joined: it was started at"

    assert wrong(runner(), Observed(command=other, fact=fact(2, printed, name="c1"))) == ""
    assert "its run was started otherwise" in wrong(runner(), Observed(command=other, fact=fact(3, name="c1")))
    refused = [CallFact(at=0.0, operation="RunTask", outcome="ConflictException", token="token")]
    late = Observed(command=other, fact=fact(2, printed, name="c1", calls=refused))
    assert wrong(late, runner()) == ""


def test_what_gave_way_speaks_for_a_run_whose_wait_has_come_to_nothing() -> None:
    first = replace(TASK, id="c" * 32, run="own", token="first")
    gave_way = replace(TASK, cause="stop", stopper="c0", created=1.0, started=NEVER, lines=[])
    ours = replace(gave_way, ended=9.0, stopped_at=9.0, shown=9.1)
    batch = BatchFacts(batch=replace(BATCH, manifest={"overlap": "wait"}), tasks=[first, ours], deadline=False)

    def complaint_on(code: int) -> str:
        seen = observer("attach", code, began=30.0, out=b"")
        complaints = judge(Facts(batches={"import": batch}, observed=[runner(122, exited=20.0), seen]))
        return "".join(complaint for complaint in complaints if complaint.startswith(f"{seen.name} "))

    assert complaint_on(123) == ""
    assert "exit code 122, and the table allows 123" in complaint_on(122)


def test_credentials_that_were_late_before_a_start_excuse_it_and_a_defect_is_none() -> None:
    none = replace(runner(), fact=fact(125, calls=[], out=b"", began=0.0, exited=5.0))

    assert wrong(replace(none, without=[(1.0, 4.0)]), tasks=[]) == ""
    assert "exit code 125" in wrong(none, tasks=[])


def test_two_at_once_where_that_is_forbidden() -> None:
    second = replace(TASK, id="c" * 32, run="own", token="second", created=5.0, started=20.0)
    facts = Facts(
        batches={
            "import": BatchFacts(
                batch=replace(BATCH, manifest={"overlap": "forbid"}), tasks=[TASK, second], deadline=False
            )
        },
        observed=[],
    )

    assert judge(facts) == ["import: two runs were in progress at once: aaaaaaaa of night and cccccccc of own"]


@pytest.mark.parametrize(("killed", "complaints"), [(True, 0), (False, 1)])
def test_one_that_waited_first_and_was_killed_could_not_give_way(killed: bool, complaints: int) -> None:
    waited, other = replace(TASK, created=6.0, started=21.0), replace(OTHER, run="own", created=5.0, started=20.0)
    batch = replace(BATCH, manifest={"overlap": "wait"})
    facts = BatchFacts(batch=batch, tasks=[other, waited], deadline=False)
    judged = judge(Facts(batches={"import": facts}, observed=[runner(3, killed=killed, exited=95.0)]))

    assert len([complaint for complaint in judged if "two runs were in progress at once" in complaint]) == complaints


def test_a_signal_before_anything_was_followed() -> None:
    stopped = observer("attach", 143, calls=[], signals=[Signal(at=3.0, number=15)])

    assert wrong(runner(), stopped) == ""
    assert "it did not end" in wrong(runner(None, exited=NEVER))


def test_who_detaches_leaves_a_deadline_or_says_that_there_is_none() -> None:
    command = replace(runner().command, more=["--detach"])
    abandoned = replace(
        runner(0, exited=20.0, detach=True, out=b"", err=f"batchwright stop {TASK.id}\nbatchwright: exit 0: x\n"),
        command=command,
    )
    printed = f"nothing stops it at its timeout: batchwright stop {TASK.id}\nbatchwright: exit 125: x\n"

    assert wrong(abandoned) == ""
    assert "it left task aaaaaaaa without a deadline" in wrong(abandoned, made=False)
    honest = replace(abandoned, fact=replace(abandoned.fact, code=125, err=printed))
    assert wrong(honest, made=False) == ""
    assert "names no task without one" in wrong(honest)
