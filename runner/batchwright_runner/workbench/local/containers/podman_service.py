"""Podman's API, served for one run on a socket of its own: nothing has to be set up for it.

Settings that a machine may need are added to those it has (``CONTAINERS_CONF_OVERRIDE``):

* ``runc`` instead of ``crun`` where cgroups are of version 1 or mixed, in which ``crun`` fails.
* This process's own limits of open files and processes, which Podman exceeds, and without CAP_SYS_RESOURCE may not.
* Seconds, and not five minutes, for which the process behind a health check stays when that has ended.
* ``iptables`` for the network where ``nft`` is missing, which Podman wants since 5.0 and does not check.
"""

import os
import resource
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from batchwright_runner.errors import InterruptedEarlyError
from batchwright_runner.host.runs.signals import Waiter
from batchwright_runner.workbench.local.containers.engine import EngineError
from batchwright_runner.workbench.local.run_lock import RunLock, is_dead, is_own_folder

IDLE = 60
"""Seconds without a connection after which the service ends by itself, if its runner was killed."""
START = 30.0
ASKED_WITHIN = 5
"""Seconds within which the result of a health check is asked for. It is asked for at once."""
PODMAN_LIMITS = {"nofile": 1_048_576, "nproc": 4_194_304}
"""Podman's default limits of open files and of processes (containers/common, 2026-11)."""
STEP = 0.02
PREFIX = "batchwright-podman-"
RUNNER = "runner"
_PATHS = "/usr/local/sbin:/usr/sbin:/sbin"


@contextmanager
def podman_service(program: str, environment: Mapping[str, str], waiter: Waiter) -> Iterator[str]:
    """Starts it and gives its address."""
    clear_dead(Path(tempfile.gettempdir()))
    with tempfile.TemporaryDirectory(prefix=PREFIX) as folder, RunLock(Path(folder), RUNNER):
        path = Path(folder, "podman.sock")
        errors = Path(folder, "stderr")
        with errors.open("wb") as target:
            process = subprocess.Popen(
                [program, "system", "service", f"--time={IDLE}", f"unix://{path}"],
                env=_environment(environment, Path(folder)),
                cwd=folder,  # where its monitor leaves an empty file, oom, when a container runs out of memory
                stdin=subprocess.DEVNULL,
                stdout=target,
                stderr=target,
                start_new_session=True,  # Ctrl-C is for the runner, which still needs it then
            )
        try:
            _wait_for(process, path, errors, waiter)
            yield f"unix://{path}"
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def clear_dead(parent: Path) -> None:
    """Removes this user's folders of runs whose runner was killed. Their services end by themselves."""
    for folder in parent.glob(f"{PREFIX}*"):
        if is_own_folder(folder) and is_dead(folder, RUNNER):
            shutil.rmtree(folder, ignore_errors=True)


def overrides(*, unified: bool, programs: frozenset[str], limits: Mapping[str, int]) -> str:
    """The settings for a run on a machine, as containers.conf. Pure.

    `unified`: whether its cgroups are of version 2.
    `programs`: Which of ``runc``, ``nft`` and ``iptables`` it has.
    `limits`: the hard limits of ``nofile`` and ``nproc``; -1 for none.
    """
    text = ""
    lower = [f'"{name}={limit}:{limit}"' for name, limit in limits.items() if 0 < limit < PODMAN_LIMITS[name]]
    if lower:
        text += f"[containers]\ndefault_ulimits = [{', '.join(lower)}]\n"
    text += f"[engine]\nexit_command_delay = {ASKED_WITHIN}\n"
    if not unified and "runc" in programs:
        text += 'runtime = "runc"\n'
    if "nft" not in programs and "iptables" in programs:
        text += '[network]\nfirewall_driver = "iptables"\n'
    return text


def _environment(environment: Mapping[str, str], folder: Path) -> dict[str, str]:
    path = f"{environment.get('PATH', os.defpath)}:{_PATHS}"
    programs = frozenset(name for name in ("runc", "nft", "iptables") if shutil.which(name, path=path))
    limits = {
        "nofile": resource.getrlimit(resource.RLIMIT_NOFILE)[1],
        "nproc": resource.getrlimit(resource.RLIMIT_NPROC)[1],
    }
    text = overrides(unified=Path("/sys/fs/cgroup/cgroup.controllers").exists(), programs=programs, limits=limits)
    own = {"PODMAN_IGNORE_CGROUPSV1_WARNING": "1"}
    if "CONTAINERS_CONF_OVERRIDE" not in environment:
        (folder / "containers.conf").write_text(text, encoding="ascii")
        own["CONTAINERS_CONF_OVERRIDE"] = str(folder / "containers.conf")
    return {**environment, **own}


def _wait_for(process: "subprocess.Popen[bytes]", path: Path, errors: Path, waiter: Waiter) -> None:
    until = waiter.now() + START
    while not path.exists():
        if waiter.signals:
            raise InterruptedEarlyError(waiter.signals[0])
        if process.poll() is not None or waiter.now() > until:
            words = errors.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            ending = (
                f"ended with {process.returncode}" if process.poll() is not None else f"did not come up in {START:g} s"
            )
            raise EngineError(f"its service {ending}: {words[-1] if words else 'it said nothing'}")
        waiter.wait(STEP)
