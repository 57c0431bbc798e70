"""The Datadog preset: what it declares. That the order of the stops holds is shown on containers."""

from typing import Any

import pytest
from aws_cdk import Duration

from batchwright import DeclarationError, HealthCheck, Sidecar, datadog_agent
from batchwright.testing import synthesize
from tests.library.support import declaring

IMAGE = "public.ecr.aws/datadog/agent:7.77.2"


def agent(**arguments: Any) -> Sidecar:  # noqa: ANN401 - any argument
    return datadog_agent(image=IMAGE, **arguments)


def test_what_it_declares() -> None:
    made = agent(site="datadoghq.eu")

    assert (made.essential, made.image, made.cpu, made.memory) == (False, IMAGE, None, 256)
    assert made.stop_timeout is not None
    assert made.stop_timeout.to_seconds() == 120
    assert made.main_waits_for == "START"  # so that it is stopped last
    assert made.secrets == {"DD_API_KEY": "DD_API_KEY"}
    assert made.environment == {
        "ECS_FARGATE": "true",
        "DD_SITE": "datadoghq.eu",
        "DD_DOGSTATSD_FLUSH_INCOMPLETE_BUCKETS": "true",
        "DD_AGGREGATOR_STOP_TIMEOUT": "40",
        "DD_FORWARDER_STOP_TIMEOUT": "40",
    }


def test_what_it_is_given() -> None:
    check = HealthCheck(command=["CMD-SHELL", "agent health"])

    made = agent(main_waits_for="HEALTHY", health_check=check, api_key="DATADOG", cpu=64, memory=None)

    assert (made.main_waits_for, made.health_check, made.cpu, made.memory) == ("HEALTHY", check, 64, None)
    assert made.secrets == {"DD_API_KEY": "DATADOG"}
    assert synthesize(declaring(secrets=["DATADOG"], sidecars=[made])).container("datadog-agent")["Cpu"] == 64


@pytest.mark.parametrize(("stop", "share"), [(2, "2"), (30, "10"), (120, "40")])
def test_its_own_timeouts_fit_into_its_stop_timeout(stop: int, share: str) -> None:
    made = agent(stop_timeout=Duration.seconds(stop)).environment

    assert made["DD_AGGREGATOR_STOP_TIMEOUT"] == made["DD_FORWARDER_STOP_TIMEOUT"] == share


def test_given_variables_win() -> None:
    made = agent(environment={"DD_TAGS": "team:shop", "DD_FORWARDER_STOP_TIMEOUT": "9"}).environment

    assert (made["DD_TAGS"], made["DD_FORWARDER_STOP_TIMEOUT"]) == ("team:shop", "9")


@pytest.mark.parametrize(
    "image", ["public.ecr.aws/datadog/agent", "public.ecr.aws/datadog/agent:latest", "localhost:5000/agent"]
)
def test_an_image_of_which_nobody_knows_what_it_is(image: str) -> None:
    with pytest.raises(DeclarationError, match=r"^datadog-agent: image: .* a tag other than latest"):
        datadog_agent(image=image)


def test_an_image_by_its_digest() -> None:
    assert datadog_agent(image="public.ecr.aws/datadog/agent@sha256:" + "0" * 64).name == "datadog-agent"


@pytest.mark.parametrize("condition", ["SUCCESS", None])
def test_the_batch_cannot_wait_for_its_end_nor_not_wait(condition: Any) -> None:  # noqa: ANN401 - any argument
    with pytest.raises(DeclarationError, match=r"^datadog-agent: main_waits_for: .* allowed: START, HEALTHY"):
        datadog_agent(image=IMAGE, main_waits_for=condition)


def test_a_stop_timeout_that_fargate_does_not_offer() -> None:
    with pytest.raises(DeclarationError, match=r"^datadog-agent: stop_timeout: '121 s' was given"):
        datadog_agent(image=IMAGE, stop_timeout=Duration.seconds(121))
