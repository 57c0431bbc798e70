"""Stages, subnets and the time zone, as options give them or as they are suggested."""

import sys
import zoneinfo
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from batchwright_runner.errors import UsageError
from batchwright_runner.workbench.scaffold import answers
from batchwright_runner.workbench.scaffold.answers import (
    Answers,
    GivenAnswers,
    StageAnswers,
    parse_stage,
    parse_subnets,
    with_subnets,
)
from batchwright_runner.workbench.scaffold.ask import find_place, suggested
from tests.kit.command import COMMAND

STAGING = StageAnswers(name="staging", account="111111111111", region="ap-northeast-1")
PRODUCTION = StageAnswers(name="production", account="222222222222", region="us-gov-west-1")


def test_a_stage_is_read() -> None:
    assert parse_stage("staging=111111111111/ap-northeast-1") == STAGING


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("staging", "cannot be read. Write --stage NAME=ACCOUNT/REGION"),
        ("staging=111111111111", "cannot be read"),
        ("=111111111111/us-east-1", "is not a name for a stage"),
        ("staging=1/us-east-1", "is not an AWS account"),
        ("staging=111111111111/", "is not an AWS region"),
        ("local=111111111111/us-east-1", "is not a name for a stage"),
    ],
)
def test_a_stage_that_cannot_be_read(text: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        parse_stage(text)


@pytest.mark.parametrize("text", ["subnet-1", "subnet-1,subnet-2", "/network/subnets"])
def test_subnets_are_ids_or_one_parameter(text: str) -> None:
    assert ",".join(parse_subnets(text)) == text


@pytest.mark.parametrize("text", ["", "/", "vpc-1", "subnet-", "subnet-1,", "subnet-1,/network/subnets", "/a,/b"])
def test_what_are_not_subnets(text: str) -> None:
    with pytest.raises(UsageError, match="neither a list of subnets nor the name of an SSM parameter"):
        parse_subnets(text)


def test_subnets_belong_to_the_stage_that_they_name() -> None:
    stages = with_subnets([STAGING, PRODUCTION], ["production=/net", "staging=subnet-1, subnet-2"])

    assert [stage.subnets for stage in stages] == [("subnet-1", "subnet-2"), ("/net",)]


def test_a_single_stage_need_not_be_named() -> None:
    assert with_subnets([STAGING], ["subnet-1"])[0].subnets == ("subnet-1",)


@pytest.mark.parametrize(
    ("option", "why"),
    [("subnet-1", "names no stage. Write --subnets staging=subnet-1"), ("dev=subnet-1", "a stage that is not given")],
)
def test_subnets_of_no_stage(option: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        with_subnets([STAGING, PRODUCTION], [option])


def test_a_stage_is_given_once() -> None:
    with pytest.raises(UsageError, match="stage staging is given twice"):
        Answers(project="sales", stages=[STAGING, STAGING], ci="none", timezone="UTC")


@pytest.mark.parametrize(
    ("region", "partition"), [("us-east-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")]
)
def test_the_partition_of_a_region(region: str, partition: str) -> None:
    assert StageAnswers(name="staging", account="111111111111", region=region).partition == partition


def test_the_suggested_region_is_the_shells() -> None:
    place, nothing = find_place(COMMAND.parent), GivenAnswers(project=None, stages=[], ci=None)

    regions = [
        suggested(nothing, place, environment).stages[0].region for environment in ({}, {"AWS_REGION": "eu-west-1"})
    ]

    assert regions == ["us-east-1", "eu-west-1"]


@pytest.mark.parametrize(
    ("environment", "link", "zone"),
    [
        ({"TZ": "Asia/Tokyo"}, "/usr/share/zoneinfo/Europe/Paris", "Asia/Tokyo"),
        ({"TZ": ":Asia/Tokyo"}, "", "Asia/Tokyo"),
        ({"TZ": "JST-9"}, "/usr/share/zoneinfo/Europe/Paris", "UTC"),
        ({"TZ": ""}, "/usr/share/zoneinfo/Europe/Paris", "Europe/Paris"),
        ({}, "../usr/share/zoneinfo/America/Argentina/Ushuaia", "America/Argentina/Ushuaia"),
        ({}, "/var/db/timezone/zoneinfo/Asia/Tokyo", "Asia/Tokyo"),
        ({}, "/usr/share/zoneinfo/Etc/UTC", "UTC"),
        ({}, "/usr/share/zoneinfo/right/Asia/Tokyo", "UTC"),
        ({}, "/etc/a-copy", "UTC"),
        ({}, "", "UTC"),
        ({"AWS_REGION": "ap-northeast-1"}, "", "UTC"),
    ],
)
def test_the_suggested_time_zone_is_that_of_the_shell_or_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], link: str, zone: str
) -> None:
    monkeypatch.setattr(answers, "LOCALTIME", tmp_path / "localtime")
    if link:
        (tmp_path / "localtime").symlink_to(link)
    given = GivenAnswers(project=None, stages=[STAGING], ci=None)

    assert suggested(given, find_place(COMMAND.parent), environment).timezone == zone


def test_a_machine_whose_localtime_is_a_file_has_utc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "LOCALTIME", tmp_path / "localtime")
    (tmp_path / "localtime").write_bytes(b"TZif2")

    assert answers.host_zone({}) == "UTC"


def test_a_machine_without_a_database_of_time_zones_has_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    zoneinfo.reset_tzpath(to=[])
    ZoneInfo.clear_cache()
    for name in {"tzdata", *(name for name in sys.modules if name.startswith("tzdata."))}:
        monkeypatch.setitem(sys.modules, name, None)
    try:
        assert answers.host_zone({"TZ": "Asia/Tokyo"}) == "UTC"
    finally:
        zoneinfo.reset_tzpath()
