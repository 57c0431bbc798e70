"""How often a declaration speaks to Node, which is most of the time that a synthesis takes."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsii._kernel.providers import process

from batchwright import BatchApp, FargateBatch
from tests.library.batch_app.broken import CONTEXT
from tests.library.support import CDK_WITH_RULES

FURTHER = {"nobody": 26, "aws": 32}
"""Calls for a further batch, by who starts it: what it makes, and what that has to know of the rest."""


def synthesize(folder: Path, count: int, scheduler: str = "nobody", stage: str = "staging", **context: Any) -> None:  # noqa: ANN401
    """Synthesizes an app of so many batches."""

    def batches(scope: Any, platform: Any) -> Any:  # noqa: ANN401 - as an app calls it
        values: dict[str, Any] = {"scheduler": scheduler, "parameters": {"DAY": "1"}, "secrets": ["KEY"]}
        for n in range(count):
            yield FargateBatch(scope, f"batch-{n}", platform=platform, owner="sre", description="Does it.", **values)

    given = {**CONTEXT, "stage": stage, **context}
    BatchApp(folder, context=given, outdir=str(folder), batches=[batches]).synth()


def metadata(folder: Path) -> set[str]:
    """The kinds of metadata in an assembly."""
    texts = [path.read_text(encoding="utf-8") for path in folder.glob("*.metadata.json")]
    return {entry["type"] for text in texts for entries in json.loads(text).values() for entry in entries}


@CDK_WITH_RULES
@pytest.mark.parametrize("scheduler", FURTHER)
def test_a_further_batch_costs_few_calls(tmp_path: Path, scheduler: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[object] = []
    send: Any = process._NodeProcess.send

    def counted(node: Any, *said: Any) -> Any:  # noqa: ANN401 - jsii has no types for it
        sent.append(said)
        return send(node, *said)

    monkeypatch.setattr(process._NodeProcess, "send", counted)
    numbers: list[int] = []
    for count in (1, 1, 3):  # before the first, something is loaded
        sent.clear()
        synthesize(tmp_path / f"{len(numbers)}", count, scheduler)
        numbers.append(len(sent))

    assert (numbers[2] - numbers[1]) / 2 <= FURTHER[scheduler]


@CDK_WITH_RULES
@pytest.mark.parametrize(
    ("variable", "context", "kept"),
    [("", {}, False), ("1", {}, True), ("0", {}, False), ("", {"aws:cdk:disable-creation-stack-traces": False}, True)],
)
def test_traces_of_node_are_taken_only_where_someone_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, context: dict[str, Any], *, kept: bool
) -> None:
    monkeypatch.setenv("JSII_HOST_STACK_TRACES", variable)

    synthesize(tmp_path, 1, **context)

    assert ("aws:cdk:creationStack" in metadata(tmp_path)) is kept
    assert "aws:cdk:logicalId" in metadata(tmp_path)
    assert (tmp_path / "tree.json").exists()


def test_the_local_stage_has_no_tree_and_nothing_that_aws_keeps_of_runs(tmp_path: Path) -> None:
    synthesize(tmp_path, 1, stage="local")

    assert not (tmp_path / "tree.json").exists()
    assert (tmp_path / "batches/local/batch-0.json").exists()
    texts = [path.read_text(encoding="utf-8") for path in tmp_path.glob("*.template.json")]
    types = {resource["Type"] for text in texts for resource in json.loads(text)["Resources"].values()}
    assert "AWS::ECS::TaskDefinition" in types
    assert not types & {"AWS::Scheduler::ScheduleGroup", "AWS::Events::Rule"}
    assert not any("DeadlineRole" in text for text in texts)


@CDK_WITH_RULES
def test_parts_of_the_cdk_that_few_stages_need_are_not_loaded_at_the_start() -> None:
    parts = {f"aws_cdk.{part}" for part in ("aws_stepfunctions", "aws_sns", "aws_cloudwatch", "aws_sqs")}
    code = f"import sys, batchwright; sys.exit(bool({parts} & sys.modules.keys()))"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
