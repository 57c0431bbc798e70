import pytest

from batchwright_runner.contract.names import (
    RESERVED,
    TAG_BATCH,
    TAG_TIMEOUT,
    StageNames,
    family_of,
    registry_host,
    registry_place,
)


@pytest.mark.parametrize("path", ["manifest", "release", "watch", "paused", "fact"])
def test_no_batchs_values_are_where_records_are(path: str) -> None:
    assert getattr(StageNames("batches", "staging"), path)("x").split("/")[3] in RESERVED


def test_tags_of_resources() -> None:
    tags = {"batchwright:project": "batches", "batchwright:stage": "staging"}
    assert StageNames("batches", "staging").tags == tags
    assert (TAG_BATCH, TAG_TIMEOUT) == ("batchwright:batch", "batchwright:timeout")
    assert StageNames("batches", "staging").batch_tags("hello") == {**tags, "batchwright:batch": "hello"}


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:ecs:ap-northeast-1:111111111111:task-definition/batches-staging-hello:12",
        "arn:aws-cn:ecs:cn-north-1:111111111111:task-definition/batches-staging-hello",
        "batches-staging-hello:3",
    ],
)
def test_the_family_of_a_task_definition_is_that_of_its_batch(arn: str) -> None:
    assert family_of(arn) == StageNames("batches", "staging").family("hello") == "batches-staging-hello"


def test_no_task_definition_has_no_family() -> None:
    assert family_of("") == ""


@pytest.mark.parametrize(("region", "end"), [("eu-west-1", ""), ("us-gov-west-1", ""), ("cn-north-1", ".cn")])
def test_a_registrys_host_says_where_it_is(region: str, end: str) -> None:
    host = f"333333333333.dkr.ecr.{region}.amazonaws.com{end}"
    assert registry_host("333333333333", region) == host
    assert registry_place(host) == ("333333333333", region)


def test_a_registrys_domain_can_be_given() -> None:
    assert registry_host("333333333333", "r", "example.com") == "333333333333.dkr.ecr.r.example.com"


@pytest.mark.parametrize(
    "host", ["docker.io", "public.ecr.aws", "3.dkr.ecr.eu-west-1.amazonaws.com", "x.example.com/333333333333.dkr.ecr"]
)
def test_other_hosts_are_no_registry_of_ecr(host: str) -> None:
    assert registry_place(host) is None
