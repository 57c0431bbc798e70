"""No secret of CloudFormation gets into a task definition or a String parameter, where everybody could read it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, SecretValue, Stack
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm

from batchwright import Container, DeclarationError, Sidecar
from batchwright.cdk import known_options
from batchwright_runner.contract.batch_file import is_marked
from tests.library.support import STAGING, app, batch, platform, stack

PLACES: dict[str, Callable[[str], dict[str, Any]]] = {
    "environment['A']": lambda value: {"environment": {"A": value}},
    "command": lambda value: {"command": ["login", value]},
    "parameters['A']": lambda value: {"parameters": {"A": value}},
    "entry_point": lambda value: {"container": Container(entry_point=[value])},
    "sidecar agent: environment['A']": lambda value: {
        "sidecars": [Sidecar(name="agent", image="example.com/agent:1", environment={"A": value})]
    },
}
VALUES: dict[str, Callable[[Stack], str]] = {
    "text": lambda _: "{{resolve:secretsmanager:prod/db:SecretString:password}}",
    "a part": lambda _: "mysql://{{resolve:ssm-secure:/db/PASSWORD}}@db",
    "SecretValue": lambda scope: secretsmanager.Secret.from_secret_name_v2(
        scope, "S", "prod/db"
    ).secret_value.unsafe_unwrap(),
    "SecureString": lambda _: "a" + SecretValue.ssm_secure("/db/PASSWORD").unsafe_unwrap(),
}


@pytest.mark.parametrize(
    ("place", "value"),
    # Of a String parameter no text may be a reference, whatever it refers to.
    [
        *((place, "SecretValue") for place in PLACES),
        *(("command", value) for value in VALUES if value != "SecretValue"),
    ],
)
def test_a_secret_of_cloudformation_is_refused(place: str, value: str) -> None:
    ours = stack(app())

    with pytest.raises(DeclarationError) as raised:
        batch(ours, platform(ours), **PLACES[place](VALUES[value](ours)))

    assert f"{raised.value.subject}: {raised.value.argument}".endswith(place)
    assert "a secret of CloudFormation was given" in str(raised.value)


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
