import json
from pathlib import Path

import pytest

from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.host.stage.seen_names import KEPT, SeenNames
from batchwright_runner.workbench.project.known_names import known_names
from tests.fake_aws import AwsServer
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.account import batchwright
from tests.kit.command import call, environment
from tests.kit.projects import declared, make_project

STAGES = {"staging": {"account": "111111111111"}, "production": {"account": "222222222222"}}
TOML = '[stages.staging]\naccount = "111111111111"\nregion = "eu-west-1"\n[stages.preview]\naccount = "111111111111"\n'


def offered(folder: Path, *words: str, **more: str) -> list[str]:
    """What bash is offered for the last of the words."""
    line = " ".join(["batchwright", *words])
    variables = {
        "_BATCHWRIGHT_COMPLETE": "bash_complete",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words)),
        "HOME": str(folder),
    }
    done = call(folder, env=environment(**variables, **more))
    assert (done.code, done.err) == (0, "")
    return [line.partition(",")[2] for line in done.text.splitlines() if line]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with two stages and two batches, whose first local run has been made."""
    values: dict[str, object] = {"parameters": {"TO": ""}, "secrets": ["PASSWORD"]}
    make_project(tmp_path, declared("hello", "true"), declared("report", "true", manifest=values))
    config = json.loads((tmp_path / "cdk.json").read_text())
    config["context"]["stages"] = STAGES
    (tmp_path / "cdk.json").write_text(json.dumps(config))
    assert call(tmp_path, "list", "--local").code == 0
    return tmp_path


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (("ru",), ["run", "runs"]),
        (("run", ""), ["hello", "report"]),
        (("run", "he"), ["hello"]),
        (("run", "hello", "-s", ""), ["production", "staging"]),
        (("attach", ""), ["hello@latest", "report@latest"]),
        (("logs", "h"), ["hello", "hello@latest"]),
        (("params", "nope", ""), ["check", "diff", "get", "list", "set", "unset"]),
        (("release", "r"), ["report"]),
        (("params", "get", ""), ["hello", "report"]),
        (("params", "get", "report", ""), ["PASSWORD", "TO"]),
        (("params", "get", "--shared", "P"), ["PASSWORD"]),
    ],
)
def test_the_project_in_this_folder_is_known(project: Path, words: tuple[str, ...], names: list[str]) -> None:
    assert offered(project, *words) == names


def test_a_workflow_is_offered_to_the_verbs_that_take_one(project: Path) -> None:
    (project / "batches/night_run").mkdir()
    (project / "batches/night_run/workflow.py").touch()

    assert offered(project, "run", "") == ["hello", "night-run", "report"]
    assert offered(project, "attach", "n") == ["night-run@latest"]
    assert offered(project, "permissions", "") == ["hello", "report"]


def test_before_a_synthesis_the_folders_are_the_names(tmp_path: Path) -> None:
    make_project(tmp_path)
    (tmp_path / "batches/daily_report").mkdir(parents=True)
    (tmp_path / "batches/daily_report/batch.py").touch()

    assert offered(tmp_path, "run", "d") == ["daily-report"]


def test_stages_are_those_of_batchwright_toml_too(tmp_path: Path) -> None:
    (tmp_path / "batchwright.toml").write_text(TOML)

    assert offered(tmp_path, "list", "-s", "") == ["preview", "staging"]


def test_no_project_and_a_broken_one_offer_nothing_and_say_nothing(tmp_path: Path) -> None:
    assert offered(tmp_path, "run", "") == []
    (tmp_path / "cdk.json").write_text("{")
    (tmp_path / "batchwright.toml").write_text("[")
    assert (offered(tmp_path, "run", ""), offered(tmp_path, "run", "x", "-s", "")) == ([], [])


def test_a_stage_is_known_once_it_was_listed(aws: AwsServer, tmp_path: Path) -> None:
    aws.deploy(sample_manifest("daily-report"))
    aws.deploy(sample_manifest("weekly-report"))
    before = offered(tmp_path, "run", "-s", "staging", "")

    assert batchwright(aws, tmp_path, "list", "-s", "staging").code == 0

    assert (before, offered(tmp_path, "run", "-s", "staging", "w")) == ([], ["weekly-report"])
    assert offered(tmp_path, "rollback", "-s", "staging", "") == ["reports"]


def manifests() -> list[BatchManifest]:
    return [sample_manifest("daily-report")]


def test_seen_names_are_forgotten_after_a_while(tmp_path: Path) -> None:
    now = [1000.0]
    seen = SeenNames(tmp_path, lambda: now[0])
    seen.remember("batches", "staging", manifests())
    known = seen.recall("batches", "staging")
    now[0] += KEPT

    assert known == ({"daily-report": ()}, frozenset({"reports"}))
    assert seen.recall("batches", "staging") == ({}, frozenset())
    assert seen.recall("batches", "production") == ({}, frozenset())


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"at": "x", "batches": {}}', '{"at": 1000, "batches": [1]}'])
def test_a_damaged_file_of_seen_names_is_nothing_known(tmp_path: Path, text: str) -> None:
    (tmp_path / "batches-staging.json").write_text(text)

    assert SeenNames(tmp_path, lambda: 1000.0).recall("batches", "staging") == ({}, frozenset())


def test_seen_names_that_cannot_be_kept_stop_nothing(aws: AwsServer, tmp_path: Path) -> None:
    aws.deploy(sample_manifest("daily-report"))
    (tmp_path / "blocked").touch()

    done = batchwright(aws, tmp_path, "list", "-s", "staging", env={"XDG_CACHE_HOME": str(tmp_path / "blocked")})

    assert (done.code, "daily-report" in done.text) == (0, True)


def test_names_come_without_a_synthesis(project: Path) -> None:
    (project / "app.py").write_text("raise SystemExit('not to be run')")

    assert set(known_names(project).batches) == {"hello", "report"}


def test_a_batch_whose_file_is_gone_is_no_name(project: Path) -> None:
    (file,) = (project / ".batchwright/assembly").glob("*/batches/*/report.json")
    file.write_text(json.dumps({**json.loads(file.read_text()), "declared_at": "batches/report/batch.py:9"}))

    assert set(known_names(project).batches) == {"hello"}
