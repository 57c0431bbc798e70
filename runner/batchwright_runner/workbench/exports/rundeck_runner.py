"""The job that brings the runner's newest image to Rundeck's host. Pure.

Each run of a batch is a ``docker run`` of its own: the next one takes the image that was pulled, those in progress keep
theirs, and nothing is restarted.
"""

import shlex
from typing import Any

from batchwright_runner.contract.names import registry_place

NAME = "runner_image"
"""The job's name. No batch has an underscore in its name."""

SCHEDULE = "*/30 * * * *"
"""When it is pulled, unless the project says so."""

_CONFIG = "/etc/batchwright"


def runner_command(image: str) -> str:
    """The command that runs the image in the place of ``batchwright``.

    Args:
        image: The image, with its tag.
    """
    variables = "-e RD_JOB_EXECID -e RD_JOB_SERVERURL"
    return f"docker run --rm {variables} -v {_CONFIG}:{_CONFIG}:ro {shlex.quote(image)}"


def runner_step(image: str) -> dict[str, Any]:
    """The job's one step: it signs in at ECR, pulls, says what it has now, and removes what no run uses any more.

    Args:
        image: The image, with its tag.
    """
    name, host = shlex.quote(image), image.partition("/")[0]
    repository = shlex.quote(image.rpartition(":")[0] if ":" in image.rpartition("/")[2] else image)
    lines = ["set -eu"]
    if place := registry_place(host):
        lines += [f"aws ecr get-login-password --region {place[1]} |"]
        lines += [f"  docker login --username AWS --password-stdin {host}"]
    lines += [
        f"docker pull --quiet {name}",
        f"docker image inspect --format '{{{{join .RepoDigests \" \"}}}}' {name}",
        "# What was pulled before, unless a run is still using it.",
        f"docker images --quiet --filter dangling=true {repository} | xargs -r docker rmi >/dev/null 2>&1 || true",
    ]
    return {
        "description": "pull the newest image of the runner",
        "interpreterArgsQuoted": False,
        "script": "\n".join(lines),
        "scriptInterpreter": "/bin/sh",
    }
