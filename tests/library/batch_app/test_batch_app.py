"""The app: its stacks, its stages, and where its context comes from."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import cx_api

from batchwright import BatchApp, BatchPlatform, DeclarationError, FargateBatch
from batchwright.app.batch_app import read_context
from tests.library.samples import ROOT, declared, workflows
from tests.library.support import of_type, refusal

STAGES = {
    "staging": {"account": "111111111111", "region": "ap-northeast-1", "subnets": ["subnet-1"]},
    "production": {"account": "222222222222", "region": "ap-northeast-1", "subnets": ["subnet-2"]},
}
REGISTRY = {"account": "333333333333", "region": "ap-northeast-1"}
CONTEXT: dict[str, Any] = {"project": "nightly", "registry": REGISTRY, "stages": STAGES}


class Report(FargateBatch):
    """Reports."""

    def __init__(self, scope: Any, platform: BatchPlatform) -> None:  # noqa: ANN401 - any argument
        super().__init__(scope, "report", platform=platform, owner="sre")


class Trial(FargateBatch):
    """Is tried in staging."""

    stages = ("staging",)

    def __init__(self, scope: Any, platform: BatchPlatform) -> None:  # noqa: ANN401 - any argument
        super().__init__(scope, "trial", platform=platform, owner="sre", image="report")


def synthesized(outdir: Path, *batches: type[FargateBatch], **context: Any) -> cx_api.CloudAssembly:  # noqa: ANN401 - any argument
    made = BatchApp(outdir, context={**CONTEXT, **context}, outdir=str(outdir), batches=batches or (Report, Trial))
    return made.synth()


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> cx_api.CloudAssembly:
    return synthesized(tmp_path_factory.mktemp("assembly"))


def test_the_stacks_and_where_they_are(assembly: cx_api.CloudAssembly) -> None:
    assert {stack.stack_name: stack.environment.account for stack in assembly.stacks} == {
        "nightly-registry": "333333333333",
        "nightly-staging-platform": "111111111111",
        "nightly-staging-report": "111111111111",
        "nightly-staging-trial": "111111111111",
        "nightly-production-platform": "222222222222",
        "nightly-production-report": "222222222222",
    }
    assert {stack.environment.region for stack in assembly.stacks} == {"ap-northeast-1"}


def test_the_order_of_deployment(assembly: cx_api.CloudAssembly) -> None:
    stacks = {stack.id for stack in assembly.stacks}  # other artifacts, which hold assets, are dependencies too

    def after(name: str) -> set[str]:
        direct = {stack.id for stack in assembly.get_stack_by_name(name).dependencies} & stacks
        return direct | {further for stack in direct for further in after(stack)}

    assert after("nightly-registry") == set()
    assert after("nightly-staging-platform") == {"nightly-registry"}
    assert after("nightly-staging-report") == {"nightly-registry", "nightly-staging-platform"}
    assert after("nightly-production-report") == {"nightly-registry", "nightly-production-platform"}


def test_the_tags_of_the_stacks(assembly: cx_api.CloudAssembly) -> None:
    tags = {stack.stack_name: stack.tags for stack in assembly.stacks}

    assert tags["nightly-registry"] == {"batchwright:project": "nightly"}
    assert tags["nightly-staging-report"] == {
        "batchwright:project": "nightly",
        "batchwright:stage": "staging",
        "batchwright:batch": "report",
        "batchwright:owner": "sre",
    }


def test_a_registry_without_images_is_no_stack(tmp_path: Path) -> None:
    made = BatchApp(tmp_path, context=CONTEXT, outdir=str(tmp_path), batches=[]).synth()

    names = [stack.stack_name for stack in made.stacks]
    assert sorted(names) == ["nightly-production-platform", "nightly-staging-platform"]


def test_images_of_all_stages_are_in_one_registry(assembly: cx_api.CloudAssembly) -> None:
    template = assembly.get_stack_by_name("nightly-registry").template
    (repository,) = of_type(template, "AWS::ECR::Repository")
    (statement,) = repository["Properties"]["RepositoryPolicyText"]["Statement"]

    assert statement["Principal"]["AWS"] == ["arn:aws:iam::111111111111:root", "arn:aws:iam::222222222222:root"]
    assert "stage-production-previous" in repository["Properties"]["LifecyclePolicy"]["LifecyclePolicyText"]


def test_nothing_is_looked_up(assembly: cx_api.CloudAssembly) -> None:
    manifest = json.loads(Path(assembly.directory, "manifest.json").read_text(encoding="utf-8"))

    assert "missing" not in manifest


def test_each_batch_has_its_file_for_each_stage(assembly: cx_api.CloudAssembly) -> None:
    folder = Path(assembly.directory, "batches")

    assert sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*.json")) == [
        "production/report.json",
        "staging/report.json",
        "staging/trial.json",
    ]


class Nightly(FargateBatch):
    """Runs in production alone, and its image is pushed by CI."""

    stages = ("production",)

    def __init__(self, scope: Any, platform: BatchPlatform) -> None:  # noqa: ANN401 - any argument
        super().__init__(
            scope,
            "nightly",
            platform=platform,
            owner="sre",
            pushed_by="github:acme/nightly@main",
            files={"/etc/x/y": ""},
        )


def registry_template(folder: Path, *batches: type[FargateBatch], **context: Any) -> str:  # noqa: ANN401 - any argument
    assembly = synthesized(folder, *batches, **context)
    return Path(assembly.get_stack_by_name("nightly-registry").template_full_path).read_text(encoding="utf-8")


def test_a_stage_that_was_not_chosen_leaves_only_its_images(tmp_path: Path) -> None:
    batches = (Nightly, Trial, Report)
    whole = registry_template(tmp_path / "all", *batches)

    assembly = synthesized(tmp_path / "staging", *batches, stage="staging")

    assert sorted(stack.stack_name for stack in assembly.stacks) == [
        "nightly-registry",
        "nightly-staging-platform",
        "nightly-staging-report",
        "nightly-staging-trial",
    ]
    assert [folder.name for folder in tmp_path.joinpath("staging", "batches").iterdir()] == ["staging"]
    assert not list(tmp_path.glob("staging/*production*"))
    assert "nightly/nightly" in whole
    assert Path(assembly.get_stack_by_name("nightly-registry").template_full_path).read_text(encoding="utf-8") == whole


def test_a_stage_that_cannot_be_declared_is_named_where_another_is_chosen(tmp_path: Path) -> None:
    class Setting(FargateBatch):
        """Reads a setting."""

        def __init__(self, scope: Any, platform: BatchPlatform) -> None:  # noqa: ANN401 - any argument
            super().__init__(scope, platform.setting("name"), platform=platform, owner="sre")

    stages = {**STAGES, "staging": {**STAGES["staging"], "settings": {"name": "report"}}}

    with refusal(r"^registry: images: all stages are read .* platform production: setting"):
        synthesized(tmp_path, Setting, stages=stages, stage="staging")


def images_of(assembly: cx_api.CloudAssembly, stage: str) -> set[str]:
    """The repositories that the manifests of a stage name."""
    files = Path(assembly.directory, "batches", stage).glob("*.json")
    return {json.loads(file.read_text(encoding="utf-8"))["manifest"]["image"]["repository"] for file in files}


def test_without_a_registry_none_is_made_and_each_stage_has_its_own_images(tmp_path: Path) -> None:
    assembly = synthesized(tmp_path, registry=None)

    assert "nightly-registry" not in [stack.stack_name for stack in assembly.stacks]
    assert images_of(assembly, "production") == {"222222222222.dkr.ecr.ap-northeast-1.amazonaws.com/nightly/report"}
    assert images_of(assembly, "staging") == {"111111111111.dkr.ecr.ap-northeast-1.amazonaws.com/nightly/report"}


def test_nothing_is_made_of_a_repository_that_something_else_manages(tmp_path: Path) -> None:
    registry = {"images": {"report": {"repository": "acme/report", "managed": False}}}
    assembly = synthesized(tmp_path, registry={**REGISTRY, **registry})

    made = [stack for stack in assembly.stacks if stack.stack_name == "nightly-registry"]
    assert "AWS::" not in json.dumps([stack.template.get("Resources", {}) for stack in made])
    assert images_of(assembly, "staging") == {"333333333333.dkr.ecr.ap-northeast-1.amazonaws.com/acme/report"}
    template = json.dumps(assembly.get_stack_by_name("nightly-staging-report").template)
    assert "arn:aws:ecr:ap-northeast-1:333333333333:repository/acme/report" in template
    assert '"333333333333.dkr.ecr.ap-northeast-1.amazonaws.com/acme/report:stage-staging"' in template


def test_an_image_that_cdk_json_names_outlives_its_batch(tmp_path: Path) -> None:
    named = {"registry": {**REGISTRY, "images": {"nightly": None}}}

    assert "nightly/nightly" in registry_template(tmp_path, Report, **named)


def test_the_local_stage_is_alone_and_has_every_batch(tmp_path: Path) -> None:
    names = [stack.stack_name for stack in synthesized(tmp_path, stage="local").stacks]

    assert sorted(names) == ["nightly-local-platform", "nightly-local-report", "nightly-local-trial"]
    files = tmp_path.joinpath("batches", "local").iterdir()
    assert sorted(file.name for file in files) == ["report.json", "trial.json"]


def test_two_batches_of_one_name(tmp_path: Path) -> None:
    class Again(Report):
        """Reports again."""

    with pytest.raises(DeclarationError) as error:
        synthesized(tmp_path, Report, Again)

    message = str(error.value)
    assert message.startswith(f"batch report: name: {__name__}.Report and {__name__}.")
    assert message.endswith(".Again have it; allowed: each name once")


@pytest.fixture
def without_cli(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("CDK_CONTEXT_JSON", "CDK_OUTDIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "argv", ["app.py"])
    return monkeypatch


def write_cdk_json(folder: Path, content: object) -> None:
    folder.joinpath("cdk.json").write_text(json.dumps(content))


@pytest.mark.usefixtures("without_cli")
def test_alone_it_reads_cdk_json(tmp_path: Path) -> None:
    write_cdk_json(tmp_path, {"context": CONTEXT})

    made = BatchApp(tmp_path, batches=[Report])

    assert made.project.name == "nightly"
    assert Path(made.outdir).resolve() == tmp_path.joinpath("cdk.out").resolve()


def test_alone_its_own_arguments_win_over_cdk_json(tmp_path: Path, without_cli: pytest.MonkeyPatch) -> None:
    write_cdk_json(tmp_path, {"context": {**CONTEXT, "stage": "staging"}})
    without_cli.setattr(sys, "argv", ["app.py", "-c", "stage=local", "--context", "project=hourly"])

    made = BatchApp(tmp_path, batches=[Report])

    assert [batch.platform.stage for batch in made.batches] == ["local"]
    assert made.project.name == "hourly"


@pytest.mark.usefixtures("without_cli")
@pytest.mark.parametrize("text", [None, "{", "[]", '{"context": 3}'])
def test_a_cdk_json_that_cannot_be_read(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        tmp_path.joinpath("cdk.json").write_text(text)

    with refusal(r"^cdk\.json: context: it cannot be read \("):
        read_context(tmp_path)


def test_an_argument_without_a_value(tmp_path: Path, without_cli: pytest.MonkeyPatch) -> None:
    write_cdk_json(tmp_path, {"context": {}})
    without_cli.setattr(sys, "argv", ["app.py", "-c", "stage"])

    with refusal(r"^command line: -c: 'stage' was given; allowed: key=value"):
        read_context(tmp_path)


def run(*arguments: str, outdir: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """This repository's app.py, alone."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CDK_", "AWS_"))}
    command = [sys.executable, str(ROOT / "app.py"), *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env={**kept, "CDK_OUTDIR": str(outdir), **environment}
    )


def test_this_repositorys_app_alone_with_cdks_own_validation(tmp_path: Path) -> None:
    done = run(outdir=tmp_path)

    templates = {file.name.removesuffix(".template.json") for file in tmp_path.glob("*.template.json")}
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")  # a finding would be a warning
    assert templates == {
        "batches-registry",
        *(
            f"batches-{stage}-{name}"
            for stage in ("production", "staging")
            for name in (*declared(), *workflows(), "platform", "machines")
        ),
    }
    assert not [file for file in tmp_path.rglob("*") if "local" in file.name]


def test_under_the_cli_its_context_is_all_there_is(tmp_path: Path) -> None:
    from_cli = {"project": "nightly", "stages": STAGES, "stage": "staging"}

    done = run("-c", "stage=local", outdir=tmp_path, CDK_CONTEXT_JSON=json.dumps(from_cli), CDK_VALIDATION="false")

    assert (done.returncode, done.stderr) == (0, "")
    # Not the registry of cdk.json, but none: the context does not say where it would be.
    assert {file.name.split("-")[1] for file in tmp_path.glob("nightly-*.template.json")} == {"staging"}
