"""``batchwright params set`` in a project's folder, of what is declared there and not deployed yet."""

from pathlib import Path
from typing import Any

import pytest

from tests.fake_aws import AwsServer, faults
from tests.kit.projects import declared, make_project
from tests.runner.host.params.support import KEY, OWN, SHARED, SSM, params


def batch(name: str = "daily-report", sources: dict[str, str] | None = None, **manifest: object) -> dict[str, Any]:
    """A batch's file, with variables and where they come from."""
    taken = [{"name": variable, "valueFrom": source} for variable, source in (sources or {}).items()]
    family = f"{SSM.rpartition(':')[0].replace(':ssm:', ':ecs:')}:task-definition/x:0"
    facts = {"key": KEY, "stage": "staging", "secrets": list(sources or {}), "task_definition": family}
    return declared(name, manifest={**facts, **manifest}, container={"secrets": taken})


def project(folder: Path, *batches: dict[str, Any], stage: str = "staging") -> None:
    make_project(folder, *batches, stages={stage: {}})


@pytest.mark.parametrize(
    ("owner", "sources", "words", "users"),
    [
        ("daily-report", {"API": f"{SSM}{OWN}/MAIL_TOKEN"}, ["daily-report", "MAIL_TOKEN"], "daily-report"),
        ("new-batch", {"X": f"{SSM}/batches/staging/new-batch/X"}, ["new-batch", "X"], "new-batch"),
        ("daily-report", {"X": f"{SSM}{SHARED}/OTHER"}, ["--shared", "OTHER"], "daily-report"),
        # Deployed as a shared one, declared now as the batch's own.
        ("daily-report", {"API_TOKEN": f"{SSM}{OWN}/API_TOKEN"}, ["daily-report", "API_TOKEN"], "daily-report"),
    ],
)
def test_a_secret_is_set_before_its_deployment(
    stage: AwsServer, tmp_path: Path, owner: str, sources: dict[str, str], words: list[str], users: str
) -> None:
    project(tmp_path, batch(owner, sources))

    done = params(stage, tmp_path, "set", *words, stdin=b"t")

    assert done.code == 0, done.err
    (call,) = stage.calls_of("PutParameter")
    path = SHARED if "--shared" in words else f"/batches/staging/{owner}"
    named = {"Name": f"{path}/{words[-1]}", "Value": "t"}
    assert call.body == {**named, "Type": "SecureString", "KeyId": KEY, "Overwrite": True}
    assert f"taken once this is deployed by: {users}\n" in done.err


def test_what_is_deployed_needs_no_synthesis(stage: AwsServer, tmp_path: Path) -> None:
    project(tmp_path, batch())

    assert params(stage, tmp_path, "set", "daily-report", "DB_PASSWORD", stdin=b"t").code == 0
    assert not (tmp_path / "synthesized").exists()


def test_a_key_that_only_a_deployment_knows_is_that_of_the_stage(stage: AwsServer, tmp_path: Path) -> None:
    project(tmp_path, batch(sources={"NEW": f"{SSM}{OWN}/NEW"}, key="unresolved"))

    done = params(stage, tmp_path, "set", "daily-report", "NEW", stdin=b"t")

    assert done.code == 0, done.err
    assert stage.calls_of("PutParameter")[0].body["KeyId"] == KEY


def test_a_key_that_nothing_knows_is_not_guessed(aws: AwsServer, tmp_path: Path) -> None:
    project(tmp_path, batch("new", {"X": f"{SSM}/batches/staging/new/X"}, key="unresolved"))

    done = params(aws, tmp_path, "set", "new", "X", stdin=b"t")

    assert (done.code, aws.calls_of("PutParameter")) == (125, [])
    assert "Deploy the stage's first batch, and then set it" in done.err


DAYS = {"DAYS": f"{SSM}{OWN}/DAYS"}
AS_PARAMETER = {"secrets": [], "parameters": {"DAYS": "01234567"}}


@pytest.mark.parametrize(
    ("sources", "manifest", "name", "message"),
    [
        (DAYS, AS_PARAMETER, "DAYS", "DAYS is not set yet: the deployment makes this parameter"),
        ({"OLD": "/legacy/OLD"}, {}, "OLD", "it is at /legacy/OLD"),
        ({"MAIL_TOKEN": f"{SSM}{OWN}/MAIL_TOKEN"}, {}, "MAIL_TOKN", "Did you mean MAIL_TOKEN?"),
    ],
)
def test_what_is_not_set_before_its_deployment(
    stage: AwsServer, tmp_path: Path, sources: dict[str, str], manifest: dict[str, Any], name: str, message: str
) -> None:
    project(tmp_path, batch(sources=sources, **manifest))

    done = params(stage, tmp_path, "set", "daily-report", name, stdin=b"3")

    assert (done.code, stage.calls_of("PutParameter")) == (2, [])
    assert message in done.err


@pytest.mark.parametrize(
    ("owner", "name", "near"),
    [("daily-report", "DB_PASSWORT", "Did you mean DB_PASSWORD? "), ("new-batch", "DB_PASSWORD", ", weekly-report. ")],
)
def test_without_its_project_it_says_where_a_new_secret_is_set(
    stage: AwsServer, tmp_path: Path, owner: str, name: str, near: str
) -> None:
    project(tmp_path, batch(sources={"DB_PASSWORT": f"{SSM}{OWN}/DB_PASSWORT"}), stage="production")

    done = params(stage, tmp_path, "set", owner, name, stdin=b"3")

    assert (done.code, stage.calls_of("PutParameter")) == (2, [])
    assert f"{near}What is declared and not deployed yet is set in the folder of its project" in done.err


def test_a_key_that_does_not_exist_yet_names_what_makes_it(stage: AwsServer, tmp_path: Path) -> None:
    stage.faults("PutParameter", faults.error("InvalidKeyId", "alias/batches-staging is not found", times=None))

    done = params(stage, tmp_path, "set", "daily-report", "DB_PASSWORD", stdin=b"3")

    assert done.code == 125
    assert "made by its platform: deploy that first" in done.err


def test_a_protected_stage_asks_before_its_first_deployment_too(aws: AwsServer, tmp_path: Path) -> None:
    project(tmp_path, batch("new", {"X": f"{SSM}/batches/staging/new/X"}, protected=True))

    done = params(aws, tmp_path, "set", "new", "X", stdin=b"t")

    assert (done.code, aws.calls_of("PutParameter")) == (2, [])
    assert "Add --yes" in done.err
