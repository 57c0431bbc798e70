"""How a new project asks for batchwright, by where this one is from."""

import json
from pathlib import Path

import pytest

from batchwright_runner import __version__
from batchwright_runner.workbench.scaffold.start import Origin, origin, where_pip_looks


def test_one_from_an_index_is_pinned_by_its_version() -> None:
    assert origin(None).requirement == f"batchwright[cdk,local]=={__version__}"
    assert origin(None).wheels is None


def test_one_from_git_is_asked_for_at_its_commit() -> None:
    url = {"url": "https://git.example/batchwright", "vcs_info": {"vcs": "git", "commit_id": "0a1b"}}

    assert origin(json.dumps(url)).requirement == "batchwright[cdk,local] @ git+https://git.example/batchwright@0a1b"


def test_one_from_a_wheel_is_looked_for_in_the_wheels_folder_and_its_path_is_in_no_file() -> None:
    source = origin(json.dumps({"url": "file:///opt/my%20wheels/batchwright-1.whl", "archive_info": {}}))

    assert source.wheels == Path("/opt/my wheels")
    assert source.requirement == origin(None).requirement


def test_one_from_a_checkout_is_looked_for_where_make_dist_puts_it() -> None:
    source = origin(json.dumps({"url": "file:///src", "dir_info": {"editable": True}}))

    assert source.wheels == Path("/src/dist")


@pytest.mark.parametrize("link", ["{folder}", "{folder}/{wheel}", "file://{folder}", "http://wheels.example {folder}"])
def test_where_pip_finds_the_wheel_already_nothing_is_to_be_set(tmp_path: Path, link: str) -> None:
    wheel = f"batchwright-{__version__}-py3-none-any.whl"
    (tmp_path / wheel).touch()
    links = link.format(folder=tmp_path, wheel=wheel)

    source = where_pip_looks(Origin(wheels=Path("/src/dist")), links, tmp_path / "sales")

    assert source.wheels is None


def test_a_folder_that_the_project_s_pip_would_not_find_is_none(tmp_path: Path) -> None:
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / f"batchwright-{__version__}-py3-none-any.whl").touch()

    source = where_pip_looks(Origin(wheels=Path("/src/dist")), "dist gone https://wheels.example/x", tmp_path / "sales")

    assert source.wheels == Path("/src/dist")
