"""Plays a night: the installed commands as processes, machines as threads, against a stand-in of its own for AWS."""

import json
import os
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batchwright.automation.machine import machine as definition
from batchwright_runner.contract.manifest import BatchManifest
from tests.fake_aws import AwsServer
from tests.fake_aws.fixtures import ACCOUNT, REGION, sample_manifest
from tests.kit.command import COMMAND, environment, popen
from tests.library.automation.support import facts
from tests.nights.facts import NightFacts, Span
from tests.nights.machines import Run
from tests.nights.observe import key_of, name_of, observe
from tests.nights.plan import SERVICES, Batch, Command, Night, Step
from tests.soak.facts import NEVER, Signal

if TYPE_CHECKING:
    import subprocess

    from tests.fake_aws.faults import Fault
    from tests.fake_aws.services.tasks import Task

LONGEST = 240.0
"""Seconds after which a night counts as one that does not end."""
PAUSE = 0.05
NOBODY = 65534
SETTINGS = f'[stages.staging]\naccount = "{ACCOUNT}"\nregion = "{REGION}"\n'

_ALL: "list[subprocess.Popen[bytes]]" = []


def end_all() -> None:
    """Ends the commands of all nights: left alone, they would call whoever has their port next."""
    for process in _ALL:
        if process.returncode is None:
            process.kill()


class Started:
    """A command that was started.

    Args:
        command: The command.
        folder: Its folder, which is made.
        env: Its variables.
        at: When it is started.
    """

    def __init__(self, command: Command, folder: Path, env: Mapping[str, str], at: float) -> None:
        self.command, self.folder, self.theirs = command, folder, folder / "theirs"
        self.began, self.exited = at, NEVER
        self.signals: list[Signal] = []
        self.killed = False
        self.keys = 0
        self.without: list[Span] = []
        folder.mkdir()
        (folder / "batchwright.toml").write_text(SETTINGS)
        words: list[str | Path] = [
            COMMAND,
            *command.words,
            *(["--result", "result.json"] if command.verb == "run" else []),
        ]
        with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
            self.process = popen(words, self._somebody_elses(), self._variables(env), stdout=out, stderr=err)
        _ALL.append(self.process)

    @property
    def runs(self) -> bool:
        return self.process.poll() is None

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
    """A night that is played.

    Args:
        night: The night.
        folder: An empty folder for it.
        aws: Its account.
    """

    def __init__(self, night: Night, folder: Path, aws: AwsServer) -> None:
        self._night = night
        self._folder = folder
        self._aws = aws
        self._manifests = {batch.name: manifest_of(batch) for batch in night.batches}
        self._started: dict[str, Started] = {}
        self._tasks: dict[str, Task] = {}
        self._machines: list[Run] = []
        self._env = {**environment(), **aws.environ(), "PATH": os.environ["PATH"]}
        self._failing: dict[str, Fault] = {}
        self._began_at = 0.0

    def run(self) -> NightFacts:
        """Plays it to the end of all commands."""
        for batch in self._night.batches:
            self._aws.deploy(self._manifests[batch.name], *batch.scripts)
        if self._night.quota:
            self._aws.quota("CreateSchedule", self._night.quota, 1)
        self._began_at = self._now()
        until = time.monotonic() + LONGEST
        try:
            self._until_over(list(self._night.steps), until)
            while any(task.times.stopped > self._now() for task in self._tasks.values()) and time.monotonic() < until:
                time.sleep(PAUSE)
            self._aws.forget(tasks=True)
            self._until_over([Step(at=0.0, do="start", who=one.name) for one in self._night.last], until)
        finally:
            hung = self._end()
        problems = [machine.problem for machine in self._machines if machine.problem]
        return observe(
            self._night, self._aws, [*self._tasks.values()], [*self._started.values()], hung, self._broken(), problems
        )

    def _until_over(self, steps: list[Step], until: float) -> None:
        while time.monotonic() < until:
            self._look()
            self._fail()
            for step in [step for step in steps if self._due(step)]:
                steps.remove(step)
                self._do(step)
            goes_on = [one.runs for one in self._started.values()] + [one.is_alive() for one in self._machines]
            if not any(goes_on) and not any(step.do in ("start", "execute") for step in steps):
                break
            time.sleep(PAUSE)
        self._look()

    def _due(self, step: Step) -> bool:
        """Whether it is time for a step. A command that has just been forked is not itself before its first call."""
        ready = step.do != "signal" or any(name_of(call.key) == step.who for call in self._aws.calls)
        return ready and self._now() >= self._began_at + step.at

    def _now(self) -> float:
        return self._aws.world.clock()

    def _look(self) -> None:
        self._tasks |= {task.id: task for task in self._aws.tasks}
        for one in self._started.values():
            if one.exited == NEVER and not one.runs:
                one.exited = self._now()

    def _fail(self) -> None:
        """Lets those services fail whose time it is."""
        since = self._now() - self._began_at
        failing = {one.service: one.fault for one in self._night.blips if one.at <= since < one.at + one.seconds}
        for service in failing.keys() | self._failing.keys():
            if failing.get(service) != self._failing.get(service):
                for operation in SERVICES[service]:
                    self._aws.faults(operation, *([failing[service]] if service in failing else []))
        self._failing = failing

    def _fails(self, service: str) -> str:
        """What a machine's call of a service meets."""
        fault = self._failing.get(service)
        if fault is None or fault.kind == "delay":
            return ""
        return "lost" if fault.kind in ("lose", "cut", "reset") else fault.kind

    def _broken(self) -> Mapping[str, Sequence[Span]]:
        found: dict[str, list[Span]] = {}
        for one in self._night.blips:
            at = self._began_at + one.at
            found.setdefault(one.service, []).append((at, at + one.seconds + PAUSE))
        return found

    def _do(self, step: Step) -> None:
        if step.do == "start":
            command = next(one for one in (*self._night.commands, *self._night.last) if one.name == step.who)
            self._started[step.who] = Started(command, self._folder / step.who, self._env, self._now())
        elif step.do == "execute":
            batch = next(one for one in self._night.batches if one.name == step.who)
            manifest = self._manifests[batch.name]
            machine = Run(self._aws, manifest, definition(facts(manifest)), batch.sync, step.run, self._fails)
            self._machines.append(machine)
            machine.start()
        elif (one := self._started.get(step.who)) is not None and one.runs:
            self._to_command(one, step)

    def _to_command(self, one: Started, step: Step) -> None:
        if step.do == "kill":
            one.killed = True
            one.process.kill()
        elif step.do == "signal":
            one.signals.append(Signal(at=self._now(), number=step.number))
            one.process.send_signal(step.number)
        elif step.do == "late":
            one.without.append((self._now(), NEVER))
            one.give_credentials(late=True)
            self._aws.world.expired.add(key_of(step.who, one.keys))
        else:
            old = key_of(step.who, one.keys)
            one.keys += 1
            one.give_credentials()
            self._aws.world.expired.add(old)
            if step.do == "in time":
                one.without[-1:] = [(one.without[-1][0], self._now())]

    def _end(self) -> list[str]:
        """Ends what does not end by itself. Gives the names of those commands."""
        hung = [name for name, one in self._started.items() if one.runs]
        for one in self._started.values():
            if one.runs:
                one.process.kill()
            one.process.wait()
        for machine in self._machines:
            machine.finish()
        self._look()
        return hung


def manifest_of(batch: Batch) -> BatchManifest:
    """A batch's manifest."""
    machine = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:batches-staging-{batch.name}"
    kept: dict[str, Any] = {"scheduler": "aws", "machine": machine} if batch.machine else {}
    return sample_manifest(batch.name, **kept, **batch.manifest)


def play(night: Night, folder: Path) -> NightFacts:
    """Plays a night.

    Args:
        night: The night.
        folder: An empty folder for it.
    """
    with AwsServer() as aws:
        return Play(night, folder, aws).run()
