"""What something else made, as policies name it: keys, secrets, parameters."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import CfnParameter, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm

from batchwright import DeclarationError, Parameter, Secret
from batchwright.arns import Place
from batchwright.iam import policies
from batchwright.task.outside import Written, key_name, policy_arns
from batchwright.testing import Template
from batchwright_runner.contract.names import StageNames
from tests.kit.iam import allowed
from tests.kit.rows import each_row
from tests.library.resolved import policies_of, resolved
from tests.library.support import app, app_and_stack, batch, logical_ids, only, platform, stack, templates, written

PLACE = Place("111111111111", "ap-northeast-1")
KMS = "arn:aws:kms:ap-northeast-1:111111111111"
SSM = "arn:aws:ssm:ap-northeast-1:111111111111:parameter"
MANAGER = "arn:aws:secretsmanager:ap-northeast-1:111111111111:secret"
EXECUTION = "batches-staging-report-exec"
KEY_ID = "11111111-2222-3333-4444-555555555555"


def decrypts(statements: list[dict[str, Any]], aliases: list[str], of: str = "") -> bool:
    context = {
        "kms:ViaService": "ssm.ap-northeast-1.amazonaws.com",
        "kms:EncryptionContext:PARAMETER_ARN": of or f"{SSM}/batches/staging/report/PASSWORD",
        "kms:ResourceAliases": aliases,
    }
    return allowed(statements, "kms:Decrypt", f"{KMS}:key/{KEY_ID}", context)


ALIASES: dict[str, Callable[[Stack], Any]] = {
    "made here": lambda scope: kms.Alias(
        scope, "Alias", alias_name="alias/legacy", target_key=kms.Key.from_key_arn(scope, "K", f"{KMS}:key/{KEY_ID}")
    ),
    "imported": lambda scope: kms.Alias.from_alias_name(scope, "Alias", "alias/legacy"),
    "added to a key": lambda scope: kms.Key(scope, "K").add_alias("alias/legacy"),
    "its name": lambda _: "alias/legacy",
    "its ARN": lambda _: f"{KMS}:alias/legacy",
}


@pytest.mark.parametrize("key", ALIASES.values(), ids=ALIASES)
def test_a_key_by_an_alias(key: Callable[[Stack], Any]) -> None:
    name = key_name("batch report", key(stack(app())))

    statements = policies.decrypt_parameters(PLACE, name, [f"{SSM}/batches/staging/report/PASSWORD"])

    assert decrypts(statements, ["alias/other", "alias/legacy"])
    assert not decrypts(statements, ["alias/other"])


def test_the_keys_of_the_stage_and_of_secrets_may_be_aliases() -> None:
    home, ours = app_and_stack()
    theirs = secretsmanager.Secret.from_secret_attributes(
        ours,
        "Theirs",
        secret_complete_arn=f"{MANAGER}:mail-AbCdEf",
        encryption_key=kms.Alias.from_alias_name(ours, "Mail", "alias/mail"),
    )
    secrets = [
        "PASSWORD",
        Secret.secrets_manager("MAIL", theirs),
        Secret.existing("A", "/legacy/A", key=ALIASES["made here"](ours)),
    ]
    batch(ours, platform(ours, key=kms.Alias.from_alias_name(ours, "Stage", "alias/stage")), secrets=secrets)

    statements = policies_of(templates(home)["stack"], EXECUTION)

    context = {"kms:ViaService": "secretsmanager.ap-northeast-1.amazonaws.com", "kms:ResourceAliases": ["alias/mail"]}
    assert allowed(statements, "kms:Decrypt", f"{KMS}:key/{KEY_ID}", context)
    assert decrypts(statements, ["alias/stage"])
    assert not decrypts(statements, ["alias/legacy"])
    assert decrypts(statements, ["alias/legacy"], of=f"{SSM}/legacy/A")


THEIRS = "arn:aws:kms:ap-northeast-1:999999999999:alias/theirs"


@pytest.mark.parametrize(
    "declare",
    [
        lambda scope: platform(scope, key=Written(THEIRS)),
        lambda scope: batch(scope, platform(scope), secrets=[Secret.existing("A", "/a", key=THEIRS)]),
    ],
    ids=["platform", "secret"],
)
def test_an_alias_of_another_account_is_refused(declare: Callable[[Stack], object]) -> None:
    with pytest.raises(DeclarationError, match=f"key: {THEIRS} is an alias of another account.* allowed: the ARN of"):
        declare(stack(app()))


@pytest.mark.parametrize("key", [3, object()])
def test_what_is_not_a_key_is_refused(key: Any) -> None:  # noqa: ANN401 - any argument
    with pytest.raises(DeclarationError, match=r"^platform staging: key: .* allowed: a key, such as Key.from_key_arn"):
        platform(stack(app()), key=key)


def read(template: Template, known: dict[str, str] | None = None) -> tuple[str, list[dict[str, Any]]]:
    """The only secret as ECS gets it, and what the execution role may do."""
    (secret,) = only(template, "AWS::ECS::TaskDefinition")["ContainerDefinitions"][0]["Secrets"]
    return resolved(secret["ValueFrom"], known or {}), policies_of(template, EXECUTION, known)


@each_row("written_as whole", __file__, "secrets")
def test_a_secret_of_secrets_manager_can_be_read(written_as: str, whole: str) -> None:
    name = whole.removesuffix("-??????")
    secret = written(written_as, secretsmanager=secretsmanager, MANAGER=MANAGER, s=stack(app()))
    given = Secret.secrets_manager("MAIL", secret, json_field="k")
    place = given._place_in(StageNames("batches", "staging"), "report")

    value_from, *arns = resolved(Stack(app()).resolve([place.value_from, *place.policy_arns]), {})

    statements, action = policies.read_secrets(arns), "secretsmanager:GetSecretValue"
    assert value_from == f"{MANAGER}:{name}:k::"
    assert allowed(statements, action, f"{MANAGER}:{whole}".replace("??????", "AbCdEf"))
    assert not allowed(statements, action, f"{MANAGER}:{name}er-AbCdEf")
    assert not allowed(statements, action, f"{MANAGER}:{name}-AbCdEfG")


def test_a_secret_of_the_app_is_named_exactly() -> None:
    home, ours = app_and_stack()
    batch(ours, platform(ours), secrets=[Secret.secrets_manager("MAIL", secretsmanager.Secret(ours, "S"))])

    template = templates(home)["stack"]
    (id,) = logical_ids(template, "AWS::SecretsManager::Secret")
    _, statements = read(template, {id: f"{MANAGER}:S-AbCdEf"})

    assert [statement["Resource"] for statement in statements if statement.get("Sid") == "ReadSecrets"] == [
        f"{MANAGER}:S-AbCdEf"
    ]


@pytest.mark.parametrize(
    ("arn", "named"),
    [
        (f"{MANAGER}:mail", (f"{MANAGER}:mail-??????",)),
        (f"{MANAGER}:mail-AbCdE1", (f"{MANAGER}:mail-AbCdE1",)),
        (f"{MANAGER}:my-secret", (f"{MANAGER}:my-secret", f"{MANAGER}:my-secret-??????")),
        (f"{MANAGER}:mail-", (f"{MANAGER}:mail--??????",)),
        ("${Token[A.1]}", ("${Token[A.1]}",)),
        (f"{MANAGER}:${{Token[A.1]}}", (f"{MANAGER}:${{Token[A.1]}}",)),
    ],
)
def test_what_a_policy_names_for_a_secret(arn: str, named: tuple[str, ...]) -> None:
    assert policy_arns(arn) == named


PARAMETERS: dict[str, Callable[[ssm.StringParameter], Any]] = {
    "its name": lambda made: made.parameter_name,
    "itself": lambda made: made,
}


@pytest.mark.parametrize(("given", "elsewhere"), [("its name", True), ("itself", False)])
def test_a_parameter_of_the_app(given: str, elsewhere: bool) -> None:
    home, ours = app_and_stack()
    theirs = stack(home, "theirs") if elsewhere else ours
    made = ssm.StringParameter(theirs, "Host", parameter_name="/legacy/HOST", string_value="x")
    batch(ours, platform(ours), parameters={"HOST": Parameter.existing(PARAMETERS[given](made))})

    template = templates(home)["stack"]
    template = with_imports(template, "/legacy/HOST")
    ids = [id for id, resource in template["Resources"].items() if resource["Properties"].get("Name") == "/legacy/HOST"]
    value_from, statements = read(template, dict.fromkeys(ids, "/legacy/HOST"))

    assert value_from == f"{SSM}/legacy/HOST"
    assert allowed(statements, "ssm:GetParameters", f"{SSM}/legacy/HOST")


def with_imports(value: Any, imported: str) -> Any:  # noqa: ANN401 - any JSON
    """The template with what it imports from other stacks."""
    if isinstance(value, dict):
        if "Fn::ImportValue" in value:
            return imported
        return {key: with_imports(element, imported) for key, element in value.items()}
    return [with_imports(element, imported) for element in value] if isinstance(value, list) else value


def test_an_imported_parameter() -> None:
    home, ours = app_and_stack()
    theirs = ssm.StringParameter.from_string_parameter_name(ours, "Theirs", "/legacy/HOST")
    batch(ours, platform(ours), secrets=[Secret.existing("HOST", theirs)])

    value_from, statements = read(templates(home)["stack"])

    assert value_from == f"{SSM}/legacy/HOST"
    assert allowed(statements, "ssm:GetParameters", f"{SSM}/legacy/HOST")


def test_a_name_that_a_template_takes_as_an_argument_has_a_leading_slash() -> None:
    home, ours = app_and_stack()
    given = CfnParameter(ours, "Where")
    batch(ours, platform(ours), parameters={"HOST": Parameter.existing(given.value_as_string)})

    value_from, _ = read(templates(home)["stack"], {"Where": "/legacy/HOST"})

    assert value_from == f"{SSM}/legacy/HOST"


@pytest.mark.parametrize("name", [None, "HOST"])
def test_a_parameter_without_a_leading_slash_is_refused(name: str | None) -> None:
    ours = stack(app())
    made = ssm.StringParameter(ours, "Host", parameter_name=name, string_value="x")

    expected = f"its parameter is called {name or 'what CloudFormation will choose'}; allowed: a parameter whose name"
    with pytest.raises(DeclarationError, match=f"^Parameter.existing: path: {re.escape(expected)}"):
        Parameter.existing(made)
