"""Where the file says that an image is built from."""

import re
from pathlib import Path

import pytest

from batchwright_runner.errors import RunnerError
from batchwright_runner.workbench.project.image_folder import ImageFolder, image_folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project beside the repository ``rails``."""
    (tmp_path / "project").mkdir()
    (tmp_path / "rails/docker").mkdir(parents=True)
    (tmp_path / "rails/docker/batch").write_text("FROM scratch\n")
    return tmp_path / "project"


def find(project: Path, text: str, name: str = "rails", **environment: str) -> ImageFolder | None:
    (project / "batchwright.toml").write_text(text)
    return image_folder(name, folder=project, environment={"HOME": str(project), **environment})


def test_nothing_is_said_of_an_image_without_a_section(project: Path) -> None:
    text = "[images.rails]\ncontext = '../rails'"

    assert find(project, text, "other") is None
    assert find(project, text, "") is None
    assert find(project, "") is None
    assert image_folder("rails", folder=project / "none", environment={"HOME": str(project)}) is None


def test_paths_are_relative_to_the_file_wherever_that_is(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    rails = project.parent / "rails"
    text = "[images.rails]\ncontext = '../rails'\ndockerfile = '../rails/docker/batch'"

    assert find(project, "[images.rails]\ncontext = '../rails'") == ImageFolder(rails)
    assert find(project, text) == ImageFolder(rails, rails / "docker/batch")
    given = {"BATCHWRIGHT_CONFIG": str(project / "batchwright.toml")}
    assert image_folder("rails", folder=Path("/"), environment={"HOME": str(project), **given}) == ImageFolder(
        rails, rails / "docker/batch"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("context = '../ralis'", "images.rails.context is '../ralis', and there is no folder {}/ralis. Check out"),
        ("context = '../rails/docker/batch'", "and there is no folder {}/rails/docker/batch"),
        ('context = "\\u0000"', "images.rails.context is '\\x00', and there is no folder"),
        ("context = '../rails'\ndockerfile = 'x'", "images.rails.dockerfile is 'x', and there is no file {}/project/x"),
        (
            "context = '../rails'\ndockerfile = 'docker/batch'",
            "no file {}/project/docker/batch. Write '../rails/docker/batch': paths are relative to batchwright.toml",
        ),
    ],
)
def test_what_does_not_exist_is_an_error_with_file_and_key(project: Path, text: str, message: str) -> None:
    with pytest.raises(RunnerError, match=re.escape(message.format(project.parent))) as caught:
        find(project, f"[images.rails]\n{text}")

    assert str(caught.value).startswith(f"{project}/batchwright.toml cannot be used: ")


def test_a_host_without_the_folder_can_read_the_rest_of_the_file(project: Path) -> None:
    assert find(project, "[images.rails]\ncontext = '/nowhere'", "other") is None
