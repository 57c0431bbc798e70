"""A plan is played with the installed command and the batches' own machines, and what came of it is as it should be."""

import signal
import subprocess
import sys
from pathlib import Path

from tests.fake_aws import Script, Term, faults, lines, steady
from tests.kit.processes import processes_in, wait_until
from tests.soak import between, runs
from tests.soak.plan import Batch, Blip, Command, Plan, Step
from tests.soak.play import play
from tests.soak.seeded import Outcome, figures, story

FIRST = Step(at=0.0, do="start", who="first")


def plan(script: Script, command: Command, *steps: Step) -> Plan:
    return Plan(
        seed=0, number=0, shape="single", batches=[Batch(scripts=[script])], commands=[command], steps=[FIRST, *steps]
    )


def test_a_run_that_is_stopped_by_a_signal(tmp_path: Path) -> None:
    script = Script(lines=(*lines("ready"), *steady(5, start=0.2)), runs=60.0, term=Term(exit_code=0))
    command = Command(name="first", batch="daily-report", out="slow", err="slow")
    planned = plan(script, command, Step(anchor="started", at=2.0, do="signal", who="first", number=15))

    facts = play(planned, tmp_path)

    (seen,), (task,) = facts.observed, facts.batches["daily-report"].tasks
    assert runs.judge(facts) == []
    assert (seen.fact.code, task.cause, task.stopper, task.exit_code) == (143, "stop", "first", 0)
    assert "first run gets signal 15" in "\n".join(story(facts))
    assert figures([Outcome(0, planned, facts, [])]) == "1 runs, 1 commands by code 143:1; 0 faults, 6 lines"
    assert "command first: run daily-report -s staging (out=slow err=slow" in "\n".join(planned.describe())


def test_a_command_that_does_not_end_says_where_its_threads_are(tmp_path: Path) -> None:
    facts = play(plan(Script(runs=60.0), Command(name="first", batch="daily-report")), tmp_path, longest=4.0)

    (seen,) = facts.observed
    assert "first: it did not end" in runs.judge(facts)
    assert seen.fact.err is not None
    assert "most recent call first" in seen.fact.err


ENDLESS = """
import sys
from pathlib import Path
from tests.fake_aws import Script
from tests.soak.plan import Command
from tests.soak.play import play
from tests.soak.test_play import plan

play(plan(Script(runs=60.0), Command(name="first", batch="daily-report")), Path(sys.argv[1]))
"""


def test_a_soak_that_is_killed_takes_its_commands_with_it(tmp_path: Path) -> None:
    soak = subprocess.Popen([sys.executable, "-c", ENDLESS, str(tmp_path)])
    begun = wait_until(lambda: processes_in(tmp_path))
    soak.send_signal(signal.SIGKILL)
    soak.wait()

    assert not begun
    assert not wait_until(lambda: not processes_in(tmp_path), 10)


ALLOW = {"overlap": "allow", "stop_timeout_seconds": 3}
SLOW = Script(lines=lines("import"), runs=60.0, term=Term(exit_code=0), stop_timeout=3.0)
NIGHT = Plan(
    seed=0,
    number=0,
    forked=True,
    batches=[
        Batch(name="import", manifest=ALLOW, scripts=[SLOW]),
        Batch(
            name="mailer", manifest=ALLOW, scripts=[Script(lines=lines("mailer"), runs=4.0, exit_code=3)], machine=True
        ),
    ],
    commands=[
        Command(name="c0", verb="run", batch="import", run="night", renewed=True),
        Command(name="c1", verb="attach", batch="import", run="night"),
        Command(name="c2", verb="attach", batch="mailer", run="night"),
        Command(name="c3", verb="stop", batch="import", run="night"),
        Command(name="c4", verb="list", foreign="project"),
    ],
    last=[
        Command(name="last0", verb="attach", batch="import", run="night"),
        Command(name="last1", verb="runs", more=["--json"]),
    ],
    steps=[
        Step(at=0.0, do="start", who="c0"),
        Step(at=1.0, do="execute", who="mailer", run="night"),
        Step(at=1.5, do="start", who="c4"),
        Step(at=3.0, do="start", who="c1"),
        Step(at=3.0, do="start", who="c2"),
        Step(at=4.0, do="renew", who="c0"),
        Step(at=7.0, do="start", who="c3"),
    ],
    blips=[Blip(service="scheduler", at=0.0, seconds=12.0, fault=faults.server_error(None))],
)


def test_a_night(tmp_path: Path) -> None:
    facts = play(NIGHT, tmp_path)

    codes = {seen.name: seen.fact.code for seen in facts.observed}
    assert between.judge(facts) == []
    assert codes == {"c0": 122, "c1": 122, "c2": 3, "c3": 0, "c4": 125, "last0": 122, "last1": 0}
    assert [execution.error for execution in facts.batches["mailer"].executions] == ["Batchwright.Exit3"]
    assert len({call.outcome for seen in facts.observed for call in seen.fact.calls} & {"InternalFailure"}) == 1
    assert "mailer's execution night begins" in "\n".join(story(facts))
    expected = "2 runs, 7 commands by code 122:3 0:2 125:1 3:1; 1 faults, "
    assert figures([Outcome(0, NIGHT, facts, [])]).startswith(expected)
