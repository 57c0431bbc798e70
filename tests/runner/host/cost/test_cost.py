"""What a run costs."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchwright_runner.contract.task_size import Size
from batchwright_runner.host.cost.cost import Cost, billed, of_hour, of_machine, of_run, shown
from batchwright_runner.host.cost.prices import AS_OF, PRICES

SMALL = Size(cpu=512, memory=1024)


@pytest.mark.parametrize(
    ("size", "region", "hourly"),
    [
        (Size(cpu=1024, memory=2048, architecture="ARM64"), "us-east-1", 0.03238 + 2 * 0.00356),
        (Size(cpu=1024, memory=2048, storage=50), "us-east-1", 0.04048 + 2 * 0.004445 + 30 * 0.000111),
        (Size(cpu=256, memory=512), "eu-central-1", 0.25 * 0.04656 + 0.5 * 0.00511),
    ],
)
def test_an_hour(size: Size, region: str, hourly: float) -> None:
    assert of_hour(size, region).dollars == pytest.approx(hourly)


@pytest.mark.parametrize(
    ("size", "region", "why"),
    [
        (None, "us-east-1", "the size of the task is not known"),
        (SMALL, "sa-east-1", f"sa-east-1 is not in the table of {AS_OF}"),
        (Size(cpu=512, memory=1024, architecture="ARM64"), "eu-central-1", "Arm in eu-central-1 is not in the table"),
        (Size(cpu=512, memory=1024, storage=21), "eu-west-1", "the price of storage in eu-west-1 is not in the table"),
        (Size(cpu=512, memory=1024, spot=True), "us-east-1", "the price of Fargate Spot moves"),
    ],
)
def test_what_is_not_in_the_table_is_said(size: Size | None, region: str, why: str) -> None:
    found = of_run(size, region, 600)

    assert found.dollars is None
    assert why in found.why
    assert (found.words, found.times(30)) == (f"not known: {found.why}", found)
    assert found.to_dict()["dollars"] is None


def test_a_minute_is_billed_at_least_and_a_second_begun_is_one() -> None:
    hour = of_hour(SMALL, "us-east-1").dollars
    assert hour is not None

    assert of_run(SMALL, "us-east-1", 3).dollars == pytest.approx(hour / 60)
    assert of_run(SMALL, "us-east-1", 60.1).dollars == pytest.approx(hour * 61 / 3600)


@pytest.mark.parametrize(
    ("times", "now", "seconds"),
    [
        ({"createdAt": 10, "pullStartedAt": 30, "startedAt": 50, "stoppedAt": 110}, None, 80),
        ({"createdAt": 10, "startedAt": 50, "stoppedAt": 110}, None, 60),
        ({"pullStartedAt": 30, "startedAt": 50, "executionStoppedAt": 100}, None, 70),
        ({"pullStartedAt": 30, "startedAt": 50}, 90, 60),
        ({"pullStartedAt": 30, "startedAt": 50}, None, None),
        ({"createdAt": 10, "stoppedAt": 110}, None, None),
    ],
)
def test_it_is_billed_from_the_pull_to_the_end(
    times: dict[str, float], now: float | None, seconds: float | None
) -> None:
    assert billed(times, now) == seconds


@pytest.mark.parametrize(
    ("task", "size"),
    [
        ({"cpu": "512", "memory": "1024"}, SMALL),
        ({"cpu": 512, "memory": 1024, "ephemeralStorage": {"sizeInGiB": 50}}, Size(cpu=512, memory=1024, storage=50)),
        (
            {"cpu": "512", "memory": "1024", "runtimePlatform": {"cpuArchitecture": "ARM64"}},
            Size(cpu=512, memory=1024, architecture="ARM64"),
        ),
        (
            {"cpu": "512", "memory": "1024", "capacityProviderName": "FARGATE_SPOT"},
            Size(cpu=512, memory=1024, spot=True),
        ),
        ({"memory": "1024"}, None),
        ({"cpu": {"unresolved": "Ref Cpu"}, "memory": "1024"}, None),
    ],
)
def test_the_size_is_read_from_a_definition_and_from_a_task(task: dict[str, Any], size: Size | None) -> None:
    assert Size.of(task) == size


def test_a_task_on_demand_of_a_batch_that_may_run_on_spot_is_on_demand() -> None:
    assert Size.of({"cpu": "512", "memory": "1024", "capacityProviderName": "FARGATE"}, spot=True) == SMALL
    assert Size.of({"cpu": "512", "memory": "1024"}, spot=True) == Size(cpu=512, memory=1024, spot=True)


def test_a_size_in_words() -> None:
    assert SMALL.words == "0.5 vCPU, 1 GB"
    assert Size(cpu=32768, memory=249856).words == "32 vCPU, 244 GB"
    assert (
        Size(cpu=16384, memory=122880, storage=200, architecture="ARM64", spot=True).words
        == "16 vCPU, 120 GB, 200 GB storage, Arm, Spot"
    )


@pytest.mark.parametrize(
    ("dollars", "text"),
    [
        (0.0, "$0.00"),
        (0.00001, "less than $0.0001"),
        (0.0021, "$0.0021"),
        (0.021, "$0.021"),
        (1.234, "$1.23"),
        (1234.5, "$1,234.50"),
    ],
)
def test_dollars(dollars: float, text: str) -> None:
    assert (shown(dollars), Cost(dollars).words) == (text, f"about {text}")


@given(st.floats(0.0001, 1e6))
def test_shown_dollars_are_within_a_twentieth(dollars: float) -> None:
    assert float(shown(dollars)[1:].replace(",", "")) == pytest.approx(dollars, rel=0.05)


def test_a_machines_share_is_nearly_a_minute_of_the_smallest_task_in_tokyo() -> None:
    assert of_machine().times(1000).dollars == pytest.approx(0.234, abs=0.001)
    assert of_run(Size(cpu=256, memory=512), "ap-northeast-1", 60).times(1000).dollars == pytest.approx(
        0.257, abs=0.001
    )


def test_each_price_has_a_source_and_a_date_and_arm_costs_less() -> None:
    for (region, architecture), price in PRICES.items():
        assert date.fromisoformat(price.date) <= date.fromisoformat(AS_OF)
        assert region in price.source
        assert price.date in price.source
        usual = PRICES[region, "X86_64"]
        if architecture == "ARM64":
            assert 0.75 < price.vcpu / usual.vcpu < 0.85
            assert 0.75 < price.memory / usual.memory < 0.85
