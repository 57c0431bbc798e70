import json
from pathlib import Path
from typing import Any

import pytest

from batchwright_runner.errors import RunnerError, UsageError
from batchwright_runner.host.aws.config import StageTarget, Target, find_stage
from batchwright_runner.host.images.settings import find_registry
from batchwright_runner.workbench.images.cpu import find_platform
from tests.runner.host.aws.mistakes import MISTAKES

FULL = """
project = "nightly"

[registry]
account = "333333333333"
region = "ap-northeast-1"

[stages.staging]
account = "111111111111"
region = "ap-northeast-1"
profile = "staging"

[stages.production]
account = "222222222222"
role_arn = "arn:aws:iam::222222222222:role/runner"
"""


def find(stage: str | None, tmp_path: Path, **environment: str) -> StageTarget:
    folder = tmp_path / "here"
    folder.mkdir(exist_ok=True)
    return find_stage(stage, folder=folder, environment={"HOME": str(tmp_path / "home"), **environment})


def write(tmp_path: Path, text: str, name: str = "here/batchwright.toml") -> Path:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_the_file_says_where_a_stage_is(tmp_path: Path, mark: str) -> None:
    path = write(tmp_path, mark + FULL)

    assert find("staging", tmp_path) == StageTarget(
        project="nightly",
        stage="staging",
        account="111111111111",
        region="ap-northeast-1",
        profile="staging",
        source=str(path),
    )
    assert find("production", tmp_path).role_arn == "arn:aws:iam::222222222222:role/runner"


def test_without_a_file_the_sdk_decides(tmp_path: Path) -> None:
    assert find("staging", tmp_path) == StageTarget(project="batches", stage="staging")


def test_variables_win_over_the_file(tmp_path: Path) -> None:
    write(tmp_path, FULL)

    assert find("staging", tmp_path, AWS_PROFILE="mine").profile == "mine"
    assert find("staging", tmp_path, AWS_ACCESS_KEY_ID="AKIA").profile == ""
    assert find("staging", tmp_path, AWS_ACCESS_KEY_ID="AKIA", AWS_PROFILE="mine").profile == ""
    assert find("staging", tmp_path, BATCHWRIGHT_PROJECT="other").project == "other"


def test_a_region_is_a_fact_of_the_stage_and_not_of_the_shell(tmp_path: Path) -> None:
    path = write(tmp_path, FULL)

    here = find("staging", tmp_path, AWS_REGION="us-east-1", AWS_DEFAULT_REGION="us-east-2")

    assert here.region == "ap-northeast-1"
    assert here.note == f"stage staging is in region ap-northeast-1, as {path} says; AWS_REGION is us-east-1"
    assert find("staging", tmp_path, AWS_DEFAULT_REGION="us-east-2").note.endswith("AWS_DEFAULT_REGION is us-east-2")
    assert find("staging", tmp_path, AWS_REGION="ap-northeast-1").note == ""


def test_where_no_file_says_the_region_the_shell_does(tmp_path: Path) -> None:
    write(tmp_path, FULL)

    assert find("production", tmp_path, AWS_REGION="us-east-1").region == "us-east-1"
    assert find("production", tmp_path, AWS_DEFAULT_REGION="us-east-2").region == "us-east-2"
    assert find("production", tmp_path, AWS_REGION="us-east-1", AWS_DEFAULT_REGION="us-east-2").note == ""


SALES: dict[str, Any] = {
    "project": "sales",
    "registry": {"account": "333333333333", "region": "us-west-2"},
    "stages": {
        "staging": {"account": "111111111111", "region": "eu-west-1", "subnets": ["subnet-1"]},
        "production": {"account": "222222222222", "region": "eu-west-2", "subnets": ["subnet-2"]},
        "local": {"settings": {}},
    },
}


def project(tmp_path: Path, context: object = SALES) -> Path:
    return write(tmp_path, json.dumps({"app": "python app.py", "context": context}), "here/cdk.json")


def registry(tmp_path: Path, **environment: str) -> Target:
    return find_registry(folder=tmp_path / "here", environment={"HOME": str(tmp_path / "home"), **environment})


def test_in_a_projects_folder_its_cdk_json_says_where_a_stage_is(tmp_path: Path) -> None:
    path = project(tmp_path)

    assert find("staging", tmp_path) == StageTarget(
        project="sales", stage="staging", account="111111111111", region="eu-west-1", source=str(path)
    )
    below = tmp_path / "here" / "batches" / "hello"
    below.mkdir(parents=True)
    found = find_stage("production", folder=below, environment={"HOME": str(tmp_path)})
    assert (found.account, found.region) == ("222222222222", "eu-west-2")
    assert find("staging", tmp_path, AWS_REGION="us-east-1").note == (
        f"stage staging is in region eu-west-1, as {path} says; AWS_REGION is us-east-1"
    )


def test_batchwright_toml_wins_over_cdk_json_key_by_key(tmp_path: Path) -> None:
    project(tmp_path)
    toml = write(
        tmp_path, '[stages.staging]\naccount = "444444444444"\nprofile = "mine"\n[registry]\nregion = "us-east-1"'
    )

    found = find("staging", tmp_path)
    assert (found.project, found.account, found.region, found.profile) == ("sales", "444444444444", "eu-west-1", "mine")
    assert (found.source, find("production", tmp_path).account) == (str(toml), "222222222222")
    assert (registry(tmp_path).account, registry(tmp_path).region) == ("333333333333", "us-east-1")


def test_a_batchwright_toml_beside_cdk_json_holds_below_it_too(tmp_path: Path) -> None:
    project(tmp_path)
    write(tmp_path, '[stages.staging]\nprofile = "mine"')
    below = tmp_path / "here" / "batches"
    below.mkdir()

    assert find_stage("staging", folder=below, environment={"HOME": str(tmp_path)}).profile == "mine"
    assert find_stage("staging", folder=tmp_path, environment={"HOME": str(tmp_path)}).profile == ""


def test_what_is_of_another_project_is_not_taken_from_cdk_json(tmp_path: Path) -> None:
    project(tmp_path)

    assert find("staging", tmp_path, BATCHWRIGHT_PROJECT="other") == StageTarget(project="other", stage="staging")
    assert registry(tmp_path, BATCHWRIGHT_PROJECT="other") == Target(project="other")
    write(tmp_path, 'project = "other"')
    assert find("staging", tmp_path) == StageTarget(project="other", stage="staging")


def test_a_stage_that_the_project_does_not_have(tmp_path: Path) -> None:
    path = project(tmp_path)

    with pytest.raises(UsageError, match=rf"'stagng': {path} does not have it\. Did you mean staging"):
        find("stagng", tmp_path)
    with pytest.raises(UsageError, match=r"no such stage 'local'.*There are: production, staging"):
        find("local", tmp_path)
    with pytest.raises(UsageError, match=rf"Add -s STAGE; {path} has staging, production"):
        find(None, tmp_path)


def test_without_a_registry_the_images_are_where_all_stages_are(tmp_path: Path) -> None:
    stages = {name: {**SALES["stages"]["staging"]} for name in ("staging", "production")}
    project(tmp_path, {"project": "sales", "stages": stages})
    assert (registry(tmp_path).account, registry(tmp_path).region) == ("111111111111", "eu-west-1")

    project(tmp_path, {"project": "sales", "stages": SALES["stages"]})
    assert registry(tmp_path) == Target(project="sales")


@pytest.mark.parametrize("context", [{}, {"stages": ["dev"]}, {"stages": {"dev": "a"}}, {"stages": {"dev": {"id": 1}}}])
def test_the_cdk_json_of_another_app_says_nothing(tmp_path: Path, context: dict[str, Any]) -> None:
    project(tmp_path, {**context, "projectName": "acme", "projects": []})

    assert find("staging", tmp_path) == StageTarget(project="batches", stage="staging")
    assert registry(tmp_path) == Target(project="batches")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"projct": "x", "project": None}, r"unknown key context\.projct\. Did you mean project\?"),
        ({"registy": {}, "registry": None}, r"unknown key context\.registy\. Did you mean registry\?"),
        ({"project": 3}, "context.project must be a string"),
        ({"stages": {"staging": {"account": 111111111111}}}, "stages.staging.account is 111111111111, not a string of"),
        ({"stages": {"staging": {"account": "1" * 13}}}, "stages.staging.account is '1{13}', not a string of 12"),
        ({"stages": {"staging": {"account": "111111111111", "region": "Tokyo"}}}, "region is 'Tokyo', not a region's"),
        ({"stages": {"staging": 3, "production": {"key": "x"}}}, "context.stages.staging must be an object"),
    ],
)
def test_a_mistake_in_cdk_json_is_named(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    context = {key: value for key, value in {**SALES, **changes}.items() if value is not None}
    project(tmp_path, context)

    with pytest.raises(RunnerError, match=message) as caught:
        find("staging", tmp_path)
    assert caught.value.exit_code == 125


@pytest.mark.parametrize("text", ["{", "[]", '{"context": []}'])
def test_a_cdk_json_that_cannot_be_read_is_named(tmp_path: Path, text: str) -> None:
    write(tmp_path, text, "here/cdk.json")

    with pytest.raises(RunnerError, match=r"cdk\.json cannot be"):
        find("staging", tmp_path)


def test_the_nearest_file_is_taken(tmp_path: Path) -> None:
    write(tmp_path, 'project = "home"', "home/.config/batchwright/batchwright.toml")
    assert find("staging", tmp_path).project == "home"

    write(tmp_path, 'project = "xdg"', "xdg/batchwright/batchwright.toml")
    assert find("staging", tmp_path, XDG_CONFIG_HOME=str(tmp_path / "xdg")).project == "xdg"

    write(tmp_path, 'project = "here"')
    assert find("staging", tmp_path).project == "here"

    named = write(tmp_path, 'project = "named"', "elsewhere.toml")
    assert find("staging", tmp_path, BATCHWRIGHT_CONFIG=str(named)).project == "named"


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(RunnerError, match="BATCHWRIGHT_CONFIG names it"):
        find("staging", tmp_path, BATCHWRIGHT_CONFIG="none.toml")


def test_there_is_no_default_stage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no stage given.*Add -s STAGE$"):
        find(None, tmp_path)

    write(tmp_path, FULL)
    with pytest.raises(UsageError, match="has staging, production"):
        find("", tmp_path)


def test_a_stage_that_the_file_does_not_have(tmp_path: Path) -> None:
    write(tmp_path, FULL)

    with pytest.raises(UsageError, match="Did you mean production"):
        find("prodction", tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [("project = ", "cannot be read"), ("[images.rails]\ncontext = ''", "images.rails.context is missing"), *MISTAKES],
)
def test_a_mistake_in_the_file_is_named(tmp_path: Path, text: str, message: str) -> None:
    write(tmp_path, text)

    with pytest.raises(RunnerError, match=message) as caught:
        find("staging", tmp_path)
    assert caught.value.exit_code == 125


def test_the_variable_for_the_architecture_wins_over_the_file(tmp_path: Path) -> None:
    write(tmp_path, 'architecture = "ARM64"')
    folder = tmp_path / "here"

    def found(**environment: str) -> str:
        return find_platform("", folder=folder, environment={"HOME": str(tmp_path), **environment})

    assert (found(), found(BATCHWRIGHT_ARCHITECTURE="X86_64")) == ("linux/arm64", "linux/amd64")
    assert find_platform("", folder=tmp_path, environment={"HOME": str(tmp_path)}) == "linux/amd64"
    with pytest.raises(UsageError, match="BATCHWRIGHT_ARCHITECTURE cannot be used: it is 'arm', not X86_64 or ARM64"):
        found(BATCHWRIGHT_ARCHITECTURE="arm")
