"""How a new project asks for batchwright, by where this one is from."""

import json
from pathlib import Path

import pytest

from batchwright_runner import __version__
from batchwright_runner.workbench.scaffold.origin import Origin, as_built, origin, where_pip_looks


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

    assert (source.wheels, source.checkout) == (Path("/src/dist"), Path("/src"))


def test_a_wheel_that_is_there_need_not_be_built(tmp_path: Path) -> None:
    source = origin(json.dumps({"url": tmp_path.as_uri(), "dir_info": {}}))
    assert source.wheels

    before = as_built(source)
    source.wheels.mkdir()
    (source.wheels / "batchwright-0.0.1-py3-none-any.whl").touch()
    of_another_version = as_built(source)
    (source.wheels / f"batchwright-{__version__}-py3-none-any.whl").touch()

    assert (before.checkout, of_another_version.checkout) == (tmp_path, tmp_path)
    assert as_built(source).checkout is None


@pytest.mark.parametrize("link", ["{folder}", "{folder}/{wheel}", "file://{folder}", "http://wheels.example {folder}"])
def test_where_pip_finds_the_wheel_already_nothing_is_to_be_set(tmp_path: Path, link: str) -> None:
    wheel = f"batchwright-{__version__}-py3-none-any.whl"
    (tmp_path / wheel).touch()
    links = link.format(folder=tmp_path, wheel=wheel)

    source = where_pip_looks(Origin(wheels=Path("/src/dist")), links, folder=tmp_path, project=tmp_path / "sales")

    assert (source.wheels, source.setting) == (None, "")


def test_a_folder_that_the_project_s_pip_would_not_find_is_none(tmp_path: Path) -> None:
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / f"batchwright-{__version__}-py3-none-any.whl").touch()
    links = "dist gone https://wheels.example/x"

    source = where_pip_looks(Origin(wheels=Path("/src/dist")), links, folder=tmp_path, project=tmp_path / "sales")

    assert source.setting == f"PIP_FIND_LINKS='/src/dist {tmp_path}/dist https://wheels.example/x'"


def test_a_folder_whose_name_pip_would_split_is_an_address() -> None:
    assert Origin(wheels=Path("/my wheels")).setting == "PIP_FIND_LINKS=file:///my%20wheels"
