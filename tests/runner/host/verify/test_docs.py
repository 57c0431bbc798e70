"""What docs/on-call.md shows of ``verify`` is what it prints, status and output as a terminal has them."""

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from batchwright_runner.host.verify.verify import CHECKS
from tests.fake_aws import AwsServer
from tests.fake_aws.fixtures import aws as aws
from tests.kit.account import variables
from tests.kit.command import COMMAND
from tests.kit.pages import typed_in
from tests.kit.replay import unhurried
from tests.runner.host.verify.stage import deploy, push

PAGE = Path(__file__).parents[4].joinpath("docs/on-call.md").read_text(encoding="utf-8")
TYPED = typed_in(PAGE)
SHOWN = [typed for typed in TYPED if typed.command.startswith("batchwright verify")]
CODES = {"batchwright verify -s staging": 1}


def plant(aws: AwsServer) -> None:
    """Two batches: one lacks its secret and keeps its log for ever, and a subnet of both is full."""
    push(aws)
    deploy(aws)
    deploy(aws, "weekly-report")
    full, other = aws.world.network.subnets
    full["AvailableIpAddressCount"], other["AvailableIpAddressCount"] = 0, 90
    del aws.world.parameters["/batches/staging/weekly-report/DB_PASSWORD"]
    del aws.world.retention["/batches/staging/weekly-report"]


def printed(aws: AwsServer, folder: Path, command: str) -> tuple[int, list[str]]:
    """The exit code, and the lines of both streams in the order in which they are written."""
    done = subprocess.run(
        [COMMAND, *command.split()[1:]],
        cwd=folder,
        env=variables(aws, folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=90,
    )
    return done.returncode, done.stdout.splitlines()


def same(lines: Sequence[str]) -> list[str]:
    """The lines, of any version."""
    version = re.compile(r"^batchwright: \d[^:\s]*: account")
    return [version.sub("batchwright: 0.0.0: account", line) for line in unhurried(lines)]


def test_a_stage_is_shown() -> None:
    assert [typed.command for typed in SHOWN] == list(CODES)


@pytest.mark.parametrize("number", range(len(SHOWN)), ids=[typed.command for typed in SHOWN])
def test_the_page_shows_what_is_printed(aws: AwsServer, tmp_path: Path, number: int) -> None:
    plant(aws)
    typed = SHOWN[number]

    code, lines = printed(aws, tmp_path, typed.command)

    assert (same(typed.shown), code) == (same(lines), CODES[typed.command])
    after = TYPED[TYPED.index(typed) + 1]
    assert after.command != "echo $?" or list(after.shown) == [str(code)]


def test_the_page_has_a_row_for_each_check() -> None:
    table = PAGE.partition("| check | what is looked at |")[2].partition("\n\n")[0]
    named = {name for row in table.splitlines()[2:] for name in row.split("|")[1].strip().split(", ")}

    assert CHECKS.keys() <= named
