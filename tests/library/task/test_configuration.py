import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchwright import DeclarationError, Parameter, Secret
from batchwright.arns import Place
from batchwright.task.configuration import Configuration, check_value, configure
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.values import fingerprint
from tests.kit.rows import each_row
from tests.library.support import refusal, token, written

NAMES = StageNames("batches", "staging")
PLACE = Place("111111111111", "ap-northeast-1")
ARN = "arn:aws:secretsmanager:ap-northeast-1:111111111111:secret:ledger-AbCdEf"
SSM = "arn:aws:ssm:ap-northeast-1:111111111111:parameter"


def configured(**arguments: Any) -> Configuration:  # noqa: ANN401 - any argument
    tables: dict[str, Any] = {"environment": None, "parameters": None, "secrets": None, **arguments}
    return configure("batch report", "report", NAMES, **tables)


def test_nothing_is_a_configuration_too() -> None:
    assert configured() == Configuration(environment={}, own_parameters={}, parameter_paths={}, secrets={})


def test_each_parameter_has_its_path_and_its_own_a_fingerprint() -> None:
    made = configured(
        parameters={
            "TO": "a@example.com",
            "LEVEL": Parameter.shared("LOG_LEVEL"),
            "HOST": Parameter.existing("/db/HOST"),
        }
    )

    assert made.own_parameters == {"TO": "a@example.com"}
    assert made.parameter_paths == {
        "TO": "/batches/staging/report/TO",
        "LEVEL": "/batches/staging/shared/LOG_LEVEL",
        "HOST": "/db/HOST",
    }
    assert made.manifest_fields()["parameters"] == {"TO": fingerprint("a@example.com"), "LEVEL": "", "HOST": ""}


@pytest.mark.parametrize(
    ("shared", "hint"), [([], "add"), (["REGION"], "add"), (["LOG_LEVEL", "REGION"], "did you mean LOG_LEVEL? Or add")]
)
def test_a_shared_parameter_that_nothing_declares_is_named_with_the_line_for_cdk_json(
    shared: list[str], hint: str
) -> None:
    with pytest.raises(DeclarationError) as caught:
        configured(parameters={"LEVEL": Parameter.shared("LOG_LEVL")}, shared=shared)

    assert str(caught.value) == (
        "batch report: parameters['LEVEL']: nothing declares the shared parameter LOG_LEVL; "
        f'{hint} "shared_parameters": {{ "LOG_LEVL": "…" }} to context.stages.staging of cdk.json'
    )


def test_a_value_known_only_at_deployment_has_no_fingerprint() -> None:
    made = configured(parameters={"BUCKET": token()})

    assert made.manifest_fields()["parameters"]["BUCKET"] == ""


def test_each_secret_has_its_place() -> None:
    made = configured(
        secrets=[
            "OWN",
            Secret("OTHER"),
            Secret.shared("SHARED"),
            Secret.shared("RENAMED", "SLACK"),
            Secret.existing("OLD", "/legacy/TOKEN", key="alias/legacy"),
            Secret.secrets_manager("WHOLE", ARN),
            Secret.secrets_manager("FIELD", ARN, json_field="key", key="arn:aws:kms:x"),
        ]
    )

    assert {
        name: (secret.reference, secret.value_from, secret.manager, secret.key) for name, secret in made.secrets.items()
    } == {
        "OWN": ("/batches/staging/report/OWN", "/batches/staging/report/OWN", False, ""),
        "OTHER": ("/batches/staging/report/OTHER", "/batches/staging/report/OTHER", False, ""),
        "SHARED": ("/batches/staging/shared/SHARED", "/batches/staging/shared/SHARED", False, ""),
        "RENAMED": ("/batches/staging/shared/SLACK", "/batches/staging/shared/SLACK", False, ""),
        "OLD": ("/legacy/TOKEN", "/legacy/TOKEN", False, "alias/legacy"),
        "WHOLE": (ARN, ARN, True, ""),
        "FIELD": (ARN, f"{ARN}:key::", True, "arn:aws:kms:x"),
    }


def test_ecs_resolves_parameters_and_secrets_alike() -> None:
    made = configured(parameters={"TO": "x"}, secrets=["PASSWORD", Secret.secrets_manager("KEY", ARN, json_field="k")])

    assert made.container_secrets(PLACE) == [
        {"name": "KEY", "valueFrom": f"{ARN}:k::"},
        {"name": "PASSWORD", "valueFrom": f"{SSM}/batches/staging/report/PASSWORD"},
        {"name": "TO", "valueFrom": f"{SSM}/batches/staging/report/TO"},
    ]


def test_a_secret_shows_nothing_of_its_arn() -> None:
    assert ARN not in repr(Secret.secrets_manager("KEY", ARN))


@each_row("given message", __file__, "values")
def test_what_is_refused(given: str, message: str) -> None:
    with refusal(f"^batch report: {re.escape(message)}"):
        configured(**written(given))


@given(st.text(min_size=1, max_size=4096))
def test_what_ssm_takes_is_taken(value: str) -> None:
    if "{{" not in value:
        check_value("batch report", "parameters['A']", value)


@pytest.mark.parametrize("path", ["", "db/HOST", "/", "/a//b", "/a b"])
def test_existing_values_are_named_in_full(path: str) -> None:
    with refusal(r"^Parameter\.existing: path: .* was given; allowed: a parameter's full"):
        Parameter.existing(path)
    with refusal(r"^Secret\.existing: path: .* was given; allowed: a parameter's full"):
        Secret.existing("A", path)


def test_shared_values_have_a_variables_name() -> None:
    with refusal(r"^Parameter\.shared: name: 'a/b' was given"):
        Parameter.shared("a/b")
    with refusal(r"^Secret\.shared: name: 'a/b' was given"):
        Secret.shared("A", "a/b")


def test_the_key_of_an_existing_secret_is_an_arn_or_an_alias() -> None:
    with refusal(r"^Secret\.existing: key: 'legacy' was given; allowed: the ARN"):
        Secret.existing("A", "/a", key="legacy")
    with refusal(r"^Secret\.secrets_manager: key: 'legacy' was given; allowed: the ARN"):
        Secret.secrets_manager("A", ARN, key="legacy")
