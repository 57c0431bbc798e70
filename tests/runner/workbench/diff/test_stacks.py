"""The changes of the resources of a stack: replaced, removed, kept, opened; and nothing is left out."""

from dataclasses import replace
from typing import Any

import pytest

from batchwright_runner.workbench.diff.changes import Change, FailOn, Topic
from batchwright_runner.workbench.diff.read import Assembly, StackKey
from batchwright_runner.workbench.diff.stacks import replacing
from tests.runner.workbench.diff.support import (
    ACCOUNT,
    GROUP,
    OPEN,
    PARTS,
    READ,
    Row,
    assembly,
    batch_file,
    batches,
    beside,
    changes,
    each_of,
    edited,
    edits,
    grant,
    paths_of_texts,
    put,
    rows,
    stack,
    template,
    with_template,
)

BUCKET, POLICY, BUCKET_POLICY = (PARTS[name] for name in ("BUCKET", "POLICY", "BUCKET_POLICY"))


def between(*sides: tuple[dict[str, Any], dict[str, Any]]) -> list[Change]:
    """The changes of a batch whose file and template change."""
    return changes(*(assembly(file, stacks=(stack(raw),)) for file, raw in sides))


ROLE = "Resources/TaskRole/Properties"
STATEMENT = f"{ROLE}/Policies/0/PolicyDocument/Statement"
MARKS = {
    'Fn::ImportValue "other"': {"Fn::ImportValue": "other"},
    "Ref Sales, Other.Arn": {"Fn::Sub": "arn:${Sales}:${Other.Arn}"},
    "Ref Where": {"Fn::Sub": "arn:aws:s3:::${Where}/x/*"},
}
"""What a batch's file writes of values that only a deployment knows, and its template."""
TASK = "role batches-staging-report-task"
EDGE = "arn:aws:iam::111111111111:policy/edge"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
READS = "now allows s3:GetObject on arn:aws:s3:::x/*"


@each_of(rows("stacks", **PARTS))
def test_what_is_said(row: Row) -> None:
    """Before a text are the gates that it is for."""
    found = beside(edits(row.now), edits(row.was))

    assert [" | ".join([*sorted(change.gates), change.text]) for change in found] == row.said
    assert {change.about.name for change in found} <= {"report", "lines and order"}


RULE = {"Type": "AWS::EC2::SecurityGroupIngress", "Properties": {"GroupId": "sg-1", **OPEN, "Description": "a"}}


@pytest.mark.parametrize(
    ("start", "path"),
    [
        ({f"{GROUP}/SecurityGroupIngress": [{**OPEN, "Description": "a"}]}, f"{GROUP}/SecurityGroupIngress/0"),
        ({"Resources/Rule": RULE}, "Resources/Rule/Properties"),
    ],
)
def test_the_description_of_a_rule_is_said_beside_what_it_opens(start: dict[str, object], path: str) -> None:
    (described,) = beside({f"{path}/Description": "b"}, start)
    opened = beside({f"{path}/Description": "b", f"{path}/CidrIp": "0.0.0.0/0"}, start)

    assert described.text.endswith("Description: a → b")
    assert [opened[0].kind, opened[-1].text] == [Topic.PERMISSION, described.text]


@pytest.mark.parametrize("name", ["PolicyDocument", "Rules"])
def test_a_policy_that_goes_from_what_stays_is_broader(name: str) -> None:
    """A VPC endpoint without one lets all through."""
    policy = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}]}
    endpoint = {"Type": "AWS::EC2::VPCEndpoint", "Properties": {"ServiceName": "s3", name: policy}}

    found = beside({f"Resources/Endpoint/Properties/{name}": None}, {"Resources/Endpoint": endpoint})

    (text,) = broader(found)
    assert text.startswith(f"EC2::VPCEndpoint Endpoint.{name}: {{")


@pytest.mark.parametrize("end", [[{"Fn::ImportValue": "other"}, '"}]}'], ['*"}]}']], ids=["marked", "plain"])
def test_a_policy_as_text_is_read_or_broader(end: list[object]) -> None:
    def policy(action: str) -> dict[str, object]:
        begin = f'{{"Statement":[{{"Effect":"Allow","Principal":"*","Action":"{action}","Resource":"'
        text = {"Fn::Join": ["", [begin, *end]]}
        return {"Type": "AWS::Logs::ResourcePolicy", "Properties": {"PolicyName": "p", "PolicyDocument": text}}

    found = beside({"Resources/Policy": policy("logs:*")}, {"Resources/Policy": policy("logs:PutLogEvents")})
    came = beside({"Resources/Policy": policy("logs:*")})

    for change in (found[0], came[0]):
        assert change.gates == {FailOn.PERMISSIONS}
        assert ("allows or denies what {" in change.text) is (len(end) == 2)


def test_who_may_put_events_on_a_bus_is_a_permission() -> None:
    statement = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "events:PutEvents", "Resource": "bus"}
    bus = {"Type": "AWS::Events::EventBusPolicy", "Properties": {"StatementId": "s", "Statement": statement}}

    found = beside({"Resources/Bus/Properties/Statement/Principal": "*"}, {"Resources/Bus": bus})

    assert broader(found) == ["Events::EventBusPolicy Bus: now allows events:PutEvents on bus to everyone"]


def test_every_text_of_a_template_that_changes_is_said() -> None:
    """Whatever is written otherwise in a template whose batch file stays: something changes."""
    parts = {"Bucket": BUCKET, "Policy": POLICY, "BucketPolicy": BUCKET_POLICY}
    raw = edited(template(), {f"Resources/{name}": part for name, part in parts.items()})

    assert [
        path
        for path in paths_of_texts(raw)
        if not path.endswith("/Ref") and not changes(with_template(raw), with_template(edited(raw, {path: "changed"})))
    ] == []


def test_of_resources_of_no_batch_everything_is_shown_too() -> None:
    key = {"Type": "AWS::KMS::Key", "Properties": {"EnableKeyRotation": True, "Description": "a"}}
    topic, bucket = {"Type": "AWS::SNS::Topic"}, {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "a"}}
    before = {"Resources": {"Key": key, "Gone": topic, "Bucket": bucket}}
    new = {"EnableKeyRotation": False, "Description": "b", "KeyPolicy": {"Statement": [READ]}}
    values = {"Gone": None, "Key/Properties": new, "Bucket/Properties/BucketName": "b", "Came": topic}
    after = edited(before, {f"Resources/{path}": value for path, value in values.items()})
    after["Outputs"] = {"Name": {"Value": "x"}}

    found = changes(*(assembly(stacks=(stack(raw, "batches-staging-platform"),)) for raw in (before, after)))

    assert {(change.about.kind, change.about.name, change.stages) for change in found} == {
        ("stack", "platform", ("staging",))
    }
    assert [" | ".join([*change.gates, change.text]) for change in found] == [
        "permissions | KMS::Key Key: now allows s3:GetObject on arn:aws:s3:::x/*",
        "also changes: KMS::Key Key.EnableKeyRotation: yes → no",
        "also changes: KMS::Key Key.Description: a → b",
        "removed | deletes SNS::Topic Gone",
        "replaced | replaces S3::Bucket Bucket: it cannot change BucketName in place",
        "also changes: S3::Bucket Bucket.BucketName: a → b",
        "also makes SNS::Topic Came",
        'also changes: Outputs: none → {"Name": {"Value": "x"}}',
    ]


def test_a_stack_that_comes_and_one_that_goes() -> None:
    raw = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {}}}}
    with_alerts = assembly(stacks=(stack(raw, "batches-staging-alerts"),))

    (came,), (went,) = changes(assembly(), with_alerts), changes(with_alerts, assembly())

    assert came.text == "new stack batches-staging-alerts: makes SNS::Topic"
    assert went.text == "stack batches-staging-alerts is no longer in the app, and stays deployed until it is deleted"
    command = "aws cloudformation delete-stack --stack-name batches-staging-alerts"
    assert (went.commands, went.gates) == ((command,), frozenset({FailOn.REMOVED}))


def new_batch(edits: dict[str, object]) -> list[Change]:
    """The changes of a new batch whose template has more."""
    return changes(assembly(), with_template(edited(template(), edits)))


def broader(found: list[Change]) -> list[str]:
    """What is said for ``--fail-on permissions``."""
    return [change.text for change in found if FailOn.PERMISSIONS in change.gates]


def test_a_new_batch_and_its_roles() -> None:
    found = new_batch({"Resources/StopRole": role("batches-staging-report-stop", "ecs:StopTask", "arn:task/*")})

    texts = [change.text for change in found]
    assert texts[0] == "new batch, owner finance-systems: Mails yesterday's sales."
    assert "role batches-staging-report-stop: now allows ecs:StopTask on arn:task/*" in texts
    assert "makes EC2::SecurityGroup, ECS::TaskDefinition, 2 IAM::Role, Logs::LogGroup and SSM::Parameter" in texts
    (secret,) = [change for change in found if change.kind is Topic.SECRET]
    assert secret.commands == ("batchwright params set report DB_PASSWORD -s staging",)
    assert "batchwright release reports -s staging" in [command for change in found for command in change.commands]


@pytest.mark.parametrize("action", ["*", "iam:*"])
def test_a_role_of_a_new_batch_that_may_do_more_than_its_own(action: str) -> None:
    found = new_batch({"Resources/StopRole": role("batches-staging-report-stop", action, "*")})

    assert f"role batches-staging-report-stop: now allows {action} on every resource" in broader(found)


@each_of(rows("stacks_beside_a_file"))
@pytest.mark.parametrize("more", [False, True], ids=["a line moved", "a grant more"])
def test_what_is_granted_beside_a_batchs_file_is_said_though_its_file_changes_too(row: Row, more: bool) -> None:
    """The file describes the statements that it has, and no others; what is in both comes once."""
    file, raw = granted("batch.py:9", more=more)

    found = between(granted("batch.py:3", more=False), (file, edited(raw, edits(row.now))))

    texts = [change.text for change in found if change.kind is Topic.PERMISSION]
    ours = ["its task role: now allows sqs:SendMessage on arn:aws:sqs:q (granted at batch.py:9)"] if more else []
    assert texts == [*ours, *row.said]
    assert all(change.gates for change in found if ": now " in change.text or "denies" in change.text)


def test_what_a_file_takes_back_or_gives_on_a_condition_is_said_where_the_template_gives_it() -> None:
    without, more = granted("batch.py:3", more=False), granted("batch.py:3", more=True)
    secure = {"Bool": {"aws:SecureTransport": "true"}}
    conditional = edited(more[0], {"access/task/grants/1/statement/Condition": secure})

    for before, after in (((more[0], without[1]), (without[0], more[1])), (without, (conditional, more[1]))):
        assert f"{TASK}: now allows sqs:SendMessage on arn:aws:sqs:q" in broader(between(before, after))


def test_what_a_batchs_file_tells_of_its_manifest_and_its_task_definition_is_said_once() -> None:
    watch = {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/batches/staging/watch/report", "Value": "{}"}}
    raw = edited(template(), {"Resources/Watch": watch})
    values = {"Task/Properties/NetworkMode": "bridge"} | {
        f"{name}/Properties/Value": '{"retries": 1}' for name in ("Manifest", "Watch")
    }
    file = edited(batch_file(), {"task/networkMode": "bridge", "manifest/retries": 1})

    found = between(
        (batch_file(), raw), (file, edited(raw, {f"Resources/{path}": value for path, value in values.items()}))
    )

    assert [change.text for change in found] == [
        "timeout: 30m00s → 30m00s an attempt",
        "retries: none → 1, on nothing",
        "also changes: task.networkMode: awsvpc → bridge",
    ]


@pytest.mark.parametrize("kind", ["role", "policy of two roles"])
def test_what_a_file_tells_of_a_batchs_role_is_said_of_another_role(kind: str) -> None:
    statement = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:q"}
    properties = {"PolicyDocument": {"Statement": [statement]}, "Roles": [{"Ref": "TaskRole"}, "other"]}
    other = {
        "role": role("other", "sqs:SendMessage", "arn:aws:sqs:q"),
        "policy of two roles": {**POLICY, "Properties": properties},
    }
    file, raw = granted("batch.py:3", more=True)

    found = between(granted("batch.py:3", more=False), (file, edited(raw, {"Resources/Other2": other[kind]})))

    assert sum("sqs:SendMessage" in change.text for change in found if change.gates) == 2


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        (f"{ROLE}/ManagedPolicyArns", [ADMIN], "AdministratorAccess allows"),
        (f"{STATEMENT}/+", {"Effect": "Allow", "Action": "iam:*", "Resource": "*"}, "iam:* on every resource"),
    ],
)
def test_what_a_new_batchs_own_role_may_do_beside_its_file(path: str, value: object, sentence: str) -> None:
    file, raw = granted("batch.py:3", more=False)
    raw = edited(raw, {f"{STATEMENT}/1": None, path: value})

    found = changes(assembly(), assembly(file, stacks=(stack(raw),)))

    texts = [change.text for change in found if change.gates and change.text.startswith("role ")]
    assert [text for text in texts if sentence in text]
    assert not [text for text in texts if "arn:aws:s3:::sales" in text], "its file has that"


@pytest.mark.parametrize("action", ["iam:PassRole", "secretsmanager:GetSecretValue", "s3:GetObject"])
def test_what_its_stack_gives_a_new_batchs_execution_role_beside_its_file(action: str) -> None:
    parameter = f"arn:aws:ssm:ap-northeast-1:{ACCOUNT}:parameter/batches/staging/report/REPORT_TO"
    own = role("batches-staging-report-exec", "ssm:GetParameters", parameter)
    more = {"Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}
    properties = {"PolicyName": "more", "PolicyDocument": more, "Roles": [{"Ref": "ExecutionRole"}]}

    found = new_batch({"Resources/ExecutionRole": own, "Resources/Policy": {**POLICY, "Properties": properties}})

    text = f"IAM::Policy report/Policy of report/StopRole: now allows {action} on every resource"
    assert text in broader(found)


def test_what_may_take_a_new_batchs_own_role_is_shown() -> None:
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}

    found = new_batch({f"{ROLE}/AssumeRolePolicyDocument/Statement/+": trust})

    assert f"{TASK}: now allows sts:AssumeRole to the service ec2.amazonaws.com" in broader(found)


def granted(at: str, *, more: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """A batch's file and its template, which has more than the file: a denial, a boundary."""
    file, raw = batch_file(), template()
    plain = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:q"}
    own = {"Effect": "Allow", "Action": "s3:GetObject", "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}}}
    resources = ["arn:aws:s3:::sales/*", {"unresolved": "Sales.Arn + /*"}, *({"unresolved": mark} for mark in MARKS)]
    put(file, "access/task/grants", [{"statement": {**own, "Resource": resources}, "at": at, "reason": ""}])
    objects = {"Fn::Join": ["", [{"Fn::GetAtt": ["Sales", "Arn"]}, "/*"]]}
    denial = {"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"}
    statements = [{**own, "Resource": ["arn:aws:s3:::sales/*", objects, *MARKS.values()]}, denial]
    if more:
        put(file, "access/task/grants/+", {"statement": plain, "at": at, "reason": ""})
        statements.append(plain)
    put(raw, f"{ROLE}/Policies", [{"PolicyName": "own", "PolicyDocument": {"Statement": statements}}])
    put(raw, f"{ROLE}/PermissionsBoundary", EDGE)
    for name in ("Sales", "Other"):
        path = {"aws:cdk:path": f"batches-staging-report/report/{name}/Resource"}
        put(raw, f"Resources/{name}", {**BUCKET, "Metadata": path})
    return file, raw


def role(name: str, action: str, resource: str) -> dict[str, Any]:
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "scheduler.amazonaws.com"}}
    policy = {"Effect": "Allow", "Action": action, "Resource": resource}
    properties = {
        "RoleName": name,
        "AssumeRolePolicyDocument": {"Statement": [trust]},
        "Policies": [{"PolicyName": "own", "PolicyDocument": {"Statement": [policy]}}],
    }
    path = {"aws:cdk:path": "batches-staging-report/report/StopRole/Resource"}
    return {"Type": "AWS::IAM::Role", "Properties": properties, "Metadata": path}


def test_a_batch_that_has_gone() -> None:
    found = changes(assembly(batch_file()), assembly())

    deployed = "what is deployed of it stays, and can be started by rundeck, until its stack is deleted"
    secrets = "its secrets (DB_PASSWORD), the image reports and its history in /batches/staging/platform/runs"
    command = "aws cloudformation delete-stack --stack-name batches-staging-report"
    assert [(change.text, change.commands) for change in found] == [
        (f"no longer declared: {deployed}", (command,)),
        (f"stays even then: Logs::LogGroup report/Log, {secrets}", ()),
    ]
    assert {gate for change in found for gate in change.gates} == {FailOn.REMOVED}


def test_of_a_batch_that_leaves_a_stack_of_several_its_own_resources_stay() -> None:
    files, raw = (batch_file(), batch_file(name="other")), template()
    for id, resource in template(name="other")["Resources"].items():
        path = resource["Metadata"]["aws:cdk:path"].replace("batches-staging-other/", "batches-staging-report/")
        put(raw, f"Resources/Other{id}", {**resource, "Metadata": {"aws:cdk:path": path}})
    left, stays = stack(raw), stack(template(name="other"))

    found = changes(
        Assembly(batches=batches(*files), stacks={left.key: left}),
        Assembly(batches=batches(files[1]), stacks={stays.key: stays}),
    )

    (kept,) = [change.text for change in found if change.text.startswith("stays even then: ")]
    assert kept.startswith("stays even then: Logs::LogGroup report/Log, its secrets")


def test_a_batch_that_has_another_name() -> None:
    found = changes(assembly(batch_file()), assembly(batch_file(name="sales-report")))

    (renamed,) = [change for change in found if change.kind is Topic.RENAMED]
    assert renamed.text.startswith("may be sales-report under another name")
    assert renamed.commands == ("batchwright params list report -s staging",)


UNLIKE = {"manifest/description": "Something else.", "task/containerDefinitions/0/command": ["true"]}


@pytest.mark.parametrize(
    "came",
    [batch_file("production", "sales-report"), edited(batch_file(name="other"), UNLIKE)],
    ids=["in another stage", "unlike"],
)
def test_a_batch_that_goes_is_none_that_comes_unlike_it_or_to_another_stage(came: dict[str, Any]) -> None:
    found = changes(assembly(batch_file()), assembly(came))

    assert not [change for change in found if change.kind is Topic.RENAMED]


def test_a_batch_has_its_resources_though_the_account_of_its_stack_is_not_known() -> None:
    own = replace(stack(template()), key=StackKey("batches-staging-report"))
    before = Assembly(batches=batches(batch_file()), stacks={own.key: own})

    found = changes(before, Assembly())

    assert any(change.text.startswith("stays even then: Logs::LogGroup report/Log") for change in found)


def test_resources_are_found_by_their_type_and_a_property() -> None:
    resources = {"Resources/Bucket": BUCKET, "Resources/Other": {**BUCKET, "Type": "AWS::SNS::Topic"}}
    own = stack(edited(template(), resources))

    assert [resource.id for resource in own.find("AWS::S3::Bucket", "BucketName", {"sales"})] == ["Bucket"]
    assert own.find("AWS::S3::Bucket", "BucketName", {"orders"}) == []


@pytest.mark.parametrize(
    ("kind", "path", "expected"),
    [
        ("S3::Bucket", "BucketName", True),
        ("S3::Bucket", "Tags[Key].Value", False),
        ("S3::Bucket", "LifecycleConfiguration.Rules[0]", False),
        ("MSK::Channel", "S3DestinationConfiguration.Storage.BucketArn", True),
        ("MSK::Channel", "S3DestinationConfiguration", True),
        ("No::Such", "Name", False),
    ],
)
def test_what_replaces_a_resource_is_a_property_or_a_part_of_one(kind: str, path: str, expected: bool) -> None:
    assert replacing(f"AWS::{kind}", path) is expected


def test_the_boundary_of_a_role_that_comes_is_shown_by_its_name() -> None:
    came = role("batches-staging-report-stop", "ecs:StopTask", "*")
    came["Properties"]["PermissionsBoundary"] = EDGE

    texts = broader(beside({"Resources/Stop": came}))

    assert f"IAM::Role report/StopRole.PermissionsBoundary: none → {EDGE}" in texts
    assert not [text for text in texts if ".Policies" in text], "its statements are shown"


def test_what_is_granted_to_a_role_without_a_name_hides_no_statement_of_another_resource() -> None:
    nameless = edited(batch_file(), {"access/task/arn": ""})
    reading = edited(nameless, {"access/task/grants/+": grant("s3:GetObject", "arn:aws:s3:::x/*")})
    policy = {**BUCKET_POLICY, "Properties": {"PolicyDocument": {"Statement": [READ]}}}

    found = between((nameless, template()), (reading, edited(template(), {"Resources/BucketPolicy": policy})))

    assert len([change for change in found if change.text.endswith(READS)]) == 2
