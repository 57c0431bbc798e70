"""Starts the journey: installs what the machine lacks, enters the namespaces, and looks for what is left afterwards."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import FrameType

from tests.e2e.packages import install, missing
from tests.e2e.places import FOLDER_VARIABLE, ROOT
from tests.e2e.traces import left_behind

# When this process ends, however it ends, unshare is killed; with unshare its child, and with that all that is inside.
NAMESPACES = ["setpriv", "--pdeathsig=KILL", "unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc"]
KILLED_WITH_IT = "--kill-child"
PYTEST = [sys.executable, "-m", "pytest", "--exitfirst", "-p", "no:cacheprovider", "tests/e2e"]


def main(arguments: list[str]) -> int:
    """Runs the steps. Returns pytest's exit code, or 1 where something was left behind."""
    if os.geteuid() != 0:
        return fail("it needs root, to make namespaces and to start a container engine. Call it as: sudo make e2e")
    packages = missing(shutil.which)
    if packages and not install(packages):
        return fail(f"{' '.join(packages)} could not be installed, as apt-get says above")
    signal.signal(signal.SIGTERM, end)
    folder = Path(tempfile.mkdtemp(prefix="batchwright-e2e-"))
    environment = {**os.environ, FOLDER_VARIABLE: str(folder)}
    try:
        inside = [*NAMESPACES, KILLED_WITH_IT, *PYTEST, *arguments]
        code = subprocess.run(inside, cwd=ROOT, env=environment, check=False).returncode
    finally:
        left = left_behind(folder)
        shutil.rmtree(folder)
    for trace in left:
        fail(f"left behind: {trace}")
    return code or int(bool(left))


def end(number: int, _: FrameType | None) -> None:
    """Ends this process, after it has tidied up."""
    sys.exit(128 + number)


def fail(why: str) -> int:
    """Says why it failed."""
    print(f"make e2e: {why}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
