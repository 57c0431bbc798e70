"""The largest batch that fits, from its declaration to its end: sixty parameters, forty secrets."""

import json
from collections import Counter
from pathlib import Path

import pytest

from batchwright.testing import synthesize
from batchwright_runner.contract.manifest import BatchManifest
from tests.fake_aws import AwsServer, Script, steady
from tests.kit.account import batchwright
from tests.library.support import declaring, large, published_manifest

DEFINITION = "arn:aws:ecs:ap-northeast-1:111111111111:task-definition/batches-staging-report:3"


@pytest.mark.parametrize("foreign", [False, True])
def test_sixty_parameters_and_forty_secrets_run_from_the_declaration_to_the_end(tmp_path: Path, foreign: bool) -> None:
    synthesized = synthesize(declaring(**large(foreign=foreign)))
    text = json.dumps({**published_manifest(synthesized.template), "task_definition": DEFINITION})
    manifest = BatchManifest.from_json(text)
    sources = {secret["Name"]: secret["ValueFrom"] for secret in synthesized.container()["Secrets"]}
    with AwsServer(region="ap-northeast-1") as aws:
        aws.deploy(manifest, Script(lines=steady(10), exit_code=0), text=text, secrets={"main": sources})
        for name, source in sources.items():
            kind = "SecureString" if name in manifest.secrets else "String"
            aws.put_parameter(source.partition(":parameter")[2], "x", kind)

        checked = batchwright(aws, tmp_path, "params", "check", "report", "-s", "staging")
        listed = batchwright(aws, tmp_path, "params", "list", "report", "-s", "staging", "--json")
        refused = batchwright(aws, tmp_path, "run", "report", "-s", "staging", "-e", f"{manifest.secrets[-1]}=x")
        done = batchwright(aws, tmp_path, "run", "report", "-s", "staging")

    kinds = Counter(value["kind"] for value in json.loads(listed.text))
    assert kinds == {"parameter": 60, "secret": 40}
    assert checked.code == 0, checked.err
    assert refused.code == 2
    assert (done.code, done.lines) == (0, [f"line {n}" for n in range(10)])
