"""The arguments that few batches need: `Container`, `Fargate`, `Existing` and `Retry`."""

import re
from typing import Any

import pytest
from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs

from batchwright import Container, Existing, Fargate, Retry
from batchwright.arguments import checked_group
from batchwright.task.checks import check_stop_timeout
from tests.kit.rows import each_row
from tests.library.support import app, refusal, stack, token, written


@each_row("given message", __file__, "groups")
def test_what_cannot_be_said(given: str, message: str) -> None:
    group = written(given)

    with refusal(f"^batch x: {re.escape(message)}"):
        checked_group("batch x", "group", group, type(group))


def test_what_the_main_container_can_have() -> None:
    Container()._check("batch x")
    Container(ulimits={"nofile": (1, 2), "core": 0}, writable_paths={"/tmp": 1}, user="1000:1000")._check("batch x")


@pytest.mark.parametrize("timeout", [Duration.seconds(2), Duration.seconds(30), Duration.minutes(2)])
def test_stop_timeouts_fargate_offers(timeout: Duration) -> None:
    assert check_stop_timeout("batch x", timeout) == timeout.to_seconds()


@pytest.mark.parametrize(
    ("timeout", "given"),
    [
        (Duration.seconds(1), "'1 s'"),
        (Duration.seconds(121), "'121 s'"),
        (Duration.millis(2500), "'2.5 s'"),
        (30, "30"),
        (None, "None"),
    ],
)
def test_stop_timeouts_fargate_does_not_offer(timeout: Any, given: str) -> None:  # noqa: ANN401 - any argument
    with refusal(f"^batch x: stop_timeout: {given} was given; allowed: .*2 to 120 seconds"):
        check_stop_timeout("batch x", timeout)


@pytest.mark.parametrize(
    ("capacity", "shares"), [("on-demand", []), ("spot", [{"provider": "FARGATE_SPOT", "weight": 1, "base": 0}])]
)
def test_capacity(capacity: Any, shares: list[object]) -> None:  # noqa: ANN401 - one of two words
    made = Fargate(capacity=capacity, ephemeral_storage=200)

    made._check("batch x")
    assert made._manifest_fields()["capacity"] == shares


def test_resources_of_the_app_and_imported_ones_are_taken() -> None:
    theirs = stack(app())
    made, imported = logs.LogGroup(theirs, "Log"), logs.LogGroup.from_log_group_name(theirs, "Theirs", "/x")
    own = iam.Role(theirs, "Role", assumed_by=iam.AccountRootPrincipal())
    other = iam.Role.from_role_arn(theirs, "Other", "arn:aws:iam::111111111111:role/x")
    frozen = iam.Role.from_role_arn(theirs, "Frozen", "arn:aws:iam::111111111111:role/y", mutable=False)

    for log in (made, imported):
        Existing(log_group=log, security_groups=["sg-1", token()])._check("batch x")
    for role in (own, other, frozen):
        Existing(task_role=role, execution_role=role)._check("batch x")


@pytest.mark.parametrize(
    ("retry", "fields"),
    [
        (Retry(times=1, on=[1]), (1, [1], 0)),
        (Retry(times=10, on=[255, "interruption"]), (10, [255, "interruption"], 0)),
        (Retry(times=2, on=(3,), delay=Duration.seconds(1)), (2, [3], 1)),
        (Retry(times=2, on=(3,), delay=Duration.days(1)), (2, [3], 86400)),
    ],
)
def test_what_the_manifest_says_of_it(retry: Retry, fields: tuple[object, ...]) -> None:
    retry._check("batch x")

    assert tuple(retry._manifest_fields().values()) == fields
    assert [*retry._manifest_fields()] == ["retries", "retry_on", "retry_delay_seconds"]


def test_an_argument_that_is_missing() -> None:
    with refusal(r"^Retry: on: it is missing; write on=…, the ends after which it is"):
        Retry(times=2)  # type: ignore[call-arg]
