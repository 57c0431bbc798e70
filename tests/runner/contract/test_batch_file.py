import json
from dataclasses import replace
from pathlib import Path

import pytest

from batchwright_runner.contract import batch_file
from batchwright_runner.contract.batch_file import BatchFile, BatchFileError, NewerFormatError
from tests.runner.contract.batch_files import as_read, sample


def test_what_was_written_is_read(tmp_path: Path) -> None:
    path = batch_file.write(tmp_path, sample())

    assert path == tmp_path / "batches/local/hello.json"
    assert BatchFile.from_dict(json.loads(path.read_text(encoding="utf-8"))) == sample()


def test_its_form() -> None:
    data = sample().to_dict()

    assert list(data) == ["format", "manifest", "task", "parameters", "permissions", "access", "package", "source"]
    assert data["format"] == 1
    assert data["parameters"] == {
        "LANG": {"path": "/a", "value": "ja_JP"},
        "HOST": {"path": "/b", "value": {"unresolved": "a parameter that this batch does not declare"}},
    }


def test_what_a_start_may_bring_along_is_written_where_there_is_something() -> None:
    data = replace(sample(), startable=("command",)).to_dict()

    assert (data["startable"], BatchFile.from_dict(data).startable) == (["command"], ("command",))
    assert BatchFile.from_dict(as_read()).startable == ()


def test_the_files_of_an_assembly_are_found_by_stage_and_batch(tmp_path: Path) -> None:
    written = batch_file.write(tmp_path, sample())

    assert (batch_file.stages(tmp_path), batch_file.paths(tmp_path, "local")) == (["local"], {"hello": written})
    assert (batch_file.paths(tmp_path, "staging"), batch_file.stages(tmp_path / "nothing")) == ({}, [])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "not a JSON object"),
        ({}, "it lacks format, manifest, task"),
        ({"format": "1", "manifest": {}, "task": {}}, "its format is '1', not a number"),
    ],
)
def test_what_is_not_such_a_file_is_refused(data: object, message: str) -> None:
    with pytest.raises(BatchFileError, match=message):
        BatchFile.from_dict(data)


def test_a_newer_format_is_refused_by_its_own_error() -> None:
    with pytest.raises(NewerFormatError, match="it has format 2 and this runner reads up to 1"):
        BatchFile.from_dict({**as_read(), "format": 2})


def test_containers_that_are_not_known_are_none() -> None:
    task = {"containerDefinitions": batch_file.mark("Fn::If")}

    assert BatchFile.from_dict({**as_read(), "task": task}).containers == []


@pytest.mark.parametrize(
    ("value", "what"),
    [
        (batch_file.mark("Ref Bucket"), "Ref Bucket"),
        ({"unresolved": "Ref Bucket", "more": 1}, ""),
        ({}, ""),
        ("unresolved", ""),
        (None, ""),
    ],
)
def test_a_marked_value_says_what_it_is(value: object, what: str) -> None:
    assert batch_file.unresolved(value) == what
    assert batch_file.is_marked(value) is bool(what)
