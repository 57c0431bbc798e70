"""What lines start, executed before and after: all that is written without a TODO starts the same, as often."""

import os
import subprocess
from pathlib import Path

import pytest

from batchwright_runner.workbench.moving.steps import check_pattern, read_step
from batchwright_runner.workbench.moving.words import WordsError, in_container

WRAPPER = check_pattern(r"run-batch (?P<stage>\S+) (?P<family>\S+) (?P<command>.+)")
PROGRAMS = {
    "rake": '{ printf "rake"; printf " <%s>" "$@"; echo; } >> "$RECORD"',
    "run-batch": 'shift 2; if [ $# = 1 ]; then eval "exec $1"; else exec "$@"; fi',
    "ecs-task": 'while [ $# -gt 0 ]; do [ "$1" = --command ] && eval "$2"; shift; done; true',
    "aws": 'echo "aws $*" >> "$RECORD"; cat list 2>/dev/null',
    "curl": 'echo "curl $*" >> "$RECORD"',
}
"""Stand-ins: a task is what its container runs, here and now; each program records its words."""
ECS = "ecs-task run -c main -d shop --command"
SAME = [
    "run-batch production shop rake a",
    'run-batch production shop "rake a"',
    "run-batch production shop 'rake day[1] \"b c\"'",
    "run-batch production shop rake 'a  b' \"c;d\" '*'",
    "run-batch production shop rake a > /dev/null 2>&1",
    "nice -n 5 run-batch production shop rake a || exit 1",
    "cd . && run-batch production shop rake a",
    "#!/bin/sh\n# run-batch production shop rake old\nset -e\nrun-batch production shop rake a \\\n  b\nexit $?",
    f"{ECS} 'rake a \"b c\"'",
    f"{ECS} 'rake a' | tee /dev/null",
    f"timeout 20 {ECS} 'rake a'",
    f"R=$({ECS} 'rake a')\necho $R",
]
OPEN = [
    "run-batch production shop 'rake a && rake b'",
    "run-batch production shop rake *",
    'run-batch production shop rake "day[$(date +%F)]"',
    "run-batch production shop rake $HOME",
    "run-batch production shop rake a || true",
    "run-batch production shop rake a > data.csv",
    "DAY=1 run-batch production shop rake a",
    f"{ECS} 'rake a'; exit 0",
    f"for day in 1 2; do {ECS} 'rake a'; done",
    "for day in 1 2\ndo\n  run-batch production shop rake $day\ndone",
    "echo 1 2 | xargs -n1 run-batch production shop rake",
    "while ! run-batch production shop rake a; do sleep 1; done",
    f"[ -f list ] && {ECS} 'rake a'",
    f"aws ecs list-tasks | grep -q arn || exit 0; {ECS} 'rake a'",
    f"false || {ECS} 'rake a'",
    f"{ECS} 'rake a' && curl https://example.com/done",
    f"{ECS} 'rake a' & {ECS} 'rake b'",
    "run-batch production shop rake a\nrun-batch production shop rake b",
]


def executed(folder: Path, command: list[str]) -> str:
    """What a command starts: programs of the stand-ins, each with its words."""
    programs = folder / "bin"
    programs.mkdir(exist_ok=True)
    for name, does in PROGRAMS.items():
        (programs / name).write_text(f"#!/bin/sh\n{does}\n")
        (programs / name).chmod(0o755)
    record = folder / "record"
    record.write_text("")
    environment = {"PATH": f"{programs}:{os.environ['PATH']}", "RECORD": str(record), "HOME": str(folder)}
    subprocess.run(command, cwd=folder, env=environment, capture_output=True, timeout=20)
    return record.read_text()


@pytest.mark.parametrize("line", SAME)
def test_what_is_written_without_a_todo_starts_the_same(tmp_path: Path, line: str) -> None:
    step = read_step(line, [WRAPPER])

    assert step is not None
    assert step.left == ()
    after = executed(tmp_path, in_container(step.command or (), ()))
    assert executed(tmp_path, ["sh", "-c", line]) == after != ""


@pytest.mark.parametrize("line", OPEN)
def test_what_means_more_is_refused_or_has_a_todo(line: str) -> None:
    try:
        step = read_step(line, [WRAPPER])
    except WordsError:
        return
    assert step is not None
    assert step.left
