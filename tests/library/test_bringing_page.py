"""docs/moving/bringing.md: what can be brought along is taken; in another form it is refused, in these words."""

import re
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as sm
from aws_cdk import aws_sns as sns
from aws_cdk import aws_ssm as ssm

from batchwright import BatchImage, Container, DeclarationError, Existing, ImageRegistry, Parameter, Secret, Volume
from batchwright.arguments import arguments_of
from tests.kit.rows import each_row
from tests.library.support import app_and_stack, arguments, batch, platform

PAGE = (Path(__file__).parents[2] / "docs/moving/bringing.md").read_text(encoding="utf-8")
STARTS = ("BatchPlatform(", "FargateBatch(", "ImageRegistry(")
CONSTANTS = {
    "CLUSTER": "arn:aws:ecs:ap-northeast-1:111111111111:cluster/theirs",
    "TOPIC": "arn:aws:sns:ap-northeast-1:111111111111:ops",
    "ROLE": "arn:aws:iam::111111111111:role/legacy/report",
    "KEY": "arn:aws:kms:ap-northeast-1:111111111111:key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9",
    "SECRET": "arn:aws:secretsmanager:ap-northeast-1:111111111111:secret:prod/db-AbCdEf",
    "PROVIDER": "arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com",
}


def rows(table: str) -> list[list[str]]:
    """The cells of a table's rows, without its head."""
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table.splitlines() if line[:1] == "|"]
    return cells[2:]


def examples(cell: str) -> list[str]:
    """The calls in a cell."""
    return [code for code in re.findall(r"`([^`]+)`", cell) if code.startswith(STARTS)]


ACCEPTED = [example for row in rows(PAGE) for example in examples(row[1])]


def declare(text: str) -> None:
    """Declares what an example says, with the little that it leaves out."""
    _, scope = app_and_stack()

    def on_platform(**given: Any) -> object:  # noqa: ANN401 - any argument
        return batch(scope, platform(scope, **given), secrets=["PASSWORD"])

    def one_batch(**given: Any) -> object:  # noqa: ANN401 - any argument
        return batch(scope, platform(scope), **given)

    def registry(**given: Any) -> object:  # noqa: ANN401 - any argument
        return ImageRegistry(scope, "Registry", images={"report": "github:acme/reports@main"}, **given)

    classes = {kind.__name__: kind for kind in (BatchImage, Container, Existing, Parameter, Secret, Volume)}
    modules = {"ecs": ecs, "iam": iam, "kms": kms, "logs": logs, "sm": sm, "sns": sns, "ssm": ssm}
    calls = {"BatchPlatform": on_platform, "FargateBatch": one_batch, "ImageRegistry": registry}
    eval(text, {**classes, **modules, **calls, **CONSTANTS, "scope": scope})


@pytest.mark.parametrize("text", ACCEPTED)
def test_what_the_page_brings_along_is_taken(text: str) -> None:
    declare(text)


@each_row("text says", __file__, "bringing")
def test_another_form_is_refused_in_these_words(text: str, says: str) -> None:
    with pytest.raises(DeclarationError) as error:
        declare(text)

    assert says in str(error.value)


def test_every_row_has_an_example() -> None:
    assert [row[0] for row in rows(PAGE) if not examples(row[1])] == []
    assert len(ACCEPTED) > 20


def test_every_argument_that_takes_something_existing_is_in_the_table() -> None:
    from batchwright import BatchPlatform

    taken = {*arguments_of(Existing), "cluster", "key", "vpc_id", "subnets", "security_groups", "alarm_topic"}
    taken |= {"repositories"}
    assert taken - {*arguments_of(Existing)} <= arguments(BatchPlatform)
    ways = {"Parameter.existing", "Secret.existing", "Secret.secrets_manager", "BatchImage.from_uri", "Volume.efs"}
    text = " ".join(ACCEPTED)
    assert [name for name in (*taken, *ways) if f"{name}=" not in text and f"{name}(" not in text] == []
