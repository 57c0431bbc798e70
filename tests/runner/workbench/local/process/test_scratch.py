import tempfile
from pathlib import Path

import pytest

from batchwright_runner.errors import StartError
from batchwright_runner.workbench.local.process.scratch import Scratch


def test_a_home_that_cannot_be_made_is_a_failed_start_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))

    with pytest.raises(StartError, match=r"no temporary folder can be made: .*No such file"):
        Scratch(tmp_path / "locks").open()

    assert list((tmp_path / "locks").iterdir()) == []
