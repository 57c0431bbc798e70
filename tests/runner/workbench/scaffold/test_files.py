"""Writing new files: nothing that exists is touched, and nothing stays of a failure."""

from pathlib import Path

import pytest

from batchwright_runner.errors import UsageError
from batchwright_runner.workbench.scaffold.files import NewFile, write_new


def test_folders_are_made_and_files_that_exist_are_left(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("mine")

    written = write_new(tmp_path, [NewFile("kept", "other"), NewFile("a/b/new", "new")])

    assert (written.new, written.skipped) == (["a/b/new"], ["kept"])
    assert (tmp_path / "kept").read_text() == "mine"
    assert (tmp_path / "a/b/new").read_text() == "new"


@pytest.mark.parametrize("target", ["nothing", "outside"])
def test_a_link_is_a_file_that_exists_wherever_it_leads(tmp_path: Path, target: str) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "outside").write_text("mine")
    (folder / "link").symlink_to(tmp_path / target)

    written = write_new(folder, [NewFile("link", "other")])

    assert written.skipped == ["link"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "outside"]
    assert (tmp_path / "outside").read_text() == "mine"


def test_where_one_cannot_be_written_nothing_stays(tmp_path: Path) -> None:
    (tmp_path / "batches").write_text("a file in the place of a folder")
    before = sorted(tmp_path.rglob("*"))

    with pytest.raises(UsageError, match=r"batches.* cannot be written: .*\. Nothing was written"):
        write_new(tmp_path, [NewFile("first", ""), NewFile("deep/folder/second", ""), NewFile("batches/third", "")])

    assert sorted(tmp_path.rglob("*")) == before


def test_a_folder_that_was_made_for_it_goes_too(tmp_path: Path) -> None:
    long = "x" * 300  # longer than a file's name may be

    with pytest.raises(UsageError, match="cannot be written: File name too long"):
        write_new(tmp_path / "new", [NewFile("first", ""), NewFile(long, "")])

    assert not list(tmp_path.iterdir())
