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
    found: dict[str, Any] = json.loads(folder.joinpath("batches/staging/report.json").read_text())["task"]
    return found


@pytest.mark.parametrize("by", [overridden, lambda made: Aspects.of(made).add(Larger()), lambda _: None])
def test_the_file_says_what_the_template_says(tmp_path: Path, by: Any) -> None:  # noqa: ANN401 - a function
    home = App(outdir=str(tmp_path), analytics_reporting=False)
    ours = stack(home)
    made = batch(ours, platform(ours), command=["old"], environment={"A": "1"})

    by(made)
    home.synth()

    said = task(tmp_path)
    (main,) = said["containerDefinitions"]
    (template,) = tmp_path.glob("*.template.json")
    resources = json.loads(template.read_text())["Resources"].values()
    (properties,) = [one["Properties"] for one in resources if one["Type"] == "AWS::ECS::TaskDefinition"]
    assert (said["cpu"], said["memory"]) == (properties["Cpu"], properties["Memory"])
    assert main["command"] == properties["ContainerDefinitions"][0]["Command"]
    assert main["environment"] == [{"name": "A", "value": "2" if main["command"] == ["new"] else "1"}]
