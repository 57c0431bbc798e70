import json
import re
from pathlib import Path

import pytest

from batchwright_runner.errors import RunnerError, UsageError
from batchwright_runner.workbench.project.batches import main_container, read_all, read_one, read_workflow
from tests.kit.projects import declared


def put(assembly: Path, content: object, name: str = "hello") -> Path:
    path = assembly / "batches" / "local" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def refused(assembly: Path) -> str:
    with pytest.raises(RunnerError) as error:
        read_one(assembly, "local", "hello")
    return str(error.value)


def test_a_batch_is_read_by_its_name(tmp_path: Path) -> None:
    put(tmp_path, declared("hello", "echo", "hi"))
    put(tmp_path, declared("bye"), "bye")

    assert main_container(read_one(tmp_path, "local", "hello"))["command"] == ["echo", "hi"]
    assert [batch.manifest.batch for batch in read_all(tmp_path, "local")] == ["bye", "hello"]


def test_a_batch_that_is_not_declared(tmp_path: Path) -> None:
    put(tmp_path, declared("hello"))

    with pytest.raises(UsageError, match="Did you mean hello"):
        read_one(tmp_path, "local", "helo")


def test_a_file_of_a_newer_library_asks_for_a_newer_runner(tmp_path: Path) -> None:
    path = put(tmp_path, declared("hello", format=2))
    newer = "cannot be read: it has format 2 and this runner reads up to 1. Update the runner to the version of the"

    assert refused(tmp_path) == f"{path} {newer} construct library"
    path.write_text('{"format": 2}')
    with pytest.raises(RunnerError, match=re.escape(newer)):
        read_workflow(path)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "it is not JSON (Expecting"),
        ([], "it is not a JSON object"),
        ({"format": 1, "task": {}}, "it lacks manifest"),
        ({"format": 1, "manifest": {}, "task": {}}, "the manifest cannot be read"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, content: object, why: str) -> None:
    path = put(tmp_path, content)

    assert refused(tmp_path).startswith(f"{path} cannot be read: {why}")


def test_a_file_without_its_main_container(tmp_path: Path) -> None:
    put(tmp_path, declared("hello", manifest={"container": "other"}))

    with pytest.raises(RunnerError, match="its file has no container other"):
        main_container(read_one(tmp_path, "local", "hello"))
