"""What an execution role may do, as data."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from batchwright import Secret
from batchwright.arns import Place
from batchwright.iam.roles import execution_statements
from batchwright.task.configuration import configure
from batchwright_runner.contract.names import StageNames

PLACE = Place("111111111111", "ap-northeast-1")
NAMES = StageNames("batches", "staging")
ALIAS = "alias/batches-staging"
SSM = "arn:aws:ssm:ap-northeast-1:111111111111:parameter"
ARN = "arn:aws:secretsmanager:ap-northeast-1:111111111111:secret:x-AbCdEf"


def statements(**tables: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - any argument
    configuration = configure("batch x", "x", NAMES, **{"environment": {}, "parameters": {}, "secrets": [], **tables})
    return execution_statements(PLACE, configuration=configuration, repositories=["arn:r"], log_group="/x", key=ALIAS)


def test_without_values_it_pulls_and_logs() -> None:
    assert [statement["Sid"] for statement in statements()] == ["RegistryToken", "PullImages", "WriteLog"]


def test_one_secret_under_two_variables_is_named_once() -> None:
    made = statements(secrets=[Secret.existing("A", "/a"), Secret.existing("B", "/a")])
    twice = statements(
        secrets=[Secret.secrets_manager("A", ARN, json_field="a"), Secret.secrets_manager("B", ARN, json_field="b")]
    )

    assert made[3]["Resource"] == f"{SSM}/a"
    assert made[4]["Condition"]["StringEquals"]["kms:EncryptionContext:PARAMETER_ARN"] == [f"{SSM}/a"]
    assert twice[3]["Resource"] == ARN


VARIABLES = st.from_regex(r"[A-Z_]{1,8}", fullmatch=True)


@given(st.lists(VARIABLES, unique=True), st.lists(VARIABLES, unique=True))
def test_exactly_the_declared_values_are_read_and_only_secrets_decrypted(
    parameters: list[str], secrets: list[str]
) -> None:
    secrets = [name for name in secrets if name not in parameters]
    made = statements(parameters=dict.fromkeys(parameters, "x"), secrets=secrets)

    def named(action: str, *path: str) -> set[str]:
        actions: set[str] = set()
        for statement in made:
            if statement["Action"] == action:
                value: Any = statement
                for key in path:
                    value = value[key]
                actions |= {value} if isinstance(value, str) else set(value)
        return actions

    def arns(names: list[str]) -> set[str]:
        return {f"{SSM}/batches/staging/x/{name}" for name in names}

    context = ("Condition", "StringEquals", "kms:EncryptionContext:PARAMETER_ARN")
    assert named("ssm:GetParameters", "Resource") == arns([*parameters, *secrets])
    assert named("kms:Decrypt", *context) == arns(secrets)
    assert [statement for statement in made if statement["Resource"] == "*"] == [made[0]]
    assert made[0]["Action"] == "ecr:GetAuthorizationToken"
