"""The sample's nightly batch: its machine on AWS, as synthesized, runs it in containers of this machine.

The runner runs it against the stand-in for AWS. Both ask for the same, and end the same.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from batchwright_runner.contract.batch_file import BatchFile
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.verdicts import Row, name
from batchwright_runner.workbench.local.containers.client import Engine
from batchwright_runner.workbench.project.batches import read_one
from tests.batches.conftest import BATCHES
from tests.containers.backends import Backend, not_as_process
from tests.containers.cases import Project, make_project
from tests.containers.local_ecs import LocalEcs
from tests.containers.python_rootfs import CHANGES, python_rootfs
from tests.fake_aws import AwsServer, Script, lines
from tests.kit.command import call, environment
from tests.kit.state_machine import Ended, Execution
from tests.library.automation.support import called, text
from tests.library.support import only

BATCH, STAGE = "sales-nightly", "production"
MODULES = ("collections.abc", "csv", "dataclasses", "datetime", "pathlib", "tempfile", "unicodedata")
"""What the sample imports."""
DUE = "2026-11-25T02:30:00+09:00"
DECLARED, BAD = "data/sales.csv", "data/bad-sales.csv"
APP = "from pathlib import Path\n\nfrom batchwright import BatchApp\n\nBatchApp.run(Path(__file__).parent)\n"


@dataclass(frozen=True)
class Nightly:
    """The batch, as it was synthesized for production.

    Attributes:
        project: The project.
        batch: Its file in the assembly.
        machine: The definition of its state machine, as the template has it.
    """

    project: Project
    batch: BatchFile
    machine: Mapping[str, Any]

    @property
    def manifest(self) -> BatchManifest:
        """Its manifest, with what only a deployment knows."""
        told = self.batch.manifest
        family = f"{told.project}-{STAGE}-{BATCH}"
        arn = f"arn:aws:ecs:{told.region}:{told.account}:task-definition/{family}:1"
        known = {"task_definition": arn, "subnets": "subnet-1", "security_groups": "sg-1"}
        return BatchManifest.from_dict({**told.to_dict(), **known})


@pytest.fixture(scope="module")
def nightly(tmp_path_factory: pytest.TempPathFactory) -> Nightly:
    """The sample's batch in a project of its own, with the one whose image it runs."""
    project = make_project(tmp_path_factory.mktemp("nightly"))
    root = project.root
    shutil.rmtree(root / "batches")
    for folder in ("sales_summary", "sales_nightly"):
        shutil.copytree(BATCHES / folder, root / "batches" / folder, ignore=shutil.ignore_patterns("__pycache__"))
    settings = json.loads((root / "cdk.json").read_text())
    settings["context"]["stages"][STAGE] = settings["context"]["stages"]["staging"] | {"scheduler": "aws"}
    (root / "cdk.json").write_text(json.dumps(settings))
    (root / "app.py").write_text(APP)
    synthesis = {**environment(), "CDK_OUTDIR": "cdk.out"}
    subprocess.run([sys.executable, "app.py"], cwd=root, env=synthesis, check=True, timeout=300)
    template = json.loads((root / f"cdk.out/{project.name}-{STAGE}-{BATCH}.template.json").read_text())
    definition = text(only(template, "AWS::StepFunctions::StateMachine")["DefinitionString"])
    return Nightly(project, read_one(root / "cdk.out", STAGE, BATCH), json.loads(definition))


@pytest.fixture(scope="session")
def image(project: Project, backend: Backend) -> str:
    """An image with Python and the sample's source; it goes when the session's others do."""
    assert backend.engine is not None
    tar = python_rootfs(*MODULES, source=BATCHES / "sales_summary/app")
    backend.engine.import_image(tar, f"{project.image}-sales", (*CHANGES, "WORKDIR /app"))
    return f"{project.image}-sales"


@pytest.fixture(scope="module")
def aws(nightly: Nightly) -> Iterator[AwsServer]:
    """The stand-in for AWS."""
    with AwsServer(account=nightly.manifest.account, region=nightly.manifest.region) as server:
        yield server


def by_the_machine(nightly: Nightly, engine: Engine, image: str, given: Mapping[str, str]) -> tuple[Ended, LocalEcs]:
    """The end of an execution, and the calls that it made."""
    found = engine.image(image)
    assert found is not None
    label, _, mine = nightly.project.label.partition("=")
    images = {nightly.batch.manifest.container: found}
    ecs = LocalEcs(engine, nightly.batch, nightly.manifest, images, labels={label: mine})
    told = nightly.manifest
    arn = f"arn:aws:states:{told.region}:{told.account}:stateMachine:{told.project}-{STAGE}-{BATCH}"
    ended = Execution(nightly.machine, ecs, ecs.clock, state_machine=arn).run({"scheduled": DUE, **given})
    return ended, ecs


def by_the_runner(nightly: Nightly, aws: AwsServer, code: int, given: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    """The end of a run, and its request."""
    aws.deploy(nightly.manifest, Script(lines=lines("checked"), exit_code=code))
    options = [part for option, value in given.items() for part in ("-o", f"{option}={value}")]
    arguments = ["run", BATCH, "-s", STAGE, "--scheduled", DUE, "--result", "result.json", *options]
    done = call(nightly.project.root, *arguments, env={**environment(), **aws.environ()})
    result = json.loads((nightly.project.root / "result.json").read_text())
    return name(Row(result["row"]), done.code), aws.calls_of("RunTask")[-1].body


@not_as_process("engine")
@pytest.mark.parametrize(
    ("file", "code", "said"),
    [(DECLARED, 0, "data/sales.csv: 3,975 good rows, 0 bad"), (BAD, 3, "data/bad-sales.csv: 15 good rows, 5 bad")],
)
def test_it_runs_as_a_machine_and_through_the_runner(
    nightly: Nightly, aws: AwsServer, engine: Engine, image: str, file: str, code: int, said: str
) -> None:
    given = {} if file == DECLARED else {"SALES_FILE": file}

    ended, ecs = by_the_machine(nightly, engine, image, given)
    expected, request = by_the_runner(nightly, aws, code, given)

    assert called(ended) == expected == f"Batchwright.Exit{code}", ended
    assert ecs.tasks[0].lines[-1] == said
    (asked,) = ecs.requests
    assert variables(asked["Overrides"]["ContainerOverrides"]) == variables(request["overrides"]["containerOverrides"])
    assert asked["PlatformVersion"] == request["platformVersion"]


def variables(overrides: Any) -> dict[str, str]:  # noqa: ANN401 - JSON, in either casing
    """The variables of a request, but for the run's id."""
    (main,) = [{key.lower(): value for key, value in override.items()} for override in overrides]
    assert main["name"] == "main"
    assert "command" not in main
    found = [{key.lower(): value for key, value in variable.items()} for variable in main["environment"]]
    return {variable["name"]: variable["value"] for variable in found if variable["name"] != "BATCHWRIGHT_RUN_ID"}
