"""Which classes of a project's folder are its batches."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from batchwright.app.discovery import find_batches
from tests.library.support import batches_of_another_project

REPORT = '''
import abc

from batchwright import FargateBatch

SHARED = 1


class AbstractMeta(type(FargateBatch), abc.ABCMeta):
    """A plain abc.ABC has another metaclass than a construct."""


class Base(FargateBatch, metaclass=AbstractMeta):
    """Abstract: it lacks a method."""

    @abc.abstractmethod
    def query(self) -> str: ...


class Report(Base):
    """Reports."""

    def query(self) -> str:
        return "select 1"


class _Draft(FargateBatch):
    """Not public."""


class Helper:
    """No batch."""
'''


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """A project of its own; the modules and the path are as before when it is gone."""
    with batches_of_another_project():
        yield tmp_path


def write(root: Path, folder: str, text: str) -> None:
    package = root / "batches" / folder
    package.mkdir(parents=True)
    for init in (root / "batches" / "__init__.py", package / "__init__.py"):
        init.touch()
    package.joinpath("batch.py").write_text(text)


def test_public_classes_that_can_be_made_and_are_defined_there(root: Path) -> None:
    write(root, "report", REPORT)

    assert [declaration.__name__ for declaration in find_batches(root)] == ["Report"]


def test_an_imported_batch_belongs_to_its_own_folder(root: Path) -> None:
    write(root, "report", REPORT)
    write(root, "second", "from batches.report.batch import Report\n\n\nclass Second(Report):\n    pass\n")

    assert [declaration.__name__ for declaration in find_batches(root)] == ["Report", "Second"]


def test_batches_come_in_the_order_of_their_folders(root: Path) -> None:
    assert find_batches(root) == []
    for folder in ("zeta", "alpha"):
        write(
            root, folder, f"from batchwright import FargateBatch\n\n\nclass {folder.title()}(FargateBatch):\n    pass\n"
        )
    root.joinpath("batches", "empty").mkdir()

    assert [declaration.__name__ for declaration in find_batches(root)] == ["Alpha", "Zeta"]
