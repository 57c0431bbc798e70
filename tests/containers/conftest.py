"""A project of cases, and each backend in turn."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from batchwright_runner.workbench.local.containers.client import Engine
from tests.containers.backends import Backend, open_backend
from tests.containers.cases import Cases, Project, make_project
from tests.containers.local_ecs import runners_engine
from tests.containers.presets import MODULES
from tests.containers.python_rootfs import CHANGES, RUNNER, python_rootfs
from tests.kit.command import call, environment
from tests.recording.emulator import models

APP = Path(__file__).parents[1] / "recording/app"


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project, synthesized once by the construct library."""
    opened = make_project(tmp_path_factory.mktemp("cases"))
    done = call(opened.root, "list", "--local", env=environment(CASES_IMAGE=opened.image))
    assert done.code == 0, done.err
    return opened


@pytest.fixture(scope="session")
def backend(request: pytest.FixtureRequest, project: Project) -> Iterator[Backend]:
    """A backend with the images of the cases. The tests of one are run together."""
    with open_backend(request.param) as opened:
        if opened.engine is None:
            yield opened
            return
        project.import_images(opened.engine)
        try:
            yield opened
        finally:
            project.remove_all(opened.engine)


@pytest.fixture(scope="session")
def engine(backend: Backend) -> Iterator[Engine]:
    """A container backend's engine, as the runner speaks to it."""
    with runners_engine(backend.name) as found:
        yield found


@pytest.fixture
def cases(project: Project, backend: Backend) -> Iterator[Cases]:
    """Runs batches. After the test, nothing may be left of them."""
    opened = Cases(project, backend)
    yield opened
    abandoned = opened.abandoned()
    leftovers = opened.left()
    if leftovers and backend.engine is not None:
        backend.engine.remove_labelled(project.label)
    assert abandoned or leftovers == []


@pytest.fixture(scope="session")
def secrets(project: Project) -> None:
    """The batches' secrets on this machine."""
    values = "PASSWORD=50% of $1 ${HOST}\nDD_API_KEY=key\n"
    project.root.joinpath("batches/presets/local.env").write_text(values, encoding="utf-8")


@pytest.fixture(scope="session")
def python_images(project: Project, backend: Backend) -> None:
    """Images with this machine's Python: a batch's, and the runner's. They go when the session's others do."""
    if backend.engine is not None:
        tar = python_rootfs(*MODULES)
        backend.engine.import_image(tar, f"{project.image}-python", CHANGES)
        backend.engine.import_image(tar, f"{project.image}-runner", RUNNER)


@pytest.fixture(scope="session")
def boto(project: Project, backend: Backend, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The options that run an image with Python, boto3 and the sample. It goes when the session's others do."""
    if backend.engine is None:
        return []
    source = tmp_path_factory.mktemp("app")
    shutil.copytree(APP, source, dirs_exist_ok=True)
    for name, file in models("s3", "sqs", "ses").items():
        (source / "models" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, source / "models" / name)
    changes = (*CHANGES, "ENV AWS_DATA_PATH=/app/models", "WORKDIR /app")
    backend.engine.import_image(python_rootfs("tests.recording.loads", source=source), f"{project.image}-boto", changes)
    return ["--image", f"{project.image}-boto", "--record-permissions"]
