"""Commands as a person types them. What they print is shown when a step fails."""

import shlex
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.kit.command import Done

LONGEST = 180.0
"""Seconds that any command may take."""


@dataclass(frozen=True, slots=True)
class Interruption:
    """A signal for a command that runs.

    Attributes:
        by: The signal.
        after: It is sent once the command has printed this line.
    """

    by: signal.Signals
    after: str


@dataclass(frozen=True, slots=True)
class Console:
    """Where commands are run.

    Attributes:
        folder: The working directory.
        environment: The variables.
    """

    folder: Path
    environment: Mapping[str, str]

    def run(self, *words: str, given: str = "", code: int = 0, interruption: Interruption | None = None) -> Done:
        """Runs a command to its end, which must be with the expected code.

        Args:
            words: The command.
            given: Its stdin.
            code: The exit code that is expected.
            interruption: A signal to send. Default: none.
        """
        print(f"$ {shlex.join(words)}", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            files = Path(folder, "out"), Path(folder, "err")
            ended = self._run(words, given, files, interruption)
            done = Done(ended, files[0].read_bytes(), files[1].read_text(encoding="utf-8"))
        print(f"{done.both}(exit {done.code})\n", flush=True)
        assert done.code == code, f"exit {done.code}, expected {code}, of {shlex.join(words)}"
        return done

    def _run(
        self, words: tuple[str, ...], given: str, files: tuple[Path, Path], interruption: Interruption | None
    ) -> int:
        until = time.monotonic() + LONGEST
        with (
            files[0].open("wb") as out,
            files[1].open("wb") as err,
            subprocess.Popen(
                words, cwd=self.folder, env=self.environment, stdin=subprocess.PIPE, stdout=out, stderr=err
            ) as process,
        ):
            try:
                if interruption:
                    while interruption.after not in files[0].read_text(encoding="utf-8").splitlines():
                        assert process.poll() is None, f"it ended before it printed {interruption.after!r}"
                        assert time.monotonic() < until, f"it did not print {interruption.after!r}"
                        time.sleep(0.05)
                    process.send_signal(interruption.by)
                process.communicate(given.encode(), timeout=LONGEST)
            finally:
                process.kill()
        return process.returncode
