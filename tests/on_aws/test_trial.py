"""The trial's frame: faults in the middle, accounts that are refused, and what is removed in the end."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from tests.fake_aws import AwsServer
from tests.fake_aws.fixtures import aws as aws
from tests.on_aws.__main__ import chosen, copied, environment, has_engine, refuse, say
from tests.on_aws.account import ECS_ROLE, MARK, NAMED, RECORD, TAG, TOOLKIT, in_the_way, mark, planned
from tests.on_aws.claims import CLAIMS, Seen
from tests.on_aws.frame import as_text, ask_all, table
from tests.on_aws.leftovers import PASSES, TRIES, clean
from tests.on_aws.scripted import Scripted, Then, refusal, scripted
from tests.on_aws.trial import Over, Part, Trial, judged
from tests.on_aws.walk import NoStep, step

ROOT = Path(__file__).parents[2]
ACCOUNT, REGION = "111111111111", "eu-west-1"
EXPIRED = refusal("ListClusters", "ExpiredTokenException", "The security token included in the request is expired")
LOST = EndpointConnectionError(endpoint_url="https://ssm.eu-west-1.amazonaws.com")
MISSING = refusal("GetParameter", "ParameterNotFound")
MADE = {
    **{kind.kind: [] for kind in NAMED},
    "stack": ["trial-probe-platform", "trial-probe-values", TOOLKIT, "trial-registry"],
    "cluster": ["trial-probe"],
    "family": ["trial-probe-values"],
    "log group": ["/trial/probe/values"],
    "parameter": [MARK, RECORD],
    "bucket": ["cdk-trial-assets-111111111111-eu-west-1"],
}


def written(*, had_role: bool = True) -> dict[str, Any]:
    """The answer to a look at the record."""
    return {"Parameter": {"Value": json.dumps({"stamp": "1", "had_role": had_role, "made": MADE})}}


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    """A trial whose commands are real, and that has no AWS."""
    return Trial(ACCOUNT, REGION, tmp_path, {"PATH": os.environ["PATH"]}, lambda _: None)


def test_parts_run_at_once_and_after_those_that_they_need(trial: Trial) -> None:
    met, order = threading.Barrier(2, timeout=10), list[str]()

    def part(name: str, *, meets: bool = False) -> Any:  # noqa: ANN401
        def ask(_: Trial) -> Iterator[Seen]:
            order.append(name)
            if meets:
                met.wait()
            yield from ()

        return ask

    parts = [
        Part("last", part("last"), after=("first",), behind=("one", "two")),
        Part("one", part("one", meets=True), after=("first",)),
        Part("two", part("two", meets=True), after=("first",)),
        Part("first", part("first")),
    ]

    assert ask_all(trial, parts, {}) == {}
    assert (order[0], order[-1]) == ("first", "last")


def test_after_a_failure_the_others_are_asked_and_what_stood_on_it_cannot_be_seen(trial: Trial) -> None:
    def fails(_: Trial) -> Iterator[Seen]:
        yield judged("tag-twice", so=True, evidence="the tags are there")
        raise ValueError("no such\ntask")

    seen: dict[str, Seen] = {}
    parts = [
        Part("values", fails),
        Part("scratch", lambda _: [judged("directory-in-memory", so=True, evidence="x")], behind=("values",)),
        Part("drain", lambda _: [], after=("values",)),
    ]

    failed = ask_all(trial, parts, seen)

    assert set(failed) == {"values", "drain"}
    assert (seen["tag-twice"].answer, seen["directory-in-memory"].answer) == ("seen", "seen")
    assert seen["trust-of-roles"] == Seen("trust-of-roles", "cannot be seen here", "ValueError: no such task")
    assert "the part values did not end well" in seen["exit-before-sidecar"].evidence


def test_credentials_that_expire_end_all_parts(trial: Trial) -> None:
    def waits(asking: Trial) -> Iterator[Seen]:
        asking.sleep(60)
        yield from ()

    def asks(_: Trial) -> Iterator[Seen]:
        raise EXPIRED
        yield

    began = time.monotonic()
    failed = ask_all(trial, [Part("values", waits), Part("scratch", asks)], {})

    assert failed["values"] == trial.over == "the credentials have expired"
    assert time.monotonic() - began < 10


def test_ctrl_c_ends_all_parts_and_kills_what_they_run(trial: Trial) -> None:
    def runs(asking: Trial) -> Iterator[Seen]:
        asking.run("sh", "-c", "echo $$ > pid; exec sleep 60")
        yield from ()

    def presses(asking: Trial) -> Iterator[Seen]:
        asking.until((trial.folder / "pid").exists, 10)
        asking.sleep(0.2)
        os.kill(os.getpid(), signal.SIGINT)
        yield from ()

    seen: dict[str, Seen] = {}
    with pytest.raises(KeyboardInterrupt):
        ask_all(trial, [Part("values", runs), Part("scratch", presses)], seen)

    assert seen["tag-twice"] == Seen("tag-twice", "cannot be seen here", "it was ended: Ctrl-C")
    with pytest.raises(ProcessLookupError):
        os.killpg(int((trial.folder / "pid").read_text()), 0)
    with pytest.raises(Over):
        trial.sleep(1)


def test_a_command_that_somebody_kills_is_a_step_that_failed(trial: Trial) -> None:
    with pytest.raises(NoStep, match=r"ended with -9: begun"):
        step(trial, "sh", "-c", "echo begun >&2; kill -9 $$")


def test_a_command_ends_with_the_trial_that_is_killed(trial: Trial) -> None:
    source = (
        "from pathlib import Path\nfrom tests.on_aws.trial import Trial\n"
        f"Trial('1', 'a', Path({str(trial.folder)!r}), {dict(trial.environment)!r}, print)"
        ".run('sh', '-c', 'echo $$ > pid; exec sleep 60')"
    )
    process = subprocess.Popen([sys.executable, "-c", source], cwd=ROOT)
    trial.until(lambda: (trial.folder / "pid").exists() and (trial.folder / "pid").read_text(), 20, every=0.05)
    command = Path("/proc", (trial.folder / "pid").read_text().strip(), "cmdline")
    assert b"sleep" in command.read_bytes()

    process.kill()
    process.wait()

    trial.until(lambda: not command.exists() or not command.read_bytes(), 5, every=0.05)


def test_a_command_is_sent_a_signal_after_a_line(trial: Trial) -> None:
    script = "trap 'echo stopping; exit 5' TERM; echo begun; while :; do sleep 0.1; done"

    done = trial.run("sh", "-c", script, ending=("begun", signal.SIGTERM))

    assert (done.code, done.lines) == (5, ["begun", "stopping"])


def test_an_answer_about_rights_means_nothing_where_none_is_evaluated() -> None:
    seen = {key: Seen(key, "seen", "exit 3") for key in ("grant-operate", "tag-twice")}

    rows = {claim.key: answer for claim, answer in table(seen, policies=False)}

    assert rows["grant-operate"].evidence.startswith("exit 3; no policy")
    assert (rows["grant-operate"].answer, rows["tag-twice"].answer) == ("cannot be seen here", "seen")
    assert rows["efs"] == Seen("efs", "cannot be seen here", "it needs a file system with a mount target")
    assert len(rows) == len(CLAIMS)
    assert table(seen, policies=True)[0][1].answer in ("seen", "cannot be seen here")


def test_what_is_not_so_says_what_then_happens() -> None:
    text = as_text(table({"tag-twice": Seen("tag-twice", "not so", "refused")}, policies=True), 80)

    assert "not so               tag-twice\n" in text
    assert "evidence: refused\n                     so:       no run starts\n" in text
    assert text.endswith(f"{len(CLAIMS) - 1} cannot be seen here, 0 seen, 1 not so")
    assert max(map(len, text.splitlines())) <= 80


def test_parts_bring_what_they_need() -> None:
    assert [part.name for part in chosen("joined,values")] == ["deploy", "image", "values", "joined"]
    with pytest.raises(SystemExit, match="--parts: unknown: valueses; known: before, deploy, image, values"):
        chosen("valueses")


@pytest.mark.parametrize(("name", "code", "there"), [("docker", 0, True), ("podman", 0, True), ("docker", 1, False)])
def test_an_engine_is_there_where_one_answers(trial: Trial, name: str, code: int, *, there: bool) -> None:
    (trial.folder / name).write_text(f"#!/bin/sh\nexit {code}\n", encoding="ascii")
    (trial.folder / name).chmod(0o755)
    trial.environment = {"PATH": str(trial.folder)}

    assert has_engine(trial) is there


EMPTY: dict[str, Any] = {
    **{f"{kind.lists[0]}.{kind.lists[1]}": {kind.lists[2]: []} for kind in NAMED},
    "ssm.get_parameter": MISSING,
    "cloudformation.describe_stacks": {"Stacks": [{"StackName": "CDKToolkit"}]},
    "ec2.describe_regions": {"Regions": [{"RegionName": REGION}]},
    "ecs.list_task_definition_families": {"families": ["trial-data"]},
}
"""An account that is empty but for a family whose name only begins as a trial's."""
OTHERS: dict[str, Any] = {
    "cloudformation.describe_stacks": {"Stacks": [{"StackName": "shop"}]},
    "ecs.list_clusters": {"clusterArns": ["arn:aws:ecs:eu-west-1:1:cluster/web"]},
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project, whose templates are written."""
    folder = copied(tmp_path_factory.mktemp("trial") / "project", ACCOUNT, REGION)
    planned(Trial(ACCOUNT, REGION, folder, environment(REGION), lambda _: None))
    return folder


def test_what_a_trial_may_make_is_read_from_its_templates(project: Path) -> None:
    made = planned(scripted({}, project))

    assert all(made.values()), made
    assert made["family"] == [f"trial-probe-{path.parent.name}" for path in sorted(project.glob("batches/*/batch.py"))]
    assert {"/trial/probe/platform/runs", "/aws/lambda/trial-probe-alerts"} <= {*made["log group"]}
    assert {"trial-probe-runner", "trial-probe-small"} <= {*made["role"]}
    assert len(json.dumps(made)) < 8000, "an SSM parameter holds it"


def test_the_machine_that_asks_may_make_the_rules_of_both_services_and_start_no_task(project: Path) -> None:
    template = json.loads((project / "planned/trial-probe-chain.template.json").read_text())
    policies = {id: text for id, text in template["Resources"].items() if text["Type"] == "AWS::IAM::Policy"}
    (asks,) = (json.dumps(text) for id, text in policies.items() if "AsksRole" in id)

    assert "rule/StepFunctionsGetEventsForECSTaskRule" in asks
    assert "rule/StepFunctionsGetEventsForStepFunctionsExecutionRule" in asks
    assert "ecs:RunTask" not in asks


def test_a_project_that_cannot_be_synthesized_ends_it() -> None:
    with pytest.raises(SystemExit, match="cannot be synthesized: it is broken"):
        planned(scripted({"env CDK_OUTDIR=planned python app.py": (1, "", "it is broken")}))


def test_an_account_is_taken_that_is_empty_and_one_of_others_only_where_it_is_said_that_it_is_meant() -> None:
    refuse(scripted(EMPTY), "", deploying=True)
    refuse(scripted({**EMPTY, **OTHERS}), ACCOUNT, deploying=True)
    refuse(scripted({}), "", deploying=False)


THERE = {"Stacks": [{"StackName": "shop"}, {"StackName": "CDKToolkit"}]}
DENIED = refusal("DescribeStacks", "AccessDenied")


def of_two_regions(there: object) -> dict[str, Any]:
    """An account that has nothing in the region of the trial, and this in another one."""
    regions = {"Regions": [{"RegionName": REGION}, {"RegionName": "us-east-1"}]}
    stacks = Then([EMPTY["cloudformation.describe_stacks"], there])
    return {**EMPTY, "ec2.describe_regions": regions, "cloudformation.describe_stacks": stacks}


@pytest.mark.parametrize(
    ("answers", "account", "why"),
    [
        ({**EMPTY, **OTHERS}, "", f"in use: cluster web, stack shop.* make trial ACCOUNT={ACCOUNT}"),
        (of_two_regions(THERE), "", "in use: stack shop in us-east-1. Use"),
        (of_two_regions(DENIED), "", "what AccessDenied hides in us-east-1. Use"),
        ({}, "222222222222", f"are of account {ACCOUNT}, not of 222222222222"),
        ({"ssm.get_parameter": written()}, ACCOUNT, "make trial CLEAN=1"),
    ],
    ids=["of others", "another region", "another region, hidden", "another account", "an earlier trial's rest"],
)
def test_an_account_is_refused(answers: dict[str, Any], account: str, why: str) -> None:
    with pytest.raises(SystemExit, match=why):
        refuse(scripted(answers), account, deploying=True)


@pytest.mark.parametrize("kind", NAMED, ids=lambda kind: kind.kind)
def test_a_name_that_is_taken_is_refused_whatever_is_said(kind: Any, project: Path) -> None:  # noqa: ANN401
    name = planned(scripted({}, project))[kind.kind][0]
    service, operation, where, key = kind.lists
    entry = {key: name} if key else f"arn:aws:ecs:a:1:cluster/{name}" if kind.kind == "cluster" else name
    account = scripted({**EMPTY, f"{service}.{operation}": {where: [entry]}}, project)

    assert list(in_the_way(account, planned(account))) == [(f"{kind.kind} {name}", True)]
    with pytest.raises(SystemExit, match=f"names are taken in account {ACCOUNT}: {kind.kind} {name}"):
        refuse(account, ACCOUNT, deploying=True)


NOTHING: dict[str, Any] = {
    "ssm.get_parameter": written(),
    "scheduler.list_schedules": refusal("ListSchedules", "ResourceNotFoundException"),
    "stepfunctions.list_executions": refusal("ListExecutions", "StateMachineDoesNotExist"),
    "ecs.list_tasks": refusal("ListTasks", "ClusterNotFoundException", "Cluster not found."),
    "cloudformation.describe_stacks": {"Stacks": []},
    "resourcegroupstaggingapi.get_resources": {"ResourceTagMappingList": []},
    "ecr.describe_repositories": {"repositories": []},
    "logs.describe_log_groups": {"logGroups": []},
    "s3.list_buckets": {"Buckets": []},
    "ecs.list_task_definitions": {"taskDefinitionArns": []},
    "ssm.describe_parameters": {"Parameters": [{"Name": RECORD}]},
    "ssm.delete_parameter": {},
}


def test_what_the_record_does_not_list_stays() -> None:
    others = ["trial-data", "trial-probe-values-2", "trial-prober"]
    arns = [f"arn:aws:ecs:eu-west-1:1:task-definition/{name}:3" for name in (*others, "trial-probe-values")]
    tags = [[{"Key": TAG, "Value": value}] for value in ("1", "0")]
    stacks = [{"StackName": "trial-data", "Tags": tags[0]}, {"StackName": "trial-registry", "Tags": tags[1]}]
    account = scripted(
        {
            **NOTHING,
            "cloudformation.describe_stacks": {"Stacks": stacks},
            "ecs.list_task_definitions": {"taskDefinitionArns": arns},
            "ecs.deregister_task_definition": {},
            "ecs.delete_task_definitions": {},
            "ecr.describe_repositories": {"repositories": [{"repositoryName": "trial/data"}]},
            "logs.describe_log_groups": {"logGroups": [{"logGroupName": "/trial/data"}]},
            "ssm.describe_parameters": {"Parameters": [{"Name": "/trial/data"}, {"Name": MARK}, {"Name": RECORD}]},
            "s3.list_buckets": {"Buckets": [{"Name": "cdk-trial-assets-111111111111-us-east-1"}]},
        }
    )

    assert clean(account) == []
    asked = [request for name, request in account.calls if name.endswith("get_resources")]
    assert asked[0]["TagFilters"] == [{"Key": TAG, "Values": ["1"]}]
    assert {word for call in removed(account) for word in call.split()[1:]} == {MARK, RECORD}
    gone = [request["taskDefinitions"] for name, request in account.calls if name == "ecs.delete_task_definitions"]
    assert {arn for arns in gone for arn in arns} == {arns[-1]}


def removed(account: Scripted) -> list[str]:
    """What was asked to go, in order."""
    return [
        f"{name} {next((value for value in request.values() if isinstance(value, str)), '')}"
        for name, request in account.calls
        if ".delete" in name or ".stop" in name or ".schedule_key" in name
    ]


def test_where_no_trial_began_nothing_is_removed() -> None:
    account = scripted({"ssm.get_parameter": MISSING})

    assert (clean(account), removed(account)) == ([], [])


@pytest.mark.parametrize(
    ("role", "goes"), [({"Role": {}}, False), (refusal("GetRole", "NoSuchEntity"), True)], ids=["there", "missing"]
)
def test_the_role_of_ecs_goes_where_it_was_not_there_before(role: Any, *, goes: bool) -> None:  # noqa: ANN401
    subnets = {"Subnets": [{"SubnetId": "subnet-1"}]}
    began = scripted({"ec2.describe_subnets": subnets, "iam.get_role": role, "ssm.put_parameter": {}})
    mark(began, MADE)
    puts = [request for name, request in began.calls if name == "ssm.put_parameter"]
    assert [put["Name"] for put in puts] == [RECORD, MARK], "the record comes first"
    assert json.loads(puts[0]["Value"]) == {"stamp": "1", "had_role": not goes, "made": MADE}

    account = scripted({**NOTHING, "ssm.get_parameter": {"Parameter": puts[0]}, "iam.delete_service_linked_role": {}})

    assert clean(account) == []
    assert (f"iam.delete_service_linked_role {ECS_ROLE}" in removed(account)) is goes


def test_without_a_default_vpc_nothing_is_made() -> None:
    with pytest.raises(SystemExit, match="the default VPC is missing: aws ec2 create-default-vpc makes one"):
        mark(scripted({"ec2.describe_subnets": {"Subnets": []}}), MADE)


def stack(name: str, status: str, *, own: bool = True) -> dict[str, Any]:
    tags = [{"Key": TAG, "Value": "1"}] if own else []
    return {"StackName": name, "StackStatus": status, "Tags": tags, "StackStatusReason": "ENI is in use"}


def test_what_cannot_be_removed_is_named_and_stays_to_be_found_again() -> None:
    stacks = {"Stacks": [stack("trial-probe-values", "DELETE_FAILED")]}
    account = scripted({**NOTHING, "cloudformation.describe_stacks": stacks, "cloudformation.delete_stack": {}})

    assert clean(account) == ["stack trial-probe-values: ENI is in use"]
    assert removed(account).count("cloudformation.delete_stack trial-probe-values") == TRIES * PASSES
    assert f"ssm.delete_parameter {RECORD}" not in removed(account)


def test_only_stacks_with_the_tag_go_and_first_those_that_stand_on_others() -> None:
    gone: set[str] = set()
    names = (TOOLKIT, "trial-registry", "shop", "trial-probe-platform", "trial-probe-values")

    def found(request: Any) -> dict[str, Any]:  # noqa: ANN401
        if name := request.get("StackName"):
            return {"Stacks": [stack(name, "DELETE_COMPLETE" if name in gone else "CREATE_COMPLETE")]}
        return {"Stacks": [stack(name, "CREATE_COMPLETE", own=name != "shop") for name in names if name not in gone]}

    def delete(request: Any) -> None:  # noqa: ANN401
        gone.add(request["StackName"])

    account = scripted({**NOTHING, "cloudformation.describe_stacks": found, "cloudformation.delete_stack": delete})

    assert clean(account) == []
    order = ["trial-probe-values", "trial-probe-platform", "trial-registry", TOOLKIT]
    assert [call.split()[1] for call in removed(account) if "stack" in call] == order


@pytest.mark.parametrize("fault", [LOST, EXPIRED], ids=["lost connection", "expired credentials"])
def test_the_clean_up_goes_on_once_connection_or_credentials_are_back(fault: Exception) -> None:
    lines: list[str] = []
    account = scripted({**NOTHING, "ssm.get_parameter": Then([fault, written()])}, say=lines.append)

    assert clean(account) == []
    assert "cannot clean up yet" in lines[0]
    assert removed(account)[-1] == f"ssm.delete_parameter {RECORD}"


@pytest.mark.parametrize("fault", [LOST, EXPIRED], ids=["lost connection", "expired credentials"])
def test_where_they_do_not_come_back_everything_is_named(fault: Exception) -> None:
    account = scripted({**NOTHING, "s3.list_buckets": fault})

    (left,) = clean(account, patience=0)

    assert left.startswith(f"everything that is tagged {TAG}: ")
    assert f"ssm.delete_parameter {RECORD}" not in removed(account)


def test_ctrl_c_amid_the_clean_up_ends_it_and_leaves_the_mark() -> None:
    account = scripted({**NOTHING, "s3.list_buckets": KeyboardInterrupt()})

    with pytest.raises(KeyboardInterrupt):
        clean(account)

    assert account.over == "Ctrl-C"
    assert f"ssm.delete_parameter {RECORD}" not in removed(account)


def test_a_terminal_that_is_gone_keeps_nothing_from_being_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone:
        def write(self, _: str) -> None:
            raise OSError(5, "Input/output error")

        flush = write

    monkeypatch.setattr(sys, "stderr", Gone())

    say("removes stack trial-registry")


def called(**variables: str) -> "subprocess.CompletedProcess[str]":
    own = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    alone = {"AWS_EC2_METADATA_DISABLED": "true", "HOME": "/nonexistent"}
    words, env = [sys.executable, "-m", "tests.on_aws", "--only-checks"], {**own, **alone, **variables}
    return subprocess.run(words, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


def test_without_credentials_it_says_in_three_lines_what_it_is_and_needs() -> None:
    done = called(AWS_REGION=REGION)

    assert (done.returncode, done.stdout) == (1, "")
    first, second, third = done.stderr.splitlines()
    assert first.startswith("make trial asks AWS what docs/proof.md relies on")
    assert second.startswith("It needs")
    assert third == "Unable to locate credentials. With ONLY_CHECKS=1 it deploys nothing."


def test_with_expired_credentials_it_says_so(aws: AwsServer) -> None:
    aws.world.expired.add("AKIAOLD")
    keys = {"AWS_ACCESS_KEY_ID": "AKIAOLD", "AWS_SECRET_ACCESS_KEY": "a", "AWS_SESSION_TOKEN": "b"}

    done = called(**{**aws.environ(), **keys})

    assert done.returncode == 1
    assert "expired" in done.stderr.splitlines()[-1]
