"""Starts the journey: installs what the machine lacks, enters the namespaces, and looks for what is left afterwards."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from tests.e2e.packages import install, missing
from tests.e2e.places import FOLDER_VARIABLE, ROOT
from tests.e2e.traces import left_behind

# When this process ends, however it ends, unshare is killed; with unshare its child, and with that all that is inside.
NAMESPACES = ["setpriv", "--pdeathsig=KILL", "unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc"]
KILLED_WITH_IT = "--kill-child"
PYTEST = [sys.executable, "-m", "pytest", "--exitfirst", "-p", "no:cacheprovider", "--numprocesses=0"]
TESTS = Path("tests/e2e")
ASIDE = (
    ("test_automation.py",),
    ("test_adoption.py", "test_faults.py", "test_guest.py", "test_leaving.py", "test_trial.py", "test_tutorial.py"),
)
"""About a third of all each. They are played beside the others: each part has an engine and an emulator of its own."""


@dataclass
class Journey:
    """Tests that have been started in namespaces of their own.

    Attributes:
        folder: A folder of its own.
        process: What runs them.
        output: What they print, where it is not to be mixed with that of others.
    """

    folder: Path
    process: "subprocess.Popen[bytes]"
    output: Path | None

    def end(self) -> int:
        """Waits for the end. Returns pytest's exit code, or 1 where something was left behind."""
        code = self.process.wait()
        if self.output is not None:
            sys.stdout.write(self.output.read_text(encoding="utf-8", errors="replace"))
            self.output.unlink()
        left = left_behind(self.folder)
        shutil.rmtree(self.folder)
        for trace in left:
            fail(f"left behind: {trace}")
        return code or int(bool(left))


def begin(*arguments: str | Path, aside: bool = False) -> Journey:
    """Starts tests, in namespaces of their own."""
    folder = Path(tempfile.mkdtemp(prefix="batchwright-e2e-"))
    environment = {**os.environ, FOLDER_VARIABLE: str(folder)}
    inside = [*NAMESPACES, KILLED_WITH_IT, *PYTEST, *arguments]
    if not aside:
        return Journey(folder, subprocess.Popen(inside, cwd=ROOT, env=environment), None)
    output = folder.with_suffix(".log")
    with output.open("wb") as file:
        return Journey(folder, subprocess.Popen(inside, cwd=ROOT, env=environment, stdout=file, stderr=file), output)


def main(arguments: list[str]) -> int:
    """Runs the steps; with arguments for pytest, those that they pick, one after the other.

    Returns:
        0 where all passed and nothing was left behind.
    """
    if os.geteuid() != 0:
        return fail("it needs root, to make namespaces and to start a container engine. Call it as: sudo make e2e")
    packages = missing(shutil.which)
    if packages and not install(packages):
        return fail(f"{' '.join(packages)} could not be installed, as apt-get says above")
    signal.signal(signal.SIGTERM, end)
    if arguments:
        return begin(*picked(arguments)).end()
    ignored = [f"--ignore={TESTS / name}" for part in ASIDE for name in part]
    parts = [begin(TESTS, *ignored), *(begin(*(TESTS / name for name in part), aside=True) for part in ASIDE)]
    return max([journey.end() for journey in parts])


def picked(arguments: Sequence[str]) -> list[str]:
    """The arguments for pytest; without a file among them it looks at all tests."""
    files = [argument for argument in arguments if (ROOT / argument.partition("::")[0]).exists()]
    return [*([] if files else [str(TESTS)]), *arguments]


def end(number: int, _: FrameType | None) -> None:
    """Ends this process, after it has tidied up."""
    sys.exit(128 + number)


def fail(why: str) -> int:
    """Says why it failed."""
    print(f"make e2e: {why}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
