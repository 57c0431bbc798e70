"""No secret of CloudFormation gets into a task definition or a String parameter, where everybody could read it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, SecretValue, Stack, Tags
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm

from batchwright import Container, DeclarationError, Fargate, Option, Sidecar, Step
from batchwright.cdk import known_options
from batchwright_runner.contract.batch_file import is_marked
from tests.library.support import STAGING, app, app_and_stack, batch, only, platform, stack, templates
from tests.library.workflows.support import home as workflow_home

PLACES: dict[str, Callable[[str], dict[str, Any]]] = {
    "environment['A']": lambda value: {"environment": {"A": value}},
    "command": lambda value: {"command": ["login", value]},
    "parameters['A']": lambda value: {"parameters": {"A": value}},
    "entry_point": lambda value: {"container": Container(entry_point=[value])},
    "sidecar agent: environment['A']": lambda value: {
        "sidecars": [Sidecar(name="agent", image="example.com/agent:1", environment={"A": value})]
    },
    "tags": lambda value: {"fargate": Fargate(tags={"token": value})},
    "runbook": lambda value: {"runbook": f"https://example.com/?key={value}"},
    "owner": lambda value: {"owner": value},
    "description": lambda value: {"description": f"Reads {value}."},
    "options": lambda value: {"options": [Option("KEY", values=["other", value])]},
    "task definition": lambda value: {"container": Container(working_directory=f"/{value}")},
}
VALUES: dict[str, Callable[[Stack], str]] = {
    "text": lambda _: "{{resolve:secretsmanager:prod/db:SecretString:password}}",
    "a part": lambda _: "mysql://{{resolve:ssm-secure:/db/PASSWORD}}@db",
    "SecretValue": lambda scope: secretsmanager.Secret.from_secret_name_v2(
        scope, "S", "prod/db"
    ).secret_value.unsafe_unwrap(),
    "of this app": lambda scope: secretsmanager.Secret(scope, "S").secret_value.unsafe_unwrap(),
    "a part of one": lambda scope: "a@" + secretsmanager.Secret(scope, "S").secret_value_from_json("a").unsafe_unwrap(),
    "SecureString": lambda _: "a" + SecretValue.ssm_secure("/db/PASSWORD").unsafe_unwrap(),
}


@pytest.mark.parametrize(
    ("place", "value"),
    # Of a String parameter no text may be a reference, whatever it refers to.
    [
        *((place, "SecretValue") for place in PLACES),
        *(("command", value) for value in VALUES if value != "SecretValue"),
        *(("runbook", value) for value in ("of this app", "a part of one", "SecureString")),
    ],
)
def test_a_secret_of_cloudformation_is_refused(place: str, value: str) -> None:
    ours = stack(app())

    with pytest.raises(DeclarationError) as raised:
        batch(ours, platform(ours), **PLACES[place](VALUES[value](ours)))

    assert f"{raised.value.subject}: {raised.value.argument}".endswith(place)
    assert "a secret of CloudFormation was given" in str(raised.value)


@pytest.mark.parametrize("key", [True, False])
def test_a_secret_that_a_tag_of_the_tree_has_is_refused_at_the_end(key: bool) -> None:
    home, ours = app_and_stack()
    secret = secretsmanager.Secret(ours, "S").secret_value.unsafe_unwrap()
    Tags.of(batch(ours, platform(ours))).add(*((secret, "x") if key else ("x", secret)))

    with pytest.raises(DeclarationError, match=r"^batch report: tags: a secret of CloudFormation was given"):
        home.synth()


@pytest.mark.parametrize(
    ("argument", "given"),
    [
        ("runbook", lambda secret: {"runbook": secret}),
        ("owner", lambda secret: {"owner": secret}),
        ("options", lambda secret: {"options": [Option("DAY", values=[secret])]}),
        ("steps", lambda secret: {"steps": [Step("extract", options={"DAY": secret})]}),
        ("always", lambda secret: {"always": [Step("summary", options={"DAY": secret})]}),
    ],
)
def test_a_secret_in_a_workflow_is_refused(argument: str, given: Callable[[str], dict[str, Any]]) -> None:
    secret = secretsmanager.Secret(stack(app()), "S").secret_value.unsafe_unwrap()

    with pytest.raises(DeclarationError, match=f"^workflow nightly: {argument}: a secret of CloudFormation was given"):
        workflow_home(**given(secret))


def test_names_of_resources_of_an_app_with_accounts_are_taken() -> None:
    home, ours = app_and_stack()
    bucket, elsewhere = s3.Bucket(ours, "B"), s3.Bucket(stack(home, "other"), "B")
    text = ssm.StringParameter.from_string_parameter_attributes(
        ours, "P", parameter_name="/shared/HOST", force_dynamic_reference=True
    ).string_value
    batch(
        ours,
        platform(ours),
        environment={"A": f"{bucket.bucket_arn} {text}", "B": elsewhere.bucket_name},
        command=[f"--bucket={bucket.bucket_name}", text],
        fargate=Fargate(tags={"bucket": bucket.bucket_name}),
    )

    (container,) = only(templates(home)["stack"], "AWS::ECS::TaskDefinition")["ContainerDefinitions"]
    assert "{{resolve:ssm:/shared/HOST}}" in json.dumps(container["Command"])


@pytest.mark.parametrize(
    "value",
    [
        lambda _: "{{resolve:ssm:/shared/HOST}}",
        lambda scope: (
            ssm.StringParameter.from_string_parameter_attributes(
                scope, "P", parameter_name="/shared/HOST", force_dynamic_reference=True
            ).string_value
        ),
    ],
)
def test_a_plain_value_of_ssm_is_taken_and_no_run_on_this_machine_knows_it(
    tmp_path: Path, value: Callable[[Stack], str]
) -> None:
    home = App(
        outdir=str(tmp_path), analytics_reporting=False, **known_options(builtin_cloud_formation_validation=False)
    )
    ours = Stack(home, "stack", env=STAGING)
    batch(ours, platform(ours), environment={"HOST": value(ours)})

    home.synth()

    written = json.loads(tmp_path.joinpath("batches", "staging", "report.json").read_text(encoding="utf-8"))
    (container,) = written["task"]["containerDefinitions"]
    (variable,) = container["environment"]
    assert is_marked(variable["value"])
