"""doctor against AWS: what it finds, and its exit code."""

import json
import re

from tests.stories.story import Seen, scenario, stories, story

STAGES = {"staging": {"account": "111111111111", "region": "eu-west-1", "subnets": ["subnet-1"]}}
PLACE = {"account": "111111111111", "region": "eu-west-1"}
CONTEXT = {"project": "sales", "registry": PLACE, "stages": STAGES}
CDK_JSON = {"cdk.json": json.dumps({"app": "python app.py", "context": CONTEXT})}
TOML = {"batchwright.toml": '[stages.staging]\naccount = "111111111111"\nregion = "eu-west-1"\n'}


@story(command=["doctor", "--json"], files=CDK_JSON)
def test_all_is_well(seen: Seen) -> None:
    found = {finding["name"]: finding for finding in json.loads(seen.out)}

    assert seen.code == 0, seen.out
    ours = {name for name, finding in found.items() if finding["section"] == "aws"}
    assert ours == {"credentials", "start in staging"}
    assert [found[name]["state"] for name in ("app", *ours)] == ["ok", "ok", "ok"]
    assert found["stage staging"]["settings"][0]["value"] == "111111111111"
    assert set(seen.calls) == {"GetCallerIdentity"}


OTHER = {"batchwright.toml": TOML["batchwright.toml"].replace("111111111111", "222222222222")}


@story(command=["doctor", "-s", "staging"], files={**CDK_JSON, **OTHER}, env={"AWS_REGION": "us-east-1"})
def test_what_is_missing_is_exit_1_and_says_what_to_do(seen: Seen) -> None:
    assert seen.code == 1
    assert seen.lines[0] == "settings"
    assert "region eu-west-1 (batchwright.toml; not us-east-1 of AWS_REGION)" in seen.out.decode()
    assert "no: it is account 222222222222, and these credentials are of account 111111111111" in seen.out.decode()
    assert "→ Set AWS_PROFILE, or profile in [stages.staging]" in seen.out.decode()
    assert re.fullmatch(r"batchwright: 1 to fix, [12] to look at", seen.last)  # the second is an engine that is missing


LOCAL = ("doctor", "--local")


@story(command=LOCAL, files=CDK_JSON, env={"AWS_ENDPOINT_URL": "http://127.0.0.1:9"})
def test_what_runs_here_needs_no_aws(seen: Seen) -> None:
    assert seen.code == 0, seen.out
    assert b"\naws\n" not in seen.out
    assert seen.aws.calls == []


PROCESSES = b"none is asked, by BATCHWRIGHT_BACKEND; --local runs batches as plain processes"
NOT_ONE = b"BATCHWRIGHT_BACKEND is kube, and not one of auto, docker, podman, process"
BACKENDS = (("process", 0, PROCESSES), ("docker", 1, b"Docker cannot be used: tcp://: "), ("kube", 1, NOT_ONE))


@stories(
    {
        name: (
            scenario(command=LOCAL, files=CDK_JSON, env={"BATCHWRIGHT_BACKEND": name, "DOCKER_HOST": "tcp://"}),
            then,
        )
        for name, *then in BACKENDS
    }
)
def test_a_backend_that_is_named_is_looked_at_and_to_fix_where_it_is_none_or_silent(
    seen: Seen, expected: tuple[int, bytes]
) -> None:
    code, said = expected

    assert seen.code == code
    assert said in seen.out


@story(command=["doctor"], files={"cdk.json": "{"})
def test_a_file_that_cannot_be_read_is_a_finding(seen: Seen) -> None:
    assert (seen.code, seen.lines[0]) == (1, "settings")
    assert "cdk.json cannot be read: " in seen.lines[1]
    assert seen.lines[2].endswith("→ Correct the file")
