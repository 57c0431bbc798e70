"""The two kinds of platform: one made here, and one that another app deployed."""

import inspect
from dataclasses import replace

import pytest
from aws_cdk import aws_ssm as ssm

from batchwright import BatchPlatform, DeclarationError, FargateBatch, Platform, Schedule
from batchwright.stage.platform import FromDeployed
from tests.library.support import app, batch, stack


def test_a_batch_that_takes_one_made_here_takes_a_deployed_one_too() -> None:
    assert BatchPlatform.__bases__ == (Platform,)
    assert FromDeployed.__bases__ == (BatchPlatform,)
    assert FargateBatch.__init__.__annotations__["platform"] is Platform


def test_from_deployed_gives_a_deployed_platform_and_makes_nothing() -> None:
    home = app()

    on = BatchPlatform.from_deployed(stack(home), "Platform", stage="staging")

    assert type(on) is FromDeployed
    assert on.node.children == []
    assert (on.schedules, on.alerts) == (None, None)
    assert batch(stack(home, "theirs"), on).platform is on


def test_a_schedule_needs_a_zone_where_that_of_the_stage_is_not_known() -> None:
    nightly = Schedule.daily("02:30")
    unsaid = BatchPlatform.from_deployed(stack(app()), "Platform", stage="staging")

    with pytest.raises(
        DeclarationError,
        match=r"^batch report: schedule: '30 2 \* \* \*' was given without a zone.*allowed: .* given to from_deployed$",
    ):
        batch(unsaid, unsaid, schedule=nightly)

    zoned = batch(stack(app()), unsaid, schedule=replace(nightly, zone="Asia/Tokyo"))
    assert zoned.manifest.schedule == "30 2 * * * Asia/Tokyo"


def test_the_zone_of_the_stage_may_be_said_or_looked_up() -> None:
    nightly, ours = Schedule.daily("02:30"), stack(app())
    zoned = BatchPlatform.from_deployed(stack(app()), "Platform", stage="staging", timezone="UTC")
    zone = ssm.StringParameter.value_from_lookup(ours, "/batches/staging/platform/timezone")
    sought = BatchPlatform.from_deployed(ours, "Platform", stage="staging", timezone=zone)

    assert batch(zoned, zoned, schedule=nightly).manifest.schedule == "30 2 * * * UTC"
    batch(sought, sought, schedule=nightly)
    assert "stands for a value that the CDK has not looked up yet" in str(sought.node.metadata[0].data)


def test_the_base_is_no_platform_of_its_own() -> None:
    assert inspect.isabstract(Platform)
    with pytest.raises(TypeError, match=r"abstract.*need_schedules"):
        Platform(stack(app()), "Platform", stage="staging", project="batches", settings=None, stages=())  # type: ignore[abstract]
