"""What the cases of config files and of Datadog's Agent share: images with Python, and the secrets of their batches."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.containers.backends import Backend
from tests.containers.cases import Cases, Project, make_project
from tests.containers.python_rootfs import CHANGES, RUNNER, python_rootfs

SAMPLE = Path(__file__).parents[2] / "batches/members_export"
MODULES = ("socket", "signal", "time", "configparser", "csv", "hmac", "hashlib", "datetime")
"""What the sample and the stand-in for the Agent import."""


@pytest.fixture(scope="session")
def secrets(project: Project) -> None:
    """The batches' secrets on this machine."""
    values = "PASSWORD=50% of $1 ${HOST}\nDD_API_KEY=key\n"
    project.root.joinpath("batches/presets/local.env").write_text(values, encoding="utf-8")


@pytest.fixture(scope="session")
def python_images(project: Project, backend: Backend) -> None:
    """Images with this machine's Python: the sample's, and the runner's. They go when the session's others do."""
    if backend.engine is not None:
        tar = python_rootfs(*MODULES, source=SAMPLE / "app")
        backend.engine.import_image(tar, f"{project.image}-python", CHANGES)
        backend.engine.import_image(tar, f"{project.image}-runner", RUNNER)


@pytest.fixture
def sample(cases: Cases, tmp_path: Path) -> Iterator[Cases]:
    """The sample with a config file, in a project of its own."""
    project = make_project(tmp_path)
    shutil.rmtree(tmp_path / "batches")
    folder = tmp_path / "batches/members_export"
    shutil.copytree(SAMPLE, folder, ignore=shutil.ignore_patterns("local.env", "__pycache__"))
    shutil.copy(folder / "local.env.example", folder / "local.env")
    settings = json.loads((tmp_path / "cdk.json").read_text())
    settings["context"]["stages"]["production"] = settings["context"]["stages"]["staging"]
    (tmp_path / "cdk.json").write_text(json.dumps(settings))
    made = Cases(project, cases.backend)
    yield made
    assert made.left() == []


def named(cases: Cases, image: str = "", **others: str) -> list[str]:
    """Options that name the images of containers, so that nobody tries to pull them; none for a plain process."""
    if cases.backend.engine is None:
        return []
    images = {"main": image, **{name.replace("_", "-"): suffix for name, suffix in others.items()}}
    return [part for name, suffix in images.items() for part in ("--image", f"{name}={cases.project.image}{suffix}")]
