"""What an escape hatch or an Aspect changes of a task is in the batch file, too."""

import json
from pathlib import Path
from typing import Any

import jsii
import pytest
from aws_cdk import App, Aspects, IAspect
from aws_cdk import aws_ecs as ecs
from constructs import IConstruct

from batchwright import FargateBatch
from batchwright.assembly.batch_file import as_in_template
from batchwright.testing import PLACES, Synthesized
from batchwright_runner.contract.batch_file import is_marked
from tests.library.support import batch, platform, stack


@jsii.implements(IAspect)
class Larger:
    def visit(self, node: IConstruct) -> None:
        if isinstance(node, ecs.CfnTaskDefinition):
            node.cpu, node.memory = "1024", "2048"


def overridden(made: FargateBatch) -> None:
    made.task_definition.add_property_override("Cpu", "1024")
    made.task_definition.add_property_override("Memory", "2048")
    made.task_definition.add_property_override("ContainerDefinitions.0.Command", ["new"])
    made.task_definition.add_property_override("ContainerDefinitions.0.Environment", [{"Name": "A", "Value": "2"}])


def task(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(folder.joinpath("batches/staging/report.json").read_text())["task"]
    return content


def rest_overridden(made: FargateBatch) -> None:
    """What is beside size, command and variables."""
    for path, value in {
        "RuntimePlatform.CpuArchitecture": "ARM64",
        "EphemeralStorage.SizeInGiB": 50,
        "TaskRoleArn": "arn:aws:iam::111111111111:role/other",
        "Volumes": [
            {"Name": "data", "EFSVolumeConfiguration": {"FilesystemId": "fs-1", "TransitEncryption": "ENABLED"}}
        ],
        "ContainerDefinitions.0.DockerLabels": {"Team": "sales"},
        "ContainerDefinitions.0.LogConfiguration.Options.max-buffer-size": "25m",
        "ContainerDefinitions.0.MountPoints": [{"SourceVolume": "data", "ContainerPath": "/data", "ReadOnly": True}],
        "ContainerDefinitions.0.Environment": [{"Name": "A", "Value": {"Ref": "Elsewhere"}}],
        "ContainerDefinitions.0.Command": ["sh", "-c", "echo ${A} {}"],
    }.items():
        made.task_definition.add_property_override(path, value)


def test_all_of_it_is_what_the_template_says(tmp_path: Path) -> None:
    home = App(outdir=str(tmp_path), analytics_reporting=False)
    ours = stack(home)
    rest_overridden(batch(ours, platform(ours), command=["old"], environment={"A": "1"}))

    home.synth()

    declared = task(tmp_path)
    (main,) = declared["containerDefinitions"]
    volume = {"name": "data", "efsVolumeConfiguration": {"fileSystemId": "fs-1", "transitEncryption": "ENABLED"}}
    assert (declared["runtimePlatform"]["cpuArchitecture"], declared["ephemeralStorage"]) == (
        "ARM64",
        {"sizeInGiB": 50},
    )
    assert (declared["taskRoleArn"], declared["volumes"]) == ("arn:aws:iam::111111111111:role/other", [volume])
    assert (main["dockerLabels"], main["command"]) == ({"Team": "sales"}, ["sh", "-c", "echo ${A} {}"])
    assert main["logConfiguration"]["options"]["max-buffer-size"] == "25m"
    assert main["logConfiguration"]["options"]["awslogs-group"] == "/batches/staging/report"
    assert main["mountPoints"] == [{"sourceVolume": "data", "containerPath": "/data", "readOnly": True}]
    assert is_marked(main["environment"][0]["value"])


def test_what_nobody_has_changed_stays_as_it_was_declared(staging: Synthesized) -> None:
    (properties,) = staging.resources("AWS::ECS::TaskDefinition")
    declared = staging.local["task"]

    assert as_in_template(declared, properties, PLACES["staging"]) == declared


@pytest.mark.parametrize("by", [overridden, lambda made: Aspects.of(made).add(Larger())])
def test_the_file_says_what_the_template_says(tmp_path: Path, by: Any) -> None:  # noqa: ANN401 - a function
    home = App(outdir=str(tmp_path), analytics_reporting=False)
    ours = stack(home)
    made = batch(ours, platform(ours), command=["old"], environment={"A": "1"})

    by(made)
    home.synth()

    declared = task(tmp_path)
    (main,) = declared["containerDefinitions"]
    (template,) = tmp_path.glob("*.template.json")
    resources = json.loads(template.read_text())["Resources"].values()
    (properties,) = [resource["Properties"] for resource in resources if resource["Type"] == "AWS::ECS::TaskDefinition"]
    assert (declared["cpu"], declared["memory"]) == (properties["Cpu"], properties["Memory"])
    assert main["command"] == properties["ContainerDefinitions"][0]["Command"]
    assert main["environment"] == [{"name": "A", "value": "2" if main["command"] == ["new"] else "1"}]
