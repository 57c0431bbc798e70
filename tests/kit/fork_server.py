"""Starts the installed command by a fork of a process that has its imports already: a fifth of the processor time.

What is started is a process of its own all the same, and a child of the one that asks: it has its own descriptors,
folder, variables, session and signals, and its parent waits for it. What an import does is not seen, and neither is
what Python itself does when it starts; the tests that look at those start the installed command (see `command`).

This file is a program too: it is the process that forks. It has no thread, so that a fork is safe at any time.
"""

import ctypes
import fcntl
import functools
import gc
import importlib
import io
import json
import os
import pkgutil
import platform
import signal
import socket
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import IO, Any, NoReturn

_SERVICES = ("ecs", "logs", "ssm", "sts", "scheduler")
"""The services whose models many a start of the command needs."""
_OF_VERIFY = ("ec2", "ecr", "efs", "events", "iam", "kms", "secretsmanager", "service-quotas", "stepfunctions")
"""Those that the verb needs beside them. They are read when it is first started: it takes half a second."""
_CLONE = {"x86_64": 56, "aarch64": 220}
"""The number of Linux's system call `clone`. With all its further arguments 0, their order does not matter."""
_CLONE_PARENT = 0x8000
Stream = int | IO[Any] | None
_SIZE = struct.Struct("!Q")
_AT_START = ("LANG", "LC_", "LD_", "MALLOC_", "GLIBC_", "PYTHON")
"""What the names of variables begin with that count when a program or Python starts, and only then."""


def possible(variables: Mapping[str, str]) -> bool:
    """Whether a start with these variables can be a fork: not on every system, and not if Python would start otherwise.

    Args:
        variables: The variables of the start.
    """
    if not sys.platform.startswith("linux") or platform.machine() not in _CLONE:
        return False
    return _of_start(variables) == _of_start(_VARIABLES)


def _of_start(variables: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in variables.items() if name.startswith(_AT_START)}


_VARIABLES = {
    **{name: value for name, value in _of_start(os.environ).items() if not name.startswith("PYTHON")},
    "PATH": os.environ["PATH"],
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}
"""The variables of the process that forks: those that count when it starts, and nothing of this machine's own AWS."""


class Forked(subprocess.Popen[bytes]):
    """The installed command, started by a fork.

    Args:
        command: The command and its arguments.
        cwd: The folder it runs in.
        env: Its variables, with which a fork must be `possible`.
        stdin: As for `subprocess.Popen`, and so are the others.
        stdout: The same.
        stderr: The same.
        terminal: Whether its stdin becomes the controlling terminal of a session of its own.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        cwd: Path,
        env: Mapping[str, str],
        stdin: Stream = None,
        stdout: Stream = None,
        stderr: Stream = None,
        terminal: bool = False,
    ) -> None:
        self._terminal = terminal
        super().__init__(command, cwd=cwd, env=env, stdin=stdin, stdout=stdout, stderr=stderr)

    def _execute_child(self, args: Sequence[str | Path], *others: Any) -> None:  # noqa: ANN401 - Popen's
        """What `subprocess.Popen` calls to start its child, with its arguments in this order (CPython 3.11 to 3.14)."""
        cwd, env, pipes = others[4], others[5], others[9:15]
        stdin, _, _, stdout, _, stderr = pipes
        standard = [own if descriptor == -1 else descriptor for own, descriptor in enumerate((stdin, stdout, stderr))]
        self.pid = _server().start([os.fspath(word) for word in args], os.fspath(cwd), env, standard, self._terminal)
        self._child_created = True
        self._close_pipe_fds(*pipes)  # type: ignore[attr-defined] # Popen's own


class _Server:
    """The process that forks, as seen from the one that asks it."""

    def __init__(self) -> None:
        self._asking = Lock()
        self._socket, child_socket = socket.socketpair()
        with child_socket:
            self._process = subprocess.Popen(
                [sys.executable, "-P", __file__, str(child_socket.fileno()), Path(sys.executable).parent],
                env=_VARIABLES,
                stdin=subprocess.DEVNULL,
                pass_fds=[child_socket.fileno()],
            )
        self.owner = os.getpid()

    def start(
        self, command: Sequence[str], cwd: str, env: Mapping[str, str], standard: Sequence[int], terminal: bool
    ) -> int:
        """Starts the command; gives its process id."""
        request = {"command": command, "cwd": cwd, "env": dict(env), "terminal": terminal}
        text = json.dumps(request).encode(errors="surrogateescape")
        with self._asking:
            socket.send_fds(self._socket, [_SIZE.pack(len(text))], standard)
            self._socket.sendall(text)
            answer = self._socket.recv(_SIZE.size, socket.MSG_WAITALL)
        if len(answer) < _SIZE.size:
            raise RuntimeError("the process that forks has ended. Its own error is above")
        (pid,) = _SIZE.unpack(answer)
        return int(pid)


_starting = Lock()
_started: list[_Server] = []


def _server() -> _Server:
    """This process's own server."""
    with _starting:
        if not _started or _started[0].owner != os.getpid():
            _started[:] = [_Server()]
        return _started[0]


# The process that forks.


def _serve(requests: socket.socket) -> NoReturn:
    main, session = _loaded()
    fork = _sibling()
    _read(session, _SERVICES)
    read = False
    while True:
        head, standard, _, _ = socket.recv_fds(requests, _SIZE.size, 3)
        if not head:
            os._exit(0)
        (length,) = _SIZE.unpack(head)
        text = requests.recv(length, socket.MSG_WAITALL)
        if not read and b"verify" in text:
            _read(session, _OF_VERIFY)
            read = True
        pid = fork()
        if pid == 0:
            _become(json.loads(text), standard, main)
        for descriptor in standard:
            os.close(descriptor)
        requests.sendall(_SIZE.pack(pid))


def _loaded() -> tuple[Callable[[], NoReturn], Any]:
    """Imports all of the command. Returns what starts it, and a session of botocore, which reads for all others."""
    import botocore.session

    import batchwright_runner
    from batchwright_runner.cli import main

    for module in pkgutil.walk_packages(batchwright_runner.__path__, "batchwright_runner."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    botocore.session.create_loader = functools.cache(botocore.session.create_loader)
    return main, botocore.session.Session()


def _read(session: Any, services: Sequence[str]) -> None:  # noqa: ANN401 - botocore has no types
    """Reads what botocore reads for clients, and keeps the garbage collector from touching any of it."""
    for service in services:
        session.create_client(service, "us-east-1", aws_access_key_id="none", aws_secret_access_key="none")
    gc.collect()
    gc.freeze()


def _sibling() -> Callable[[], int]:
    """What forks a child of this process's own parent: `os.fork`, by the system call."""
    libc, python = ctypes.PyDLL(None), ctypes.pythonapi
    flags = ctypes.c_long(_CLONE_PARENT | signal.SIGCHLD)
    number, none = ctypes.c_long(_CLONE[platform.machine()]), ctypes.c_long(0)

    def fork() -> int:
        python.PyOS_BeforeFork()
        pid = int(libc.syscall(number, flags, none, none, none, none))
        if pid == 0:
            python.PyOS_AfterFork_Child()
        else:
            python.PyOS_AfterFork_Parent()
        return pid

    libc.syscall.restype = ctypes.c_long
    return fork


def _become(request: Mapping[str, Any], standard: Sequence[int], main: Callable[[], NoReturn]) -> NoReturn:
    """Is the command from here on."""
    code = 1
    try:
        for number, descriptor in enumerate(standard):
            os.dup2(descriptor, number)
        os.closerange(3, 1024)
        if request["terminal"]:
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        os.environ.clear()
        os.environ.update(request["env"])
        time.tzset()
        os.chdir(request["cwd"])
        sys.argv = request["command"]
        sys.stdin, sys.stdout, sys.stderr = _text(0, "r"), _text(1, "w"), _text(2, "w")
        main()
    except SystemExit as left:  # click's, where a shell completes a word
        code = left.code if isinstance(left.code, int) else int(left.code is not None)
    except BaseException:  # noqa: BLE001 - as Python itself does at the end
        sys.excepthook(*sys.exc_info())
    finally:
        with suppress(OSError):
            sys.stdout.flush()
        os._exit(code)


def _text(descriptor: int, mode: str) -> io.TextIOWrapper:
    """A standard stream, as Python makes it when it starts."""
    binary = open(descriptor, f"{mode}b", closefd=False)  # noqa: SIM115 - for as long as the process lives
    errors = "backslashreplace" if descriptor == 2 else "strict"
    return io.TextIOWrapper(binary, errors=errors, line_buffering=descriptor == 2 or os.isatty(descriptor))


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[2])  # as for the installed command
    _serve(socket.socket(fileno=int(sys.argv[1])))
