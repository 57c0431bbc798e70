"""The reference page and JSON Schemas of cdk.json and batchwright.toml: from the code, and as strict as the code."""

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from batchwright.app.cdk_json import read_project
from batchwright.errors import DeclarationError
from batchwright_runner.contract.context_keys import CONTEXT_KEYS
from batchwright_runner.contract.settings import TOML_KEYS, VARIABLES, Key
from batchwright_runner.host.settings.batchwright_toml import read_toml
from batchwright_runner.workbench.scaffold.answers import Answers, StageAnswers
from batchwright_runner.workbench.scaffold.project_files import cdk_json
from tests.runner.host.aws.mistakes import MISTAKES

ROOT = Path(__file__).parents[4]
REFERENCE = ROOT / "docs/reference"


def validator(name: str) -> Draft202012Validator:
    schema: Mapping[str, Any] = json.loads((REFERENCE / name).read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


CDK_JSON = validator("cdk.schema.json")
TOML = validator("batchwright-toml.schema.json")
STAGE = {"account": "111111111111", "region": "eu-west-1", "subnets": "/network/subnets"}
REGISTRY = {"account": "333333333333", "region": "eu-west-1"}


def test_page_and_schemas_are_those_of_the_code() -> None:
    command = [sys.executable, "docs/generate_configuration.py", "--check"]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert (checked.returncode, checked.stderr) == (0, "")


def names(keys: Mapping[str, Key]) -> set[str]:
    return {name for nested, key in keys.items() for name in (nested, *names(key.keys))}


def test_the_page_has_every_key_and_variable() -> None:
    page = (REFERENCE / "configuration.md").read_text(encoding="utf-8")
    shown = {name.rpartition(".")[2] for name in re.findall(r"^\| `([\w.-]+)` \|", page, re.MULTILINE)}

    assert shown == names(CONTEXT_KEYS) | names(TOML_KEYS) | set(VARIABLES)


def test_what_is_true_or_false_says_which_without_it() -> None:
    page = (REFERENCE / "configuration.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| .*\| true or false \|.*", page, re.MULTILINE)

    assert len(rows) > 5
    assert [row for row in rows if "Default: " not in row] == []


def test_every_variable_that_is_read_is_on_the_page() -> None:
    sources = [path.read_text(encoding="utf-8") for path in ROOT.glob("runner/batchwright_runner/**/*.py")]
    read = {name for text in sources for name in re.findall(r'"(BATCHWRIGHT_[A-Z]+)"', text)}

    to_containers_and_alerts = {f"BATCHWRIGHT_{name}" for name in ("ATTEMPT", "BACKFILL", "FILES", "ALERTS")}
    assert read - to_containers_and_alerts == {name for name in VARIABLES if name.startswith("BATCHWRIGHT_")}


@pytest.mark.parametrize(
    "context",
    [
        {"stages": {"staging": STAGE}},
        {"stages": {"staging": STAGE, "local": {"settings": {"bucket": "x"}}}, "vpc-provider:x": {}, "mine": 3},
        {"stages": {"staging": {**STAGE, "vpc_id": "vpc-1", "security_groups": ["sg-1"], "scheduler": "rundeck"}}},
        {"stages": {"staging": {**STAGE, "scheduler": "jenkins"}}},
        {"stages": {"staging": STAGE}, "project": "sales", "timezone": "Asia/Tokyo", "stage": "staging"},
        {"stages": {"staging": STAGE}, "registry": {**REGISTRY, "images": ["rails"]}},
        {"stages": {"staging": STAGE}, "registry": {**REGISTRY, "images": {"a1": None, "b1": {"repository": "x/y"}}}},
        {"stages": {"staging": STAGE}, "registry": {**REGISTRY, "managed": False}},
    ],
)
def test_what_the_library_takes_is_valid(context: dict[str, Any]) -> None:
    read_project(context)
    CDK_JSON.validate({"app": "python app.py", "context": context})


@pytest.mark.parametrize(
    "context",
    [
        {},
        {"stages": {}},
        {"stages": ["staging"]},
        {"stages": {"staging": {"account": "111111111111", "subnets": "x"}}},
        {"stages": {"staging": {**STAGE, "account": 111111111111}}},
        {"stages": {"staging": {**STAGE, "region": "Tokyo"}}},
        {"stages": {"staging": {**STAGE, "subnet": "x"}}},
        {"stages": {"staging": {**STAGE, "settings": {"n": 3}}}},
        {"stages": {"pre-prod": STAGE}},
        {"stages": {"staging": STAGE, "local": {"sets": {}}}},
        {"stages": {"staging": STAGE}, "project": "My-Project"},
        {"stages": {"staging": STAGE}, "project": 3},
        {"stages": {"staging": STAGE}, "registry": "333333333333"},
        {"stages": {"staging": STAGE}, "registry": {**REGISTRY, "managed": "false"}},
        {"stages": {"staging": STAGE}, "registry": {**REGISTRY, "image": []}},
        {"stages": {"staging": STAGE}, "registry": {**REGISTRY, "images": {"a1": {"repo": "x/y"}}}},
    ],
)
def test_what_the_library_refuses_is_not_valid(context: dict[str, Any]) -> None:
    assert not CDK_JSON.is_valid({"app": "python app.py", "context": context})
    with pytest.raises(DeclarationError):
        read_project(context)


def test_the_cdk_json_of_init_and_our_own_are_valid() -> None:
    stage = StageAnswers(name="staging", account="111111111111", region="eu-west-1", subnets=("subnet-1",))
    for ci in ("github", "none"):
        CDK_JSON.validate(cdk_json(Answers(project="sales", stages=(stage,), ci=ci, timezone="Europe/Dublin")))
    CDK_JSON.validate(json.loads((ROOT / "cdk.json").read_text(encoding="utf-8")))


def read(tmp_path: Path, text: str) -> None:
    (tmp_path / "batchwright.toml").write_text(text, encoding="utf-8")
    read_toml(tmp_path, {"HOME": str(tmp_path)})


@pytest.mark.parametrize(
    "text",
    [
        "",
        'project = "sales"\narchitecture = "ARM64"',
        '[stages.staging]\naccount = "111111111111"\nregion = "eu-west-1"\nprofile = "x"',
        '[registry]\nrole_arn = "arn:aws-cn:iam::111111111111:role/ci/push"',
        '[registry]\naccount = "111111111111"\n[registry.images]\nrails = "acme/rails"',
        '[registry.images]\naccount = "acme/account"\nproject = "acme/PM"',
        '[rundeck]\nproject = "Night-Batches"\n[rundeck.stages.production]\nproject = "Live"',
        '[images.rails]\ncontext = ".."\ndockerfile = "Dockerfile.batch"',
    ],
)
def test_what_the_runner_takes_is_valid(tmp_path: Path, text: str) -> None:
    read(tmp_path, text)
    TOML.validate(tomllib.loads(text))


@pytest.mark.parametrize(("text", "message"), MISTAKES)
def test_what_the_runner_refuses_is_not_valid(text: str, message: str) -> None:
    del message

    assert not TOML.is_valid(tomllib.loads(text))
