"""For your own tests: runs a declared batch on this machine, and answers how it ended.

from batchwright_runner.testing import run_batch, start_batch

def test_bad_sales_are_counted():
    ended = run_batch("sales-check", {"SALES_FILE": "data/bad-sales.csv"})
    assert ended.code == 3
    assert ended.lines[-1] == "data/bad-sales.csv: 15 good rows, 5 bad"

def test_a_wrong_password_is_a_failure():
    assert run_batch("db-cleanup", secrets={"DB_PASSWORD": "wrong"}, parameters={"KEEP_DAYS": "1"}).code == 1

It is ``batchwright run NAME --local`` as a plain process: the batch's own source with its declared command, environment
and parameters, and the exit code that a scheduler would see. The image, its files and its limits are not part of it.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_STEP = 0.02
_LONGEST = 120.0


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended.

    Attributes:
        code: The exit code of ``batchwright run``: the batch's own, or one of the table in docs/exit-codes.md.
        log: What the batch wrote, stdout and stderr together.
        status: What batchwright said, with the verdict in the last line.
    """

    code: int
    log: str
    status: str

    @property
    def lines(self) -> list[str]:
        """The lines of the log."""
        return self.log.splitlines()


class Running:
    """A run in progress. `start_batch` makes it."""

    def __init__(self, name: str, process: "subprocess.Popen[bytes]", folder: Path) -> None:
        self._name = name
        self._process = process
        self._folder = folder

    @property
    def log(self) -> str:
        """What the batch has written so far."""
        return self._read("log")

    def wait_for(self, text: str, *, seconds: float = _LONGEST) -> None:
        """Waits until the log holds a text.

        Args:
            text: The text.
            seconds: How long at most. Default: two minutes.

        Raises:
            AssertionError: The batch ended without it, or it did not come in time.
        """
        until = time.monotonic() + seconds
        while text not in self.log:
            ended = self._process.poll() is not None
            if ended and text not in self.log:
                raise AssertionError(
                    f"{self._name} ended with {self._process.returncode} before {text!r}\n{self._all()}"
                )
            if not ended and time.monotonic() > until:
                raise AssertionError(f"{self._name} did not write {text!r} within {seconds:g} s\n{self._all()}")
            time.sleep(_STEP)

    def stop(self, number: int = signal.SIGTERM, *, seconds: float = _LONGEST) -> Ended:
        """Stops it as a scheduler does: the batch gets SIGTERM, and its declared ``stop_timeout`` to end.

        Args:
            number: The signal that batchwright gets. Default: SIGTERM.
            seconds: How long the end may take at most. Default: two minutes.

        Raises:
            AssertionError: It did not end in time.
        """
        self._process.send_signal(number)
        return self.wait(seconds=seconds)

    def wait(self, *, seconds: float = _LONGEST) -> Ended:
        """Waits for its end.

        Args:
            seconds: How long at most. Default: two minutes.

        Raises:
            AssertionError: It did not end in time; it goes on until the end of the block.
        """
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self._name} did not end within {seconds:g} s\n{self._all()}") from None
        return Ended(code, self.log, self._read("status"))

    def _read(self, name: str) -> str:
        return (self._folder / name).read_text(encoding="utf-8", errors="replace")

    def _all(self) -> str:
        return f"its log:\n{self.log}\nbatchwright said:\n{self._read('status')}"


@contextmanager
def start_batch(
    name: str,
    values: Mapping[str, str] | None = None,
    *,
    options: Mapping[str, str] | None = None,
    secrets: Mapping[str, str] | None = None,
    parameters: Mapping[str, str] | None = None,
    command: Sequence[str] = (),
    project: Path | None = None,
) -> Iterator[Running]:
    """Starts a declared batch; at the end of the block it is stopped, if it still runs.

    Args:
        name: The batch.
        values: Variables of this run only; they win over declared values and ``local.env``. Default: none.
        options: Values of options that the batch declares; a blank one counts as not given. Default: none.
        secrets: Values of the batch's secrets, so that no ``local.env`` is needed. They do not appear in the list of
            processes, as ``values``, ``options`` and ``parameters`` do. Default: those of ``local.env``.
        parameters: Values of the batch's parameters. Default: those of ``local.env``, else the declared ones.
        command: What replaces the declared command. Default: the declared one.
        project: The folder of ``cdk.json``, or one below it. Default: the working directory.

    Yields:
        The run.
    """
    shown = {**(values or {}), **(parameters or {})}
    words = [word for variable, value in shown.items() for word in ("-e", f"{variable}={value}")]
    words += [word for option, value in (options or {}).items() for word in ("-o", f"{option}={value}")]
    words += [word for variable in secrets or {} for word in ("-e", variable)]
    words += ["--", *command] if command else []
    variables = {key: value for key, value in os.environ.items() if not key.startswith("BATCHWRIGHT_")}
    variables |= secrets or {}
    with tempfile.TemporaryDirectory(prefix="batchwright-test-") as scratch:
        folder = Path(scratch)
        with (folder / "log").open("wb") as log, (folder / "status").open("wb") as status:
            process = subprocess.Popen(
                [sys.executable, "-m", "batchwright_runner", "run", name, "--local", *words],
                cwd=project,
                env={**variables, "BATCHWRIGHT_BACKEND": "process"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=status,
            )
        try:
            yield Running(name, process, folder)
        finally:
            if process.poll() is None:
                process.terminate()
            process.wait()


def run_batch(
    name: str,
    values: Mapping[str, str] | None = None,
    *,
    options: Mapping[str, str] | None = None,
    secrets: Mapping[str, str] | None = None,
    parameters: Mapping[str, str] | None = None,
    command: Sequence[str] = (),
    project: Path | None = None,
    seconds: float = _LONGEST,
) -> Ended:
    """Runs a declared batch to its end.

    Args:
        name: The batch.
        values: As for `start_batch`.
        options: As for `start_batch`.
        secrets: As for `start_batch`.
        parameters: As for `start_batch`.
        command: As for `start_batch`.
        project: As for `start_batch`.
        seconds: How long it may take at most; then it is stopped. Default: two minutes.

    Raises:
        AssertionError: It did not end in time.
    """
    with start_batch(
        name, values, options=options, secrets=secrets, parameters=parameters, command=command, project=project
    ) as running:
        return running.wait(seconds=seconds)
