"""How wide a table may be."""

import os
import pty

import pytest

from batchwright_runner.host.terminal.console import line_width, terminal_width


def test_columns_counts_on_a_terminal_and_nothing_is_cut_in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    terminals, pipes = pty.openpty(), os.pipe()
    try:
        monkeypatch.delenv("COLUMNS", raising=False)
        assert (line_width(terminals[1]), line_width(pipes[1])) == (terminal_width(terminals[1]), 0)

        monkeypatch.setenv("COLUMNS", "213")
        assert (line_width(terminals[1]), line_width(pipes[1])) == (213, 0)

        for nonsense in ("", "0", "-1", "wide"):
            monkeypatch.setenv("COLUMNS", nonsense)
            assert line_width(terminals[1]) == terminal_width(terminals[1])
    finally:
        for descriptor in (*terminals, *pipes):
            os.close(descriptor)
