"""A batch as a job of Rundeck. Rundeck's format is a schema of ours: no Rundeck reads these."""

import re
import shlex
import subprocess
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from batchwright_runner.commands.run import run
from batchwright_runner.contract.options import RunOption
from batchwright_runner.contract.schedules.schedule import from_text
from batchwright_runner.contract.sizes import OVERLAPS, SCHEDULERS, Overlap
from batchwright_runner.contract.two_at_once import TwoAtOnce
from batchwright_runner.errors import RunnerError
from batchwright_runner.workbench.exports.job import Job
from batchwright_runner.workbench.exports.rundeck import (
    DUE,
    command,
    exported,
    rundeck_job,
    rundeck_jobs,
    runner_job,
    to_yaml,
)
from batchwright_runner.workbench.exports.rundeck_settings import RundeckSettings, read_settings
from tests.kit.pages import blocks
from tests.kit.rundeck import after_import, read_jobs
from tests.runner.workbench.exports.support import job

DOCS = Path(__file__).parents[4] / "docs"
PAGE = (DOCS / "rundeck.md").read_text(encoding="utf-8")
PLAIN = RundeckSettings()
SLACK = {"type": "SlackNotification", "configuration": {"slack_channel": "#batches", "webhook_token": "key"}}
EVERYTHING = RundeckSettings(
    project="ops",
    group="batches/{stage}/{owner}",
    nodes="tags: runner",
    command="docker run --rm -e RD_JOB_EXECID -e RD_JOB_SERVERURL batchwright-runner",
    notification={"onfailure": {"plugin": SLACK}},
)


def test_a_job_of_a_nightly_batch() -> None:
    assert to_yaml(rundeck_jobs([job()], PLAIN)) == Path(__file__).with_name("nightly.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("settings", [PLAIN, EVERYTHING])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"schedule": None},
        {"schedule": from_text("*/15 6-18 1,15 * * Europe/Paris"), "at_once": TwoAtOnce("forbid")},
        {"scheduler": "cron", "at_once": TwoAtOnce("wait"), "runbook": "https://wiki/report, page 2"},
        {"declared_in": "", "description": "売上を集計する: yes", "owner": "1e5"},
        {"rundeck_uuid": "11111111-2222-3333-4444-555555555555"},
        {"steps": ("report", "extract"), "options": (RunOption(name="FROM"),)},
        {"options": (RunOption(name="DATE", pattern=r"\d+"), RunOption(name="SHOP", values=("a", "b, c")))},
    ],
)
def test_rundeck_exports_what_it_imported_byte_for_byte(changes: dict[str, Any], settings: RundeckSettings) -> None:
    text = to_yaml(rundeck_jobs([job(**changes)], settings))

    assert to_yaml([after_import(fields) for fields in read_jobs(text)]) == text


texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1).map(str.split).map(" ".join)


@given(texts.filter(bool), texts.filter(bool), st.sampled_from(OVERLAPS), st.sampled_from(SCHEDULERS))
def test_no_text_of_a_declaration_is_lost_or_changed(owner: str, about: str, overlap: Overlap, scheduler: str) -> None:
    fields = rundeck_job(job(owner=owner, description=about, at_once=TwoAtOnce(overlap), scheduler=scheduler), PLAIN)

    assert read_jobs(to_yaml([fields])) == [fields]
    assert fields["description"].splitlines()[0] == about.splitlines()[0]


@pytest.mark.parametrize("scheduler", [*SCHEDULERS, "aws", ""])
def test_a_schedule_is_active_only_where_rundeck_starts_the_batch(scheduler: str) -> None:
    fields = rundeck_job(job(scheduler=scheduler), PLAIN)

    assert "schedule" in fields
    assert fields["scheduleEnabled"] is (scheduler == "rundeck")


@pytest.mark.parametrize(("overlap", "expected"), [("allow", True), ("wait", True), ("forbid", None)])
def test_two_executions_at_once_are_allowed_where_the_batch_does(overlap: Overlap, expected: bool | None) -> None:
    assert rundeck_job(job(at_once=TwoAtOnce(overlap)), PLAIN).get("multipleExecutions") is expected


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("0 9 1 * * UTC", {"dayofmonth": {"day": "1"}}),
        ("0 9 * * MON-FRI UTC", {"weekday": {"day": "MON-FRI"}}),
        ("0 9 * * SUN,SAT UTC", {"weekday": {"day": "SUN,SAT"}}),
    ],
)
def test_either_the_day_of_the_month_or_the_weekday_is_given(text: str, days: dict[str, Any]) -> None:
    parts = rundeck_job(job(schedule=from_text(text)), PLAIN)["schedule"]

    assert {key: value for key, value in parts.items() if key in ("dayofmonth", "weekday")} == days


def test_a_result_that_is_shown_is_read_by_two_filters() -> None:
    settings = RundeckSettings(show_result=True)
    (step,) = rundeck_job(job(options=(DATE,)), settings)["sequence"]["commands"]
    text = to_yaml(rundeck_jobs([job()], settings))

    assert (
        step["exec"]
        == f"batchwright run daily-report -s production{DUE} -o DATE=${{option.DATE}}{OF_A_BATCH} --rundeck"
    )
    assert [log_filter["type"] for log_filter in step["plugins"]["LogFilter"]] == ["render-datatype", "key-value-data"]
    assert to_yaml([after_import(fields) for fields in read_jobs(text)]) == text


IMAGE = "333333333333.dkr.ecr.eu-west-1.amazonaws.com/batches/batchwright:stage-production"


def runner(**section: str) -> dict[str, Any]:
    settings = read_settings({"runner_image": IMAGE, **section}, "production", "batchwright.toml", "Asia/Tokyo")
    return runner_job(settings, "batches", "production")


def test_the_runners_image_is_pulled_by_schedule_and_by_hand_and_run_by_all_jobs() -> None:
    settings = read_settings({"runner_image": IMAGE, "project": "ops"}, "production", "batchwright.toml")
    pulling = runner(project="ops", group="{stage}/{owner}", nodes="tags: docker")
    text = to_yaml([*rundeck_jobs([job()], settings), pulling])
    batch, pull = read_jobs(text)

    assert batch["sequence"]["commands"][0]["exec"] == (
        "docker run --rm -e RD_JOB_EXECID -e RD_JOB_SERVERURL -v /etc/batchwright:/etc/batchwright:ro "
        f"{IMAGE} run daily-report -s production{DUE}{OF_A_BATCH}"
    )
    assert (pull["name"], pull["group"]) == ("runner_image", "production/batchwright")
    assert pull["schedule"]["time"] == {"hour": "*", "minute": "0,30", "seconds": "0"}
    assert (pull["scheduleEnabled"], pull["timeZone"]) == (True, "Asia/Tokyo")
    assert pull["nodefilters"]["filter"] == "tags: docker"
    assert to_yaml([after_import(fields) for fields in (batch, pull)]) == text


def test_its_step_signs_in_pulls_and_restarts_nothing(tmp_path: Path) -> None:
    called = tmp_path / "called"
    for name in ("aws", "docker"):
        (tmp_path / name).write_text(f'#!/bin/sh\necho {name} "$@" >> {called}\n[ "$1" != images ] || echo 0123\n')
        (tmp_path / name).chmod(0o755)
    (step,) = runner()["sequence"]["commands"]

    done = subprocess.run(
        ["/bin/sh", "-c", step["script"]], env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, capture_output=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, b"")
    host, repository = IMAGE.split("/", 1)[0], IMAGE.rpartition(":")[0]
    assert sorted(called.read_text().splitlines()) == sorted(
        [
            "aws ecr get-login-password --region eu-west-1",
            f"docker login --username AWS --password-stdin {host}",
            f"docker pull --quiet {IMAGE}",
            f'docker image inspect --format {{{{join .RepoDigests " "}}}} {IMAGE}',
            f"docker images --quiet --filter dangling=true {repository}",
            "docker rmi 0123",
        ]
    )


def test_a_pull_that_fails_fails_the_job(tmp_path: Path) -> None:
    (tmp_path / "docker").write_text('#!/bin/sh\n[ "$1" != pull ]\n')
    (tmp_path / "docker").chmod(0o755)
    (step,) = runner(runner_image="registry.example.com:5000/runner:2")["sequence"]["commands"]

    done = subprocess.run(["/bin/sh", "-c", step["script"]], env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, check=False)

    assert "aws" not in step["script"]
    assert done.returncode == 1


def test_its_schedule_may_be_set_and_must_be_one() -> None:
    assert runner(runner_schedule="7 5 * * *")["schedule"]["time"] == {"hour": "5", "minute": "7", "seconds": "0"}
    with pytest.raises(RunnerError, match=r"rundeck\.runner_schedule cannot be used: .*has 1 fields"):
        runner(runner_schedule="hourly")


def test_a_uuid_stays_when_everything_but_the_batch_changes() -> None:
    before = rundeck_job(job(), PLAIN)["uuid"]
    moved = rundeck_job(job(owner="sre", schedule=None, description="Other."), RundeckSettings(group="other"))

    assert moved["uuid"] == before


@pytest.mark.parametrize(
    ("changes", "settings"),
    [
        ({"stage": "staging"}, PLAIN),
        ({"name": "other"}, PLAIN),
        ({"project": "shop"}, PLAIN),
        ({}, RundeckSettings(project="ops")),  # a UUID of one project of Rundeck is refused in another
    ],
)
def test_another_batch_stage_or_project_has_another_uuid(changes: dict[str, Any], settings: RundeckSettings) -> None:
    assert rundeck_job(job(**changes), settings)["uuid"] != rundeck_job(job(), PLAIN)["uuid"]


def test_a_job_that_exists_is_adopted() -> None:
    fields = rundeck_job(job(rundeck_uuid="4f0c-old"), PLAIN)

    assert (fields["id"], fields["uuid"]) == ("4f0c-old", "4f0c-old")


def test_two_batches_cannot_be_one_job() -> None:
    with pytest.raises(RunnerError, match="first and second cannot be exported: both say that they are the job 4f0c"):
        rundeck_jobs([job("second", rundeck_uuid="4f0c"), job("first", rundeck_uuid="4f0c")], PLAIN)


def test_each_job_has_a_file_of_its_own_as_rundeck_names_them() -> None:
    export = exported([job()], EVERYTHING, "batches", "production")

    (path,) = export.files
    assert path == f"batches/production/finance-systems/daily-report-{rundeck_job(job(), EVERYTHING)['uuid']}.yaml"
    assert export.files[path] == export.text
    assert export.mark in " ".join(export.text.split())


def test_that_rundeck_starts_nothing_is_reported() -> None:
    def summary(*jobs: Job) -> str:
        return exported(jobs, PLAIN, "batches", "production").summary

    assert summary(job()) == "1 job, 1 with an active schedule"
    assert summary(job(), job(name="open", scheduler="nobody")) == (
        "2 jobs, 1 with an active schedule; schedule off, as something else or nobody starts it: open"
    )
    assert "no batch of production has a schedule and scheduler 'rundeck'" in summary(job(scheduler=""))


@pytest.mark.parametrize(
    "fault",
    [
        {"schedule": {"crontab": "30 2 * * *"}},
        {"retry": 1},
        {"group": "/production"},
        {"sequence": {"commands": [{"exec": "a", "script": "b"}]}},
        {"notification": {"onfail": {"plugin": SLACK}}},
    ],
)
def test_the_schema_finds_what_rundeck_would_not_read(fault: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        read_jobs(yaml.safe_dump([{**rundeck_job(job(), PLAIN), **fault}]))


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("a, b", "'a, b'"),  # Rundeck quotes what has a comma
        ("1e5", "'1e5'"),  # a number to SnakeYAML
        ("on", "'on'"),
        ("02", "'02'"),
        ("*", "'*'"),
        ("plain", "plain"),
        ("one\ntwo", "|-\n    one\n    two"),
        ("one \ntwo", '"one \\ntwo"'),
        ("日本語", "日本語"),
    ],
)
def test_strings_are_written_as_rundeck_writes_them(value: str, written: str) -> None:
    assert to_yaml([{"a": value}]) == f"- a: {written}\n"


def test_the_schema_reads_the_settings_of_the_page() -> None:
    sections = [block for block in blocks(PAGE, "toml") if block.startswith("[rundeck]")]
    pulled, unpulled = [read_settings(tomllib.loads(part)["rundeck"], "production", "") for part in sections]

    assert unpulled.notification
    read_jobs(to_yaml([*rundeck_jobs([job()], unpulled), runner_job(pulled, "batches", "production")]))


def test_the_job_on_the_page_is_one_of_the_exported_samples() -> None:
    (shown,) = blocks(PAGE, "yaml")
    samples = (DOCS / "samples/rundeck-production.yaml").read_text(encoding="utf-8")

    assert shown in samples
    assert len(read_jobs(samples)) > len(read_jobs(shown)) == 1


def test_the_pages_count_the_jobs_that_the_exported_samples_have() -> None:
    jobs = read_jobs((DOCS / "samples/rundeck-production.yaml").read_text(encoding="utf-8"))
    timed = [job for job in jobs if "schedule" in job]
    active = [job["name"] for job in timed if job["scheduleEnabled"]]
    off = ", ".join(job["name"] for job in timed if not job["scheduleEnabled"])
    counted = f"{len(jobs)} jobs, {len(active)} with an active schedule"
    summary = f"{counted}; schedule off, as something else or nobody starts it: {off}"

    shown = re.findall(r"^batchwright: rundeck-production\.yaml: (.*?)(?:; nothing has changed)?$", PAGE, re.MULTILINE)

    assert shown == [summary, summary]


AGAIN = {
    "name": "AGAIN",
    "description": "Run this failed run again: its id, or latest",
    "regex": "[A-Za-z0-9@:/._-]{1,200}",
}
OF_A_BATCH = " --again=${option.AGAIN}"
DATE = RunOption(name="DATE", pattern=r"\d{4}-\d\d-\d\d", description="The day to report")
SHOP = RunOption(name="SHOP", values=("tokyo", "osaka, south"))


def test_options_are_fields_of_the_form_and_reach_the_runner_blank_or_not() -> None:
    fields = rundeck_job(job(options=(DATE, SHOP)), PLAIN)

    assert fields["options"] == [
        {"name": "DATE", "description": "The day to report", "regex": r"\d{4}-\d\d-\d\d"},
        {"name": "SHOP", "enforced": True, "values": ["osaka, south", "tokyo"], "valuesListDelimiter": ";"},
        AGAIN,
    ]
    assert fields["sequence"]["commands"][0]["exec"] == (
        f"batchwright run daily-report -s production{DUE} -o DATE=${{option.DATE}} -o SHOP=${{option.SHOP}}{OF_A_BATCH}"
    )


def steps_field(name: str, description: str) -> dict[str, Any]:
    values = {"enforced": True, "values": ["extract", "report"], "valuesListDelimiter": ","}
    return {"name": name, "description": description, **values, "multivalued": True, "delimiter": ","}


def test_the_form_of_a_workflow_goes_on_from_a_failed_run() -> None:
    fields = rundeck_job(job(steps=("report", "extract"), schedule=None), PLAIN)

    assert fields["options"] == [
        AGAIN,
        steps_field("FROM", "Run these steps and all that follows them"),
        steps_field("DONE", "Take these steps as done"),
    ]
    assert fields["sequence"]["commands"][0]["exec"] == (
        "batchwright run daily-report -s production --again=${option.AGAIN} --from=${option.FROM} "
        "--done=${option.DONE} --yes"
    )


@pytest.mark.parametrize(
    ("filled", "arguments"),
    [
        ({}, ("", ("",), ("",))),
        ({"AGAIN": "rundeck/rd-7", "DONE": "extract,report"}, ("rundeck/rd-7", ("",), ("extract,report",))),
    ],
)
def test_a_blank_field_gives_no_option_the_next_word(filled: Mapping[str, str], arguments: tuple[object, ...]) -> None:
    text = command(job(steps=("report", "extract")), PLAIN).replace("${job.executionType}", "user")
    words = shlex.split(re.sub(r"\$\{option\.(\w+)\}", lambda field: filled.get(field[1], ""), text))

    with run.make_context("run", words[2:]) as context:
        assert tuple(context.params[name] for name in ("again", "begin", "done")) == arguments


@pytest.mark.parametrize("name", ["AGAIN", "FROM"])
def test_a_declared_option_takes_the_place_of_a_field_of_its_name(name: str) -> None:
    fields = rundeck_job(job(steps=("extract",), options=(RunOption(name=name),)), PLAIN)

    assert [option["name"] for option in fields["options"]].count(name) == 1
    assert f"-o {name}=${{option.{name}}}" in fields["sequence"]["commands"][0]["exec"]


@pytest.mark.parametrize("text", ["a;b", "$(id)", "`id`", "a b", "a&b", "a|b", "a'b", "a\nb", ""])
def test_no_shell_reads_more_into_the_run_that_was_typed(text: str) -> None:
    assert not re.fullmatch(AGAIN["regex"], text)
