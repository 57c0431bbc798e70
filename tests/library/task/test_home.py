"""What is brought along is where its stage is, or is what AWS lets accounts share; ARNs in all their forms."""

from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import Environment, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm

from batchwright import Parameter, Secret
from batchwright.task.outside import Written, key_name
from batchwright_runner.contract.names import StageNames
from tests.kit.rows import each_row
from tests.library.support import app, batch, platform, refusal, stack, written

HERE, ELSEWHERE, FAR = "ap-northeast-1:111111111111", "ap-northeast-1:222222222222", "us-east-1:111111111111"
KEY, THEIR_KEY = f"arn:aws:kms:{HERE}:key/1", f"arn:aws:kms:{ELSEWHERE}:key/1"


def role(scope: Stack, place: str) -> iam.IRole:
    return iam.Role.from_role_arn(scope, "Role", f"arn:aws:iam::{place.rpartition(':')[2]}:role/x")


def there(make: Callable[..., Any], *words: str, **given: Any) -> Any:  # noqa: ANN401
    """Something of a stack of another region."""
    return make(stack(app(), "there", Environment(account="111111111111", region="us-east-1")), "X", *words, **given)


def manager(place: str, **given: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"secrets": [Secret.secrets_manager("A", f"arn:aws:secretsmanager:{place}:secret:x-AbCdEf", **given)]}


@each_row("given same", __file__, "brought")
def test_what_a_batch_brings_is_where_its_stage_is(given: str, same: str) -> None:
    def declared(scope: Stack, at: str) -> Any:  # noqa: ANN401 - arguments of a batch
        names = {"logs": logs, "secretsmanager": secretsmanager, "role": role, "manager": manager, "KEY": KEY}
        return written(given.partition("\n")[2], **names, scope=scope, at=at)

    for word, at in {"": HERE, "account": ELSEWHERE, "region": FAR}.items():
        ours = stack(app())
        on = platform(ours)
        if word not in same or not word:
            batch(ours, on, **declared(ours, at))
            continue
        theirs, own = ("222222222222", "111111111111") if word == "account" else ("us-east-1", "ap-northeast-1")
        problem = rf"^batch report: [^:]+: .* is in {word} {theirs}, and the stage in {own}; allowed: an? "
        with refusal(problem):
            batch(ours, on, **declared(ours, at))


def test_where_only_a_deployment_knows_the_place_of_a_stage_nothing_is_compared() -> None:
    ours = stack(app(), env=None)
    on = platform(ours)

    for at in (ELSEWHERE, FAR):
        batch(ours, on, f"batch-{at[:2]}", **manager(at))


@pytest.mark.parametrize(
    ("argument", "given", "refused"),
    [
        ("cluster", lambda _: Written(f"arn:aws:ecs:{HERE}:cluster/x"), ""),
        ("cluster", lambda _: Written(f"arn:aws:ecs:{ELSEWHERE}:cluster/x"), "account 2222"),
        ("cluster", lambda _: Written(f"arn:aws:ecs:{FAR}:cluster/x"), "region us-east-1"),
        (
            "vpc",
            lambda _: there(ec2.Vpc.from_vpc_attributes, vpc_id="vpc-1", availability_zones=["x"]),
            "region us-east-1",
        ),
        ("security_groups", lambda _: [there(ec2.SecurityGroup.from_security_group_id, "sg-1")], "region us-east-1"),
        ("subnets", lambda _: [there(ec2.Subnet.from_subnet_id, "subnet-1")], "region us-east-1"),
        ("key", lambda _: Written(THEIR_KEY), ""),
        ("key", lambda _: Written(f"arn:aws:kms:{FAR}:key/1"), "region us-east-1"),
        ("key", lambda scope: kms.Key.from_key_arn(scope, "K", f"arn:aws:kms:{FAR}:key/1"), "region us-east-1"),
    ],
)
def test_what_a_platform_brings_too(argument: str, given: Callable[[Stack], object], refused: str) -> None:
    ours = stack(app())

    if not refused:
        platform(ours, **{argument: given(ours)})
        return
    with refusal(rf"^platform staging: {argument}: .* is in {refused}.*; allowed: (a|one) "):
        platform(ours, **{argument: given(ours)})


ARN = f"arn:aws:secretsmanager:{HERE}:secret:prod/db"


@pytest.mark.parametrize(
    ("given", "field", "value_from"),
    [
        (f"{ARN}-AbCdEf:user::", None, f"{ARN}-AbCdEf:user::"),
        (f"{ARN}-AbCdEf:user:AWSPREVIOUS:", None, f"{ARN}-AbCdEf:user:AWSPREVIOUS:"),
        (f"{ARN}-AbCdEf:user:AWSCURRENT:1", None, f"{ARN}-AbCdEf:user:AWSCURRENT:1"),
        (f"{ARN}-AbCdEf:::1", None, f"{ARN}-AbCdEf:::1"),
        (f"{ARN}-AbCdEf:user", None, f"{ARN}-AbCdEf:user::"),
        (f"{ARN}-AbCdEf::AWSPREVIOUS:", "user", f"{ARN}-AbCdEf:user:AWSPREVIOUS:"),
        (f"{ARN}-AbCdEf:user::", "user", f"{ARN}-AbCdEf:user::"),
        (f"{ARN}-AbCdEf:::", None, f"{ARN}-AbCdEf"),
        (f"{ARN}:user::", None, f"{ARN}:user::"),
    ],
)
def test_a_secret_as_a_task_definition_names_it(given: str, field: str | None, value_from: str) -> None:
    place = Secret.secrets_manager("A", given, json_field=field)._place_in(StageNames("batches", "staging"), "report")

    assert place.value_from == value_from
    assert place.policy_arns == ((f"{ARN}-AbCdEf",) if "AbCdEf" in given else (f"{ARN}-??????",))


@pytest.mark.parametrize(
    "given",
    [
        f"{ARN}:a:b:c:d",
        f"arn:aws:ssm:{HERE}:parameter/x",
        "prod/db",
        ARN.replace("t:p", "x:p"),
        f"{ARN}*",
        f"{ARN}?:x::",
    ],
)
def test_what_is_no_secret(given: str) -> None:
    with refusal(r"^Secret.secrets_manager: secret: .* the ARN of one, also with "):
        Secret.secrets_manager("A", given)


def test_a_field_is_said_once() -> None:
    with refusal("json_field: 'host' was given; allowed: 'user', as the ARN says"):
        Secret.secrets_manager("A", f"{ARN}:user::", json_field="host")


@pytest.mark.parametrize("field", ["a:b", 5])
def test_what_is_no_field(field: Any) -> None:  # noqa: ANN401
    with refusal(f"json_field: {field!r} was given; allowed: the name of a field"):
        Secret.secrets_manager("A", ARN, json_field=field)


@pytest.mark.parametrize("key", [f"arn:aws:kms:{HERE}:key/*", "alias/batches-*", "alias/", ""])
def test_a_key_is_one_key(key: str) -> None:
    with refusal(r"allowed: .* key, its"):
        key_name("batch report", key)


def test_a_parameter_by_its_arn_is_the_parameter() -> None:
    names, arn = StageNames("batches", "staging"), f"arn:aws:ssm:{HERE}:parameter/shared/HOST"

    assert Parameter.existing(arn)._path_in(names) == "/shared/HOST"
    assert Secret.existing("HOST", arn)._place_in(names, "report").value_from == "/shared/HOST"


def test_a_secure_string_is_a_secret() -> None:
    theirs = ssm.StringParameter.from_secure_string_parameter_attributes(stack(app()), "P", parameter_name="/x/TOKEN")

    with refusal(r"^Parameter.existing: path: it is a SecureString.*Secret.existing"):
        Parameter.existing(theirs)

    assert Secret.existing("TOKEN", theirs).variable == "TOKEN"
