"""``batchwright describe`` as installed: with a project and without one, of a batch and of a run."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from batchwright_runner.contract.manifest import ImageReference
from tests.fake_aws import AwsServer, Script, StartFailure, faults, lines
from tests.fake_aws.fixtures import aws as aws
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.account import batchwright
from tests.kit.command import Done, call
from tests.kit.projects import declared, make_project
from tests.runner.workbench.page.stage import ACCESS, FIELDS, QUICK, SSM, STAGE, deploy, ran
from tests.stories.story import start_task, until_past


def describe(aws: AwsServer, folder: Path, *words: str) -> Done:
    return batchwright(aws, folder, "describe", *words, "-s", "staging")


def described(aws: AwsServer, folder: Path, *words: str) -> Any:  # noqa: ANN401 - JSON
    """What is described, for programs."""
    return json.loads(describe(aws, folder, *words, "--json").text)


def in_one_line(text: str) -> str:
    """The text with runs of white space as one space."""
    return " ".join(text.split())


def test_a_batch_without_a_project(aws: AwsServer, tmp_path: Path) -> None:
    """What its other lines say is on docs/on-call.md, and in the screens of tests/terminal."""
    deploy(aws, QUICK)
    ran(aws)
    ran(aws, "morning", forgotten=True)

    done = describe(aws, tmp_path, "daily-report")
    data = described(aws, tmp_path, "daily-report")

    text = in_one_line(done.text)
    assert done.code == 0
    parts = [f"{name} only the declaration knows" for name in ("declared at", "reads, writes")]
    parts += ["only the declaration knows: see it in the project", "retries 2, on 75, each after a pause of 5m00s"]
    parts += ["parameters TO=finance@example.com", "a month about $"]
    assert [part for part in parts if part not in text] == []
    assert "Not known" not in text
    assert text.count("exit 3") >= 2
    assert "CANARY" not in done.both
    assert (data["batch"], data["stage"], data["deployed"]) == ("daily-report", "staging", True)
    assert (data["declared"], data["edges"], data["task_role"]) == (None, None, None)
    assert (data["owner"], data["size"]["cpu"], data["expected_seconds"]) == ("finance-systems", 256, 1200)
    assert (data["parameters"], data["secrets"]) == ({"TO": "finance@example.com"}, ["DB_PASSWORD"])
    assert (data["release"]["tag"], data["paused"]["reason"]) == ("sha-0123456789ab", "month's end")
    assert (len(data["due"]["next"]), data["last"]["failures"]) == (3, 2)
    assert [run["code"] for run in data["runs"]] == [3, 3]
    assert (data["phases"][0]["name"], data["unknown"]) == ("provisioning", [])
    assert (data["cost"]["run"]["dollars"] > 0, "eu-west-1" in data["cost"]["source"]) == (True, True)


def test_what_is_due_once_in_a_month_is_not_due_times(aws: AwsServer, tmp_path: Path) -> None:
    soon = datetime.now(UTC) + timedelta(days=15)
    deploy(aws, QUICK, schedule=f"30 2 {soon.day} {soon.month} * Asia/Tokyo")
    ran(aws)

    assert "it is due once in 30 days" in in_one_line(describe(aws, tmp_path, "daily-report").text)


def test_in_the_projects_folder_what_is_not_deployed_is_shown(aws: AwsServer, tmp_path: Path) -> None:
    deploy(aws)
    fields = {**sample_manifest(**FIELDS).to_dict(), "owner": "shop", "timeout_seconds": 3600}
    del fields["batch"]
    make_project(tmp_path, declared("daily-report", "true", manifest=fields), project="batches", stages={"staging": {}})

    text = in_one_line(describe(aws, tmp_path, "daily-report").text)

    assert "not deployed the declaration here has another owner, timeout" in text
    assert "owner finance-systems" in text
    assert "runs none in the last 30 days" in text
    assert "only the declaration knows" not in text


def test_without_a_stage_it_is_the_declaration_and_aws_is_not_asked(aws: AwsServer, tmp_path: Path) -> None:
    make_project(
        tmp_path, declared("report", "bin/report", "--all", access=ACCESS, declared_at="batches/report/batch.py:9")
    )

    done = call(tmp_path, "describe", "report", env=aws.environ())

    text = in_one_line(done.text)
    assert done.code == 0
    assert text.startswith("report, as it is declared for local")
    assert "command bin/report --all" in text
    assert "declared at batches/report/batch.py:9" in text
    assert "region ap-northeast-1 is assumed: cdk.json says no stage's region" in text
    assert "How it has gone only a stage knows: add -s STAGE" in text
    assert aws.calls == []


def test_what_is_declared_and_not_deployed_is_reported(aws: AwsServer, tmp_path: Path) -> None:
    aws.deploy(sample_manifest())
    make_project(tmp_path, declared("fresh", "true"), project="batches", stages={"staging": {}})

    done = describe(aws, tmp_path, "fresh")

    assert done.code == 0
    assert "fresh is declared here and not deployed in stage staging" in done.err
    assert "How it has gone not deployed in staging" in in_one_line(done.text)
    assert done.text.startswith("fresh, as it is declared")


def test_a_sidecars_variable_of_the_same_name_is_no_parameter_and_its_secret_is_not_shown(
    aws: AwsServer, tmp_path: Path
) -> None:
    own = f"{SSM}{STAGE}/daily-report"
    main = {"TO": f"{own}/TO", "DB_PASSWORD": f"{own}/DB_PASSWORD"}
    aws.deploy(sample_manifest(**FIELDS), secrets={"main": main, "proxy": {"TO": f"{own}/VPN_TOKEN"}})
    aws.put_parameter(f"{STAGE}/daily-report/TO", "finance@example.com")
    aws.put_parameter(f"{STAGE}/daily-report/VPN_TOKEN", "CANARY")

    text = describe(aws, tmp_path, "daily-report")
    data = describe(aws, tmp_path, "daily-report", "--json")

    assert "parameters TO=finance@example.com" in in_one_line(text.text)
    assert json.loads(data.text)["parameters"] == {"TO": "finance@example.com"}
    assert "CANARY" not in text.both + data.both


def test_what_may_not_be_looked_at_is_unknown_and_the_rest_is_shown(aws: AwsServer, tmp_path: Path) -> None:
    deploy(aws)
    for operation in ("DescribeTaskDefinition", "GetItem", "FilterLogEvents"):
        aws.faults(operation, faults.access_denied(None))

    done = describe(aws, tmp_path, "daily-report")
    without_runs = described(aws, tmp_path, "daily-report")["unknown"]
    for operation in ("DescribeTaskDefinition", "GetItem", "FilterLogEvents"):
        aws.faults(operation)
    for operation in ("GetParameters", "ListTasks"):
        aws.faults(operation, faults.access_denied(None))
    without_values = described(aws, tmp_path, "daily-report")["unknown"]

    def missing(unknown: list[dict[str, str]]) -> dict[str, str]:
        return {entry["what"]: entry["why"].removeprefix("the caller may not look: ").split()[0] for entry in unknown}

    assert done.code == 0
    assert missing(without_runs) == {
        "the task definition": "ecs:DescribeTaskDefinition",
        "its last ends": "dynamodb:GetItem",
        "its runs": "logs:FilterLogEvents",
    }
    assert missing(without_values) == {"the values of the parameters": "ssm:GetParameters", "its runs": "ecs:ListTasks"}
    assert all(f"- {part}: " in done.text for part in missing(without_runs))
    assert "owner        finance-systems" in done.text


def test_records_that_cannot_be_read_are_reported(aws: AwsServer, tmp_path: Path) -> None:
    deploy(aws)
    aws.put_table("batches-staging-alerts", {"kind": "record", "name": "daily-report", "last": "no JSON"})
    for record in ("watch/daily-report", "releases/reports"):
        aws.put_parameter(f"{STAGE}/{record}", "no JSON")

    unknown = described(aws, tmp_path, "daily-report")["unknown"]

    assert {entry["what"] for entry in unknown} == {"its last ends", "what is watched", "the release record"}


def test_a_name_that_is_nearly_right_here(tmp_path: Path) -> None:
    make_project(tmp_path, declared("report", "true"))

    near = call(tmp_path, "describe", "repor")
    run = call(tmp_path, "describe", "report@latest")

    assert near.code == run.code == 2
    assert "Did you mean report?" in near.err
    assert "A run is in a stage: add -s STAGE" in run.err


@pytest.mark.parametrize(("name", "forgotten"), [("daily-report@night", True), ("daily-report@latest", False)])
def test_a_run(aws: AwsServer, tmp_path: Path, name: str, forgotten: bool) -> None:
    deploy(aws, QUICK)
    ran(aws, forgotten=forgotten)

    text = in_one_line(describe(aws, tmp_path, name).text)

    assert "run id night" in text
    assert "result exit 3: the container's own code" in text
    assert "cost about $" in text
    assert ("the stage's history" if forgotten else "known from ECS") in text


def test_a_run_ends_with_the_last_lines_of_its_log_and_what_runs_it_again(aws: AwsServer, tmp_path: Path) -> None:
    deploy(aws, Script(lines=lines(*(f"line {n}" for n in range(30))), exit_code=3))
    ran(aws)

    done = describe(aws, tmp_path, "daily-report@night")
    aws.faults("GetLogEvents", faults.access_denied(None))
    unread = describe(aws, tmp_path, "daily-report@night")

    assert f"Its last lines {' '.join(f'line {n}' for n in range(20, 30))} What to do" in in_one_line(done.text)
    assert done.lines[-1].strip() == "batchwright run daily-report -s staging --again daily-report@night"
    assert "its last lines cannot be read: " in unread.err
    assert "Its last lines" not in unread.text


def test_a_run_that_never_started_has_no_lines_and_no_log_to_see(aws: AwsServer, tmp_path: Path) -> None:
    deploy(aws, Script(start_failure=StartFailure(reason="CannotPullContainerError: x: not found")))
    ran(aws)

    done = describe(aws, tmp_path, "daily-report@night")

    assert in_one_line(done.text).endswith(
        "What to do batchwright verify daily-report -s staging batchwright run daily-report -s staging --again "
        "daily-report@night"
    )
    assert "GetLogEvents" not in {call.operation for call in aws.calls}


def test_a_name_that_no_batch_has_is_no_run(aws: AwsServer, tmp_path: Path) -> None:
    deploy(aws)
    near, far = describe(aws, tmp_path, "daly-report"), describe(aws, tmp_path, "Nothing/like-that")
    unknown = describe(aws, tmp_path, "quarterly")
    latest = describe(aws, tmp_path, "quarterly@latest")
    elsewhere = batchwright(aws, tmp_path, "describe", "daily-report", "-s", "nostage")
    aws.faults("GetParametersByPath", faults.access_denied(None))
    hidden = batchwright(aws, tmp_path, "describe", "daily-report", "-s", "nostage")

    assert (near.code, far.code, unknown.code, elsewhere.code, hidden.code) == (2, 2, 2, 2, 2)
    assert "Its batches cannot be listed: batchwright list -s nostage says why" in hidden.err
    assert "no such batch 'daly-report'" in near.err
    assert "Did you mean daily-report? A run is named BATCH@ID" in near.err
    assert "no such batch 'Nothing/like-that'" in far.err
    assert "There are: daily-report. A run is named BATCH@ID" in unknown.err
    assert "no such batch 'quarterly'" in latest.err
    assert "There are no batches in account" in elsewhere.err


def test_an_image_by_its_digest_is_named_as_what_runs(aws: AwsServer, tmp_path: Path) -> None:
    digest = f"sha256:{'a' * 64}"
    deploy(aws, image=ImageReference(repository="public.ecr.aws/x/y", tag=digest))
    aws.faults("DescribeTaskDefinition", faults.access_denied(None))

    assert f"image public.ecr.aws/x/y@{digest}" in in_one_line(describe(aws, tmp_path, "daily-report").text)


def test_a_run_in_progress_and_what_was_given_to_it(aws: AwsServer, tmp_path: Path) -> None:
    deploy(aws, Script(lines=lines("one"), runs=60.0))
    variables = [{"name": "DATE", "value": "2026-11-24"}, {"name": "TOKEN", "value": "CANARY"}]
    overrides = {"containerOverrides": [{"name": "main", "command": ["report", "--all"], "environment": variables}]}
    start_task(aws, startedBy="night", overrides=overrides)
    until_past(aws.tasks[-1].times.started)

    done = describe(aws, tmp_path, "daily-report@night")
    data = described(aws, tmp_path, "daily-report@night")

    parts = ["result in progress: running", "takes until now", "command report --all", "-o DATE 2026-11-24"]
    parts += ["-e TOKEN given", "batchwright attach", "batchwright stop"]
    assert [part for part in parts if part not in in_one_line(done.text)] == []
    assert data["overrides"] == {"command": ["report", "--all"], "environment": {"DATE": "2026-11-24", "TOKEN": ""}}
    assert data["cost"]["dollars"] > 0
    assert "CANARY" not in done.both


MINUTE = (0.25 * 0.04048 + 0.5 * 0.004445) / 60


def test_a_run_costs_what_all_its_attempts_cost(aws: AwsServer, tmp_path: Path) -> None:
    aws.deploy(sample_manifest(), QUICK)
    ran(aws, ours=True)
    ran(aws, ours=True)
    told_of = in_one_line(describe(aws, tmp_path, "daily-report@night").text)
    data = described(aws, tmp_path, "daily-report@night")
    aws.forget(tasks=True)
    later = described(aws, tmp_path, "daily-report@night")
    batch = described(aws, tmp_path, "daily-report")

    assert "of all 2 attempts. Fargate only" in told_of
    assert "attempt 2 of 2" in told_of
    assert data["cost"]["dollars"] == later["cost"]["dollars"] == pytest.approx(2 * MINUTE, rel=0.01)
    assert data["attempts"] == later["attempts"]
    assert len(data["attempts"]) == 2
    assert batch["cost"]["run"]["dollars"] == pytest.approx(2 * MINUTE, rel=0.01)


def test_the_result_of_a_run_says_what_it_cost(aws: AwsServer, tmp_path: Path) -> None:
    full = "Unexpected EC2 error while attempting to Create Network Interface in subnet 's': TagPolicyViolation"
    costs = []
    for script in (QUICK, replace(QUICK, start_failure=StartFailure(reason=full, phase="provisioning"))):
        aws.deploy(sample_manifest(), script)
        batchwright(aws, tmp_path, "run", "daily-report", "-s", "staging", "--result", "result.json")
        costs.append(json.loads((tmp_path / "result.json").read_text())["cost"])

    known, none = costs
    assert known["dollars"] == pytest.approx(MINUTE, rel=0.01)
    assert (known["why"], known["date"], known["attempts"]) == ("", "2026-05-01", 1)
    assert (none["dollars"], none["attempts"]) == (None, 0)


def test_other_attempts_that_may_not_be_seen_are_reported(aws: AwsServer, tmp_path: Path) -> None:
    deploy(aws, QUICK)
    ran(aws, ours=True)
    aws.faults("FilterLogEvents", faults.access_denied(None))

    done = describe(aws, tmp_path, "daily-report@night")

    assert done.code == 0
    assert "whether it had other attempts cannot be seen" in done.err
    assert "cost about $" in in_one_line(done.text)
