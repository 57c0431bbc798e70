"""A secret's value is looked for everywhere it must not be."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.fake_aws import AwsServer, faults
from tests.kit.account import variables
from tests.kit.command import COMMAND, environment
from tests.runner.host.params.support import SHARED, params
from tests.terminal.window import Window

CANARY = "canary-Zm9vYmFy-0123456789"


def set_it(stage: AwsServer, folder: Path) -> None:
    assert params(stage, folder, "set", "daily-report", "DB_PASSWORD", stdin=CANARY.encode()).code == 0


def test_no_verb_prints_it(stage: AwsServer, tmp_path: Path) -> None:
    set_it(stage, tmp_path)
    for words in (
        ("list",),
        ("list", "daily-report", "--json"),
        ("check",),
        ("check", "--json"),
        ("get", "daily-report", "DB_PASSWORD"),
        ("set", "daily-report", "DB_PASSWORD"),
        ("unset", "daily-report", "DB_PASSWORD", "--yes"),
    ):
        assert CANARY not in params(stage, tmp_path, *words, stdin=CANARY.encode()).both, words
    assert not [call for call in stage.calls if call.body.get("WithDecryption")]


@pytest.mark.parametrize(
    "fault",
    [
        faults.error("ValidationException", f"Value '{CANARY}' at 'value' failed to satisfy constraint"),
        faults.error("AccessDeniedException", f"not authorized to put {CANARY}"),
        faults.error("InternalServerError", CANARY, status=500),
        faults.throttled(1),
    ],
)
def test_not_even_errors_that_quote_it_print_it(stage: AwsServer, tmp_path: Path, fault: faults.Fault) -> None:
    stage.faults("PutParameter", fault)

    done = params(stage, tmp_path, "set", "daily-report", "DB_PASSWORD", stdin=CANARY.encode())

    assert CANARY not in done.both
    assert "DB_PASSWORD" in done.err


def test_it_stands_in_no_process_list_and_no_file(stage: AwsServer, tmp_path: Path) -> None:
    stage.faults("PutParameter", faults.slow(1.0))
    command = [str(COMMAND), "params", "set", "daily-report", "DB_PASSWORD", "-s", "staging"]
    env, pipe = variables(stage, tmp_path), subprocess.PIPE
    with subprocess.Popen(command, cwd=tmp_path, env=env, stdin=pipe, stderr=pipe) as process:
        assert process.stdin
        process.stdin.write(CANARY.encode())
        process.stdin.close()
        while not stage.calls_of("PutParameter") and process.poll() is None:
            time.sleep(0.02)
        seen = [_read(f"/proc/{process.pid}/{what}") for what in ("cmdline", "environ")]
        running = process.poll() is None

    assert (running, process.returncode) == (True, 0)
    assert all(seen)
    assert not [text for text in seen if CANARY.encode() in text]
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()]


def on_a_terminal(stage: AwsServer, folder: Path) -> Window:
    return Window(folder, variables(stage, folder), "params", "set", "--shared", "API_TOKEN", "-s", "staging")


def test_a_terminal_does_not_show_what_is_typed(stage: AwsServer, tmp_path: Path) -> None:
    with on_a_terminal(stage, tmp_path) as window:
        window.until_asked("API_TOKEN: ")
        window.press(f"{CANARY}\n")
        window.until_asked("value: ")
        window.press(f"{CANARY}\n")
        shown = window.end()

    assert (shown.code, f"set: {SHARED}/API_TOKEN".encode() in shown.data) == (0, True)
    assert CANARY.encode() not in shown.data
    assert stage.calls_of("PutParameter")[0].body["Value"] == CANARY


def test_ctrl_c_at_the_prompt_ends_at_once_and_sets_nothing(stage: AwsServer, tmp_path: Path) -> None:
    with on_a_terminal(stage, tmp_path) as window:
        window.until_asked("API_TOKEN: ")
        window.press("\x03")

        assert window.end().code == 130
    assert stage.calls_of("PutParameter") == []


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError:
        return b""


def test_a_secret_of_local_runs_stands_in_no_template(tmp_path: Path) -> None:
    root = Path(__file__).parents[4]
    project, out = tmp_path / "project", tmp_path / "out"
    (project / "batches").mkdir(parents=True)
    for name in ("app.py", "cdk.json", "batches/__init__.py"):
        shutil.copy(root / name, project / name)
    own = shutil.ignore_patterns("__pycache__", "local.env")
    shutil.copytree(root / "batches/db_cleanup", project / "batches/db_cleanup", ignore=own)
    (project / "batches/db_cleanup/local.env").write_text(f"DB_PASSWORD={CANARY}\n")

    env = {**environment(), "CDK_OUTDIR": str(out), "DB_PASSWORD": CANARY}
    subprocess.run([sys.executable, "app.py"], cwd=project, env=env, check=True)

    written = [path for path in out.rglob("*") if path.is_file()]
    assert [path for path in written if b"DB_PASSWORD" in path.read_bytes()], "the name is there"
    assert not [path for path in written if CANARY.encode() in path.read_bytes()]
