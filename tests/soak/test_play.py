"""A plan is played with the installed command, and what came of it is as it should be."""

import signal
import subprocess
import sys
from pathlib import Path

from tests.fake_aws import Script, Term, lines, steady
from tests.kit.processes import processes_in, wait_until
from tests.soak.__main__ import figures, story
from tests.soak.checks import judge
from tests.soak.plan import Command, Plan, Step
from tests.soak.play import play
from tests.soak.seeded import Outcome

RUN = ("run", "daily-report", "-s", "staging", "--result", "first.json")


def test_a_run_that_is_stopped_by_a_signal(tmp_path: Path) -> None:
    script = Script(lines=(*lines("ready"), *steady(5, start=0.2)), runs=60.0, term=Term(exit_code=0))
    plan = Plan(
        seed=0,
        number=0,
        shape="single",
        scripts=[script],
        commands=[Command(name="first", arguments=RUN, out="slow", err="slow")],
        steps=[
            Step(anchor="begin", after=0.0, do="start", who="first"),
            Step(anchor="started", after=2.0, do="signal", who="first", number=15),
        ],
    )

    facts = play(plan, tmp_path)

    (command,), (task,) = facts.commands, facts.tasks
    assert judge(facts) == []
    assert (command.code, task.cause, task.stopper, task.exit_code) == (143, "stop", "first", 0)
    assert "first gets signal 15" in "\n".join(story(facts))
    said = "1 runs, 0 wrong; 1 commands by code 143:1; 0 faults, 6 lines"
    assert figures([Outcome(0, plan, facts, [])]) == said


def test_a_command_that_does_not_end_says_where_its_threads_are(tmp_path: Path) -> None:
    plan = Plan(
        seed=0,
        number=0,
        shape="single",
        scripts=[Script(runs=60.0)],
        commands=[Command(name="first", arguments=RUN)],
        steps=[Step(anchor="begin", after=0.0, do="start", who="first")],
    )

    facts = play(plan, tmp_path, longest=4.0)

    (command,) = facts.commands
    assert "first: it did not end" in judge(facts)
    assert command.err is not None
    assert "most recent call first" in command.err


ENDLESS = """
import sys
from pathlib import Path
from tests.fake_aws import Script
from tests.soak.plan import Command, Plan, Step
from tests.soak.play import play
from tests.soak.seeded import Outcome

run = ("run", "daily-report", "-s", "staging")
begin = Step(anchor="begin", after=0.0, do="start", who="first")
command = Command(name="first", arguments=run)
plan = Plan(seed=0, number=0, shape="single", scripts=[Script(runs=60.0)], commands=[command], steps=[begin])
play(plan, Path(sys.argv[1]))
"""


def test_a_soak_that_is_killed_takes_its_commands_with_it(tmp_path: Path) -> None:
    soak = subprocess.Popen([sys.executable, "-c", ENDLESS, str(tmp_path)])
    begun = wait_until(lambda: processes_in(tmp_path))
    soak.send_signal(signal.SIGKILL)
    soak.wait()

    assert not begun
    assert not wait_until(lambda: not processes_in(tmp_path), 10)
