"""What the runner's tests share: a manifest, a project on disk, hand-made fakes, and the command as a subprocess."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.project.batches import DeclaredBatch
from batchwright_runner.runs.task import LogLine, LogPage, TaskState, TemporaryError

COMMAND = Path(sys.executable).with_name("batchwright")
"""The installed command."""

SYNTHESIZE = """
import json, os, pathlib, sys
context = json.loads(os.environ["CDK_CONTEXT_JSON"])
folder = pathlib.Path(os.environ["CDK_OUTDIR"], "batches", context["stage"])
folder.mkdir(parents=True)
for name, text in json.loads(pathlib.Path("declared.json").read_text()).items():
    folder.joinpath(name + ".json").write_text(json.dumps(text))
with open("synthesized", "a") as count:
    count.write(context["stage"] + "\\n")
"""
"""A project's app.py that writes what the test declared, and counts."""


def manifest_data(batch: str = "hello", **changes: object) -> dict[str, Any]:
    """A valid manifest's JSON form."""
    return {
        "schema": 1,
        "runner": "0.1.0",
        "project": "batches",
        "stage": "local",
        "account": "111111111111",
        "region": "ap-northeast-1",
        "batch": batch,
        "description": "Says hello.",
        "owner": "platform-team",
        "cluster": "batches-local",
        "task_definition": f"arn:aws:ecs:ap-northeast-1:111111111111:task-definition/batches-local-{batch}:0",
        "container": "main",
        "subnets": "subnet-1",
        "log_group": f"/batches/local/{batch}",
        "log_stream_prefix": "run",
        "image": {"name": batch, "repository": f"r/batches/{batch}", "tag": "stage-local"},
        "timeout_seconds": 60,
        "stop_timeout_seconds": 2,
        **changes,
    }


def manifest(batch: str = "hello", **changes: object) -> BatchManifest:
    """A valid manifest."""
    return BatchManifest.from_dict(manifest_data(batch, **changes))


def declared(
    batch: str = "hello",
    *command: str,
    manifest: Mapping[str, object] | None = None,
    container: Mapping[str, object] | None = None,
    sidecars: Sequence[Mapping[str, object]] = (),
    **changes: object,
) -> dict[str, Any]:
    """A batch's file for local runs, with changes to its manifest, its main container, and itself."""
    folder = batch.replace("-", "_")
    main = {"name": "main", "command": list(command), "environment": [], "essential": True, **(container or {})}
    return {
        "format": 1,
        "manifest": manifest_data(batch, **(manifest or {})),
        "task": {"cpu": "256", "memory": "512", "containerDefinitions": [main, *sidecars]},
        "parameters": {},
        "package": f"batches/{folder}",
        "source": f"batches/{folder}/app",
        **changes,
    }


def batch_of(data: Mapping[str, Any]) -> DeclaredBatch:
    """A batch of its file for local runs."""
    return DeclaredBatch(
        manifest=BatchManifest.from_dict(data["manifest"]),
        task=data["task"],
        parameters=data["parameters"],
        package=data["package"],
        source=data["source"],
    )


def make_project(root: Path, *batches: dict[str, Any]) -> Path:
    """Writes a project whose app declares the batches, without CDK."""
    (root / "cdk.json").write_text(json.dumps({"app": "python app.py", "context": {"project": "batches"}}))
    (root / "app.py").write_text(SYNTHESIZE)
    (root / "declared.json").write_text(json.dumps({one["manifest"]["batch"]: one for one in batches}))
    for one in batches:
        if one["source"]:
            (root / one["source"]).mkdir(parents=True, exist_ok=True)
    return root


def environment(**changes: str) -> dict[str, str]:
    """This process's variables without those that change what the runner does; local runs are plain processes."""
    foreign = ("BATCHWRIGHT_", "AWS_", "RD_", "GITHUB_", "CIRCLE", "PYTHON", "GIT_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return {**kept, "BATCHWRIGHT_BACKEND": "process", **changes}


def start(folder: Path, *arguments: str, env: Mapping[str, str] | None = None) -> "subprocess.Popen[bytes]":
    """Starts the command, with pipes for its stdout and stderr."""
    return subprocess.Popen(
        [COMMAND, *arguments],
        cwd=folder,
        env=env or environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@dataclass
class Done:
    """A command that has ended."""

    code: int
    out: bytes
    err: str

    @property
    def last(self) -> str:
        """The last line on stderr."""
        return self.err.rstrip("\n").rpartition("\n")[2]


def finish(process: "subprocess.Popen[bytes]", seconds: float = 60) -> Done:
    """Waits for a command's end."""
    out, err = process.communicate(timeout=seconds)
    return Done(process.returncode, out or b"", (err or b"").decode())


def call(folder: Path, *arguments: str, env: Mapping[str, str] | None = None, seconds: float = 60) -> Done:
    """Runs the command to its end."""
    return finish(start(folder, *arguments, env=env), seconds)


@dataclass
class FakeWaiter:
    """A clock that a wait moves forward. ``at`` holds signals and the time they come."""

    at: dict[float, int] = field(default_factory=dict)
    time: float = 0.0
    waits: list[float] = field(default_factory=list)

    @property
    def signals(self) -> Sequence[int]:
        return [number for moment, number in sorted(self.at.items()) if moment <= self.time]

    def now(self) -> float:
        return self.time

    def wait(self, seconds: float, read: Sequence[int] = (), write: Sequence[int] = ()) -> None:
        del read, write
        self.waits.append(seconds)
        due = [moment for moment in self.at if self.time < moment <= self.time + seconds]
        self.time = min([*due, self.time + seconds])
        if len(self.waits) > 100_000:
            raise AssertionError("the loop never ends")


@dataclass
class FakeTask:
    """A run that a script of states drives. ``ends_at`` is when its main container ends by itself."""

    waiter: FakeWaiter
    ends_at: float = 5.0
    exit_code: int | None = 0
    stop_code: str = "EssentialContainerExited"
    began: bool = True
    on_stop: float | None = 1.0
    """Seconds from a stop to the end; none for a stop without effect."""
    code_on_stop: int = 0
    lines: Sequence[tuple[float, bytes]] = ()
    """Lines and when they become readable."""
    describe_errors: list[Exception] = field(default_factory=list)
    log_errors: list[Exception] = field(default_factory=list)
    stop_errors: list[Exception] = field(default_factory=list)
    stops: list[tuple[float, str]] = field(default_factory=list)
    name: str = "task"
    containers: Sequence[str] = ("main",)

    def describe(self) -> TaskState:
        if self.describe_errors:
            raise self.describe_errors.pop(0)
        stopped = self.stops and self.on_stop is not None and self.waiter.time >= self.stops[0][0] + self.on_stop
        if self.waiter.time >= self.ends_at and (not self.stops or self.ends_at < self.stops[0][0]):
            return self._state(self.exit_code, self.stop_code)
        if stopped:
            return self._state(self.code_on_stop if self.began else None, "UserInitiated")
        return TaskState(status="RUNNING" if self.began else "PENDING", began=self.began)

    def read_log(self, container: str, token: str) -> LogPage:
        del container
        if self.log_errors:
            raise self.log_errors.pop(0)
        begin = int(token or 0)
        ready = [LogLine(text, at) for at, text in self.lines if at <= self.waiter.time]
        return LogPage(ready[begin:], token=str(len(ready)))

    def stop(self, reason: str) -> None:
        if self.stop_errors:
            raise self.stop_errors.pop(0)
        self.stops.append((self.waiter.time, reason))

    def watch(self, *, log: bool) -> Sequence[int]:
        del log
        return ()

    def _state(self, code: int | None, stop_code: str) -> TaskState:
        return TaskState(status="STOPPED", began=self.began, ended=True, exit_code=code, stop_code=stop_code)


class EverySecond:
    """A pace that looks each second and takes a log as complete three seconds after the end."""

    def __init__(self) -> None:
        self.ended_at: float | None = None
        self.failures: list[TemporaryError] = []

    def log_due(self, now: float) -> bool:
        del now
        return True

    def state_due(self, now: float) -> bool:
        del now
        return True

    def pause(self, now: float) -> float:
        del now
        return 1.0

    def saw_log(self, now: float, page: LogPage) -> None:
        pass

    def saw_state(self, now: float, state: TaskState) -> None:
        if state.ended and self.ended_at is None:
            self.ended_at = now

    def log_failed(self, now: float, error: TemporaryError) -> None:
        del now
        self.failures.append(error)

    def state_failed(self, now: float, error: TemporaryError) -> None:
        del now
        self.failures.append(error)

    def drained(self, now: float) -> bool:
        return self.ended_at is not None and now >= self.ended_at + 3


class ListSink:
    """Keeps the lines."""

    full = False
    empty = True

    def __init__(self) -> None:
        self.lines: list[bytes] = []

    def put(self, lines: Sequence[LogLine], label: bytes = b"") -> None:
        self.lines += [label + line.text for line in lines]

    def pump(self) -> None:
        pass

    def watch(self) -> Sequence[int]:
        return ()


class Notes:
    """Keeps what is told."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.states: list[TaskState] = []

    def note(self, text: str) -> None:
        self.texts.append(text)

    def state(self, state: TaskState) -> None:
        self.states.append(state)

    def tick(self) -> float:
        return float("inf")
