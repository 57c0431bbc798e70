"""Batches with config files, and one beside a stand-in for Datadog's Agent."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from aws_cdk import Duration
from constructs import Construct

from batchwright import BatchImage, BatchPlatform, Container, FargateBatch, datadog_agent

BASE = os.environ["CASES_IMAGE"]
"""An image with busybox in it and nothing else."""
PYTHON = f"{BASE}-python"
"""One with Python in it and nothing else."""
TEMPLATES: Mapping[str, str | Path] = {
    "/app/config/database.ini": Path("config.ini.template"),
    "/app/config/env/deep.ini": "deep = ${HOST}\n",
    "/data/other.ini": "other = ${LEVEL}\n",
}
LOOK = "cd /; for one in app/config/database.ini app/config/env/deep.ini data/other.ini; do echo $one; cat $one; done"
OWNERS = "stat -c '%A %u:%g %n' /app/config /app/config/env /app/config/env/deep.ini; id -u"
WRITE = "touch /app/config/mine 2>/dev/null || echo cannot write"


class _Configured(FargateBatch):
    """Shows its config files."""

    CASE = ""
    CONTAINER = Container()

    def __init__(self, scope: Construct, platform: BatchPlatform) -> None:
        super().__init__(
            scope,
            self.CASE,
            platform=platform,
            owner="tests",
            image=BatchImage.from_uri(BASE),
            command=["sh", "-c", f"{LOOK}; {OWNERS}; {WRITE}"],
            environment={"HOST": "db.example.com"},
            parameters={"LEVEL": "5"},
            secrets=["PASSWORD"],
            files=TEMPLATES,
            timeout=Duration.minutes(2),
            container=self.CONTAINER,
        )


class Configured(_Configured):
    """Its user is known, and its root can only be read."""

    CASE = "configured"
    CONTAINER = Container(user="1000:1000", read_only_root=True)


class Anybody(_Configured):
    """Its user is one that only the image knows."""

    CASE = "anybody"
    CONTAINER = Container(user="batch")


class Rooted(_Configured):
    """It is root, who may do anything but write there."""

    CASE = "rooted"
    CONTAINER = Container(user="root")


class Placed(FargateBatch):
    """What a plain process can show too: a file below the working directory."""

    def __init__(self, scope: Construct, platform: BatchPlatform) -> None:
        super().__init__(
            scope,
            "placed",
            platform=platform,
            owner="tests",
            image=BatchImage.from_uri(BASE),
            command=["sh", "-c", "cat config/database.ini"],
            environment={"HOST": "db.example.com", "LEVEL": "5"},
            secrets=["PASSWORD"],
            files={"/app/config/database.ini": Path("config.ini.template")},
            container=Container(working_directory="/app"),
            timeout=Duration.minutes(2),
        )


AGENT = Path(__file__).with_name("agent.py").read_text(encoding="utf-8")
COUNTED = Path(__file__).with_name("counted.py").read_text(encoding="utf-8")


def python(source: str, *arguments: str) -> Sequence[str]:
    """A command that runs a source in the image with Python."""
    return ["python", "-c", source, *arguments]


class Counted(FargateBatch):
    """Sends metrics to 127.0.0.1:8125 to its very end, and does not sleep."""

    def __init__(self, scope: Construct, platform: BatchPlatform) -> None:
        preset = datadog_agent(image=PYTHON)
        super().__init__(
            scope,
            "counted",
            platform=platform,
            owner="tests",
            image=BatchImage.from_uri(PYTHON),
            command=python(COUNTED),
            cpu=1024,
            memory=2048,
            secrets=["DD_API_KEY"],
            # All but the program is the preset's.
            sidecars=[replace(preset, command=python(AGENT))],
            container=Container(stop_timeout=Duration.seconds(30)),
            timeout=Duration.minutes(2),
        )
