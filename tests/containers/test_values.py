"""What a container has as its variables."""

from pathlib import Path

from tests.containers.backends import everywhere, not_as_process
from tests.containers.cases import Cases
from tests.kit.command import Done

KEYS = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "wJalr", "AWS_SESSION_TOKEN": "token"}
PROFILE = "[nightly]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = other\nregion = eu-west-1\n"


def variables(done: Done, prefix: str = "") -> dict[str, str]:
    lines = [line.removeprefix(prefix) for line in done.out.decode().splitlines() if line.startswith(prefix)]
    return dict(line.split("=", 1) for line in lines if "=" in line)


@everywhere
def test_environment_parameters_and_secrets_are_variables_and_the_callers_credentials_are_not(
    cases: Cases, tmp_path: Path
) -> None:
    (tmp_path / "credentials").write_text(PROFILE)
    env = {**KEYS, "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"), "AWS_PROFILE": "nightly"}
    done = cases.run("values", "-e", "CHANGED=given", "-e", "NEW=given", env=env)
    seen = variables(done)
    wanted = {
        "PLAIN": "declared",
        "CHANGED": "given",
        "NEW": "given",
        "FROM": "declared",
        "TO": "overridden",
        "PASSWORD": "from local.env",
    }

    assert done.code == 0, done.err
    assert {name: seen.get(name) for name in wanted} == wanted
    assert [name for name in seen if name.startswith("AWS_")] == []


@everywhere
def test_a_profiles_credentials_are_passed_when_asked_for(cases: Cases, tmp_path: Path) -> None:
    (tmp_path / "credentials").write_text(PROFILE)
    files = {"AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials")}

    done = cases.run("plain", "--aws-profile", "nightly", "--", "env", env={**KEYS, **files})
    found = variables(done)

    assert done.code == 0, done.err
    assert found["AWS_ACCESS_KEY_ID"] == "AKIAOTHER"
    assert found["AWS_SECRET_ACCESS_KEY"] == "other"
    assert found.get("AWS_REGION", found.get("AWS_DEFAULT_REGION")) == "eu-west-1"
    assert "AWS_SESSION_TOKEN" not in found
    assert b"/credentials" not in done.out


@not_as_process("sidecars")
def test_the_credentials_are_the_main_containers_alone(cases: Cases, tmp_path: Path) -> None:
    (tmp_path / "credentials").write_text(PROFILE)
    files = {"AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials")}

    done = cases.run("credentials", "--all-containers", "--aws-profile", "nightly", env=files)

    assert "AWS_ACCESS_KEY_ID" in variables(done, "main | ")
    assert "PATH" in variables(done, "side | ")
    assert "AWS_ACCESS_KEY_ID" not in variables(done, "side | ")
