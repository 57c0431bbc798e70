"""The time zone of a project's schedules."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from batchwright_runner.contract.schedules.cron import ScheduleError
from batchwright_runner.contract.schedules.zones import UTC, check_zone
from batchwright_runner.errors import UsageError
from batchwright_runner.host.settings.cdk_json import FILE
from batchwright_runner.host.settings.project import Project

LOCALTIME = Path("/etc/localtime")


def host_zone(environment: Mapping[str, str]) -> str:
    """The zone that TZ names, else /etc/localtime; UTC where the one that is asked gives no name."""
    name = environment.get("TZ", "").removeprefix(":")
    if not name:
        with suppress(OSError):
            name = str(LOCALTIME.readlink()).rpartition("zoneinfo/")[2]
    try:
        check_zone(name)
    except ScheduleError:
        return UTC
    return UTC if name == "Etc/UTC" else name


def read_zone(text: str) -> str:
    """A time zone's name, as it was given."""
    try:
        check_zone(text)
    except ScheduleError as error:
        raise UsageError(str(error)) from error
    return text


def project_zone(project: Project) -> str:
    """The zone of schedules that name none."""
    zone = project.context.get("timezone")
    return zone if isinstance(zone, str) and zone else UTC


def zone_line(zone: str) -> str:
    """The last line of ``init`` and ``new``."""
    return f"schedules that name no time zone are in {zone}: timezone in {FILE}"
