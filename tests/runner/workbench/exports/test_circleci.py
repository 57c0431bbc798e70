"""A configuration of CircleCI, read by the published schema."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from batchwright_runner.contract.schedules.schedule import CronSchedule
from batchwright_runner.workbench.exports import circleci
from batchwright_runner.workbench.exports.deliver import Export
from batchwright_runner.workbench.exports.job import Job
from tests.runner.workbench.exports.support import ROLE, TEXTS, jobs
from tests.workflows.linters import schema

NOW = datetime(2026, 11, 25, tzinfo=UTC)


def config(made: list[Job], said: object = None) -> Export:
    on = circleci.host_of({"role": ROLE, **(said or {})}, "production", "batchwright.toml")  # type: ignore[dict-item]
    return circleci.exported(made, on, "batches", "production", NOW)


def test_a_scheduled_workflow_is_due_in_utc_and_may_be_silent() -> None:
    made = yaml.safe_load(config(jobs("circleci", longest_seconds=1800)).text)

    (trigger,) = made["workflows"]["daily-report"]["triggers"]
    assert trigger["schedule"] == {"cron": "30 17 * * *", "filters": {"branches": {"only": "main"}}}
    assert made["workflows"]["daily-report"]["jobs"] == [{"daily-report": {"context": "aws"}}]
    steps = made["jobs"]["daily-report"]["steps"]
    assert steps[-1]["run"]["no_output_timeout"] == "40m"
    assert steps[-1]["run"]["command"].splitlines()[-1] == "exec batchwright run daily-report -s production"


@pytest.mark.parametrize("name", ["on", "no", "true"])
def test_a_batch_may_be_called_as_yaml_calls_something_else(name: str) -> None:
    made = yaml.safe_load(config(jobs("circleci", name=name)).text)

    assert name in made["jobs"]
    assert made["workflows"][name]["jobs"] == [{name: {"context": "aws"}}]


def test_steps_and_ranges_are_listed() -> None:
    made = config(jobs("circleci", schedule=CronSchedule.from_text("*/20 1-3 * * MON-FRI UTC"))).text

    assert 'cron: "0,20,40 1,2,3 * * 1,2,3,4,5"' in made


def test_a_description_is_no_parameter() -> None:
    assert "<< x >>" not in config(jobs("circleci", description="Takes << x >>.")).text


def test_a_run_that_outlives_its_token_is_named() -> None:
    assert "A job's token ends after an hour" in config(jobs("circleci", longest_seconds=7200)).summary


@pytest.mark.parametrize("description", TEXTS)
def test_circlecis_published_schema_finds_nothing(tmp_path: Path, description: str) -> None:
    file = tmp_path / "config.yml"
    file.write_text(config(jobs("circleci", description=description)).text)

    assert schema("circle-ci", [file]) == []


def test_the_schema_finds_a_planted_fault(tmp_path: Path) -> None:
    file = tmp_path / "config.yml"
    file.write_text(config(jobs("circleci")).text.replace("steps:", "stages:"))

    assert schema("circle-ci", [file]) != []
