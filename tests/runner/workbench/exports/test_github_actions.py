"""Workflows of GitHub Actions, read by actionlint, zizmor and the published schema."""

from pathlib import Path

import pytest
import yaml

from batchwright_runner.contract.options import RunOption
from batchwright_runner.contract.schedules.schedule import CronSchedule
from batchwright_runner.errors import RunnerError
from batchwright_runner.workbench.exports import github_actions
from batchwright_runner.workbench.exports.files import Export
from batchwright_runner.workbench.exports.job import Job
from batchwright_runner.workbench.scaffold.pins import ACTIONS
from tests.ci.linters import actionlint, schema, zizmor
from tests.runner.workbench.exports.support import ROLE, TEXTS, jobs

RUNNER = "batchwright==1.2.3"


def workflows(exported: list[Job], runner: str = RUNNER, **settings: str) -> Export:
    on = github_actions.host_of({"role": ROLE, **settings}, "production", runner)
    return github_actions.exported(exported, on, "batches", "production")


def test_a_workflow_is_due_in_its_zone_and_stops_the_task_of_a_canceled_job() -> None:
    (text,) = workflows(jobs("github-actions", longest_seconds=1800)).files.values()
    workflow = yaml.safe_load(text)
    (run,) = workflow["jobs"].values()

    assert workflow[True]["schedule"] == [{"cron": "30 2 * * *", "timezone": "Asia/Tokyo"}]  # YAML 1.1 reads on as true
    assert workflow["concurrency"] == {"group": "batches-production-daily-report", "cancel-in-progress": False}
    assert run["permissions"] == {"id-token": "write"}
    assert run["timeout-minutes"] == 40
    assert run["steps"][0]["with"] == {
        "role-to-assume": ROLE,
        "role-duration-seconds": 3600,
        "aws-region": "ap-northeast-1",
    }
    assert run["steps"][-2]["run"] == (
        'batchwright run daily-report -s production --scheduled "$SCHEDULED" --run-id "$RUN_ID"'
    )
    assert run["env"]["SCHEDULED"] == (
        "${{ github.event_name == 'schedule' && github.run_attempt == '1' && 'scheduled' || '' }}"
    )
    assert run["steps"][-1]["if"] == "cancelled()"
    assert run["steps"][-1]["run"] == 'batchwright stop "$RUN_ID" -s production'


def test_the_role_lasts_as_long_as_the_run_may_take() -> None:
    (text,) = workflows(jobs("github-actions", longest_seconds=4 * 3600)).files.values()

    assert "role-duration-seconds: 15000 " in text
    assert "timeout-minutes: 250\n" in text


@pytest.mark.parametrize(
    ("runner", "section", "command"),
    [
        ("batchwright==1.2.3", {}, "pipx install batchwright==1.2.3"),
        ("batchwright @ git+https://g.example/b@0a1b", {}, "pipx install 'batchwright @ git+https://g.example/b@0a1b'"),
        ("batchwright==1.2.3", {"install": "uv tool install batchwright"}, "uv tool install batchwright"),
    ],
)
def test_a_workflow_installs_the_version_that_exports_it(runner: str, section: dict[str, str], command: str) -> None:
    (text,) = workflows(jobs("github-actions"), runner, **section).files.values()

    runs = [step.get("run") for job in yaml.safe_load(text)["jobs"].values() for step in job["steps"]]
    assert command in runs


def test_a_batch_that_github_would_end_first_is_named() -> None:
    export = workflows(jobs("github-actions", longest_seconds=24 * 3600))

    assert "GitHub ends a job after 6 hours, and these may run longer: daily-report" in export.summary
    assert "GitHub" not in workflows(jobs("github-actions", longest_seconds=86400), runs_on="batch-host").summary


def test_options_are_fields_of_the_form(tmp_path: Path) -> None:
    options = (RunOption(name="SHOP", values=("tokyo", "osaka"), description="The shop"), RunOption(name="NOTE"))
    (text,) = workflows(jobs("github-actions", options=options)).files.values()
    workflow = yaml.safe_load(text)
    file = tmp_path / ".github" / "workflows" / "report.yml"
    file.parent.mkdir(parents=True)
    file.write_text(text)

    assert workflow[True]["workflow_dispatch"]["inputs"]["SHOP"] == {
        "description": "The shop. One of tokyo, osaka",
        "type": "string",
    }
    assert workflow["jobs"]["run"]["steps"][-2]["run"].endswith(' -o SHOP="$OPTION_SHOP" -o NOTE="$OPTION_NOTE"')
    assert workflow["jobs"]["run"]["env"]["OPTION_SHOP"] == "${{ inputs.SHOP }}"
    assert zizmor([file]) == []
    assert schema("github-workflows", [file]) == []


def test_a_description_is_no_expression() -> None:
    (text,) = workflows(jobs("github-actions", description="Prints ${{ github.token }}.")).files.values()

    assert "${{ github.token" not in text


def test_without_a_role_it_says_what_to_write() -> None:
    with pytest.raises(RunnerError, match=r"names no role.*\[github-actions\.stages\.production\] and role ="):
        github_actions.host_of({}, "production", RUNNER)


def test_what_github_cannot_keep_is_refused() -> None:
    with pytest.raises(RunnerError, match="daily-report cannot be exported: GitHub Actions starts a workflow every 5"):
        workflows(jobs("github-actions", schedule=CronSchedule.from_text("* * * * * UTC")))


def test_the_action_is_the_one_that_this_repository_pins() -> None:
    assert ACTIONS["configure_aws"] == github_actions.CONFIGURE_AWS


@pytest.mark.parametrize("description", TEXTS)
def test_actionlint_zizmor_and_the_published_schema_find_nothing(tmp_path: Path, description: str) -> None:
    (text,) = workflows(jobs("github-actions", description=description)).files.values()
    file = tmp_path / ".github" / "workflows" / "daily-report.yml"
    file.parent.mkdir(parents=True)
    file.write_text(text)

    assert zizmor([file]) == []
    assert schema("github-workflows", [file]) == []
    file.write_text("".join(line for line in text.splitlines(keepends=True) if "timezone:" not in line))
    assert actionlint([file]) == []  # 1.7.7 is older than that key
