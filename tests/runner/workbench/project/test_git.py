"""Git is asked as a program of its own, which a key at the terminal reaches as well."""

from pathlib import Path

import pytest

from batchwright_runner.errors import InterruptedEarlyError, RunnerError
from batchwright_runner.workbench.project.git import Git


@pytest.mark.process
@pytest.mark.parametrize(("signal", "kind", "code"), [("TERM", InterruptedEarlyError, 143), ("KILL", RunnerError, 125)])
def test_git_that_a_signal_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, signal: str, kind: type[RunnerError], code: int
) -> None:
    program = tmp_path / "git"
    program.write_text(f"#!/bin/sh\nkill -{signal} $$\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")

    with pytest.raises(RunnerError) as caught:
        Git(tmp_path, tmp_path).ask("worktree", "add")

    assert (type(caught.value), caught.value.exit_code) == (kind, code)
