"""The time zone that is suggested for a project: that of the place its first stage's region is in. Pure."""

from collections.abc import Mapping

from batchwright_runner.contract.schedules.cron import ScheduleError
from batchwright_runner.contract.schedules.zones import UTC, check_zone
from batchwright_runner.errors import UsageError

ZONES: Mapping[str, str] = {
    "af-south-1": "Africa/Johannesburg",
    "ap-east-1": "Asia/Hong_Kong",
    "ap-east-2": "Asia/Taipei",
    "ap-northeast-1": "Asia/Tokyo",
    "ap-northeast-2": "Asia/Seoul",
    "ap-northeast-3": "Asia/Tokyo",
    "ap-south-1": "Asia/Kolkata",
    "ap-south-2": "Asia/Kolkata",
    "ap-southeast-1": "Asia/Singapore",
    "ap-southeast-2": "Australia/Sydney",
    "ap-southeast-3": "Asia/Jakarta",
    "ap-southeast-4": "Australia/Melbourne",
    "ap-southeast-5": "Asia/Kuala_Lumpur",
    "ap-southeast-6": "Pacific/Auckland",
    "ap-southeast-7": "Asia/Bangkok",
    "ca-central-1": "America/Toronto",
    "ca-west-1": "America/Edmonton",
    "cn-north-1": "Asia/Shanghai",
    "cn-northwest-1": "Asia/Shanghai",
    "eu-central-1": "Europe/Berlin",
    "eu-central-2": "Europe/Zurich",
    "eu-north-1": "Europe/Stockholm",
    "eu-south-1": "Europe/Rome",
    "eu-south-2": "Europe/Madrid",
    "eu-west-1": "Europe/Dublin",
    "eu-west-2": "Europe/London",
    "eu-west-3": "Europe/Paris",
    "eusc-de-east-1": "Europe/Berlin",
    "il-central-1": "Asia/Jerusalem",
    "me-central-1": "Asia/Dubai",
    "me-south-1": "Asia/Bahrain",
    "mx-central-1": "America/Mexico_City",
    "sa-east-1": "America/Sao_Paulo",
    "us-east-1": "America/New_York",
    "us-east-2": "America/New_York",
    "us-gov-east-1": "America/New_York",
    "us-gov-west-1": "America/Los_Angeles",
    "us-west-1": "America/Los_Angeles",
    "us-west-2": "America/Los_Angeles",
}
"""Region to the zone of its place (AWS general reference, "AWS Regions", 2026-11)."""


def zone_in(region: str) -> str:
    """The time zone of a region's place; UTC where that is not known, or this machine does not know the zone."""
    zone = ZONES.get(region, UTC)
    try:
        check_zone(zone)
    except ScheduleError:
        return UTC
    return zone


def read_zone(text: str) -> str:
    """A time zone's name, as it was given."""
    try:
        check_zone(text)
    except ScheduleError as error:
        raise UsageError(str(error)) from error
    return text
