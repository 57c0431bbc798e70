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
from tests.runner.workbench.images.support import REGISTRY, TAG, commit, reports
from tests.terminal.conftest import Opened, Shown, Shows, screens
from tests.terminal.window import CTRL_C, CTRL_D, Recording

Look = Callable[[Recording], None]
Pushing = Callable[..., Recording]

PUSH = ("image", "push", "reports", "app")
RELEASE = ("release", "reports", "-s", "staging", "--registry", REGISTRY, "--tag")

SET, UNSET = (("params", verb, "daily-report", "DB_PASSWORD", "-s", "staging") for verb in ("set", "unset"))

ELSEWHERE = 'project = "batches"\n[stages.staging]\naccount = "222222222222"\nregion = "eu-west-1"\n'


def with_a_name_of_controls(aws: AwsServer) -> None:
    deploy(aws)
    aws.put_parameter(f"{OWN}/OLD\u202eNAME", "x")


def with_a_value_of_controls(aws: AwsServer) -> None:
    deploy(aws)
    aws.put_parameter(f"{OWN}/REPORT_TO", "dev@example.com\x1b]0;x\x07\nsecond\tline \u202etxt")


def with_a_password(aws: AwsServer) -> None:
    deploy(aws)
    aws.put_parameter(f"{OWN}/DB_PASSWORD", "x", "SecureString")


def two_batches(aws: AwsServer) -> None:
    aws.deploy(sample_manifest(owner="fin\x1b[31mance\n", description="売上を\u2066送る"))
    aws.deploy(sample_manifest("weekly-report"))


def denied(aws: AwsServer) -> None:
    aws.deploy(sample_manifest())
    aws.faults("GetParameter", faults.access_denied())


SHOWN = {
    "params_list": Shown(
        ["params", "list", "daily-report", "-s", "staging"], stage=with_a_name_of_controls, quiet=True, narrow=True
    ),
    "params_check": Shown(["params", "check", "-s", "staging"], stage=deploy),
    "params_get": Shown(
        ["params", "get", "daily-report", "REPORT_TO", "-s", "staging"], stage=with_a_value_of_controls
    ),
    "params_get_of_a_secret": Shown(["params", "get", "daily-report", "DB_PASSWORD", "-s", "staging"], stage=deploy),
    "params_set_whose_input_ends": Shown(SET, stage=deploy, keys=[("New value of DB_PASSWORD: ", CTRL_D)]),
    "params_set_that_is_interrupted": Shown(SET, stage=deploy, keys=[("New value of DB_PASSWORD: ", CTRL_C)]),
    "params_unset": Shown(UNSET, stage=with_a_password, keys=[("[y/N]: ", "y\n")]),
    "params_unset_that_is_interrupted": Shown(UNSET, stage=deploy, keys=[("[y/N]: ", CTRL_C)]),
    "list": Shown(["list", "-s", "staging"], stage=two_batches, narrow=True),
    "list_as_json": Shown(
        ["list", "-s", "staging", "--json"], stage=lambda aws: aws.deploy(sample_manifest(owner="fin\x9bance"))
    ),
    "image_push_without_an_engine": Shown([*PUSH[:3], "."], env={"PATH": "/nowhere", "BATCHWRIGHT_REGISTRY": REGISTRY}),
    "usage": Shown(["run", "daily-report", "--tiemout", "5m"]),
    "no_stage": Shown(["list"]),
    "wrong_account": Shown(
        ["list", "-s", "staging"], folder=lambda folder: (folder / "batchwright.toml").write_text(ELSEWHERE)
    ),
    "no_permission": Shown(["run", "daily-report", "-s", "staging"], stage=denied),
    "help": Shown(["--help"], narrow=True),
}


@screens(SHOWN)
def test_what_is_shown(shows: Shows, screen: str) -> None:
    shows(SHOWN[screen])


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
        return window(*words, path=str(engine.parent), env={**environment, **more}).end()

    reports(aws)
    (tmp_path / "app").mkdir()
    commit(tmp_path / "app", Dockerfile="FROM scratch\n")
    with OciRegistry(aws.world.images):
        address = aws.world.images.blob_address("", "").split("/")[2]
        environment = {
            "ENGINE_LOG": str(tmp_path / "log"),
            "ENGINE_REGISTRY": address,
            "BATCHWRIGHT_REGISTRY": REGISTRY,
        }
        yield run


def test_params_set(aws: AwsServer, window: Opened, looks_right: Look) -> None:
    deploy(aws)
    opened = window(*SET)
    opened.until("New value of DB_PASSWORD: ")
    opened.press("correct-horse\n")
    opened.until("Repeat value: ")
    opened.press("correct-horse\n")
    seen = opened.end()

    looks_right(seen)
    assert b"correct-horse" not in seen.data
    assert aws.calls_of("PutParameter")[0].body["Value"] == "correct-horse"


def test_image_push(pushing: Pushing, looks_right: Look) -> None:
    looks_right(pushing(*PUSH))


def test_image_push_that_fails(pushing: Pushing, looks_right: Look) -> None:
    looks_right(pushing(*PUSH, ENGINE_FAILS="build"))


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


def release_twice(pushing: Pushing, folder: Path) -> None:
    pushing(*PUSH, "--release", "staging")
    commit(folder / "app", later="")
    pushing(*PUSH, "--release", "staging", ENGINE_CONTENT="two")


def test_rollback(pushing: Pushing, looks_right: Look, tmp_path: Path) -> None:
    release_twice(pushing, tmp_path)
    looks_right(pushing("rollback", "reports", "-s", "staging"))


def test_rollback_in_a_protected_stage(
    aws: AwsServer, pushing: Pushing, window: Opened, looks_right: Look, tmp_path: Path
) -> None:
    release_twice(pushing, tmp_path)
    aws.deploy(sample_manifest("daily-report", protected=True))

    opened = window("rollback", "reports", "-s", "staging")
    opened.until("[y/N]: ")
    opened.press("n\n")

    looks_right(opened.end())
