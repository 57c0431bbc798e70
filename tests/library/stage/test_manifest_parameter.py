"""What the manifest says, what SSM would refuse in it, and what fits."""

import json
from pathlib import Path

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_ssm as ssm
from jsonschema import Draft202012Validator

from batchwright import DeclarationError, FargateBatch
from batchwright.cdk import known_options
from batchwright.stage.manifest_parameter import fitted
from batchwright.testing import synthesize
from batchwright_runner.contract.json_text import compact
from batchwright_runner.contract.manifest import SIZE_LIMIT, BatchManifest
from tests.kit.manifests import manifest_data
from tests.library.samples import ROOT, Assembly, declared
from tests.library.support import DESCRIPTION, declaring, large, of_type, platform, published_manifest, stack


@pytest.mark.parametrize("foreign", [False, True])
def test_sixty_parameters_and_forty_secrets_fit_under_foreign_paths_too(foreign: bool) -> None:
    runbook = "https://wiki.example.com/operations/daily-report"

    made = synthesize(declaring(**large(foreign=foreign), runbook=runbook))

    published = published_manifest(made.template)
    assert (len(published["parameters"]), len(published["secrets"])) == (60, 40)
    assert len(compact(fitted(made.manifest))) <= SIZE_LIMIT
    assert (
        BatchManifest.from_dict({**published, "task_definition": manifest_data()["task_definition"]}).runbook == runbook
    )


def test_a_description_that_does_not_fit_is_cut_in_the_parameter_and_whole_in_the_batch_file() -> None:
    made = synthesize(declaring(**large(foreign=False)))

    cut = published_manifest(made.template)["description"]
    assert cut.endswith("報…")
    assert len(cut) < 200
    assert made.manifest.description == DESCRIPTION


def test_no_more_is_cut_than_must_be() -> None:
    fields = {f"VARIABLE_{n:03}": "" for n in range(150)}
    data = fitted(BatchManifest.from_dict(manifest_data(parameters=fields, description=DESCRIPTION)))

    assert SIZE_LIMIT - 6 < len(compact(data)) <= SIZE_LIMIT


def test_where_there_is_no_room_the_description_is_left_out() -> None:
    fields = {f"VARIABLE_{n:03}": "12345678" for n in range(100)}
    without = BatchManifest.from_dict(manifest_data(parameters=fields, description=""))
    owner = "o" * (SIZE_LIMIT - len(compact(fitted(without))) + len(without.owner) - 5)

    data = fitted(BatchManifest.from_dict(manifest_data(parameters=fields, description=DESCRIPTION, owner=owner)))

    assert "description" not in data
    assert len(compact(data)) == SIZE_LIMIT - 5


class LateBatch(FargateBatch):
    """A batch whose runbook is declared after the constructor, as by methods of later versions."""

    def declare(self, **fields: object) -> None:
        """Declares more fields of the manifest."""
        before = self._manifest_fields
        self._manifest_fields = lambda: {**before(), **fields}  # type: ignore[method-assign]


def late_batch(folder: Path) -> tuple[App, LateBatch]:
    home = App(outdir=str(folder), analytics_reporting=False, **known_options(builtin_cloud_formation_validation=False))
    theirs = stack(home)
    return home, LateBatch(theirs, "report", platform=platform(theirs), owner="sre", description="Reports.")


def test_what_is_said_after_the_constructor_is_published_and_in_the_batch_file(tmp_path: Path) -> None:
    home, made = late_batch(tmp_path)
    made.declare(runbook="https://wiki.example.com/report")

    template = home.synth().get_stack_by_name("stack").template

    assert published_manifest(template)["runbook"] == made.manifest.runbook == "https://wiki.example.com/report"
    assert '"runbook": "https://wiki.example.com/report"' in (tmp_path / "batches/staging/report.json").read_text()


def test_what_was_resolved_early_is_not_what_is_published(tmp_path: Path) -> None:
    """As cdk-nag does, which looks at templates before the end."""
    home, made = late_batch(tmp_path)
    parameter = made.node.find_child("Manifest")
    assert isinstance(parameter, ssm.CfnParameter)
    assert "runbook" not in json.dumps(Stack.of(made).resolve(parameter.value))
    made.declare(runbook="https://wiki.example.com/later")

    assert published_manifest(home.synth().get_stack_by_name("stack").template)["runbook"].endswith("later")


def test_what_is_wrong_after_the_constructor_stops_the_synthesis(tmp_path: Path) -> None:
    home, made = late_batch(tmp_path)
    made.declare(runbook="{{ page }}")

    with pytest.raises(DeclarationError, match=r"batch report: runbook: it holds '\{\{'"):
        home.synth()
    assert not (tmp_path / "batches").exists()


def test_what_is_published_is_valid_by_the_published_schema(samples: Assembly) -> None:
    schema = json.loads(ROOT.joinpath("docs/reference/manifest.schema.json").read_text(encoding="utf-8"))

    manifests = [
        published_manifest(template)
        for template in samples.templates.values()
        if of_type(template, "AWS::ECS::TaskDefinition")
    ]

    for published in manifests:
        Draft202012Validator(schema).validate({**published, "task_definition": manifest_data()["task_definition"]})
    assert len(manifests) == 2 * (len(declared()) + 1)
