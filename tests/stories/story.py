"""Stories: the installed command against the AWS server, with a script, faults, and someone who interferes.

    @story(Script(lines=steady(20), exit_code=3), faults={"GetLogEvents": [faults.throttled(10)]})
    def test_throttling_loses_nothing(seen: Seen) -> None:
        assert seen.code == 3

The stories of all chosen tests are played at once, before the first of them looks at what came of it.
"""

import json
import os
import shlex
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.variables import RUN_ID
from tests.fake_aws import AwsServer, Script
from tests.fake_aws.faults import Fault
from tests.fake_aws.fixtures import sample_manifest
from tests.fake_aws.services.run_task import run_task
from tests.fake_aws.services.tasks import Task
from tests.kit.command import COMMAND, Done, call, environment, popen

LONGEST = 90.0
RUN = ("run", "daily-report", "-s", "staging", "--result", "result.json")
ATTACH = ("attach", "daily-report@night", "-s", "staging")
TO_A_FULL_DISK = ("sh", "-c", 'exec "$0" "$@" >/dev/full')


class Running:
    """A command that runs, for those who interfere."""

    def __init__(
        self, folder: Path, aws: AwsServer, command: Sequence[str], env: Mapping[str, str], *, really: bool
    ) -> None:
        self.aws = aws
        self.folder = folder
        self.began_at = time.time()
        self.env = env
        self.really = really
        self.others: list[Done] = []
        with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
            self.process = popen(command, folder, env, stdout=out, stderr=err, really=really)

    @property
    def out(self) -> bytes:
        return (self.folder / "out").read_bytes()

    def until(self, reached: Callable[[], object]) -> None:
        """Waits until something is so, or the command has ended."""
        until = time.monotonic() + LONGEST
        while not reached() and self.process.poll() is None and time.monotonic() < until:
            time.sleep(0.02)

    def until_line(self, text: bytes) -> None:
        """Waits until the command has printed something."""
        self.until(lambda: text in self.out)

    def until_said(self, text: bytes) -> None:
        """Waits until the command has said something on stderr."""
        self.until(lambda: text in (self.folder / "err").read_bytes())

    def until_task(self) -> None:
        """Waits until a task has been started."""
        self.until(lambda: self.aws.tasks)

    def another(self, *arguments: str) -> None:
        """Runs another command beside this one, to its end."""
        self.others.append(call(self.folder, *arguments, env=self.env, seconds=LONGEST, really=self.really))

    def send(self, number: int) -> None:
        """Sends a signal, if the command still runs."""
        if self.process.poll() is None:
            self.process.send_signal(number)


@dataclass(frozen=True, eq=False, kw_only=True)
class Scenario:
    """A story to play."""

    scripts: Sequence[Script]
    manifest: BatchManifest
    command: Sequence[str]
    faults: Mapping[str, Sequence[Fault]]
    prepare: Callable[[AwsServer], object] | None
    act: Callable[[Running], object] | None
    env: Mapping[str, str]
    files: Mapping[str, str]
    really: bool = False


@dataclass
class Seen:
    """What came of it."""

    code: int
    out: bytes
    err: str
    aws: AwsServer
    began_at: float
    ended_at: float
    others: Sequence[Done]
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def another(self) -> Done:
        """What came of the other command."""
        return self.others[0]

    @property
    def lines(self) -> list[str]:
        """The lines on stdout."""
        return self.out.decode().split("\n")[:-1]

    @property
    def last(self) -> str:
        """The last line on stderr."""
        return self.err.rstrip("\n").rpartition("\n")[2]

    @property
    def result(self) -> dict[str, Any]:
        """The result file."""
        found: dict[str, Any] = json.loads(self.files["result.json"])
        return found

    @property
    def run(self) -> str:
        """The run of the first task, by its short id."""
        return f"daily-report@{self.aws.tasks[0].id[:8]}"

    @property
    def calls(self) -> Counter[str]:
        """How often each operation was called."""
        return Counter(call.operation for call in self.aws.calls)


def start_task(aws: AwsServer, batch: str = "daily-report", **changes: object) -> str:
    """Starts a task as another tool would; gives its ARN."""
    manifest = sample_manifest(batch)
    request = {
        "cluster": manifest.cluster,
        "taskDefinition": manifest.task_definition,
        "launchType": "FARGATE",
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": list(manifest.subnets)}},
        **changes,
    }
    arn: str = run_task(aws.world, request)["tasks"][0]["taskArn"]
    return arn


def start_run(aws: AwsServer, batch: str = "daily-report", run: str = "night") -> Task:
    """Starts a task as the runner of a run would; gives it."""
    main = {"name": "main", "environment": [{"name": RUN_ID, "value": run}]}
    start_task(aws, batch, startedBy=run, overrides={"containerOverrides": [main]})
    return aws.tasks[-1]


def at_night(aws: AwsServer) -> None:
    """A run called ``night`` is in progress."""
    start_task(aws, startedBy="night")


def ended_at_night(aws: AwsServer) -> None:
    """A run called ``night`` has ended."""
    at_night(aws)
    until_past(aws.tasks[-1].times.stopped)


def sends(number: int, line: bytes = b"ready", *, said: bytes = b"") -> Callable[[Running], None]:
    """Sends a signal once the command has printed a line, or has said something on stderr."""

    def act(running: Running) -> None:
        if said:
            running.until_said(said)
        else:
            running.until_line(line)
        running.send(number)

    return act


def afterwards(*commands: str) -> Callable[[Running], None]:
    """Runs other commands in the stage, each written as in a shell, once the command has ended."""

    def act(running: Running) -> None:
        running.process.wait(LONGEST)
        for command in commands:
            running.another(*shlex.split(command), "-s", "staging")

    return act


def until_past(moment: float) -> None:
    """Returns a little after a moment of a task's life, so that what happens then has happened."""
    time.sleep(max(0.0, moment - time.time()) + 0.3)


def scenario(
    *scripts: Script,
    manifest: BatchManifest | None = None,
    args: Sequence[str] = (),
    command: Sequence[str] = RUN,
    faults: Mapping[str, Sequence[Fault]] | None = None,
    prepare: Callable[[AwsServer], object] | None = None,
    act: Callable[[Running], object] | None = None,
    env: Mapping[str, str] | None = None,
    prefix: Sequence[str] = (),
    files: Mapping[str, str] | None = None,
    really: bool = False,
) -> Scenario:
    """A story to play.

    Args:
        scripts: What the tasks do; one each, the last one for all further ones.
        manifest: The batch.
        args: Arguments after the command's.
        command: The command.
        faults: Operation to what is wrong with its calls.
        prepare: Prepares the server.
        act: Interferes while the command runs.
        env: Further variables.
        prefix: A command that runs the command.
        files: Name to text of the files in the folder it runs in, which is its home too.
        really: Whether no command is started by a fork, see `tests.kit.command.popen`.
    """
    return Scenario(
        scripts=scripts,
        manifest=manifest or sample_manifest("daily-report"),
        command=[*prefix, str(COMMAND), *command, *args],
        faults=faults or {},
        prepare=prepare,
        act=act,
        env=env or {},
        files=files or {},
        really=really,
    )


def story(*scripts: Script, **more: Any) -> pytest.MarkDecorator:  # noqa: ANN401 - those of `scenario`
    """Plays a story for a test, which gets what came of it as ``seen``; the arguments are those of `scenario`."""
    return pytest.mark.parametrize("seen", [pytest.param(scenario(*scripts, **more), id="story")], indirect=True)


def stories(table: Mapping[str, Scenario | tuple[Scenario, object]]) -> pytest.MarkDecorator:
    """Plays the stories of a table: the test gets ``seen``, and ``expected`` where the table says that of each."""
    alone = all(isinstance(case, Scenario) for case in table.values())
    names = ["seen"] if alone else ["seen", "expected"]
    cases = [
        pytest.param(*(case if isinstance(case, tuple) else (case,)), id=f"{name}-story")
        for name, case in table.items()
    ]
    return pytest.mark.parametrize(names, cases, indirect=["seen"])


def play(scenario: Scenario, folder: Path) -> Seen:
    """Plays a story."""
    with AwsServer() as aws:
        aws.deploy(scenario.manifest, *scenario.scripts)
        for operation, injected in scenario.faults.items():
            aws.faults(operation, *injected)
        if scenario.prepare is not None:
            scenario.prepare(aws)
        for name, text in scenario.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        env = {**environment(), **aws.environ(), "HOME": str(folder), "PATH": os.environ["PATH"], **scenario.env}
        running = Running(folder, aws, scenario.command, env, really=scenario.really)
        try:
            if scenario.act is not None:
                scenario.act(running)
            code = running.process.wait(LONGEST)
        finally:
            if running.process.poll() is None:
                running.process.kill()
                running.process.wait()
        files = {path.name: path.read_text() for path in folder.glob("*.json")}
        err = (folder / "err").read_text()
        return Seen(code, running.out, err, aws, running.began_at, time.time(), running.others, files)
