"""The batch that uses every argument: its policies, its manifest, what is kept, and that nothing got lost."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from batchwright import BatchPlatform, DeclarationError
from batchwright.testing import Synthesized, Template, dropped_keys, resources, synthesize
from batchwright_runner.contract.batch_file import is_marked
from batchwright_runner.contract.manifest import SIZE_LIMIT, BatchManifest
from tests.library.everything import PLAIN_SECRETS, SECRET_ARN, SECRET_KEY
from tests.library.samples import Assembly, declared, workflows
from tests.library.support import batch, declaring, of_type, parameters_named, published_manifest

ACCOUNT = "111111111111"
REGISTRY = "arn:aws:ecr:ap-northeast-1:333333333333:repository/batches/reports"
RUNNER = "arn:aws:ecr:ap-northeast-1:333333333333:repository/batches/batchwright"
MIGRATE = "arn:aws:ecr:ap-northeast-1:444444444444:repository/tools/migrate"


def decrypt(key: str, via: str, arns: list[str] | None = None, alias: str | None = None) -> dict[str, Any]:
    equals: dict[str, Any] = {"kms:ViaService": f"{via}.ap-northeast-1.amazonaws.com"}
    if arns:
        equals["kms:EncryptionContext:PARAMETER_ARN"] = arns
    condition = {"StringEquals": equals} | (
        {"ForAnyValue:StringEquals": {"kms:ResourceAliases": alias}} if alias else {}
    )
    return {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": key, "Condition": condition}


def test_the_execution_role_may_do_this_and_no_more(staging: Synthesized) -> None:
    ssm = f"arn:aws:ssm:ap-northeast-1:{ACCOUNT}:parameter"
    own, shared = f"{ssm}/batches/staging/every-argument", f"{ssm}/batches/staging/shared"
    keys = f"arn:aws:kms:ap-northeast-1:{ACCOUNT}:key/*"

    assert staging.statements("execution") == [
        {"Sid": "RegistryToken", "Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"},
        {
            "Sid": "PullImages",
            "Effect": "Allow",
            "Action": ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            "Resource": [RUNNER, REGISTRY, MIGRATE],
        },
        {
            "Sid": "WriteLog",
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": f"arn:aws:logs:ap-northeast-1:{ACCOUNT}:log-group:/batches/staging/every-argument:*",
        },
        {
            "Sid": "ReadParameters",
            "Effect": "Allow",
            "Action": "ssm:GetParameters",
            "Resource": [
                f"{ssm}/accounts/database/HOST",
                f"{own}/DB_PASSWORD",
                f"{own}/REPORT_TO",
                f"{shared}/LOG_LEVEL",
                f"{shared}/SLACK",
                f"{ssm}/legacy/TOKEN",
            ],
        },
        {
            "Sid": "ReadSecrets",
            "Effect": "Allow",
            "Action": "secretsmanager:GetSecretValue",
            "Resource": [SECRET_ARN, PLAIN_SECRETS[ACCOUNT]],
        },
        decrypt(keys, "ssm", [f"{own}/DB_PASSWORD", f"{shared}/SLACK"], "alias/batches-staging"),
        decrypt(keys, "ssm", [f"{ssm}/legacy/TOKEN"], "alias/legacy"),
        decrypt(SECRET_KEY, "secretsmanager"),
    ]


def test_the_task_role_may_do_what_was_allowed_and_no_more(staging: Synthesized) -> None:
    files = f"arn:aws:elasticfilesystem:ap-northeast-1:{ACCOUNT}"
    assert staging.statements("task") == [
        {
            "Action": ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
            "Condition": {
                "StringEquals": {"elasticfilesystem:AccessPointArn": f"{files}:access-point/fsap-0123456789abcdef0"}
            },
            "Effect": "Allow",
            "Resource": f"{files}:file-system/fs-0123456789abcdef0",
        },
        {
            "Action": "ses:SendEmail",
            "Effect": "Allow",
            "Resource": f"arn:aws:ses:ap-northeast-1:{ACCOUNT}:identity/example.com",
        },
        {"Action": "cloudwatch:PutMetricData", "Effect": "Allow", "Resource": "*"},
    ]


def test_there_are_no_other_roles_or_policies(staging: Synthesized) -> None:
    roles = {role["RoleName"]: role for role in staging.resources("AWS::IAM::Role")}
    prefix = "batches-staging-every-argument"

    assert set(roles) == {f"{prefix}-task", f"{prefix}-exec", f"{prefix}-stop"}
    assert {role["Path"] for role in roles.values()} == {"/batches/staging/"}
    assert len(staging.resources("AWS::IAM::Policy")) == 1
    assert not [role for role in roles.values() if role.get("ManagedPolicyArns")]


def test_only_ecs_assumes_the_roles_and_the_task_role_for_this_account_alone(staging: Synthesized) -> None:
    task, _, execution = (
        role["AssumeRolePolicyDocument"]["Statement"][0]
        for role in sorted(staging.resources("AWS::IAM::Role"), key=lambda role: role["RoleName"], reverse=True)
    )

    assert task["Principal"] == execution["Principal"] == {"Service": "ecs-tasks.amazonaws.com"}
    assert task["Condition"] == {
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
        "ArnLike": {"aws:SourceArn": f"arn:aws:ecs:ap-northeast-1:{ACCOUNT}:*"},
    }
    assert "Condition" not in execution


@pytest.mark.parametrize(
    ("given", "lost"),
    [
        ({"stopTimuot": 1}, ["stopTimuot"]),
        ({"containers": [{"name": "x"}, {"namé": "y"}]}, ["containers.1.namé"]),
        ({"containers": [{"name": "x"}, {"name": "y"}, {"name": "z"}]}, ["containers.2"]),
        ({"options": {"awslogs-group": "x"}}, []),
        ({"name": {"deeper": 1}}, ["name.deeper"]),
    ],
)
def test_a_dropped_key_is_found(given: Mapping[str, Any], lost: list[str]) -> None:
    made = {"Name": "x", "Containers": [{"Name": "x"}, {"Name": "y"}], "Options": {"awslogs-group": "x"}}

    assert dropped_keys(given, made) == lost


def test_what_is_kept(staging: Synthesized) -> None:
    (group,) = of_type(staging.template, "AWS::Logs::LogGroup")
    (task,) = of_type(staging.template, "AWS::ECS::TaskDefinition")
    (key,) = of_type(staging.platform, "AWS::KMS::Key")
    (runs,) = of_type(staging.platform, "AWS::Logs::LogGroup")
    repositories = of_type(staging.registry, "AWS::ECR::Repository")

    assert len(repositories) == 2
    for kept in (group, key, runs, *repositories):
        assert kept["DeletionPolicy"] == "RetainExceptOnCreate"
        assert kept["UpdateReplacePolicy"] == "Retain"
    # An old revision stays when a new one comes, and goes with the stack.
    assert task["UpdateReplacePolicy"] == "Retain"
    assert task.get("DeletionPolicy", "Delete") == "Delete"


def test_the_published_manifest_is_the_local_one_with_what_cloudformation_knows(staging: Synthesized) -> None:
    published = published_manifest(staging.template)
    local = json.loads(staging.manifest.to_json())

    assert published["task_definition"] == "?"
    assert published["security_groups"] == "?"
    differing = {name for name in local if local[name] != published.get(name)}
    assert differing == {"task_definition", "security_groups"}
    assert set(published) == set(local)


def test_the_published_manifest_reads_as_one_once_it_is_resolved(staging: Synthesized) -> None:
    arn = f"arn:aws:ecs:ap-northeast-1:{ACCOUNT}:task-definition/x:17"
    text = manifest_text(staging.template, {"TaskDefinition": arn, "SecurityGroup": "sg-0123456789abcdef0"})

    manifest = BatchManifest.from_json(text)

    assert text.isascii()
    assert len(text) <= SIZE_LIMIT
    assert (manifest.task_definition, manifest.security_groups) == (arn, ("sg-0123456789abcdef0",))
    assert manifest.description == "昨日の売上を経理に送る。"
    assert manifest.path == "/batches/staging/manifests/every-argument"


def manifest_text(template: Template, values: Mapping[str, str]) -> str:
    """The manifest as CloudFormation writes it, given values by a part of the logical id of what is referred to."""
    (parameter,) = parameters_named(template, "/manifests/")
    text = ""
    for part in parameter["Value"]["Fn::Join"][1]:
        if isinstance(part, dict):
            id = part["Ref"] if "Ref" in part else part["Fn::GetAtt"][0]
            (text_of,) = [value for name, value in values.items() if name in id]
            text += text_of
        else:
            text += part
    return text


def test_a_manifest_that_is_too_large_names_its_largest_fields() -> None:
    parameters = {f"PARAMETER_WITH_A_LONG_NAME_{n:03}": "x" for n in range(90)}

    with pytest.raises(DeclarationError) as error:
        synthesize(declaring(parameters=parameters, runbook="https://example.com/" + "x" * 300))

    assert str(error.value).startswith("batch report: manifest: it has ")
    assert "characters; allowed: 4096" in str(error.value)
    assert "largest fields: parameters (" in str(error.value)
    assert "runbook (3" in str(error.value)


def test_the_local_file(staging: Synthesized) -> None:
    local = staging.local
    role = f"arn:aws:iam::{ACCOUNT}:role/batches/staging/batches-staging-every-argument"

    assert local["format"] == 1
    assert local["task"]["taskRoleArn"] == f"{role}-task"
    assert local["task"]["executionRoleArn"] == f"{role}-exec"
    assert local["task"]["containerDefinitions"][0]["command"] == ["python", "-m", "report"]
    undeclared = {"unresolved": "a parameter that this batch does not declare"}
    assert local["parameters"] == {
        "REPORT_TO": {"path": "/batches/staging/every-argument/REPORT_TO", "value": "dev@example.com"},
        "LOG_LEVEL": {"path": "/batches/staging/shared/LOG_LEVEL", "value": undeclared},
        "DB_HOST": {"path": "/accounts/database/HOST", "value": undeclared},
    }
    actions = [permission["Action"] for permission in local["permissions"]]
    assert actions[1:] == ["ses:SendEmail", "cloudwatch:PutMetricData"]


def test_the_local_file_marks_what_only_a_deployment_knows() -> None:
    def declare(scope: Any, on: BatchPlatform) -> Any:  # noqa: ANN401 - any argument
        return batch(scope, on, environment={"BUCKET": on.setting("bucket")}, parameters={"TABLE": on.setting("table")})

    local = synthesize(declare, stage="local").local

    (bucket,) = local["task"]["containerDefinitions"][0]["environment"]
    table = local["parameters"]["TABLE"]
    assert is_marked(bucket["value"])
    assert "setting bucket" in bucket["value"]["unresolved"]
    assert "stages.local.settings" in bucket["value"]["unresolved"]
    assert "setting table" in table["value"]["unresolved"]


def test_the_local_file_says_where_a_samples_declaration_and_source_lie(samples: Assembly) -> None:
    def lies(batch: str) -> tuple[str, str | None]:
        local = samples.file(batch)
        return local["package"], local["source"]

    assert lies("hello") == ("batches/hello", "batches/hello/app")
    # It runs the image of another batch, and so that one's source.
    assert lies("sales-check") == ("batches/sales_check", "batches/sales_summary/app")
    assert lies("every-argument") == ("tests/library", None)


def test_nothing_in_the_stacks_runs_code_or_needs_anothers_outputs(samples: Assembly) -> None:
    kinds = {
        (resource["Type"], name.endswith("-machines"))
        for name, template in samples.templates.items()
        for resource in template.get("Resources", {}).values()
    }
    runs_code = {(kind, asked) for kind, asked in kinds if kind.startswith(("AWS::Lambda", "Custom::", "AWS::Cloud"))}

    assert len(samples.templates) == 1 + 2 * (1 + len(declared()) + 1 + len(workflows()) + 1)
    assert runs_code - {("AWS::CloudWatch::Alarm", False)} == {("AWS::Lambda::Function", True)}
    assert "Fn::ImportValue" not in json.dumps(samples.templates)
    assert not [name for name, template in samples.templates.items() if template.get("Outputs")]


def test_no_key_of_a_sample_was_dropped(samples: Assembly) -> None:
    stacks = samples.templates.values()
    tasks = [task for template in stacks for task in resources(template, "AWS::ECS::TaskDefinition")]

    for task in tasks:
        _, stage, name = task["Family"].split("-", 2)
        assert dropped_keys(samples.file(name, stage)["task"], task) == []
    assert len(tasks) == 2 * (len(declared()) + 1)


def test_everything_differs_between_stages_only_where_it_should(staging: Synthesized, production: Synthesized) -> None:
    def plain(made: Synthesized) -> str:
        text = json.dumps(made.template)
        pairs = {"production": "staging", "222222222222": "111111111111", "finance@": "dev@"}
        fingerprint = made.manifest.parameters["REPORT_TO"]
        for one_way, other in pairs.items():
            text = text.replace(one_way, other)
        return text.replace(fingerprint, "0")

    assert plain(production) == plain(staging)
