"""Plays a plan: the installed commands as processes, against a stand-in of their own for AWS."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tests.fake_aws import AwsServer
from tests.fake_aws.fixtures import sample_manifest
from tests.fake_aws.services.timeline import NEVER
from tests.kit.command import COMMAND, environment
from tests.soak.facts import RunFacts, Signal
from tests.soak.observe import key_of, observe
from tests.soak.plan import Command, Plan, Step
from tests.soak.streams import Reader, given, redirections

if TYPE_CHECKING:
    from tests.fake_aws.services.tasks import Task

LONGEST = 240.0
"""Seconds after which a command counts as one that does not end."""
LAST_WORDS = 5.0
"""Seconds for which such a one may say where its threads are."""
PAUSE = 0.03
TO_THE_END = ["setpriv", "--pdeathsig=KILL"]
"""A command ends when the soak is killed: left alone, it would call whoever has its port next."""


class Started:
    """A command that was started.

    Args:
        command: The command.
        folder: Where it runs.
        env: Its variables.
        at: When it is started.
    """

    def __init__(self, command: Command, folder: Path, env: Mapping[str, str], at: float) -> None:
        self.command = command
        self.out = Reader(command.out, folder / f"{command.name}.out")
        self.err = Reader(command.err, folder / f"{command.name}.err")
        self.result = folder / f"{command.name}.json"
        self.began, self.exited = at, NEVER
        self.signals: list[Signal] = []
        self.killed = False
        closed = redirections(self.out, self.err)
        prefix = ["sh", "-c", f'exec "$0" "$@" {closed}'] if closed else []
        self.process = subprocess.Popen(
            [*TO_THE_END, *prefix, str(COMMAND), *command.arguments],
            cwd=folder,
            env={**env, **_stacks(command), "AWS_ACCESS_KEY_ID": key_of(command.name)},
            stdin=subprocess.DEVNULL,
            stdout=given(self.out),
            stderr=given(self.err),
        )
        self.out.begin()
        self.err.begin()

    @property
    def runs(self) -> bool:
        return self.process.poll() is None

    def kill(self) -> None:
        """Ends it for not ending by itself. Where its stderr is seen, that has the stacks of its threads then."""
        self.process.send_signal(signal.SIGABRT)
        try:
            self.process.wait(LAST_WORDS)
        except subprocess.TimeoutExpired:
            self.process.kill()


def _stacks(command: Command) -> Mapping[str, str]:
    """Python writes the stacks on SIGABRT; with a stderr that is closed it would not even start."""
    return {} if command.err == "closed" else {"PYTHONFAULTHANDLER": "1"}


class Play:
    """A plan that is played.

    Args:
        plan: The plan.
        folder: An empty folder for it.
        aws: Its account.
        longest: Seconds after which a command counts as one that does not end.
    """

    def __init__(self, plan: Plan, folder: Path, aws: AwsServer, longest: float = LONGEST) -> None:
        self._longest = longest
        self._plan = plan
        self._folder = folder
        self._aws = aws
        self._manifest = sample_manifest("daily-report", **plan.manifest)
        self._started: dict[str, Started] = {}
        self._tasks: dict[str, Task] = {}
        self._env = {**environment(), **aws.environ(), "HOME": str(folder), "PATH": os.environ["PATH"]}
        self._began_at = 0.0

    def run(self) -> RunFacts:
        """Plays it to the end of all commands."""
        self._prepare()
        self._began_at = self._now()
        until = time.monotonic() + self._longest
        pending = list(self._plan.steps)
        try:
            while time.monotonic() < until:
                self._look()
                for step in [step for step in pending if self._due(step)]:
                    pending.remove(step)
                    self._do(step)
                if not any(one.runs for one in self._started.values()) and not self._soon(pending):
                    break
                time.sleep(PAUSE)
        finally:
            hung = self._end()
        return observe(self._plan, self._aws, list(self._tasks.values()), list(self._started.values()), hung)

    def _prepare(self) -> None:
        aws, plan = self._aws, self._plan
        aws.deploy(self._manifest, *plan.scripts)
        for operation, faults in plan.faults.items():
            aws.faults(operation, *faults)
        for operation, rate in plan.quotas.items():
            aws.quota(operation, rate, 3)
        if plan.skew:
            aws.skew(plan.skew)
        if plan.token_life:
            aws.world.token_life = plan.token_life
        aws.world.tags_guard_stop = plan.guarded

    def _now(self) -> float:
        return self._aws.world.clock()

    def _look(self) -> None:
        self._tasks |= {task.id: task for task in self._aws.tasks}
        for one in self._started.values():
            if not one.runs and one.exited == NEVER:
                one.exited = self._now()

    def _due(self, step: Step) -> bool:
        at = self._anchor(step)
        return at is not None and self._now() >= at + step.after

    def _soon(self, pending: Sequence[Step]) -> bool:
        """Whether a command is still to be started, though none runs."""
        return any(step.do == "start" and self._anchor(step) is not None for step in pending)

    def _anchor(self, step: Step) -> float | None:
        if step.anchor == "begin":
            return self._began_at
        if step.anchor == "exit":
            first = self._started.get(self._plan.commands[0].name)
            return first.exited if first is not None and first.exited < NEVER else None
        tasks = list(self._tasks.values())
        if not tasks:
            return None
        times = tasks[-1].times
        at = {"task": tasks[0].created, "started": times.started, "ended": times.reported, "stopped": times.stopped}
        return at[step.anchor] if at[step.anchor] < NEVER else None

    def _do(self, step: Step) -> None:
        if step.do == "start":
            command = next(one for one in self._plan.commands if one.name == step.who)
            self._started[step.who] = Started(command, self._folder, self._env, self._now())
        elif step.do in ("signal", "kill"):
            self._hurt(step)
        else:
            self._to_the_world(step)

    def _hurt(self, step: Step) -> None:
        one = self._started.get(step.who)
        if one is None or not one.runs:
            return
        if step.do == "kill":
            one.killed = True
            one.process.kill()
        else:
            one.signals.append(Signal(at=self._now(), number=step.number))
            one.process.send_signal(step.number)

    def _to_the_world(self, step: Step) -> None:
        if step.do == "stop":
            for task in list(self._tasks.values())[-1:]:
                self._aws.stop_task(task, "Task stopped by a person")
        elif step.do == "deadline":
            self._aws.fire_schedules()
        elif step.do == "delete group":
            self._aws.delete_group(self._manifest.log_group)
        elif step.do == "remake group":
            self._aws.remake_group(self._manifest.log_group)
        else:
            self._aws.forget(tasks=True, tokens=True)

    def _end(self) -> list[str]:
        """Ends what does not end by itself.

        Returns:
            The names of those commands.
        """
        hung = [name for name, one in self._started.items() if one.runs]
        for name in hung:
            self._started[name].kill()
        for one in self._started.values():
            one.process.wait()
        self._look()
        return hung


def play(plan: Plan, folder: Path, longest: float = LONGEST) -> RunFacts:
    """Plays a plan.

    Args:
        plan: The plan.
        folder: An empty folder for it.
        longest: Seconds after which a command counts as one that does not end.
    """
    with AwsServer() as aws:
        return Play(plan, folder, aws, longest).run()
