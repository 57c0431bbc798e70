"""How often a declaration speaks to Node, which is most of the time that a synthesis takes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.library.support import CDK_WITH_RULES

FURTHER = {"nobody": 26, "aws": 32}
"""Calls for a further batch, by who starts it: what it makes, and what that has to know of the rest."""

APP = """
import json, os, sys
from pathlib import Path
from batchwright import BatchApp, FargateBatch

CONTEXT = {
    "project": "shop", "registry": {"account": "333333333333", "region": "eu-west-1"}, "stage": sys.argv[2],
    "stages": {"staging": {"account": "111111111111", "region": "eu-west-1", "vpc_id": "vpc-0123456789abcdef0",
                           "subnets": ["subnet-0123456789abcdef0"]}},
}

def batches(scope, platform):
    for n in range(int(sys.argv[1])):
        scheduler = os.environ.get("SCHEDULER", "nobody")
        values = {"scheduler": scheduler, "parameters": {"DAY": "1"}, "secrets": ["KEY"], "description": "Does it."}
        yield FargateBatch(scope, f"batch-{n}", platform=platform, owner="sre", **values)

CONTEXT |= json.loads(os.environ.get("CONTEXT", "{}"))
BatchApp(Path.cwd(), context=CONTEXT, outdir="out", batches=[batches]).synth()
"""


def synthesize(folder: Path, count: int, stage: str = "staging", **variables: str) -> str:
    """Synthesizes batches in a process of their own, and gives what it said on stderr."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("CDK_", "JSII_HOST"))}
    environment |= {"CDK_VALIDATION": "false", **variables}
    app = folder / "app.py"
    app.write_text(APP, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, app, str(count), stage],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stderr


def calls(folder: Path, count: int, **variables: str) -> int:
    """The calls of a synthesis, as jsii's own log has them."""
    log = synthesize(folder, count, JSII_DEBUG="1", **variables)
    return sum(line.startswith("> ") for line in log.splitlines())


def metadata(folder: Path) -> set[str]:
    """The kinds of metadata in an assembly."""
    texts = [path.read_text(encoding="utf-8") for path in folder.glob("out/*.metadata.json")]
    return {entry["type"] for text in texts for entries in json.loads(text).values() for entry in entries}


@CDK_WITH_RULES
@pytest.mark.parametrize("scheduler", FURTHER)
def test_a_further_batch_costs_few_calls(tmp_path: Path, scheduler: str) -> None:
    started = {"SCHEDULER": scheduler}
    assert (calls(tmp_path, 3, **started) - calls(tmp_path, 1, **started)) / 2 <= FURTHER[scheduler]


@CDK_WITH_RULES
@pytest.mark.parametrize(
    ("variables", "kept"),
    [
        ({}, False),
        ({"JSII_HOST_STACK_TRACES": "1"}, True),
        ({"JSII_HOST_STACK_TRACES": "0"}, False),
        ({"CONTEXT": '{"aws:cdk:disable-creation-stack-traces": false}'}, True),
    ],
)
def test_traces_of_node_are_taken_only_where_someone_asks(
    tmp_path: Path, variables: dict[str, str], *, kept: bool
) -> None:
    synthesize(tmp_path, 1, **variables)

    assert ("aws:cdk:creationStack" in metadata(tmp_path)) is kept
    assert "aws:cdk:logicalId" in metadata(tmp_path)


@pytest.mark.parametrize(("stage", "written"), [("staging", True), ("local", False)])
def test_the_clis_tree_is_written_for_what_is_deployed(tmp_path: Path, stage: str, *, written: bool) -> None:
    synthesize(tmp_path, 1, stage)

    assert (tmp_path / "out/tree.json").exists() is written
    assert (tmp_path / f"out/batches/{stage}/batch-0.json").exists()


def test_the_local_stage_has_nothing_that_aws_keeps_of_runs(tmp_path: Path) -> None:
    synthesize(tmp_path, 1, "local")

    texts = [path.read_text(encoding="utf-8") for path in tmp_path.glob("out/*.template.json")]
    types = {one["Type"] for text in texts for one in json.loads(text)["Resources"].values()}
    assert "AWS::ECS::TaskDefinition" in types
    assert not types & {"AWS::Scheduler::ScheduleGroup", "AWS::Events::Rule"}
    assert not any("DeadlineRole" in text for text in texts)


@CDK_WITH_RULES
@pytest.mark.parametrize("part", ["aws_stepfunctions", "aws_sns", "aws_cloudwatch", "aws_sqs"])
def test_parts_of_the_cdk_that_few_stages_need_are_not_loaded_at_the_start(part: str) -> None:
    code = f"import sys, batchwright; sys.exit('aws_cdk.{part}' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
