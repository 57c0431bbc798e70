"""The journey, step by step. Each step goes on where the one before it ended."""

import json
import signal

import pytest

from tests.e2e.account import Account
from tests.e2e.console import Console, Interruption
from tests.e2e.places import ACCOUNT, DEPLOY, QUIET, REGION, REGISTRY
from tests.e2e.sources import Project
from tests.kit.command import Done

KEPT = {
    "ecr: journey/cleanup",
    "ecr: journey/report",
    # The revision that was replaced: a run that began with it may be tried again.
    f"ecs: arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/journey-staging-report:1",
    "logs: /journey/production/cleanup",
    "logs: /journey/production/platform/runs",
    "logs: /journey/production/report",
    "logs: /journey/staging/cleanup",
    "logs: /journey/staging/platform/runs",
    "logs: /journey/staging/report",
    # Made by batchwright's commands, and so nothing that a stack could delete.
    "ssm: /journey/production/releases/report",
    "ssm: /journey/production/report/TOKEN",
    "ssm: /journey/staging/releases/cleanup",
    "ssm: /journey/staging/releases/report",
    "ssm: /journey/staging/report/TOKEN",
}


def run(
    console: Console,
    batch: str,
    *more: str,
    stage: str = "staging",
    code: int = 0,
    interruption: Interruption | None = None,
) -> Done:
    command = ["batchwright", "run", batch, "--stage", stage, *more]
    return console.run(*command, code=code, interruption=interruption)


def revision(console: Console, batch: str) -> str:
    manifests = json.loads(console.run("batchwright", "list", "--stage", "staging", "--json").text)
    [task_definition] = [manifest["task_definition"] for manifest in manifests if manifest["batch"] == batch]
    return str(task_definition).rpartition(":")[2]


def listed(console: Console, run_id: str) -> dict[str, object]:
    runs = json.loads(console.run("batchwright", "runs", "--stage", "staging", "--json").text)
    [run] = [dict(run) for run in runs if run["run_id"] == run_id]
    return run


def keys(inventory: frozenset[str]) -> frozenset[str]:
    return frozenset(resource for resource in inventory if resource.startswith("kms: ") and "alias/" not in resource)


@pytest.fixture(scope="module")
def bootstrapped(console: Console, account: Account) -> frozenset[str]:
    """What is there before the first deployment."""
    console.run("cdk", "bootstrap", *QUIET)
    return account.inventory()


def test_an_account_is_bootstrapped(bootstrapped: frozenset[str]) -> None:
    assert "cloudformation: CDKToolkit" in bootstrapped


def test_registry_platforms_and_batches_of_two_stages_are_deployed(console: Console) -> None:
    console.run(*DEPLOY, "--all")


def test_what_is_deployed_is_what_is_declared(console: Console) -> None:
    console.run("cdk", "diff", "--fail", *QUIET)


def test_the_runner_finds_the_batches(console: Console) -> None:
    assert [revision(console, batch) for batch in ("cleanup", "report")] == ["1", "1"]


def test_a_batch_whose_secret_is_missing_never_starts(console: Console) -> None:
    done = run(console, "report", code=126)

    assert "the batch never started (ResourceInitializationError: unable to pull secrets" in done.last


def test_a_batch_whose_image_is_missing_never_starts(console: Console) -> None:
    done = run(console, "cleanup", code=126)

    assert "the batch never started (CannotPullContainerError" in done.last


def test_a_secret_is_set_through_stdin(console: Console) -> None:
    console.run("batchwright", "params", "check", "-s", "staging", code=1)
    console.run("batchwright", "params", "set", "report", "TOKEN", "-s", "staging", given="four words of secret\n")
    console.run("batchwright", "params", "check", "-s", "staging")


def test_images_are_built_and_pushed(console: Console, project: Project) -> None:
    tag = project.commit("the first version")

    for image in ("report", "cleanup"):
        done = console.run("batchwright", "image", "push", image, f"batches/{image}")
        assert done.lines == [f"{REGISTRY}/journey/{image}:{tag}"]


def test_a_pushed_image_does_not_run_before_it_is_released(console: Console) -> None:
    run(console, "cleanup", code=126)


def test_images_are_released_to_a_stage(console: Console, project: Project) -> None:
    for image in ("report", "cleanup"):
        console.run("batchwright", "release", image, "--tag", project.tag, "-s", "staging")


def test_a_run_shows_its_log_and_succeeds(console: Console) -> None:
    done = run(console, "report")

    assert done.lines == ["image 1", "color blue", "recipient dev@example.com", "token of 20 characters"]


def test_an_exit_code_is_the_containers_own(console: Console) -> None:
    run(console, "report", "-e", "CODE=3", code=3)


def test_a_container_has_the_user_and_the_file_system_that_are_declared(console: Console) -> None:
    done = run(console, "cleanup", "--", "sh", "-c", "exec 2>&1; id -u; touch /here", code=1)

    assert done.lines == ["10001", "touch: /here: Read-only file system"]


def test_a_long_log_is_whole_and_in_order(console: Console) -> None:
    done = run(console, "cleanup", "--", "seq", "5000")

    assert done.lines == [str(number) for number in range(1, 5001)]


def test_a_batch_that_takes_too_much_memory_ends_with_137(console: Console) -> None:
    done = run(console, "cleanup", "--", "sh", "-c", "echo filling the memory; exec tail /dev/zero", code=137)

    assert done.lines == ["filling the memory"]


def test_a_run_that_takes_too_long_is_stopped(console: Console) -> None:
    done = run(console, "cleanup", "--timeout", "5s", code=124)

    assert "stopped at the timeout" in done.last


def test_a_runner_that_is_told_to_stop_stops_the_batch_and_reports_no_success(console: Console) -> None:
    done = run(console, "cleanup", code=143, interruption=Interruption(signal.SIGTERM, after="cleaning up"))

    assert done.lines == ["cleaning up", "told to stop"]
    assert "(main then ended with 0, which does not count)" in done.last


def test_a_run_that_is_left_has_a_schedule_that_would_stop_it(console: Console, account: Account) -> None:
    run(console, "cleanup", "--run-id", "nightly", "--detach")

    assert f"scheduler: {listed(console, 'nightly')['task']}" in account.inventory()


def test_a_run_that_somebody_else_stopped_is_joined_by_its_id(console: Console) -> None:
    console.run("batchwright", "stop", "cleanup@nightly", "-s", "staging")

    done = run(console, "cleanup", "--run-id", "nightly", code=122)

    assert "stopped by someone else" in done.last
    assert listed(console, "nightly")["code"] == 122


def test_another_stage_has_its_own_images_parameters_and_secrets(console: Console, project: Project) -> None:
    run(console, "report", stage="production", code=126)
    console.run("batchwright", "params", "set", "report", "TOKEN", "-s", "production", given="one word")
    run(console, "report", stage="production", code=126)
    console.run("batchwright", "release", "report", "--tag", project.tag, "-s", "production")

    done = run(console, "report", stage="production")

    assert done.lines == ["image 1", "color blue", "recipient finance@example.com", "token of 8 characters"]


def test_a_changed_declaration_makes_a_revision_that_the_next_run_uses(console: Console, project: Project) -> None:
    project.replace("batches/report/batch.py", "blue", "green")
    console.run("cdk", "diff", "--fail", "journey-staging-report", *QUIET, code=1)
    assert "color blue" in run(console, "report").lines

    console.run(*DEPLOY, "journey-staging-report")

    assert revision(console, "report") == "2"
    assert "color green" in run(console, "report").lines


def test_a_released_image_is_used_by_the_next_run(console: Console, project: Project) -> None:
    project.replace("batches/report/app/version", "1", "2")
    tag = project.commit("the second version")
    console.run("batchwright", "image", "push", "report", "batches/report")
    assert "image 1" in run(console, "report").lines

    released = console.run("batchwright", "release", "report", "--tag", tag, "-s", "staging")

    done = run(console, "report")
    assert "image 2" in done.lines
    assert f"image: {released.text.strip()}" in done.err


def test_after_a_rollback_the_image_before_runs(console: Console) -> None:
    console.run("batchwright", "rollback", "report", "-s", "staging")

    assert "image 1" in run(console, "report").lines


def test_destroying_keeps_logs_images_keys_and_what_people_set(
    console: Console, account: Account, bootstrapped: frozenset[str]
) -> None:
    console.run("cdk", "destroy", "--all", "--force", *QUIET)

    left = account.inventory() - bootstrapped
    assert left - keys(left) == KEPT
    descriptions = {account.describe_key(key) for key in keys(left)}
    assert descriptions == {"Secrets of journey-production", "Secrets of journey-staging"}


def test_deploying_again_takes_in_logs_and_images_and_makes_new_keys(
    console: Console, account: Account, bootstrapped: frozenset[str]
) -> None:
    console.run(*DEPLOY, "--all", "--import-existing-resources")
    console.run("cdk", "diff", "--fail", *QUIET)

    assert len(keys(account.inventory() - bootstrapped)) == 4

    assert "image 1" in run(console, "report").lines
    log = console.run("batchwright", "logs", "cleanup", "-s", "staging").lines
    assert [line for line in log if line.endswith("told to stop")]
