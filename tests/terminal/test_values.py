"""params, list, image, release and rollback at a terminal; and what goes wrong before any of them."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.fake_aws import AwsServer, faults
from tests.fake_aws.fixtures import sample_manifest
from tests.fake_aws.services.oci_registry import OciRegistry
from tests.runner.host.params.support import OWN, deploy
from tests.runner.workbench.images import fake_engine
from tests.runner.workbench.images.support import REGISTRY, reports
from tests.terminal.conftest import Opened
from tests.terminal.window import CTRL_C, Recording

Look = Callable[[Recording], None]
Pushing = Callable[..., Recording]

COMMIT = "0123456789abcdef0123456789abcdef01234567"
TAG = "sha-0123456789ab"
PUSH = ("image", "push", "reports", ".", "--commit", COMMIT)
RELEASE = ("release", "reports", "-s", "staging", "--registry", REGISTRY, "--tag")


@pytest.fixture
def values(aws: AwsServer) -> AwsServer:
    deploy(aws)
    return aws


@pytest.fixture
def pushing(aws: AwsServer, window: Opened, tmp_path: Path) -> Iterator[Pushing]:
    """Runs a command beside an engine that builds nothing and pushes for real."""
    engine = tmp_path / "bin" / "docker"
    engine.parent.mkdir()
    engine.write_text(f"#!{sys.executable}\n{Path(fake_engine.__file__).read_text()}")
    engine.chmod(0o755)
    for batch in ("daily-report", "weekly-report"):
        aws.deploy(sample_manifest(batch))

    def run(*words: str, **more: str) -> Recording:
        return window(*words, path=str(engine.parent), env={**given, **more}).end()

    reports(aws)
    with OciRegistry(aws.world.images):
        address = aws.world.images.blob_address("", "").split("/")[2]
        given = {"ENGINE_LOG": str(tmp_path / "log"), "ENGINE_REGISTRY": address, "BATCHWRIGHT_REGISTRY": REGISTRY}
        yield run


def test_params_list(values: AwsServer, window: Opened, looks_right: Look) -> None:
    values.put_parameter(f"{OWN}/OLD\u202eNAME", "x")
    seen = window("params", "list", "daily-report", "-s", "staging").end()

    looks_right(seen)
    assert not seen.live


@pytest.mark.usefixtures("values")
def test_params_check(window: Opened, looks_right: Look) -> None:
    looks_right(window("params", "check", "-s", "staging").end())


def test_params_get(values: AwsServer, window: Opened, looks_right: Look) -> None:
    values.put_parameter(f"{OWN}/REPORT_TO", "dev@example.com\x1b]0;x\x07\nsecond\tline \u202etxt")
    looks_right(window("params", "get", "daily-report", "REPORT_TO", "-s", "staging").end())


@pytest.mark.usefixtures("values")
def test_params_get_of_a_secret(window: Opened, looks_right: Look) -> None:
    looks_right(window("params", "get", "daily-report", "DB_PASSWORD", "-s", "staging").end())


def test_params_set(values: AwsServer, window: Opened, looks_right: Look) -> None:
    opened = window("params", "set", "daily-report", "DB_PASSWORD", "-s", "staging")
    opened.until("New value of DB_PASSWORD: ")
    opened.press("correct-horse\n")
    opened.until("Repeat value: ")
    opened.press("correct-horse\n")
    seen = opened.end()

    looks_right(seen)
    assert b"correct-horse" not in seen.data
    assert values.calls_of("PutParameter")[0].body["Value"] == "correct-horse"


@pytest.mark.usefixtures("values")
def test_params_set_that_is_interrupted(window: Opened, looks_right: Look) -> None:
    opened = window("params", "set", "daily-report", "DB_PASSWORD", "-s", "staging")
    opened.until_asked("New value of DB_PASSWORD: ")
    opened.press(CTRL_C)
    seen = opened.end()

    looks_right(seen)
    assert seen.code == 130


def test_params_unset(values: AwsServer, window: Opened, looks_right: Look) -> None:
    values.put_parameter(f"{OWN}/DB_PASSWORD", "x", "SecureString")
    opened = window("params", "unset", "daily-report", "DB_PASSWORD", "-s", "staging")
    opened.until("[y/N]: ")
    opened.press("y\n")
    looks_right(opened.end())


@pytest.mark.usefixtures("values")
def test_params_unset_that_is_interrupted(window: Opened, looks_right: Look) -> None:
    opened = window("params", "unset", "daily-report", "DB_PASSWORD", "-s", "staging")
    opened.until_asked("[y/N]: ")
    opened.press(CTRL_C)
    seen = opened.end()

    looks_right(seen)
    assert seen.code == 130


def test_list(aws: AwsServer, window: Opened, looks_right: Look) -> None:
    aws.deploy(sample_manifest(owner="fin\x1b[31mance\n", description="売上を\u2066送る"))
    aws.deploy(sample_manifest("weekly-report"))
    looks_right(window("list", "-s", "staging").end())


def test_list_as_json(aws: AwsServer, window: Opened, looks_right: Look) -> None:
    aws.deploy(sample_manifest(owner="fin\x9bance"))
    looks_right(window("list", "-s", "staging", "--json").end())


def test_image_push(pushing: Pushing, looks_right: Look) -> None:
    looks_right(pushing(*PUSH))


def test_image_push_that_fails(pushing: Pushing, looks_right: Look) -> None:
    looks_right(pushing(*PUSH, ENGINE_FAILS="build"))


def test_image_push_without_an_engine(window: Opened, looks_right: Look) -> None:
    looks_right(window(*PUSH, env={"PATH": "/nowhere", "BATCHWRIGHT_REGISTRY": REGISTRY}).end())


def test_image_list(pushing: Pushing, looks_right: Look) -> None:
    pushing(*PUSH)
    looks_right(pushing("image", "list", "reports"))


def test_release(pushing: Pushing, looks_right: Look) -> None:
    pushing(*PUSH)
    seen = pushing(*RELEASE, TAG)

    looks_right(seen)
    assert not seen.live


def test_release_of_no_image(pushing: Pushing, looks_right: Look) -> None:
    pushing(*PUSH)
    looks_right(pushing(*RELEASE, "sha-000000000000"))


def test_release_to_a_protected_stage(aws: AwsServer, pushing: Pushing, window: Opened, looks_right: Look) -> None:
    pushing(*PUSH)
    aws.deploy(sample_manifest("daily-report", protected=True))

    opened = window(*RELEASE, TAG)
    opened.until("[y/N]: ")
    opened.press("n\n")
    seen = opened.end()
    agreed = window(*RELEASE, TAG)
    agreed.until("[y/N]: ")
    agreed.press("y\n")

    looks_right(seen)
    assert (seen.code, agreed.end().code) == (2, 0)


def test_run_of_another_command_in_a_protected_stage(aws: AwsServer, window: Opened, looks_right: Look) -> None:
    aws.deploy(sample_manifest("daily-report", protected=True))

    opened = window("run", "daily-report", "-s", "staging", "--", "python", "-m", "report", "--all")
    opened.until("[y/N]: ")
    opened.press("n\n")
    seen = opened.end()

    looks_right(seen)
    assert aws.calls_of("RunTask") == []


def test_rollback(pushing: Pushing, looks_right: Look) -> None:
    for content, commit in (("one", COMMIT), ("two", COMMIT[::-1])):
        pushing(*PUSH[:-1], commit, ENGINE_CONTENT=content)
        pushing(*RELEASE, f"sha-{commit[:12]}")
    looks_right(pushing("rollback", "reports", "-s", "staging"))


def test_rollback_in_a_protected_stage(aws: AwsServer, pushing: Pushing, window: Opened, looks_right: Look) -> None:
    for content, commit in (("one", COMMIT), ("two", COMMIT[::-1])):
        pushing(*PUSH[:-1], commit, ENGINE_CONTENT=content)
        pushing(*RELEASE, f"sha-{commit[:12]}")
    aws.deploy(sample_manifest("daily-report", protected=True))

    opened = window("rollback", "reports", "-s", "staging")
    opened.until("[y/N]: ")
    opened.press("n\n")

    looks_right(opened.end())


def test_usage(window: Opened, looks_right: Look) -> None:
    looks_right(window("run", "daily-report", "--tiemout", "5m").end())


def test_no_stage(window: Opened, looks_right: Look) -> None:
    looks_right(window("list").end())


def test_wrong_account(window: Opened, looks_right: Look, tmp_path: Path) -> None:
    (tmp_path / "batchwright.toml").write_text(
        'project = "batches"\n[stages.staging]\naccount = "222222222222"\nregion = "eu-west-1"\n'
    )
    looks_right(window("list", "-s", "staging").end())


def test_no_permission(aws: AwsServer, window: Opened, looks_right: Look) -> None:
    aws.deploy(sample_manifest())
    aws.faults("GetParameter", faults.access_denied())
    looks_right(window("run", "daily-report", "-s", "staging").end())


def test_help(window: Opened, looks_right: Look) -> None:
    looks_right(window("--help").end())
