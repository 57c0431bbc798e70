from pathlib import Path

from tests.fake_aws import AwsServer
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.account import batchwright
from tests.kit.command import call
from tests.kit.projects import declared, make_project


def test_a_run_that_succeeds_says_nothing(tmp_path: Path) -> None:
    make_project(tmp_path, declared("hello", "echo", "hello"))

    done = call(tmp_path, "run", "hello", "--local", "-q")

    assert (done.code, done.text, done.err) == (0, "hello\n", "")


def test_a_run_that_fails_says_what_there_is_to_say(tmp_path: Path) -> None:
    make_project(tmp_path, declared("hello", "false"))

    done = call(tmp_path, "run", "hello", "--local", "--quiet")

    assert done.code == 1
    assert "owner: platform-team" in done.err
    assert done.last.startswith("batchwright: exit 1: ")
    assert "on this machine" not in done.err


def test_an_error_is_said(tmp_path: Path) -> None:
    make_project(tmp_path, declared("hello", "true"))

    done = call(tmp_path, "run", "hallo", "--local", "-q")

    assert done.code == 2
    assert "Did you mean hello?" in done.err


def test_data_is_printed(aws: AwsServer, tmp_path: Path) -> None:
    aws.deploy(sample_manifest("daily-report"))

    done = batchwright(aws, tmp_path, "list", "-s", "staging", "-q")

    assert "daily-report" in done.text
    assert done.err == ""
