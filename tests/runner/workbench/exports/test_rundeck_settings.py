import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from batchwright_runner.errors import RunnerError
from batchwright_runner.host.settings.batchwright_toml import read_toml
from batchwright_runner.workbench.exports.rundeck import to_yaml
from batchwright_runner.workbench.exports.rundeck_settings import RundeckSettings, read_settings

URLS = {"urls": "https://hooks.example.com/1", "httpMethod": "post", "format": "json"}


def read(content: dict[str, Any] | None, stage: str = "production") -> RundeckSettings:
    return read_settings(content, stage, "batchwright.toml")


def plugin(kind: str) -> dict[str, Any]:
    return {"type": kind, "configuration": {}}


def test_without_a_section_the_defaults_hold() -> None:
    assert read(None) == RundeckSettings()


def test_a_stage_may_differ() -> None:
    content = {"group": "batches", "nodes": "all", "stages": {"production": {"group": "live"}, "staging": {}}}

    assert (read(content).group, read(content).nodes) == ("live", "all")
    assert read(content, "staging").group == "batches"


def test_a_group_is_made_of_project_stage_and_owner() -> None:
    group = read({"group": "{project}/{stage}/{owner}"}).group_for("batches", "production", "finance/sales")

    assert group == "batches/production/finance-sales"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"command": "docker run \\\n x"}, r"rundeck.command must be a string of one line"),
        ({"group": "{team}"}, r"rundeck.group holds {team}, which is not known. It may hold {project}, {stage}"),
        ({"group": "/batches"}, r"rundeck.group is '/batches'. Write it as"),
        ({"group": "a/../b"}, r"rundeck.group is"),
        ({"stages": {"staging": {"group": ""}}}, r"rundeck.stages.staging.group must be a string of one line"),
        ({"notification": {"onfail": {}}}, r"unknown trigger rundeck.notification.onfail. Did you mean onfailure"),
        ({"notification": {"onfailure": {}}}, r"rundeck.notification.onfailure has no notification"),
        ({"notification": {"onfailure": {"mail": {}, **URLS}}}, r"unknown key rundeck.notification.onfailure.mail"),
        ({"notification": {"onfailure": {"plugin": {"configuration": {}}}}}, r"is not a plugin's notification"),
        ({"notification": {"onfailure": {"plugin": "Slack"}}}, r"is not a plugin's notification"),
    ],
)
def test_a_mistake_is_named(content: dict[str, Any], message: str) -> None:
    with pytest.raises(RunnerError, match=message):
        read(content)


@pytest.mark.parametrize("table", ["rundeck", "rundeck.stages.staging", "cron", "cron.stages.production"])
def test_a_misspelt_key_is_named_when_the_file_is_read(tmp_path: Path, table: str) -> None:
    (tmp_path / "batchwright.toml").write_text(f'[{table}]\ncommandd = "x"\n')

    with pytest.raises(RunnerError, match=rf"unknown key {table}.commandd. Did you mean command"):
        read_toml(tmp_path, {"HOME": str(tmp_path)})


def test_one_notification_of_a_kind_is_a_map() -> None:
    content = {"onfailure": {**URLS, "plugin": [plugin("Slack")]}, "onsuccess": [{"email": {"recipients": "a@b.c"}}]}

    assert read({"notification": content}).notification == {
        "onfailure": {**URLS, "plugin": plugin("Slack")},
        "onsuccess": {"email": {"recipients": "a@b.c"}},
    }


def test_a_time_or_a_date_without_quotes_is_a_text_to_rundeck() -> None:
    content = tomllib.loads("[onfailure.plugin]\ntype = 'Slack'\nconfiguration = {from = 07:30:00, until = 2026-12-31}")

    text = to_yaml([dict(read({"notification": content}).notification)])

    assert yaml.safe_load(text)[0]["onfailure"]["plugin"]["configuration"] == {
        "from": "07:30:00",
        "until": "2026-12-31",
    }


def test_two_notifications_of_a_kind_make_lists_of_all() -> None:
    content = {"onfailure": {"plugin": [plugin("Zulip"), plugin("Slack")], **URLS}, "onsuccess": URLS}

    assert read({"notification": content}).notification == {
        "onfailure": [URLS, {"plugin": [plugin("Slack"), plugin("Zulip")]}],
        "onsuccess": [URLS],
    }


@pytest.mark.parametrize(("group", "owner"), [("{owner}", ".."), ("a/.{owner}", "."), ("{owner}/b", " .. ")])
def test_an_owner_whose_group_would_be_another_folder_is_refused(group: str, owner: str) -> None:
    with pytest.raises(RunnerError, match="cannot be exported: the group of its jobs would be"):
        read({"group": group}).group_for("batches", "production", owner)
