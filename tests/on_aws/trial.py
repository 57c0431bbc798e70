"""What every part of a trial is given: clients, commands, patience, and the end that Ctrl-C makes of all of them."""

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tests.kit.command import Done
from tests.on_aws.claims import Seen

T = TypeVar("T")
EXPIRED = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "InvalidClientTokenId", "UnrecognizedClientException"}
)
"""Codes of errors of credentials that are none any more."""
CALLS = Config(
    retries={"mode": "standard", "total_max_attempts": 10},
    connect_timeout=10,
    read_timeout=70,
    inject_host_prefix="AWS_ENDPOINT_URL" not in os.environ,  # an emulator has no host of that name
)
SETPRIV = shutil.which("setpriv")
DIES_WITH_US = (SETPRIV, "--pdeathsig=KILL") if SETPRIV else ()
"""So that a command does not go on to make things after a trial that was killed."""
FIRST = 1.0
"""Seconds from one look to the next, where something is awaited."""


class Over(Exception):  # noqa: N818 - an end, as StopIteration is one
    """The trial is over before its end: Ctrl-C, or credentials that have expired."""


class NotWithin(Exception):  # noqa: N818 - an answer
    """What was waited for did not come in time."""


@dataclass(slots=True)
class Trial:
    """One trial.

    Attributes:
        account: The account's id.
        region: Its region.
        folder: A copy of the project, with the account and the region in its files.
        environment: The variables of commands.
        say: Tells a person how far it is.
        session: Makes the session whose credentials are used.
        stamp: What the names of its runs end with, so that no earlier trial's is taken for one of its own.
        over: Why it is over, once it is.
        broken: The stacks that could not be deployed, and why.
    """

    account: str
    region: str
    folder: Path
    environment: dict[str, str]
    say: Callable[[str], None]
    session: Callable[[], Any] = boto3.Session
    stamp: str = field(default_factory=lambda: f"{int(time.time()):x}")
    over: str = ""
    broken: dict[str, str] = field(default_factory=dict)
    _ended: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _clients: dict[str, Any] = field(default_factory=dict)

    def end(self, why: str) -> None:
        """Ends it: whatever waits or runs ends with `Over`."""
        self.over = self.over or why
        self._ended.set()

    def fresh(self) -> None:
        """Forgets the clients and that it is over, so that the clean-up can begin, with renewed credentials if any."""
        self._clients.clear()
        self._ended.clear()

    def client(self, service: str) -> Any:  # noqa: ANN401 - a client's methods are made at run time
        """A client of a service in the trial's region, for all threads."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self.session().client(service, region_name=self.region, config=CALLS)
            return self._clients[service]

    def all(self, service: str, operation: str, where: str, **given: Any) -> list[Any]:  # noqa: ANN401 - any parameter
        """All that an operation lists, page by page, where its answer has it."""
        return list(self.client(service).get_paginator(operation).paginate(**given).build_full_result()[where])

    def named(self, name: str) -> str:
        """A name for a run of this trial."""
        return f"{name}-{self.stamp}"

    def sleep(self, seconds: float) -> None:
        """Waits."""
        if self._ended.wait(seconds):
            raise Over(self.over)

    def until(self, ask: Callable[[], T], seconds: float, every: float = FIRST) -> T:
        """Asks until the answer is one. Raises `NotWithin` where none is in time."""
        last = time.monotonic() + seconds
        while not (answer := ask()):
            if time.monotonic() > last:
                raise NotWithin(f"not within {seconds:g} s")
            self.sleep(every)
        return answer

    def run(self, *words: str, given: str = "", seconds: float = 900, ending: tuple[str, int] | None = None) -> Done:
        """Runs a command in the project's folder to its end.

        Args:
            words: The command.
            given: Its stdin.
            seconds: How long it may take. Raises `NotWithin` and kills it then.
            ending: A text, and the signal that it is sent once it has printed that.
        """
        with TemporaryDirectory() as folder:
            stdin, out, err = (Path(folder, name) for name in ("in", "out", "err"))
            stdin.write_text(given, encoding="utf-8")
            with stdin.open("rb") as reads, out.open("wb") as writes, err.open("wb") as says:
                process = subprocess.Popen(
                    [*DIES_WITH_US, *words],
                    cwd=self.folder,
                    env=self.environment,
                    stdin=reads,
                    stdout=writes,
                    stderr=says,
                    start_new_session=True,
                )
            try:
                if ending:
                    printed = ending[0].encode()
                    self.until(lambda: printed in out.read_bytes() or process.poll() is not None, seconds, every=0.1)
                    process.send_signal(ending[1])
                self.until(lambda: process.poll() is not None, seconds, every=0.05)
            except BaseException:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                raise
            return Done(process.returncode, out.read_bytes(), err.read_text(encoding="utf-8", errors="replace"))


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the trial.

    Attributes:
        name: Its name, which its claims have.
        ask: Asks, and yields each answer as it comes.
        after: The parts that must have ended well.
        behind: The parts that must have ended.
        stacks: The stacks that must have been deployed.
    """

    name: str
    ask: Callable[[Trial], Iterable[Seen]]
    after: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()
    stacks: tuple[str, ...] = ()


def judged(claim: str, so: object, evidence: str) -> Seen:
    """The answer to a claim: whether it is so."""
    return Seen(claim, "seen" if so else "not so", evidence)


def why(error: BaseException) -> str:
    """An error in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())


def has_expired(error: BaseException) -> bool:
    """Whether an error says that the credentials are none any more."""
    if isinstance(error, ClientError):
        return error.response["Error"]["Code"] in EXPIRED
    return isinstance(error, BotoCoreError) and "expired" in str(error).lower()
