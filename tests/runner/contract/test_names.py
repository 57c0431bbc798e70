from collections.abc import Callable

import pytest

from batchwright_runner.contract import names
from batchwright_runner.contract.checks import NAME


def test_no_batch_is_called_as_all_of_them_are() -> None:
    assert not NAME.fullmatch(names.MUTED_ALL)


@pytest.mark.parametrize(
    "path",
    [
        *(names.manifest_path, names.release_path, names.watch_path, names.paused_path, names.muted_path),
    ],
)
def test_no_batchs_values_are_where_records_are(path: Callable[[str, str, str], str]) -> None:
    folder = path("batches", "staging", "x").split("/")[3]

    assert folder in names.RESERVED


def test_tags_of_resources() -> None:
    assert names.stage_tags("batches", "staging") == {"batchwright:project": "batches", "batchwright:stage": "staging"}
    assert (names.TAG_BATCH, names.TAG_RUN_ID) == ("batchwright:batch", "batchwright:run-id")
    assert names.batch_tags("batches", "staging", "hello") == {
        "batchwright:project": "batches",
        "batchwright:stage": "staging",
        "batchwright:batch": "hello",
    }
    assert (names.TAG_ATTEMPT, names.TAG_TIMEOUT) == ("batchwright:attempt", "batchwright:timeout")


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:ecs:ap-northeast-1:111111111111:task-definition/batches-staging-hello:12",
        "arn:aws-cn:ecs:cn-north-1:111111111111:task-definition/batches-staging-hello",
        "batches-staging-hello:3",
    ],
)
def test_the_family_of_a_task_definition_is_that_of_its_batch(arn: str) -> None:
    assert names.family_of(arn) == names.family("batches", "staging", "hello") == "batches-staging-hello"


def test_no_task_definition_has_no_family() -> None:
    assert names.family_of("") == ""


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-west-1", "333333333333.dkr.ecr.eu-west-1.amazonaws.com"),
        ("us-gov-west-1", "333333333333.dkr.ecr.us-gov-west-1.amazonaws.com"),
        ("cn-north-1", "333333333333.dkr.ecr.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_a_registrys_host_says_where_it_is(region: str, host: str) -> None:
    assert names.registry_host("333333333333", region) == host
    assert names.registry_place(host) == ("333333333333", region)


def test_a_registrys_domain_can_be_given() -> None:
    assert names.registry_host("333333333333", "r", "example.com") == "333333333333.dkr.ecr.r.example.com"


@pytest.mark.parametrize(
    "host", ["docker.io", "public.ecr.aws", "3.dkr.ecr.eu-west-1.amazonaws.com", "x.example.com/333333333333.dkr.ecr"]
)
def test_other_hosts_are_no_registry_of_ecr(host: str) -> None:
    assert names.registry_place(host) is None
