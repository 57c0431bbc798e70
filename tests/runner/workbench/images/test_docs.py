"""The workflows, the Dockerfiles and the page on images: what they say is what the commands take."""

import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from batchwright.registry.publishers import parse_source
from batchwright_runner._version import __version__
from batchwright_runner.contract.files_plan import IMAGE
from batchwright_runner.host.aws.config import find_stage
from batchwright_runner.host.images.settings import find_registry
from tests.command_lines import parse

ROOT = Path(__file__).parents[4]
CI = ROOT / "docs" / "ci"
GITHUB, CIRCLECI = CI / "github-actions.yml", CI / "circleci.yml"
RUNNER_IMAGE = [CI / f"runner-image.{host}.yml" for host in ("github-actions", "circleci")]
PAGES = [ROOT / "docs" / f"{name}.md" for name in ("images", "values-and-secrets")]
DOCKERFILES = sorted(ROOT.glob("batches/*/Dockerfile"))


def load(path: Path) -> dict[Any, Any]:
    found: dict[Any, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("path", [GITHUB, CIRCLECI, *RUNNER_IMAGE, *PAGES], ids=lambda path: path.name)
def test_every_command_that_is_shown_can_be_read(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    pattern = (
        r"^\$ (?:[^|\n]*\| )?(batchwright .*)$" if path in PAGES else r"(batchwright (?:image push|release) [^)\n]*)"
    )
    lines = re.findall(pattern, text, re.MULTILINE)

    assert len(lines) >= 2
    for line in lines:
        parse(shlex.split(line.replace("batches/hello", ".")))


def test_githubs_workflow_asks_for_no_more_than_it_needs() -> None:
    workflow = load(GITHUB)
    job = workflow["jobs"]["image"]

    assert workflow["permissions"] == {}
    assert job["permissions"] == {"contents": "read", "id-token": "write"}
    assert workflow[True]["push"]["branches"] == ["main"]  # YAML 1.1 reads the key "on" so
    assert "environment" not in job, "the token's subject would not name the branch"
    assert "secrets." not in GITHUB.read_text(encoding="utf-8")
    assert not [step for step in job["steps"] if "${{" in step.get("run", "")], "no expression inside a script"


def test_circlecis_workflow_uses_the_token_that_names_the_branch() -> None:
    workflow = load(CIRCLECI)
    (job,) = workflow["workflows"]["image"]["jobs"]

    assert job["image"]["filters"] == {"branches": {"only": "main"}}
    assert job["image"]["context"], "without a context there is no token"
    assert "$CIRCLE_OIDC_TOKEN_V2" in CIRCLECI.read_text(encoding="utf-8")
    assert not re.search(r"CIRCLE_OIDC_TOKEN\b(?!_V2)", CIRCLECI.read_text(encoding="utf-8"))


def test_the_runners_image_is_the_one_that_stages_and_rundeck_use() -> None:
    dockerfile = (CI / "runner-image.Dockerfile").read_text(encoding="utf-8")

    wheel = f"batchwright-{__version__}-py3-none-any.whl"
    assert f"COPY wheels/{wheel} /tmp/\n" in dockerfile
    assert f"install --no-cache-dir /tmp/{wheel}\n" in dockerfile
    for path in CI.glob("*.yml"):
        installs = re.findall(r"install '?(\S*batchwright\S*)", path.read_text(encoding="utf-8"))
        assert all(install.startswith(f"./wheels/{wheel}") for install in installs), path.name
    for path in RUNNER_IMAGE:
        text = path.read_text(encoding="utf-8")
        assert f"IMAGE: {IMAGE}\n" in text
        assert f"role/batches/registry/batches-{IMAGE}-push" in text
        assert " -f runner/Dockerfile " in text


def test_the_settings_beside_the_workflows_are_read(tmp_path: Path) -> None:
    text = (CI / "batchwright.toml").read_text(encoding="utf-8")
    (tmp_path / "batchwright.toml").write_text(text)

    registry = find_registry(folder=tmp_path, environment={"HOME": str(tmp_path)})
    stage = find_stage("staging", folder=tmp_path, environment={"HOME": str(tmp_path)})

    assert (registry.account, stage.account) == ("333333333333", "111111111111")
    assert tomllib.loads(text)["project"] == "batches"
    for path in (GITHUB, CIRCLECI):
        assert f"arn:aws:iam::{registry.account}:role/batches/registry/batches-reports-push" in path.read_text()
    assert stage.role_arn in (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")


def test_the_sources_that_the_page_shows_are_sources() -> None:
    shown = set(re.findall(r"github:[\w@/-]+@main", (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")))

    assert {parse_source("docs", command).subject for command in shown} == {
        "repo:acme/reports:ref:refs/heads/main",
        "repo:acme@123456/reports@456789:ref:refs/heads/main",
    }


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.parent.name)
def test_a_sample_image_has_two_stages_and_runs_as_nobody(path: Path) -> None:
    lines = [line.split(maxsplit=1) for line in path.read_text().splitlines() if line and not line.startswith("#")]
    bases = [rest for word, rest in lines if word == "FROM"]
    last = lines[[n for n, (word, _) in enumerate(lines) if word == "FROM"][-1] :]

    assert len(bases) == 2
    assert not [base for base in bases if ":" not in base or ":latest" in base], "a base image has a version"
    assert [rest for word, rest in last if word == "USER"] == ["10001:10001"]
    assert "COPY --from=build" in path.read_text()
    assert next(rest for word, rest in last if word == "CMD").startswith("["), "exec form: signals reach the program"


def test_each_source_of_a_sample_has_a_dockerfile_and_ignores_all_else() -> None:
    assert {path.parent for path in DOCKERFILES} == {path.parent for path in ROOT.glob("batches/*/app")}
    assert all((path.parent / ".dockerignore").read_text().startswith("*\n!app\n") for path in DOCKERFILES)
