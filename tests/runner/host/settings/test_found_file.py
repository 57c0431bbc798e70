"""Files that are found by where a command is called, and who can have written them."""

import json
import os
from pathlib import Path

import pytest

from batchwright_runner.errors import RunnerError
from batchwright_runner.host.aws.config import find_stage
from batchwright_runner.host.settings.batchwright_toml import read_toml
from batchwright_runner.host.settings.cdk_json import find_cdk_json
from batchwright_runner.host.settings.found_file import TRUST, read_found
from tests.kit.command import call, environment
from tests.kit.projects import declared, make_project

OTHER = 4321


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "cdk.json").write_text(json.dumps({"app": "python app.py", "context": {"project": "own"}}))
    (tmp_path / "batchwright.toml").write_text('project = "own"\n')
    return tmp_path


def give_away(monkeypatch: pytest.MonkeyPatch, *paths: Path) -> None:
    """Makes files those of someone else: of another user, or where only root could do that, of whom we are not."""
    if os.geteuid() == 0:
        for path in paths:
            os.chown(path, OTHER, OTHER, follow_symlinks=False)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: OTHER)


def test_own_files_are_used_in_folders_below_too(folder: Path) -> None:
    below = folder / "batches" / "one"
    below.mkdir(parents=True)
    below.chmod(0o777)

    assert find_cdk_json(below, {}) is not None
    assert read_toml(below, {"HOME": str(folder / "home")}).settings == {"project": "own"}


def test_the_cdk_json_of_someone_else_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "mine").mkdir()
    give_away(monkeypatch, folder / "cdk.json")

    with pytest.raises(RunnerError, match=rf"cdk.json is not used.*: it belongs to .*set {TRUST}={folder}$"):
        find_cdk_json(folder / "mine", {})


def test_an_own_cdk_json_in_the_folder_of_someone_else_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_away(monkeypatch, folder)

    with pytest.raises(RunnerError, match=r"cdk.json is not used.*: (it|its folder) belongs to "):
        find_cdk_json(folder, {})


def test_the_settings_of_someone_else_are_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    give_away(monkeypatch, folder / "batchwright.toml")

    with pytest.raises(RunnerError, match=r"batchwright.toml is not used.*: it belongs to "):
        find_stage("staging", folder=folder, environment={"HOME": str(folder / "home")})


@pytest.mark.parametrize("name", ["cdk.json", "batchwright.toml"])
def test_what_all_can_write_is_refused(folder: Path, name: str) -> None:
    (folder / name).chmod(0o666)

    with pytest.raises(RunnerError, match=rf"{name} is not used.*can change it\. chmod o-w {folder}/{name}; or"):
        find_stage("staging", folder=folder, environment={"HOME": str(folder / "home")})


@pytest.mark.parametrize("mode", [0o1777, 0o775])
def test_a_folder_in_which_no_one_else_can_replace_it_is_fine(folder: Path, mode: int) -> None:
    folder.chmod(mode)

    assert read_found(folder / "cdk.json", {}, beside=True)


def test_in_a_folder_that_all_can_write_it_could_be_replaced(folder: Path) -> None:
    folder.chmod(0o777)

    with pytest.raises(RunnerError, match=rf"every user of this machine can replace it\. chmod o-w {folder}; or"):
        read_found(folder / "batchwright.toml", {})


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes files of others")
def test_a_link_of_someone_else_to_an_own_file_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = folder / "link.toml"
    link.symlink_to("batchwright.toml")
    assert read_found(link, {})
    give_away(monkeypatch, link)

    with pytest.raises(RunnerError, match="its link belongs to "):
        read_found(link, {})


@pytest.mark.parametrize("trust", ["{folder}", "/nowhere:{folder}", "{folder}/..", "*"])
def test_a_variable_allows_its_folder(folder: Path, trust: str) -> None:
    (folder / "batchwright.toml").chmod(0o666)

    assert read_toml(folder, {TRUST: trust.format(folder=folder)}).settings
    for other in ("", "/nowhere", f"{folder}/below", f"{folder}x"):
        with pytest.raises(RunnerError, match="is not used"):
            read_toml(folder, {TRUST: other})


def test_a_file_that_is_named_and_that_of_the_home_are_used_whoever_wrote_them(folder: Path) -> None:
    named, at_home = folder / "batchwright.toml", folder / ".config/batchwright/batchwright.toml"
    at_home.parent.mkdir(parents=True)
    at_home.write_text(named.read_text())
    for path in (named, at_home):
        path.chmod(0o666)

    assert read_toml(folder, {"BATCHWRIGHT_CONFIG": str(named)}).settings
    assert read_toml(Path("/"), {"HOME": str(folder)}).path == at_home


@pytest.mark.skipif(os.geteuid() != 0, reason="only root is called by sudo")
def test_with_sudo_the_files_of_who_called_it_are_used(folder: Path) -> None:
    for path in (folder, *folder.iterdir()):
        os.chown(path, OTHER, OTHER)

    assert find_cdk_json(folder, {"SUDO_UID": str(OTHER)})
    for other in ("", "1", "x", "-1"):
        with pytest.raises(RunnerError, match="is not used"):
            find_cdk_json(folder, {"SUDO_UID": other})


def test_no_program_of_such_a_project_is_run(tmp_path: Path) -> None:
    root = make_project(tmp_path, declared("hello", "true"))
    (root / "cdk.json").write_text(json.dumps({**json.loads((root / "cdk.json").read_text()), "app": "touch ran"}))
    (root / "cdk.json").chmod(0o666)

    for words in (["list", "--local"], ["describe", "hello"], ["permissions", "hello"], ["catalog", "-o", "out"]):
        done = call(root, *words, env=environment())

        assert done.code == 125, words
        assert f"set {TRUST}={root}" in done.err
    assert not (root / "ran").exists()
