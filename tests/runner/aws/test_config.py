from pathlib import Path

import pytest

from batchwright_runner.aws.config import StageTarget, find_architecture, find_stage
from batchwright_runner.errors import RunnerError, UsageError

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
    folder, home = tmp_path / "here", tmp_path / "home"
    folder.mkdir(exist_ok=True)
    return find_stage(stage, folder=folder, home=home, environment=environment)


def write(tmp_path: Path, text: str, name: str = "here/batchwright.toml") -> Path:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_the_file_says_where_a_stage_is(tmp_path: Path) -> None:
    path = write(tmp_path, FULL)

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

    assert find("staging", tmp_path, AWS_REGION="us-east-1").region == "us-east-1"
    assert find("staging", tmp_path, AWS_DEFAULT_REGION="us-east-2").region == "us-east-2"
    assert find("staging", tmp_path, AWS_PROFILE="mine").profile == "mine"
    assert find("staging", tmp_path, AWS_ACCESS_KEY_ID="AKIA").profile == ""
    assert find("staging", tmp_path, BATCHWRIGHT_PROJECT="other").project == "other"


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
    with pytest.raises(UsageError, match=r"no stage given.*--local"):
        find(None, tmp_path)

    write(tmp_path, FULL)
    with pytest.raises(UsageError, match="has staging, production"):
        find("", tmp_path)


def test_a_stage_that_the_file_does_not_have(tmp_path: Path) -> None:
    write(tmp_path, FULL)

    with pytest.raises(UsageError, match="Did you mean production"):
        find("prodction", tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("project = ", "cannot be read"),
        ("projct = 'x'", r"unknown key projct\. Did you mean project\?"),
        ("project = 3", "project must be a string"),
        ("architecture = 'arm'", "architecture is 'arm': X86_64 or ARM64 is expected"),
        ("stages = 3", "stages must be a table"),
        ("stages.staging = 3", "stages.staging must be a table"),
        ("[stages.staging]\naccount = 111111111111", "stages.staging.account must be a string"),
        ("[stages.staging]\naccount = '1'", "stages.staging.account is '1', not 12 digits"),
        ("[stages.staging]\nacount = '1'", r"unknown key stages.staging.acount\. Did you mean account\?"),
        ("[registry]\nprofil = 'x'", r"unknown key registry.profil\. Did you mean profile\?"),
        ("images = 3", r"images must be a table\. Write \[images.NAME\] sections"),
        ("images.rails = '../rails'", "images.rails must be a table"),
        ("[images.rails]\ncontxt = '..'", r"unknown key images.rails.contxt\. Did you mean context\?"),
        ("[images.rails]\ncontext = 3", "images.rails.context must be a string"),
        ("[images.rails]\ncontext = ''", "images.rails.context is missing"),
        ("[images.rails]\ndockerfile = 'x'", r"images.rails.context is missing\. It is the folder"),
        ("[images.images]\nimages = 'x'", "unknown key images.images.images"),
    ],
)
def test_a_mistake_in_the_file_is_named(tmp_path: Path, text: str, said: str) -> None:
    write(tmp_path, text)

    with pytest.raises(RunnerError, match=said) as caught:
        find("staging", tmp_path)
    assert caught.value.exit_code == 125


def test_the_variable_for_the_architecture_wins_over_the_file(tmp_path: Path) -> None:
    write(tmp_path, 'architecture = "ARM64"')
    folder = tmp_path / "here"

    def found(**environment: str) -> str:
        return find_architecture(folder=folder, home=tmp_path, environment=environment)

    assert found() == "ARM64"
    assert found(BATCHWRIGHT_ARCHITECTURE="X86_64") == "X86_64"
    assert find_architecture(folder=tmp_path, home=tmp_path, environment={}) == ""
    with pytest.raises(UsageError, match="BATCHWRIGHT_ARCHITECTURE is 'arm': X86_64 or ARM64 is expected"):
        found(BATCHWRIGHT_ARCHITECTURE="arm")
