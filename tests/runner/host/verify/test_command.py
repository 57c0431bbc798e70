"""``batchwright verify`` as installed, against a server on which faults are planted one by one."""

import json
from collections import Counter
from pathlib import Path

import pytest

from batchwright.arns import Place
from batchwright.iam import verify_policies
from batchwright_runner.contract.manifest import ImageReference
from tests.fake_aws import AwsServer, faults
from tests.fake_aws.fixtures import ACCOUNT, REGION, sample_manifest
from tests.kit.account import batchwright
from tests.kit.command import Done
from tests.kit.grants import NAMES, PLACE
from tests.kit.rows import rows
from tests.runner.host.verify import planted
from tests.runner.host.verify.stage import KEY, OWN, deploy, push

OF_A_TASK = "task definition, cluster, image, values, log group, key, execution role, task role, subnets"
CHECKS = {
    *OF_A_TASK.split(", "),
    *("security groups", "public address", "start", "quota", "history", "history rule", "deadline", "schedule"),
}


@pytest.fixture
def stage(aws: AwsServer) -> AwsServer:
    """A stage in which all is well."""
    push(aws)
    deploy(aws)
    return aws


def verify(aws: AwsServer, folder: Path, *words: str) -> Done:
    return batchwright(aws, folder, "verify", *words, "-s", "staging")


def findings(aws: AwsServer, folder: Path, *words: str) -> list[dict[str, str]]:
    data: list[dict[str, str]] = json.loads(verify(aws, folder, *words, "--json").text)
    return data


def not_ok(aws: AwsServer, folder: Path) -> list[dict[str, str]]:
    return wrong(verify(aws, folder, "--json"))


def wrong(done: Done) -> list[dict[str, str]]:
    return [finding for finding in json.loads(done.text) if finding["status"] != "ok"]


def by_check(aws: AwsServer, folder: Path) -> dict[str, tuple[str, str]]:
    return {finding["check"]: (finding["status"], finding["what"]) for finding in findings(aws, folder)}


def test_a_stage_in_which_all_is_well_is_only_read(stage: AwsServer, tmp_path: Path) -> None:
    done = verify(stage, tmp_path)
    single = verify(stage, tmp_path, "daily-report")

    assert (done.code, done.text) == (0, "daily-report: ok\n")
    assert done.err.endswith("batchwright: 1 batch: 17 ok\n")
    assert single.code == 0
    assert {line.split("  ", 2)[2].split(":")[0].strip() for line in single.text.splitlines()[1:]} == CHECKS
    operations = {call.operation for call in stage.calls}
    reading = ("Get", "Describe", "BatchGet", "ListTargetsByRule", "ListTasks", "FilterLog")
    assert {name for name in operations if not name.startswith(reading)} == set()
    assert not [call for call in stage.calls if call.body.get("WithDecryption") not in (None, False)]


@pytest.mark.parametrize("fault", planted.FAULTS, ids=[fault.plant.__name__ for fault in planted.FAULTS])
def test_a_planted_fault_is_found_and_no_other(stage: AwsServer, tmp_path: Path, fault: planted.Fault) -> None:
    fault.plant(stage)

    done = verify(stage, tmp_path, "--json")

    found = wrong(done)
    assert done.code == (1 if fault.status in ("fail", "unknown") else 0)
    assert next(finding["status"] for finding in found if finding["check"] == fault.check) == fault.status
    assert fault.message in " ".join(f"{finding['what']}. {finding['advice']}" for finding in found)
    assert {finding["check"] for finding in found} <= {fault.check, *fault.also}


@pytest.mark.parametrize("denied", [row for row, *_ in rows(__file__, "denied")], ids=lambda row: row.split()[0])
def test_what_may_not_be_looked_at_is_unknown_and_names_the_permission(
    stage: AwsServer, tmp_path: Path, denied: str
) -> None:
    deploy(stage, by_aws=True)
    expected = set()
    for line in denied.splitlines():
        words, _, checks = line.partition(": ")
        operation, permission = words.split()
        expected |= {("unknown", check, permission) for check in checks.split(", ")}
        code = "UnauthorizedOperation" if permission.startswith("ec2:") else "AccessDeniedException"
        stage.faults(operation, faults.error(code, "You are not authorized to perform this operation.", times=None))

    done = verify(stage, tmp_path, "--json")

    shown = {(finding["status"], finding["check"], finding["permission"]) for finding in wrong(done)}
    assert (done.code, shown) == (1, expected)


def test_a_batch_with_a_schedule_and_a_quota_that_was_never_raised(stage: AwsServer, tmp_path: Path) -> None:
    deploy(stage, by_aws=True)
    stage.world.quotas.clear()
    stage.world.vcpus["Standard/OnDemand"] = 1.5
    shown = by_check(stage, tmp_path)
    stage.faults("GetAWSDefaultServiceQuota", faults.access_denied())
    (unseen,) = not_ok(stage, tmp_path)

    assert shown["schedule"] == ("ok", "batches-staging-daily-report is active, and its schedule is on")
    assert shown["quota"] == ("ok", "1.5 of the account's 6 vCPUs on FARGATE are in use")
    assert (unseen["check"], unseen["permission"]) == ("quota", "servicequotas:GetAWSDefaultServiceQuota")


def test_a_batch_without_a_machine_in_subnets_without_ipv4(stage: AwsServer, tmp_path: Path) -> None:
    del stage.world.rules["batches-staging-executions"]
    for number, subnet in enumerate(stage.world.network.subnets):
        subnet["AvailableIpAddressCount"], subnet["Ipv6Native"] = 0, True
        subnet["Ipv6CidrBlockAssociationSet"] = [{"Ipv6CidrBlock": f"2001:db8:0:{number}::/64"}]

    shown = by_check(stage, tmp_path)

    assert shown["history rule"] == ("ok", "batches-staging-runs is on")
    assert shown["subnets"] == ("ok", "subnet-0a1b2c3d, subnet-4e5f6a7b have IPv6 alone, of which there is enough")


PER_BATCH = {"DescribeTaskDefinition": 2, "DescribeLogGroups": 1, "GetParameters": 1, "GetRole": 2}
"""What each batch adds: its own revision and its family's newest, its log group, its values, its two roles."""


def test_a_machine_of_a_batch_that_somebody_else_starts_needs_no_schedule(stage: AwsServer, tmp_path: Path) -> None:
    deploy(stage, by_aws=True, scheduler="rundeck")
    stage.world.schedules.clear()

    said = "batches-staging-daily-report is active; rundeck starts it when it is due"
    assert by_check(stage, tmp_path)["schedule"] == ("ok", said)


@pytest.mark.parametrize("group", ["", "/own/ends"])
def test_a_history_that_is_none_of_the_platforms_has_none_of_its_rules(
    aws: AwsServer, tmp_path: Path, group: str
) -> None:
    push(aws)
    aws.deploy(sample_manifest(history_log_group=group))

    rules = [finding["what"] for finding in findings(aws, tmp_path) if finding["check"] == "history rule"]
    assert rules == ([f"what fills {group} is not the platform's, and was not looked at"] if group else [])
    assert not aws.calls_of("DescribeRule")


def test_forty_batches_cost_no_call_more_than_what_each_has_of_its_own(stage: AwsServer, tmp_path: Path) -> None:
    single = verify(stage, tmp_path)
    alone = Counter(call.operation for call in stage.calls)
    for number in range(39):
        deploy(stage, f"report-{number}")
    before = len(stage.calls)

    done = verify(stage, tmp_path)

    together = Counter(call.operation for call in stage.calls[before:])
    assert (single.last, done.last) == ("batchwright: 1 batch: 17 ok", "batchwright: 40 batches: 680 ok")
    grown = {operation: count - alone[operation] for operation, count in together.items() if count > alone[operation]}
    pages = {"GetParametersByPath": 3}  # of ten manifests each
    assert grown == {operation: 39 * count for operation, count in PER_BATCH.items()} | pages


def test_an_error_that_is_no_refusal_is_unknown_too(stage: AwsServer, tmp_path: Path) -> None:
    stage.faults("DescribeClusters", faults.error("InvalidParameterException", "odd", times=None))

    (found,) = not_ok(stage, tmp_path)

    assert (found["check"], found["status"]) == ("cluster", "unknown")
    assert "odd" in found["what"]


def test_an_image_that_is_given_by_its_digest_is_ok_in_ecr_and_elsewhere(stage: AwsServer, tmp_path: Path) -> None:
    digest = stage.world.images.repository("team/x").add_index("x", "3")
    deploy(stage, image=ImageReference(repository=f"{planted.REGISTRY}/team/x", tag=digest))
    deploy(stage, "pinned", image=ImageReference(repository=f"{planted.REGISTRY}/team/x:3", tag=digest))
    stage.world.families["batches-staging-pinned"].image = f"{planted.REGISTRY}/team/x:3@{digest}"
    deploy(stage, "public", image=ImageReference(repository="public.ecr.aws/x/y", tag=f"sha256:{'a' * 64}"))

    found = findings(stage, tmp_path)

    images = {item["batch"]: (item["status"], item["what"]) for item in found if item["check"] == "image"}
    assert images["daily-report"] == images["pinned"] == ("ok", f"team/x {digest[:19]}, 0.4 MB")
    assert images["public"][0] == "warn"
    assert images["public"][1].startswith("public.ecr.aws/x/y@sha256:aaaa")
    assert {finding["status"] for finding in found if finding["check"] == "task definition"} == {"ok"}
    assert [call.body["Name"] for call in stage.calls_of("GetParameter") if "releases" in call.body["Name"]] == []


def test_another_digest_than_the_manifests_is_found(stage: AwsServer, tmp_path: Path) -> None:
    deploy(stage, image=ImageReference(repository="public.ecr.aws/x/y", tag=f"sha256:{'a' * 64}"))
    stage.world.families[planted.DAILY].image = f"public.ecr.aws/x/y@sha256:{'b' * 64}"

    (found,) = [finding for finding in findings(stage, tmp_path) if finding["check"] == "task definition"]

    assert found["status"] == "fail"
    assert f"not public.ecr.aws/x/y@sha256:{'a' * 64}" in found["what"]


def test_all_images_of_a_task_are_looked_at_and_those_of_several_batches_once(stage: AwsServer, tmp_path: Path) -> None:
    planted.config_files(stage)
    alone = verify(stage, tmp_path)
    asked = len(stage.calls_of("BatchGetImage"))
    deploy(stage, "other", files_image="batchwright")
    stage.world.families["batches-staging-other"].images = stage.world.families[planted.DAILY].images

    together = verify(stage, tmp_path)
    again = len(stage.calls_of("BatchGetImage"))
    shown = verify(stage, tmp_path, "daily-report").text

    assert (alone.code, together.code, asked, again) == (0, 0, 2, 4)
    assert all(f"image: {of}stage-staging is sha256:" in shown for of in ("", "files: "))


def test_an_image_of_elsewhere_that_may_not_be_seen_is_unknown_and_the_others_are_looked_at(
    stage: AwsServer, tmp_path: Path
) -> None:
    planted.no_files_image(stage)
    deploy(stage, files_image="batchwright", image=ImageReference(repository=f"{planted.REGISTRY}/team/x", tag="3"))
    planted.beside(stage, "files", f"{planted.REGISTRY}/batches/batchwright:stage-staging")
    stage.faults("BatchGetImage", faults.access_denied(1))

    found = not_ok(stage, tmp_path)

    shown = [(finding["check"], finding["status"], finding["permission"]) for finding in found]
    assert shown == [("image", "unknown", "ecr:BatchGetImage"), ("image", "fail", "")]
    assert found[0]["what"] == "team/x is not visible to this caller"
    assert "/team/x, which is not the stage's: grant it there" in found[0]["advice"]


def test_values_of_another_region_are_asked_for_there(stage: AwsServer, tmp_path: Path) -> None:
    parameter = f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/shared/x"
    secret = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:pw-AbCdEf"
    planted.takes(stage, X=parameter, Y=secret)
    stage.put_parameter("/shared/x", "1")
    stage.world.secrets[secret] = None

    done = verify(stage, tmp_path)

    assert (done.code, done.text) == (0, "daily-report: ok\n")
    asked = [(parameter in call.body["Names"], call.region) for call in stage.calls_of("GetParameters")]
    asked += [(call.body["SecretId"] == secret, call.region) for call in stage.calls_of("DescribeSecret")]
    assert {*asked} == {(True, "us-east-1"), (False, REGION)}


def test_the_permission_for_a_value_that_is_not_the_stages_is_not_said_to_be_granted(
    stage: AwsServer, tmp_path: Path
) -> None:
    theirs = f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/shared/x"
    planted.takes(stage, X=theirs)
    stage.faults("GetParameters", faults.access_denied(None))

    found = not_ok(stage, tmp_path)

    granted = {finding["what"].partition(" ")[0]: "grant_verify" in finding["advice"] for finding in found}
    assert granted == {f"{OWN}/DB_PASSWORD": True, f"{OWN}/TO": True, theirs: False}


def test_a_batch_whose_secrets_are_in_secrets_manager_needs_no_key_of_the_stage(
    stage: AwsServer, tmp_path: Path
) -> None:
    deploy(stage, secrets=("CERT",), parameters={"TO": "", "DB_PASSWORD": ""})
    stage.world.keys.clear()

    found = findings(stage, tmp_path)

    assert {finding["status"] for finding in found} == {"ok"}
    assert "key" not in {finding["check"] for finding in found}


def test_an_answer_that_nobody_expected_costs_the_findings_of_one_check(stage: AwsServer, tmp_path: Path) -> None:
    for subnet in stage.world.network.subnets:
        del subnet["AvailableIpAddressCount"]

    done = verify(stage, tmp_path, "--json")

    (found,) = wrong(done)
    assert (done.code, found["check"], found["status"]) == (1, "subnets", "unknown")
    assert found["what"].endswith("by a defect in the runner: KeyError: 'AvailableIpAddressCount'")
    assert {finding["check"] for finding in json.loads(done.text)} == CHECKS


def test_what_batches_have_in_common_is_said_once_and_first(stage: AwsServer, tmp_path: Path) -> None:
    for name in ("other", "third"):
        deploy(stage, name)
    planted.full_subnets(stage)
    planted.no_secret(stage)

    done = verify(stage, tmp_path)

    assert [line for line in done.lines if not line.startswith(" ")] == ["all 3 batches", "daily-report"]
    assert done.text.count("no subnet has a free address") == 1


def test_grant_verify_is_what_it_takes_and_no_more(stage: AwsServer, tmp_path: Path) -> None:
    registry = Place("333333333333", REGION)
    statements = verify_policies.verify(
        PLACE, NAMES, cluster="batches-staging", key=KEY, repositories=[registry._repository("batches/*")]
    )
    runs = verify_policies.look_back(PLACE, NAMES, cluster="batches-staging", history=True)
    deploy(stage, by_aws=True)
    stage.limit([*statements, *runs], {})

    assert not_ok(stage, tmp_path) == []
    for left_out in statements:
        stage.limit([statement for statement in [*statements, *runs] if statement != left_out], {})
        statuses = {finding["status"] for finding in findings(stage, tmp_path)}
        assert left_out["Sid"] == "SeeParameters" or "unknown" in statuses, f"{left_out['Sid']} is not needed"


@pytest.mark.parametrize(
    ("words", "operation", "heading"),
    [((), "GetParametersByPath", "all batches"), (("daily-report",), "GetParameter", "daily-report")],
)
def test_a_manifest_that_may_not_be_read_is_unknown(
    stage: AwsServer, tmp_path: Path, words: tuple[str, ...], operation: str, heading: str
) -> None:
    stage.faults(operation, faults.access_denied(None))

    done = verify(stage, tmp_path, *words)
    data = verify(stage, tmp_path, *words, "--json")
    (found,) = json.loads(data.text)

    assert (done.code, data.code, done.lines[0]) == (1, 1, heading)
    assert "platform.grant_verify" in done.text
    assert "grant_run" not in done.both
    shown = [found[key] for key in ("batch", "check", "status", "permission")]
    assert shown == ["".join(words), "manifest", "unknown", f"ssm:{operation}"]
    assert "1 unknown" in done.err


@pytest.mark.parametrize("text", ["{", json.dumps({"schema": 99})])
def test_a_manifest_that_cannot_be_used_is_a_finding_and_costs_no_other(
    stage: AwsServer, tmp_path: Path, text: str
) -> None:
    stage.put_parameter("/batches/staging/manifests/broken", text)

    (bad,) = not_ok(stage, tmp_path)
    done = verify(stage, tmp_path)
    alone = verify(stage, tmp_path, "broken")

    assert (bad["batch"], bad["check"], bad["status"]) == ("broken", "manifest", "fail")
    assert bad["what"].startswith("/batches/staging/manifests/broken cannot be used: the manifest cannot be read: it ")
    assert (done.code, alone.code) == (1, 1)
    assert "daily-report: ok" in done.text
    assert done.err.endswith("2 batches: 1 fail, 17 ok\n")
    assert alone.text.startswith("broken\n  fail     manifest: ")


def test_a_stage_without_batches_is_said(aws: AwsServer, tmp_path: Path) -> None:
    done = verify(aws, tmp_path)

    assert done.code == 2
    assert "stage staging has no batches" in done.err
