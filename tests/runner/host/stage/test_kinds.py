"""Every reader of a stage's manifests: a workflow's is taken, skipped or refused by its kind, and so is a newer kind.

The stage has the batches ``load`` and ``check``, the workflow ``nightly``, and ``stream``, whose kind no runner knows.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from batchwright_runner.host.stage.seen_names import SeenNames
from tests.fake_aws import AwsServer
from tests.fake_aws.fixtures import ACCOUNT, REGION
from tests.kit.account import batchwright
from tests.kit.imports import ROOT
from tests.kit.rows import each_row
from tests.runner.host.verify.stage import push
from tests.runner.host.verify.test_workflows import DATA, RECORD, batch, publish

READERS = {
    "alerting/reads.py": "tests/alerting/test_workflows.py",
    "host/missed/times.py": "tests/runner/host/missed/test_command.py",
    "host/stage/manifests.py": "here",
}
"""What reads a manifest's text whatever its kind, and where that is proven; all else asks these."""
PACKAGE = ROOT / "runner/batchwright_runner"
FILES = {str(file.relative_to(PACKAGE)): file.read_text(encoding="utf-8") for file in PACKAGE.rglob("*.py")}
MATCHED = {
    "commands/describe.py": 1,  # one page
    "commands/run_on_fargate.py": 1,  # one start
    "contract/run_entry.py": 1,  # one entry
    "host/stage/all_manifests.py": 1,
    "host/workflows/find.py": 1,  # one find
}
"""Where the kinds are told apart by ``match``."""


@pytest.fixture(scope="module")
def stage() -> Iterator[AwsServer]:
    with AwsServer(account=ACCOUNT, region=REGION) as server:
        push(server)
        for name in ("load", "check"):
            batch(server, name)
        publish(server)
        strange = {**DATA, "kind": "stream", "name": "stream", "batch": "stream", "runner": "9.0.0"}
        server.put_parameter(f"{RECORD}/stream", json.dumps(strange))
        yield server


@each_row("words code says", __file__, "kinds")
def test_every_reader_knows_the_kind_of_what_it_reads(
    stage: AwsServer, tmp_path: Path, words: str, code: str, says: str
) -> None:
    done = batchwright(stage, tmp_path, *words.split())

    assert (str(done.code), "defect" in done.err) == (code, False), done.err
    for part in says.split(" ... "):
        assert part in f"{done.text}{done.err}"


def test_completion_offers_batches_alone(stage: AwsServer, tmp_path: Path) -> None:
    batchwright(stage, tmp_path, "list", "-s", "staging")

    names, _ = SeenNames.below(tmp_path / ".cache").recall("batches", "staging")
    assert sorted(names) == ["check", "load"]


def test_nothing_else_reads_a_manifest_s_text() -> None:
    reads = re.compile(r"\bread_manifest\b|\b(Batch|Workflow)Manifest\.from_json")

    assert {file for file in FILES if reads.search(FILES[file])} - {"contract/manifests.py"} == READERS.keys()


def test_each_thing_is_told_apart_by_its_kind_in_one_place() -> None:
    found = {file: len(re.findall(r"case (?:WorkflowManifest|StepsRun)\(", text)) for file, text in FILES.items()}

    assert {file: times for file, times in found.items() if times} == MATCHED
