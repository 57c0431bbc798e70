"""A preset: the Datadog Agent beside a batch, which sends the last metrics at the end without any sleep."""

from collections.abc import Mapping
from typing import Literal, get_args

from aws_cdk import Duration

from batchwright.errors import DeclarationError, wrong
from batchwright.task.checks import check_stop_timeout
from batchwright.task.containers import HealthCheck, Sidecar

NAME = "datadog-agent"
"""The container's name."""

DEFAULT_STOP_TIMEOUT = Duration.seconds(120)
Wait = Literal["START", "HEALTHY"]


def datadog_agent(
    *,
    image: str,
    api_key: str = "DD_API_KEY",
    site: str = "datadoghq.com",
    environment: Mapping[str, str] | None = None,
    stop_timeout: Duration = DEFAULT_STOP_TIMEOUT,
    cpu: int | None = None,
    memory: int | None = 256,
    health_check: HealthCheck | None = None,
    main_waits_for: Wait = "START",
) -> Sidecar:
    """The Datadog Agent as a sidecar: ``sidecars=[datadog_agent(image="public.ecr.aws/datadog/agent:7.77.2")]``.

    The batch sends DogStatsD to 127.0.0.1:8125, which is where Datadog's clients send it by default: the containers of
    a task on Fargate share one network. A client that wants DD_AGENT_HOST gets ``127.0.0.1``, in ``environment`` of the
    batch. A client that keeps metrics in a buffer of its own must be closed before the batch ends.

    Why nothing has to sleep: the main container waits for the agent's START, so ECS stops them in the reverse order,
    and the agent gets its SIGTERM when the batch has ended. It then has ``stop_timeout`` to send what it has, also the
    bucket of 10 s that is not full yet, which it drops otherwise (DataDog/datadog-agent issues 1547 and 3940). It is
    not essential: if it fails, the batch goes on. Its exit code is never the run's.

    START does not wait until the Agent listens, which takes some seconds: a batch that sends at once, or has ended by
    then, loses what it sends before. Such a batch waits for the Agent's health, with ``health_check`` and
    ``main_waits_for="HEALTHY"``; that delays each start by those seconds.

    What was not seen, and only read (2026-11): ``dogstatsd_flush_incomplete_buckets`` came with pull request 33383 of
    January 2025, by its date in Agent 7.64, and pull request 52328 of June 2026 made it also take in packets that still
    wait. Its form as a variable follows the Agent's rule for all settings; Datadog's page on Fargate does not name
    it. The two other timeouts are 2 s by default. How the Agent behaves is Datadog's: the order of the stops, and that
    a sidecar has its time, is what our tests show.

    Args:
        image: URI of the Agent's image, with a tag that you choose, or a digest: at least 7.64.
        api_key: Name of the declared secret that holds Datadog's API key.
        site: Datadog's site, ``datadoghq.eu``.
        environment: More variables of the Agent: ``{"DD_TAGS": "team:shop"}``. They win over those of the preset.
        stop_timeout: How long it may take to send what is left, 2 to 120 s. It ends as soon as it is done.
        cpu: CPU units reserved for it out of the task's. Default: none.
        memory: MiB it may have out of the task's; ``None`` for no limit of its own.
        health_check: How to see that it is well: ``HealthCheck(command=["CMD-SHELL", "agent health"])``. Default: none.
        main_waits_for: What the main container waits for: the Agent's ``START``, or that it is ``HEALTHY``, which needs
            ``health_check``.

    Raises:
        DeclarationError: The image has no tag, or ``latest``, which does not say what runs; or Fargate does not
            offer the stop timeout; or ``main_waits_for`` is something else.
    """
    _, separator, tag = image.rpartition("/")[2].rpartition(":")
    if not separator or tag == "latest":
        raise DeclarationError(NAME, "image", f"{image!r} was given; allowed: an image with a tag other than latest")
    if main_waits_for not in get_args(Wait):
        raise wrong(NAME, "main_waits_for", main_waits_for, ", ".join(get_args(Wait)))
    seconds = check_stop_timeout(NAME, stop_timeout)
    # One after the other, and a third for all the rest.
    share = str(max(2, seconds // 3))
    return Sidecar(
        name=NAME,
        image=image,
        environment={
            "ECS_FARGATE": "true",
            "DD_SITE": site,
            "DD_DOGSTATSD_FLUSH_INCOMPLETE_BUCKETS": "true",
            "DD_AGGREGATOR_STOP_TIMEOUT": share,
            "DD_FORWARDER_STOP_TIMEOUT": share,
            **(environment or {}),
        },
        secrets={"DD_API_KEY": api_key},
        main_waits_for=main_waits_for,
        stop_timeout=stop_timeout,
        cpu=cpu,
        memory=memory,
        health_check=health_check,
    )
