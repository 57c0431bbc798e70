"""The folder of a catalog: its own files are replaced, and no other is touched."""

import json
from pathlib import Path

import pytest

from batchwright_runner.errors import RunnerError, UsageError
from batchwright_runner.workbench.page.site.folder import LIST, write_folder

PAGES = {"index.html": "one", "batch/a.html": "a"}


def content(folder: Path) -> dict[str, str]:
    """All files but the list: path to text."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != LIST)
    return {str(path.relative_to(folder)): path.read_text() for path in paths}


def test_a_folder_is_made_with_those_above_it(tmp_path: Path) -> None:
    write_folder(tmp_path / "new" / "site", PAGES)

    assert content(tmp_path / "new" / "site") == PAGES


def test_a_second_catalog_replaces_the_first_and_removes_what_is_gone(tmp_path: Path) -> None:
    write_folder(tmp_path, PAGES)
    write_folder(tmp_path, {"index.html": "two", "owner/x.html": "x"})

    assert content(tmp_path) == {"index.html": "two", "owner/x.html": "x"}
    assert not (tmp_path / "batch").exists()


def test_what_others_put_beside_it_stays(tmp_path: Path) -> None:
    write_folder(tmp_path, PAGES)
    (tmp_path / "CNAME").write_text("example.com")
    (tmp_path / "batch" / "notes.txt").write_text("mine")
    write_folder(tmp_path, {"index.html": "two"})

    assert content(tmp_path) == {"index.html": "two", "CNAME": "example.com", "batch/notes.txt": "mine"}


@pytest.mark.parametrize("name", ["index.html", "readme.txt", ".git"])
def test_a_folder_that_holds_other_things_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")

    with pytest.raises(UsageError, match=rf"it holds {name}, which no catalog wrote"):
        write_folder(tmp_path, PAGES)

    assert content(tmp_path) == {name: "mine"}
    assert not (tmp_path / LIST).exists()


def test_a_page_that_was_changed_since_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    write_folder(tmp_path, PAGES)
    (tmp_path / "batch" / "a.html").write_text("by hand")

    for files in ({"index.html": "two", "batch/a.html": "b"}, {"index.html": "two"}):
        with pytest.raises(UsageError, match=r"batch/a\.html was not written by a catalog, or changed since"):
            write_folder(tmp_path, files)

    assert content(tmp_path) == {"index.html": "one", "batch/a.html": "by hand"}


def test_a_new_page_does_not_replace_what_somebody_put_there(tmp_path: Path) -> None:
    write_folder(tmp_path, PAGES)
    (tmp_path / "calendar.html").write_text("mine")
    (tmp_path / "owner").write_text("a file where a folder belongs")

    with pytest.raises(UsageError, match=r"calendar\.html, owner/x\.html were not written"):
        write_folder(tmp_path, {**PAGES, "calendar.html": "theirs", "owner/x.html": "x"})

    assert (tmp_path / "calendar.html").read_text() == "mine"


@pytest.mark.parametrize("name", ["../outside.txt", "/etc/hostname", "a/../../outside.txt", ""])
def test_a_list_that_names_what_is_outside_is_refused(tmp_path: Path, name: str) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (tmp_path / "outside.txt").write_text("mine")
    (site / LIST).write_text(json.dumps({"files": {name: []}}))

    with pytest.raises(UsageError, match="outside of it"):
        write_folder(site, PAGES)

    assert (tmp_path / "outside.txt").read_text() == "mine"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"files": 1}', '{"files": {"a": 1}}', "\0"])
def test_a_list_that_cannot_be_read_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / LIST).write_text(text)

    with pytest.raises(UsageError, match="cannot be read"):
        write_folder(tmp_path, PAGES)


def test_a_link_is_not_followed_out_of_the_folder(tmp_path: Path) -> None:
    site, outside = tmp_path / "site", tmp_path / "outside"
    write_folder(site, PAGES)
    (site / "batch").rename(outside)
    (site / "batch").symlink_to(outside)

    with pytest.raises(UsageError, match=r"batch/a\.html was not written"):
        write_folder(site, {"index.html": "two"})

    assert (outside / "a.html").read_text() == "a"


def test_a_file_in_the_place_of_the_folder_and_a_link_to_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")

    with pytest.raises(UsageError, match="it is not a folder"):
        write_folder(tmp_path / "file", PAGES)
    with pytest.raises(UsageError, match=r"a link to what does not exist\. \w"):
        write_folder(tmp_path / "link", PAGES)
    with pytest.raises(RunnerError, match="the catalog cannot be written"):
        write_folder(tmp_path / "file" / "below", PAGES)

    assert (tmp_path / "file").read_text() == "mine"


def test_a_write_that_was_cut_short_can_be_repeated(tmp_path: Path) -> None:
    write_folder(tmp_path, PAGES)
    after = {"index.html": "two", "batch/a.html": "b"}
    write_folder(tmp_path / "other", after)
    listed, fresh = (json.loads((folder / LIST).read_text()) for folder in (tmp_path, tmp_path / "other"))
    for name, hashes in fresh["files"].items():
        listed["files"][name] += hashes
    (tmp_path / LIST).write_text(json.dumps(listed))
    (tmp_path / "index.html").write_text("two")

    write_folder(tmp_path, after)

    assert (tmp_path / "index.html").read_text() == "two"
    assert (tmp_path / "batch" / "a.html").read_text() == "b"
