"""How long a run on this machine waits after a declaration was edited: for the synthesis, and for the start.

    python bench/edited.py [--runs 7]

The sample batch ``hello``, as a plain process, in a copy of the project whose ``batch.py`` gets a line before each run.
Measured from the start of the command to the first line of the batch's log; in turn with runs after no edit, which need
no synthesis. To reach: 1.2 seconds.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from machine import begin, spread
from runs import COMMAND

ROOT = Path(__file__).parents[1]
TARGET = 1.2


def main() -> None:
    """Measures and prints."""
    options = begin("aws-cdk-lib", "jsii", "click", runs=7)
    with tempfile.TemporaryDirectory() as folder:
        project = copied(Path(folder))
        first_line(project)
        edited, as_it_was = [], []
        for n in range(options.runs):
            with project.joinpath("batches/hello/batch.py").open("a", encoding="utf-8") as declaration:
                declaration.write(f"# edit {n}\n")
            edited.append(first_line(project))
            as_it_was.append(first_line(project))
    print(f"first line of the log, after an edit of the declaration: {spread(edited)} s  (target <= {TARGET})")
    print(f"first line of the log, after no edit: {spread(as_it_was)} s")


def copied(folder: Path) -> Path:
    """A copy of this project that is run by this Python."""
    for name in ("app.py", "batches"):
        copy = shutil.copytree if ROOT.joinpath(name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    config = json.loads(ROOT.joinpath("cdk.json").read_text(encoding="utf-8"))
    folder.joinpath("cdk.json").write_text(json.dumps({**config, "app": f"{sys.executable} app.py"}), encoding="utf-8")
    return folder


def first_line(project: Path) -> float:
    """Seconds from the start of a run to the first line of its log."""
    command = [COMMAND, "run", "hello", "--local", "--backend", "process"]
    environment = {**os.environ, "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}
    started = time.perf_counter()
    with subprocess.Popen(
        command, cwd=project, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        passed = time.perf_counter() - started
        _, output = process.communicate()
    if process.returncode or not line:
        sys.exit(f"bench: the run ended with {process.returncode}: {output}")
    return passed


if __name__ == "__main__":
    main()
