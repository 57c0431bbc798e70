from pathlib import Path

import pytest

from batchwright_runner.errors import StartError
from batchwright_runner.workbench.local.run_lock import RunLock


def test_a_lock_that_cannot_be_made_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file, where a folder should be")

    with pytest.raises(
        StartError, match=r"no lock of this run can be made in .*: Not a directory\. Set XDG_STATE_HOME"
    ):
        RunLock(tmp_path / "state/runs", "night").__enter__()
