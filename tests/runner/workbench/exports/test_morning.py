"""The look for missed runs that each export contains: when, how far back, and that its failure is seen."""

from typing import Any

import pytest

from batchwright_runner.errors import RunnerError
from batchwright_runner.workbench.exports import crontab
from batchwright_runner.workbench.exports.job import Morning, morning
from batchwright_runner.workbench.exports.rundeck import missed_job, rundeck_jobs, to_yaml
from batchwright_runner.workbench.exports.rundeck_settings import read_settings
from tests.kit.rundeck import after_import, read_jobs
from tests.runner.workbench.exports.support import BY_HAND, RUNDECKS, job, jobs


def look(fields: str = "", zone: str = "Asia/Tokyo") -> Morning:
    result = morning([job()], "rundeck", fields, zone)
    assert result is not None
    return result


@pytest.mark.parametrize(
    ("fields", "zone", "since"),
    [
        ("", "Asia/Tokyo", "1d"),
        ("0 8 * * MON-FRI", "Asia/Tokyo", "3d"),
        ("0 9 * * MON", "UTC", "7d"),
        ("0 9 1 * *", "UTC", "31d"),
        ("0 */6 * * *", "UTC", "6h"),
        ("30 8,20 * * *", "Asia/Tokyo", "12h"),
        ("*/30 * * * *", "Asia/Tokyo", "1h"),
        ("0 8 * * *", "Europe/Berlin", "25h"),  # in the night in which the clock is put back
    ],
)
def test_it_looks_as_far_back_as_it_is_from_one_look_to_the_next(fields: str, zone: str, since: str) -> None:
    assert look(fields, zone).since == since


def test_it_is_there_where_the_scheduler_starts_a_batch() -> None:
    assert morning([BY_HAND, RUNDECKS], "rundeck", "", "UTC") is not None
    assert morning([BY_HAND, RUNDECKS], "cron", "", "UTC") is None
    assert morning([BY_HAND], "rundeck", "", "UTC") is None
    assert morning([RUNDECKS], "rundeck", "never", "UTC") is None


@pytest.mark.parametrize("fields", ["eight", "0 8 * *", "0 0 30 2 *"])
def test_what_is_no_schedule_is_refused(fields: str) -> None:
    with pytest.raises(RunnerError, match=r"rundeck.missed_schedule cannot be used: .*or never for no such job"):
        look(fields)


def look_job(**section: Any) -> dict[str, Any]:  # noqa: ANN401 - any key
    settings = read_settings(section or None, "production", "batchwright.toml")
    result = morning([job()], "rundeck", section.get("missed_schedule", ""), "Asia/Tokyo")
    assert result is not None
    return missed_job(settings, result, "batches", "production")


def test_the_job_of_rundeck() -> None:
    notification = {"onfailure": {"email": {"recipients": "sre@example.com"}}}
    fields = look_job(
        project="ops",
        group="{stage}/{owner}",
        nodes="tags: runner",
        command="docker run --rm runner",
        notification=notification,
    )

    assert (fields["name"], fields["group"]) == ("missed_runs", "production/batchwright")
    assert fields["schedule"]["time"] == {"hour": "8", "minute": "0", "seconds": "0"}
    assert (fields["scheduleEnabled"], fields["timeZone"]) == (True, "Asia/Tokyo")
    assert fields["nodefilters"]["filter"] == "tags: runner"
    assert fields["notification"] == notification
    (step,) = fields["sequence"]["commands"]
    assert step["exec"] == "docker run --rm runner runs -s production --missed --since 1d"
    assert "project batches, stage production" in fields["description"]
    settings = read_settings({"project": "ops"}, "production", "batchwright.toml")
    text = to_yaml([*rundeck_jobs([job()], settings), fields])
    assert to_yaml([after_import(fields) for fields in read_jobs(text)]) == text


def test_its_schedule_is_the_projects_and_its_identity_stays() -> None:
    fields = look_job(missed_schedule="30 7 * * MON-FRI")

    assert fields["schedule"]["weekday"] == {"day": "MON-FRI"}
    assert fields["sequence"]["commands"][0]["exec"] == "batchwright runs -s production --missed --since 3d"
    assert fields["uuid"] == fields["id"] == look_job()["uuid"]
    assert fields["uuid"] != look_job(project="ops")["uuid"]


def crontab_lines(
    daemon: str = "cronie",
    zone: str = "Asia/Tokyo",
    **changes: Any,  # noqa: ANN401 - any attribute
) -> list[str]:
    batches = jobs("cron")
    result = morning(batches, "cron", "", zone)
    settings = {"daemon": daemon, **changes}
    return crontab.exported(batches, settings, "batches", "production", result).text.splitlines()


def test_the_line_of_a_crontab_prints_only_what_was_missed_and_into_cron_s_mail() -> None:
    lines = crontab_lines(user="batch", log="/var/log/{stage}-{batch}.log")

    at = lines.index("# missed runs: every day at 08:00 (Asia/Tokyo)")
    assert lines[at + 1] == "0 8 * * * batch batchwright runs -s production --missed --since 1d --quiet"
    assert lines.count("CRON_TZ=Asia/Tokyo") == 1
    assert lines.index("CRON_TZ=Asia/Tokyo") < at


def test_its_zone_is_named_where_it_is_another_one() -> None:
    lines = crontab_lines(zone="UTC")
    zones = [line for line in lines if line.startswith(("CRON_TZ", "0 8", "30 2"))]
    assert [line.split()[0] for line in zones] == ["CRON_TZ=UTC", "0", "CRON_TZ=Asia/Tokyo", "30"]
    assert "CRON_TZ" not in "\n".join(crontab_lines("debian", timezone="Asia/Tokyo"))
