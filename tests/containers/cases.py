"""The project that the cases are declared in, and the installed command on it."""

import json
import re
import secrets
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.containers.backends import Backend
from tests.containers.engine_api import Engine
from tests.containers.rootfs import rootfs
from tests.kit.command import Done, environment, finish, start
from tests.kit.processes import processes_in

Run = subprocess.Popen[bytes]
"""A command that has been started."""
TEMPLATE = Path(__file__).parent / "project"
VALUES_FILE = "PASSWORD='from local.env'\nTO=overridden\n"


@dataclass(frozen=True)
class Project:
    """A copy of ``project/``.

    Attributes:
        root: Its folder.
        name: Its name, which no other session's project has.
    """

    root: Path
    name: str

    @property
    def image(self) -> str:
        """The image of the cases, by a name that no registry has: ``.invalid`` never resolves (RFC 2606)."""
        return f"registry.invalid/{self.name}/busybox:1"

    @property
    def other_image(self) -> str:
        """The same with one file more."""
        return f"registry.invalid/{self.name}/busybox:2"

    @property
    def pause(self) -> str:
        """An image whose program only waits, which ``batchwright.toml`` names."""
        return f"registry.invalid/{self.name}/busybox:pause"

    @property
    def label(self) -> str:
        """What all that its runs make is labeled with."""
        return f"batchwright.project={self.name}"

    def import_images(self, engine: Engine) -> None:
        """Makes the images."""
        engine.import_image(rootfs(), self.image)
        engine.import_image(rootfs({"etc/other": b"the other image\n"}), self.other_image)
        engine.import_image(rootfs(), self.pause, ['CMD ["tail", "-f", "/dev/null"]'])

    def remove_all(self, engine: Engine) -> None:
        """Removes the images, those that runs have built, and whatever a failed test has left."""
        engine.remove_labelled(self.label)
        for mine in (f"registry.invalid/{self.name}/busybox", f"*batchwright-local/{self.name}/*"):
            for reference in engine.images(mine):
                engine.remove_image(reference)


def make_project(root: Path) -> Project:
    """Copies ``project/`` and gives it a name."""
    project = Project(root, f"t{secrets.token_hex(4)}")
    shutil.copytree(TEMPLATE, root, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", ".keep"))
    stage = {"account": "111111111111", "region": "ap-northeast-1", "subnets": ["subnet-1"], "vpc_id": "vpc-1"}
    shared = {"shared_parameters": {"LEVEL": "info"}}
    context = {"project": project.name, "stages": {"staging": {**stage, **shared}}}
    root.joinpath("cdk.json").write_text(json.dumps({"app": "python app.py", "context": context}), encoding="utf-8")
    root.joinpath("batchwright.toml").write_text(f'[local]\npause_image = "{project.pause}"\n', encoding="utf-8")
    for dockerfile in root.glob("batches/*/Dockerfile"):
        text = dockerfile.read_text(encoding="utf-8")
        dockerfile.write_text(text.replace("CASES_IMAGE", project.image), encoding="utf-8")
    root.joinpath("batches/cases/local.env").write_text(VALUES_FILE, encoding="utf-8")
    return project


@dataclass(frozen=True)
class Cases:
    """Runs batches of the project on one backend."""

    project: Project
    backend: Backend
    started: list[Run] = field(default_factory=list)

    @property
    def engine(self) -> Engine:
        """The backend's engine."""
        assert self.backend.engine is not None
        return self.backend.engine

    @property
    def root(self) -> Path:
        """The project's folder."""
        return self.project.root

    def start(
        self, batch: str, *arguments: str, env: Mapping[str, str] | None = None, backend: str | None = None
    ) -> Run:
        """Starts a run, on this backend if no other is named; with an empty name, on the runner's choice."""
        named = self.backend.name if backend is None else backend
        chosen = ["--backend", named] if named else []
        run = start(self.root, "run", batch, "--local", *chosen, *arguments, env=self.environment(**(env or {})))
        self.started.append(run)
        return run

    def ready(self, batch: str, *arguments: str) -> Run:
        """Starts a run that says ``ready``, and waits for that."""
        process = self.start(batch, *arguments)
        assert read_line(process) == "ready"
        return process

    def run(
        self, batch: str, *arguments: str, env: Mapping[str, str] | None = None, backend: str | None = None
    ) -> Done:
        """Runs a batch to its end."""
        return finish(self.start(batch, *arguments, env=env, backend=backend), 120)

    def script(self, text: str, *arguments: str) -> Done:
        """Runs a script in place of a batch's command."""
        return self.run("plain", *arguments, "--", "sh", "-c", text)

    def environment(self, **changes: str) -> dict[str, str]:
        """The variables of the command, whose locks lie where no other session looks."""
        return environment(CASES_IMAGE=self.project.image, XDG_STATE_HOME=str(self.root / "state"), **changes)

    def running(self) -> dict[str, Any]:
        """The containers of this project that run, by the names they are declared with, and ``network``."""
        found = self.engine.containers({"label": [self.project.label], "status": ["running"]})
        states = [self.engine.inspect(container["Id"]) for container in found]
        return {re.split("[-.]", state["Name"])[-1]: state for state in states}

    def abandoned(self) -> bool:
        """Kills the runs that a failed test has not waited for; whether there were any."""
        alive = [run for run in self.started if run.poll() is None]
        for run in alive:
            run.kill()
            run.communicate()
        return bool(alive)

    def left(self) -> list[str]:
        """What runs have left: what the engine has of this project, or processes in its folders."""
        if self.backend.engine is None:
            return processes_in(self.root / "batches")
        mine = self.engine.containers({"ancestor": [self.project.image]})
        return [*self.engine.labeled(self.project.label), *(f"container of {container['Image']}" for container in mine)]


def stop_with(process: Run, number: int) -> Done:
    """Sends a run a signal, and waits for its end."""
    process.send_signal(number)
    return finish(process)


def read_until(process: Run, line: str) -> None:
    """Waits for a certain line on a run's stdout. A shell may say more, when a signal is for all of a process group."""
    assert process.stdout is not None
    assert any(written == f"{line}\n".encode() for written in process.stdout)


def read_line(process: Run) -> str:
    """Waits for a line on a run's stdout."""
    assert process.stdout is not None
    return process.stdout.readline().decode().rstrip("\n")


def contents(paths: Iterable[Path]) -> Iterator[bytes]:
    """What files hold, as far as they can be read: of ``/proc``, one may be gone."""
    for path in paths:
        with suppress(OSError):
            yield path.read_bytes()
