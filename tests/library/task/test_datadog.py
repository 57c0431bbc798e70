"""The Datadog preset: what it declares. That the order of the stops holds is shown on containers."""

from typing import Any

import pytest
from aws_cdk import Duration

from batchwright import DeclarationError, HealthCheck, datadog_agent
from batchwright.testing import Synthesized, synthesize
from tests.library.support import one

IMAGE = "public.ecr.aws/datadog/agent:7.77.2"


def agent(**arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - any argument
    return declared(**arguments).container("datadog-agent")


def declared(**arguments: Any) -> Synthesized:  # noqa: ANN401 - any argument
    preset = datadog_agent(image=IMAGE, **arguments)
    return synthesize(one(secrets=["DD_API_KEY", "DATADOG"], sidecars=[preset]))


def variables(container: dict[str, Any]) -> dict[str, str]:
    return {one["Name"]: one["Value"] for one in container["Environment"]}


def test_it_may_end_without_the_batch_and_has_two_minutes_at_the_end() -> None:
    made = agent()

    assert (made["Essential"], made["StopTimeout"], made["Image"]) == (False, 120, IMAGE)


def test_the_batch_waits_for_its_start_so_that_it_is_stopped_last() -> None:
    assert declared().container()["DependsOn"] == [{"ContainerName": "datadog-agent", "Condition": "START"}]


def test_the_batch_may_wait_for_its_health() -> None:
    made = declared(main_waits_for="HEALTHY", health_check=HealthCheck(command=["CMD-SHELL", "agent health"]))

    assert made.container()["DependsOn"] == [{"ContainerName": "datadog-agent", "Condition": "HEALTHY"}]
    assert made.container("datadog-agent")["HealthCheck"]["Command"] == ["CMD-SHELL", "agent health"]


def test_it_sends_the_unfinished_bucket_and_has_time_for_that() -> None:
    assert variables(agent(site="datadoghq.eu")) == {
        "ECS_FARGATE": "true",
        "DD_SITE": "datadoghq.eu",
        "DD_DOGSTATSD_FLUSH_INCOMPLETE_BUCKETS": "true",
        "DD_AGGREGATOR_STOP_TIMEOUT": "40",
        "DD_FORWARDER_STOP_TIMEOUT": "40",
    }


@pytest.mark.parametrize(("stop", "share"), [(2, "2"), (30, "10"), (120, "40")])
def test_its_own_timeouts_fit_into_its_stop_timeout(stop: int, share: str) -> None:
    made = variables(agent(stop_timeout=Duration.seconds(stop)))

    assert made["DD_AGGREGATOR_STOP_TIMEOUT"] == made["DD_FORWARDER_STOP_TIMEOUT"] == share


def test_given_variables_win() -> None:
    made = variables(agent(environment={"DD_TAGS": "team:shop", "DD_FORWARDER_STOP_TIMEOUT": "9"}))

    assert (made["DD_TAGS"], made["DD_FORWARDER_STOP_TIMEOUT"]) == ("team:shop", "9")


def test_the_key_is_a_secret_of_the_batch_under_any_name() -> None:
    (usual,), (other,) = agent()["Secrets"], agent(api_key="DATADOG")["Secrets"]

    assert (usual["Name"], usual["ValueFrom"].rpartition("/")[2]) == ("DD_API_KEY", "DD_API_KEY")
    assert (other["Name"], other["ValueFrom"].rpartition("/")[2]) == ("DD_API_KEY", "DATADOG")


def test_a_key_that_the_batch_does_not_declare_is_an_error() -> None:
    with pytest.raises(
        DeclarationError, match="batch report, sidecar datadog-agent: secrets: 'DD_KEY' was given; known"
    ):
        declared(api_key="DD_KEY")


def test_its_share_of_the_task() -> None:
    assert (agent()["Memory"], "Cpu" in agent()) == (256, False)
    made = agent(cpu=64, memory=None)
    assert (made["Cpu"], "Memory" in made) == (64, False)


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


def test_it_is_healthy_only_with_a_check() -> None:
    with pytest.raises(DeclarationError, match="sidecar datadog-agent: main_waits_for: HEALTHY was given for datadog-"):
        declared(main_waits_for="HEALTHY")


def test_a_stop_timeout_that_fargate_does_not_offer() -> None:
    with pytest.raises(DeclarationError, match=r"^datadog-agent: stop_timeout: '121 s' was given"):
        datadog_agent(image=IMAGE, stop_timeout=Duration.seconds(121))
