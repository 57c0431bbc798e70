"""The published JSON Schema of the manifest: it comes from the code, and says what the reader says."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

from batchwright_runner.contract.forms import required
from batchwright_runner.contract.manifest import FORMS, BatchManifest
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.manifest_cases import READ_TOO, WRONG, manifests
from tests.kit.manifests import manifest_data
from tests.kit.pages import blocks

ROOT = Path(__file__).parents[3]
SCHEMA: Mapping[str, Any] = json.loads((ROOT / "docs/reference/manifest.schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)


def test_it_is_a_schema_and_up_to_date() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    command = [sys.executable, "docs/generate_schema.py", "--check"]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert checked.returncode == 0, checked.stderr


def test_every_field_is_described() -> None:
    assert SCHEMA["properties"].keys() == FORMS.keys()
    assert all(field["description"] for field in SCHEMA["properties"].values())


@given(manifests)
def test_what_the_library_may_write_is_valid(manifest: BatchManifest) -> None:
    VALIDATOR.validate(manifest.to_dict())


@pytest.mark.parametrize("path", sorted(ROOT.glob("tests/manifests/schema-*.json")), ids=lambda path: path.stem)
def test_frozen_examples_are_valid(path: Path) -> None:
    VALIDATOR.validate(json.loads(path.read_text(encoding="ascii")))


@pytest.mark.parametrize("data", [manifest_data(), sample_manifest().to_dict()], ids=["local", "deployed"])
def test_the_manifests_of_other_tests_are_valid(data: dict[str, Any]) -> None:
    VALIDATOR.validate(data)


def test_the_example_on_the_page_is_valid_and_has_only_what_is_needed() -> None:
    page = (ROOT / "docs/reference/manifest.md").read_text(encoding="utf-8")
    example = json.loads(blocks(page, "json")[0])

    VALIDATOR.validate(example)
    assert example.keys() == {"schema", *required(BatchManifest)}
    assert BatchManifest.from_dict(example).to_dict() == example


@pytest.mark.parametrize(("field", "value", "message"), WRONG)
def test_what_the_reader_refuses_is_not_valid(field: str, value: object, message: str) -> None:
    del message

    assert not VALIDATOR.is_valid({**manifest_data(), field: value})


@pytest.mark.parametrize(("field", "value", "meant"), READ_TOO)
def test_what_the_reader_takes_is_valid(field: str, value: object, meant: object) -> None:
    del meant

    assert VALIDATOR.is_valid({**manifest_data(), field: value})


@pytest.mark.parametrize("field", ["schema", *required(BatchManifest)])
def test_what_is_needed_is_needed(field: str) -> None:
    data = manifest_data()
    del data[field]

    assert not VALIDATOR.is_valid(data)


@pytest.mark.parametrize("wrong", [{"timeout_second": 60}, {"image": {"name": "a", "tags": "b"}}])
def test_a_typing_error_is_found_though_the_reader_ignores_it(wrong: dict[str, Any]) -> None:
    data = manifest_data(**wrong)

    assert not VALIDATOR.is_valid(data)
    assert BatchManifest.from_dict(data).batch == "hello"
