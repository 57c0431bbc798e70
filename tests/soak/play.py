"""Plays a plan: commands as processes, machines as threads, against a stand-in of their own for AWS."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batchwright.automation.machine import machine as definition
from batchwright_runner.contract.manifest import BatchManifest
from tests.fake_aws import AwsServer
from tests.fake_aws.fixtures import ACCOUNT, REGION, sample_manifest
from tests.kit.command import COMMAND, environment, popen
from tests.library.automation.support import facts
from tests.soak.facts import NEVER, Facts, Signal, Span
from tests.soak.machines import Run
from tests.soak.observe import key_of, name_of, observe
from tests.soak.plan import SERVICES, Batch, Command, Plan, Step
from tests.soak.seeded import Seeded, figures, story
from tests.soak.streams import Reader, descriptor_of, redirections

if TYPE_CHECKING:
    from tests.fake_aws.faults import Fault
    from tests.fake_aws.services.tasks import Task

LONGEST = 420.0
"""Seconds after which a command counts as one that does not end: who follows the run of a killed runner waits for its
next attempt for five minutes."""
LAST_WORDS = 5.0
"""Seconds for which such a one may say where its threads are."""
PAUSE = 0.03
NOBODY = 65534
SETTINGS = f'[stages.staging]\naccount = "{ACCOUNT}"\nregion = "{REGION}"\n'
TO_THE_END = ["setpriv", "--pdeathsig=KILL"]
"""A command ends when the soak is killed: left alone, it would call whoever has its port next."""
_FORKED: "list[subprocess.Popen[bytes]]" = []


def end_all() -> None:
    """Ends those that were forked, which nothing else would."""
    for process in _FORKED:
        if process.returncode is None:
            process.kill()


class Started:
    """A command that was started.

    Args:
        command: The command.
        folder: Its folder, which is made.
        env: Its variables.
        at: When it is started.
        forked: It is forked, and finds a file of settings.
    """

    def __init__(self, command: Command, folder: Path, env: Mapping[str, str], at: float, *, forked: bool) -> None:
        self.command, self.folder, self.theirs = command, folder, folder / "theirs"
        self.began, self.exited = at, NEVER
        self.signals: list[Signal] = []
        self.killed = False
        self.keys = 0
        self.without: list[Span] = []
        folder.mkdir()
        if forked:
            (folder / "batchwright.toml").write_text(SETTINGS)
        self.out = Reader(command.out, folder / "out")
        self.err = Reader(command.err, folder / "err")
        closed = redirections(self.out, self.err)
        prefix = ["sh", "-c", f'exec "$0" "$@" {closed}'] if closed else []
        words = [str(COMMAND), *command.words, *(["--result", "result.json"] if command.verb == "run" else [])]
        # Python writes the stacks of a command that does not end; with a stderr that is closed it would not even start.
        stacks = {} if forked or command.err == "closed" else {"PYTHONFAULTHANDLER": "1"}
        self.process = popen(
            words if forked else [*TO_THE_END, *prefix, *words],
            self._somebody_elses(),
            self._variables({**env, **stacks}),
            stdout=descriptor_of(self.out),
            stderr=descriptor_of(self.err),
        )
        self.out.begin()
        self.err.begin()
        if forked:
            _FORKED.append(self.process)

    @property
    def runs(self) -> bool:
        return self.process.poll() is None

    def end(self) -> None:
        """Ends it for not ending by itself. Where its stderr is seen, that has the stacks of its threads then."""
        self.process.send_signal(signal.SIGABRT)
        try:
            self.process.wait(LAST_WORDS)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def give_credentials(self, *, late: bool = False) -> None:
        """Writes what its program of credentials prints.

        Args:
            late: They have expired. Default: they are good.
        """
        until = datetime.now(UTC) + timedelta(seconds=-60 if late else self.command.lives)
        keys = {"AccessKeyId": key_of(self.command.name, self.keys), "SecretAccessKey": "s", "SessionToken": "t"}
        text = json.dumps({"Version": 1, **keys, "Expiration": f"{until:%Y-%m-%dT%H:%M:%SZ}"})
        path = self.folder / "credentials.json"
        path.with_suffix(".new").write_text(text)
        path.with_suffix(".new").rename(path)

    def _variables(self, env: Mapping[str, str]) -> Mapping[str, str]:
        own = {**env, "HOME": str(self.folder), "AWS_ACCESS_KEY_ID": key_of(self.command.name)}
        if not self.command.renewed:
            return own
        config = self.folder / "config"
        config.write_text(f"[default]\ncredential_process = cat {self.folder / 'credentials.json'}\n")
        self.give_credentials()
        own = {name: text for name, text in own.items() if not name.startswith(("AWS_ACCESS", "AWS_SECRET"))}
        return {**own, "AWS_CONFIG_FILE": str(config)}

    def _somebody_elses(self) -> Path:
        """Puts what is somebody else's in its place. Gives the folder in which the command is called."""
        kind = self.command.foreign
        if kind == "settings":
            (self.folder / "batchwright.toml").chmod(0o666)
        elif kind == "link":
            self.theirs.write_text("theirs")
            (self.folder / "result.json").symlink_to(self.theirs)
        elif kind == "project":
            (self.folder / "batchwright.toml").unlink()
            (self.folder / "cdk.json").write_text(json.dumps({"app": f"touch {self.theirs}", "context": {}}))
            (self.folder / "below").mkdir()
            if os.geteuid() == 0:
                os.chown(self.folder / "cdk.json", NOBODY, NOBODY)
            else:
                (self.folder / "cdk.json").chmod(0o666)
            return self.folder / "below"
        return self.folder


class Play:
    """A plan that is played.

    Args:
        plan: The plan.
        folder: An empty folder for it.
        aws: Its account.
        longest: Seconds after which a command counts as one that does not end.
    """

    def __init__(self, plan: Plan, folder: Path, aws: AwsServer, longest: float) -> None:
        self._plan = plan
        self._folder = folder
        self._aws = aws
        self._longest = longest
        self._manifests = {batch.name: manifest_of(batch) for batch in plan.batches}
        self._started: dict[str, Started] = {}
        self._tasks: dict[str, Task] = {}
        self._machines: list[Run] = []
        self._env = {**environment(), **aws.environ(), "PATH": os.environ["PATH"]}
        self._failing: dict[str, Fault] = {}
        self._broken: dict[str, list[Span]] = {}
        self._began_at = 0.0

    def run(self) -> Facts:
        """Plays it to the end of all commands."""
        self._prepare()
        self._began_at = self._now()
        until = time.monotonic() + self._longest
        try:
            self._until_over(list(self._plan.steps), until)
            if self._plan.last:
                tasks = self._tasks.values()
                while any(task.times.stopped > self._now() for task in tasks) and time.monotonic() < until:
                    time.sleep(PAUSE)
                self._aws.forget(tasks=True)
                self._until_over([Step(at=0.0, do="start", who=command.name) for command in self._plan.last], until)
        finally:
            hung = self._end()
        problems = [machine.problem for machine in self._machines if machine.problem]
        return observe(
            self._plan, self._aws, [*self._tasks.values()], [*self._started.values()], hung, self._broken, problems
        )

    def _prepare(self) -> None:
        aws, plan = self._aws, self._plan
        for batch in plan.batches:
            aws.deploy(self._manifests[batch.name], *batch.scripts)
        for operation, faults in plan.faults.items():
            aws.faults(operation, *faults)
        for operation, quota in plan.quotas.items():
            aws.quota(operation, *quota)
        if plan.skew:
            aws.skew(plan.skew)
        if plan.token_life:
            aws.world.token_life = plan.token_life
        aws.world.tags_guard_stop = plan.guarded

    def _until_over(self, pending: list[Step], until: float) -> None:
        while time.monotonic() < until:
            self._look()
            self._fail()
            for step in [step for step in pending if self._due(step)]:
                pending.remove(step)
                self._do(step)
            goes_on = [command.runs for command in self._started.values()]
            goes_on += [machine.is_alive() for machine in self._machines]
            begins = (step for step in pending if step.do in ("start", "execute"))
            if not any(goes_on) and all(self._anchor(step) is None for step in begins):
                break
            time.sleep(PAUSE)
        self._look()

    def _now(self) -> float:
        return self._aws.world.clock()

    def _look(self) -> None:
        self._tasks |= {task.id: task for task in self._aws.tasks}
        for started in self._started.values():
            if started.exited == NEVER and not started.runs:
                started.exited = self._now()

    def _due(self, step: Step) -> bool:
        """Whether it is time for a step. A command that has just been forked is not itself before its first call."""
        if (
            step.do == "signal"
            and self._plan.forked
            and not any(name_of(call.key) == step.who for call in self._aws.calls)
        ):
            return False
        at = self._anchor(step)
        return at is not None and self._now() >= at + step.at

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

    def _fail(self) -> None:
        """Lets those services fail whose time it is."""
        since = self._now() - self._began_at
        failing = {blip.service: blip.fault for blip in self._plan.blips if blip.at <= since < blip.at + blip.seconds}
        for service in failing.keys() | self._failing.keys():
            if failing.get(service) != self._failing.get(service):
                for operation in SERVICES[service]:
                    self._aws.faults(operation, *([failing[service]] if service in failing else []))
                spans = self._broken.setdefault(service, [])
                if service in self._failing:
                    spans[-1] = (spans[-1][0], self._now() + PAUSE)
                if service in failing:
                    spans.append((self._began_at + since, NEVER))
        self._failing = failing

    def _fails(self, service: str) -> str:
        """What a machine's call of a service meets."""
        fault = self._failing.get(service)
        if fault is None or fault.kind == "delay":
            return ""
        return "lost" if fault.kind in ("lose", "cut", "reset") else fault.kind

    def _do(self, step: Step) -> None:
        if step.do == "start":
            command = next(command for command in (*self._plan.commands, *self._plan.last) if command.name == step.who)
            self._started[step.who] = Started(
                command, self._folder / step.who, self._env, self._now(), forked=self._plan.forked
            )
        elif step.do == "execute":
            batch = next(batch for batch in self._plan.batches if batch.name == step.who)
            manifest = self._manifests[batch.name]
            machine = Run(self._aws, manifest, definition(facts(manifest)), batch.sync, step.run, self._fails)
            self._machines.append(machine)
            machine.start()
        elif not step.who:
            self._to_the_world(step)
        elif (started := self._started.get(step.who)) is not None and started.runs:
            self._to_command(started, step)

    def _to_command(self, started: Started, step: Step) -> None:
        if step.do == "kill":
            started.killed = True
            started.process.kill()
        elif step.do == "signal":
            started.signals.append(Signal(at=self._now(), number=step.number))
            started.process.send_signal(step.number)
        elif step.do == "late":
            started.without.append((self._now(), NEVER))
            started.give_credentials(late=True)
            self._aws.world.expired.add(key_of(step.who, started.keys))
        else:
            old = key_of(step.who, started.keys)
            started.keys += 1
            started.give_credentials()
            self._aws.world.expired.add(old)
            if step.do == "in time":
                started.without[-1:] = [(started.without[-1][0], self._now())]

    def _to_the_world(self, step: Step) -> None:
        log_group = next(iter(self._manifests.values())).log_group
        if step.do == "stop":
            for task in list(self._tasks.values())[-1:]:
                self._aws.stop_task(task, "Task stopped by a person")
        elif step.do == "deadline":
            self._aws.fire_schedules()
        elif step.do == "delete group":
            self._aws.delete_group(log_group)
        elif step.do == "remake group":
            self._aws.remake_group(log_group)
        else:
            self._aws.forget(tasks=True, tokens=True)

    def _end(self) -> list[str]:
        """Ends what does not end by itself. Gives the names of those commands."""
        hung = [name for name, started in self._started.items() if started.runs]
        for name in hung:
            self._started[name].end()
        for started in self._started.values():
            started.process.wait()
        for machine in self._machines:
            machine.finish()
        self._look()
        return hung


def manifest_of(batch: Batch) -> BatchManifest:
    """A batch's manifest."""
    machine = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:batches-staging-{batch.name}"
    own: dict[str, Any] = {"scheduler": "aws", "machine": machine} if batch.machine else {}
    return sample_manifest(batch.name, **own, **batch.manifest)


def play(plan: Plan, folder: Path, longest: float = LONGEST) -> Facts:
    """Plays a plan.

    Args:
        plan: The plan.
        folder: An empty folder for it.
        longest: Seconds after which a command counts as one that does not end.
    """
    with AwsServer() as aws:
        return Play(plan, folder, aws, longest).run()


seed_commands = partial(Seeded, play=play, story=story, figures=figures, leave=end_all)
"""Makes a seeded tester of plans that are played here."""
