"""A project of cases, and each backend in turn."""

from collections.abc import Iterator

import pytest

from tests.containers.backends import Backend, open_backend
from tests.containers.cases import Cases, Project, make_project
from tests.runner.support import call, environment


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project, synthesized once by the construct library."""
    made = make_project(tmp_path_factory.mktemp("cases"))
    done = call(made.root, "list", "--local", env=environment(CASES_IMAGE=made.image))
    assert done.code == 0, done.err
    return made


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


@pytest.fixture
def cases(project: Project, backend: Backend) -> Iterator[Cases]:
    """Runs batches. After the test, nothing may be left of them."""
    made = Cases(project, backend)
    yield made
    abandoned = made.abandoned()
    left = made.left()
    if left and backend.engine is not None:
        backend.engine.remove_labelled(project.label)
    assert abandoned or left == []
