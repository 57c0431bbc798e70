"""docs/rundeck.md, Rundeck on Fargate: what a deployment of Rundeck does to the runs that its jobs follow.

A container of Rundeck is played as its documented signals say. ECS signals its first process, tini, which passes the
signal to Java, or to Java's process group with ``TINI_KILL_PROCESS_GROUP`` (tini's README). Java ends without its jobs
(Rundeck's issue 1033). When the first process ends, the kernel kills all others (pid_namespaces(7); read 2026-12).
"""

import signal
import sys

from tests.fake_aws import AwsServer, Script, Term, lines
from tests.fake_aws.fixtures import sample_manifest
from tests.stories.story import (
    LONGEST,
    Running,
    Scenario,
    Seen,
    afterwards,
    scenario,
    sends,
    start_task,
    stories,
    story,
)

RUNDECK = """
import os, signal, subprocess, sys, time
job = subprocess.Popen(sys.argv[1:])
signal.signal(signal.SIGTERM, lambda *_: (time.sleep(4), os._exit(143)))
sys.exit(job.wait())
"""
CONTAINER = """
import os, signal, subprocess, sys
rundeck = subprocess.Popen([sys.executable, "-c", *sys.argv[2:]], process_group=0)
pass_on = os.killpg if sys.argv[1] == "group" else os.kill
signal.signal(signal.SIGTERM, lambda number, _: pass_on(rundeck.pid, number))
code = rundeck.wait()
try:
    os.killpg(rundeck.pid, signal.SIGKILL)
except ProcessLookupError:
    pass
sys.exit(code)
"""
TO_JAVA, TO_ALL = ([sys.executable, "-c", CONTAINER, passed, RUNDECK] for passed in ("java", "group"))
BATCH = Script(lines=lines("ready"), runs=12.0, exit_code=3, term=Term(exit_code=0, after=0.3))
ENDLESS = Script(lines=lines("ready"), runs=LONGEST)
WAIT = sample_manifest("daily-report", overlap="wait")


def deploy(running: Running) -> None:
    """What ECS does to the old task of Rundeck; then a person follows the run."""
    sends(signal.SIGTERM)(running)
    afterwards("attach daily-report@night")(running)


DEPLOY_WHILE_IT_WAITS = sends(signal.SIGTERM, said=b"waiting for run daily-report@")


def night(prefix: list[str], *args: str) -> Scenario:
    return scenario(BATCH, args=["--run-id", "night", *args], act=deploy, prefix=prefix)


def before(aws: AwsServer) -> None:
    start_task(aws, startedBy="before")


LEFT = "batchwright: exit 125: no result (left on SIGTERM, the batch goes on)"


@stories(
    {
        "killed with its container": (night(TO_JAVA), ""),
        "signaled, with --on-signal leave": (night(TO_ALL, "--on-signal", "leave"), LEFT),
    }
)
def test_a_deployment_leaves_the_batch_running_and_a_person_attaches(seen: Seen, expected: str) -> None:
    (task,) = seen.aws.tasks

    assert (seen.code, seen.calls["StopTask"]) == (143, 0)
    assert (task.times.stop_code, task.times.exit_code) == ("EssentialContainerExited", 3)
    assert (seen.another.code, seen.another.out) == (3, b"ready\n")
    assert seen.calls["CreateSchedule"] >= 1
    assert seen.last == expected if expected else "exit " not in seen.err


@story(BATCH, args=["--run-id", "night"], act=deploy, prefix=TO_ALL)
def test_a_signal_to_all_processes_stops_the_batch_with_its_host(seen: Seen) -> None:
    (task,) = seen.aws.tasks

    assert (seen.calls["StopTask"], task.times.stop_code) == (1, "UserInitiated")
    assert seen.last.startswith("batchwright: exit 143: ")


@stories(
    {
        name: scenario(ENDLESS, manifest=WAIT, prepare=before, act=DEPLOY_WHILE_IT_WAITS, prefix=prefix)
        for name, prefix in {"killed": TO_JAVA, "signaled": TO_ALL}.items()
    }
)
def test_a_run_that_waits_has_started_nothing_and_is_gone(seen: Seen) -> None:
    assert seen.code == 143
    assert not {"RunTask", "StopTask"} & set(seen.calls)
