"""When a batch is due and who starts it: what a declaration says, and what it takes from its stage and project."""

from pathlib import Path
from typing import Any

import pytest
from aws_cdk import aws_events

from batchwright import BatchApp, BatchPlatform, DeclarationError, FargateBatch, Schedule
from batchwright.timing import Timing, check_rundeck_uuid, timing
from batchwright_runner.contract.manifest import BatchManifest
from tests.library.support import app, batch, platform, stack

NIGHTLY = Schedule.daily("02:30")
STAGE = {"account": "111111111111", "region": "ap-northeast-1", "subnets": ["subnet-0123456789abcdef0"]}


def timed(**given: Any) -> Timing:  # noqa: ANN401 - also wrong ones
    stage: dict[str, Any] = {"timezone": "", "usual": "", "schedule": None, "scheduler": None}
    return timing("batch report", **{**stage, **given})


@pytest.mark.parametrize(
    ("given", "schedule", "scheduler"),
    [
        ({}, "", ""),
        ({"schedule": NIGHTLY}, "30 2 * * * UTC", ""),
        ({"timezone": "Asia/Tokyo", "schedule": NIGHTLY}, "30 2 * * * Asia/Tokyo", ""),
        (
            {"timezone": "Asia/Tokyo", "schedule": Schedule.daily("02:30", zone="Europe/Paris")},
            "30 2 * * * Europe/Paris",
            "",
        ),
        ({"usual": "rundeck"}, "", "rundeck"),
        ({"usual": "rundeck", "scheduler": "cron"}, "", "cron"),
        ({"usual": "rundeck", "scheduler": "nobody"}, "", ""),
    ],
)
def test_when_it_is_due_and_who_starts_it(given: dict[str, Any], schedule: str, scheduler: str) -> None:
    assert timed(**given).manifest_fields() == {"schedule": schedule, "scheduler": scheduler, "unfinished": ""}


def test_what_is_left_to_do_is_one_text_of_the_manifest_and_aws_starts_no_such_batch() -> None:
    assert timed(unfinished=["subnets", "TZ"]).unfinished == "subnets, TZ"
    assert len(timed(unfinished=["x" * 150, "y" * 150]).unfinished) == 200
    with pytest.raises(DeclarationError, match="'subnets' is left to do, and scheduler='aws' would start it"):
        timed(unfinished=["subnets"], usual="aws")
    for wrong in ("subnets", [""], [3], ["two\nlines"]):
        with pytest.raises(DeclarationError, match="a list of what is left to do"):
            timed(unfinished=wrong)


@pytest.mark.parametrize(
    ("on", "arguments", "timezone", "written"),
    [
        ({}, {}, "UTC", "UTC"),
        ({"timezone": "Asia/Tokyo"}, {"schedule": NIGHTLY}, "Asia/Tokyo", None),
        (
            {"timezone": "Asia/Tokyo"},
            {"schedule": Schedule.daily("02:30", zone="Europe/Paris")},
            "Asia/Tokyo",
            "Asia/Tokyo",
        ),
    ],
)
def test_the_manifest_says_the_zone_of_the_stage_unless_its_schedule_does(
    on: dict[str, Any], arguments: dict[str, Any], timezone: str, written: str | None
) -> None:
    scope = stack(app())

    manifest = batch(scope, platform(scope, **on), **arguments).manifest

    assert manifest.timezone == timezone
    assert manifest.to_dict().get("timezone") == written
    assert BatchManifest.from_json(manifest.to_json()) == manifest


@pytest.mark.parametrize(
    ("argument", "given", "message"),
    [
        ("schedule", "30 2 * * *", r"'30 2 \* \* \*' was given; write Schedule.cron\('30 2 \* \* \*'\)"),
        ("schedule", 5, r"5 was given; allowed: a Schedule, such as"),
        ("schedule", aws_events.Schedule.cron(hour="2"), "from batchwright import Schedule"),
        ("scheduler", "rundek", "'rundek' was given; allowed: .*did you mean rundeck"),
        ("scheduler", ["rundeck"], "allowed: aws, rundeck, cron"),
    ],
)
def test_what_is_no_schedule_or_scheduler_is_refused(argument: str, given: object, message: str) -> None:
    with pytest.raises(DeclarationError, match=f"batch report: {argument}: .*{message}"):
        timed(**{argument: given})


@pytest.mark.parametrize("word", ["systemd", "github-actions", "jenkins", "circleci", "ci", "x" * 30, "a-1b"])
def test_any_other_word_is_a_scheduler_that_is_shown(word: str) -> None:
    usual = stack(app())

    assert timed(schedule=NIGHTLY, scheduler=word).scheduler == word
    assert batch(usual, platform(usual, scheduler=word), schedule=NIGHTLY).manifest.scheduler == word


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        *((word, "aws") for word in ("aw", "ecs", "awsxy", "AWS")),
        *((word, "cron") for word in ("crond", "cronie", "corn", "Cron")),
        *((word, "rundeck") for word in ("RUNDECK", "rundecks2", "rndck")),
        *((word, "") for word in ("Jenkins", "j", "x" * 31, "1st", "my_cron_jobs", "")),
        ("nobdy", "nobody"),
    ],
)
def test_a_word_near_a_scheduler_or_of_another_form_is_refused(word: str, meant: str) -> None:
    allowed = "allowed: aws, rundeck, cron, nobody, or another word of 2 to 30 of a-z, 0-9 and dashes"
    with pytest.raises(DeclarationError) as refused:
        timed(scheduler=word)

    assert f"batch report: scheduler: {word!r} was given; {allowed}" in str(refused.value)
    assert (f"; did you mean {meant}? " in str(refused.value)) == bool(meant)


@pytest.mark.parametrize(
    ("on", "message"),
    [
        ({"timezone": "Asia/Tokio"}, "platform staging: timezone: .*did you mean Asia/Tokyo"),
        ({"timezone": 9}, "platform staging: timezone: time zone 9 was given"),
        ({"scheduler": "rundek"}, "platform staging: scheduler: 'rundek' was given"),
    ],
)
def test_what_a_stage_cannot_mean_is_refused(on: dict[str, Any], message: str) -> None:
    with pytest.raises(DeclarationError, match=message):
        platform(stack(app()), **on)


class Report(FargateBatch):
    """Reports."""

    def __init__(self, scope: Any, platform: BatchPlatform) -> None:  # noqa: ANN401 - any scope
        super().__init__(scope, "report", platform=platform, owner="sre", schedule=NIGHTLY)


def declared(tmp_path: Path, **context: object) -> dict[str, BatchManifest]:
    app = BatchApp(tmp_path, context=context, outdir=str(tmp_path / "out"), batches=[Report])
    return {batch.platform.stage: batch.manifest for batch in app.batches}


def test_cdk_json_gives_the_zone_of_all_stages_and_the_scheduler_of_each(tmp_path: Path) -> None:
    stages = {"staging": STAGE, "production": {**STAGE, "scheduler": "rundeck"}}

    manifests = declared(tmp_path, timezone="Asia/Tokyo", stages=stages)

    assert {stage: (manifest.schedule, manifest.scheduler) for stage, manifest in manifests.items()} == {
        "staging": ("30 2 * * * Asia/Tokyo", ""),
        "production": ("30 2 * * * Asia/Tokyo", "rundeck"),
    }


def test_a_zone_in_cdk_json_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match=r"cdk\.json: context\.timezone: time zone 'Tokyo' is not known"):
        declared(tmp_path, timezone="Tokyo", stages={"staging": STAGE})


UUID = "0d0b8f0e-6a7f-5f0e-9f59-1b1b0a1f0c11"


def adopted(given: Any, stage: str, stages: list[str]) -> str:  # noqa: ANN401 - any argument
    return check_rundeck_uuid("batch report", given, stage=stage, stages=stages)


def test_a_job_of_rundeck_is_adopted_in_its_stage_alone() -> None:
    assert adopted({"production": UUID}, "production", ["staging", "production"]) == UUID
    assert adopted({"production": UUID}, "staging", ["staging", "production"]) == ""
    assert adopted({"production": UUID}, "local", ["staging", "production"]) == ""
    assert adopted(UUID, "production", ["production"]) == UUID
    assert adopted(None, "production", ["production"]) == ""


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (UUID, "which would be the job of every stage; write {'production': '0d0b8f0e-"),
        ({"prod": UUID}, "rundeck_uuid: 'prod' was given; known: production, staging; did you mean production"),
        ({"production": "{x}"}, "'{x}' was given; allowed: a job's UUID as its file says it"),
        ({"production": 5}, "5 was given; allowed: a job's UUID"),
    ],
)
def test_what_is_no_job_of_one_stage_is_refused(given: object, message: str) -> None:
    with pytest.raises(DeclarationError, match=message):
        adopted(given, "production", ["staging", "production"])
