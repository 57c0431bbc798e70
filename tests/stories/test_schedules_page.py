"""The consoles of docs/schedules.md: what they show is what the commands print."""

import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.fake_aws import AwsServer, Script, Term, lines
from tests.fake_aws.fixtures import sample_manifest
from tests.fake_aws.services import states
from tests.kit.account import batchwright
from tests.kit.pages import Typed, typed_in
from tests.kit.replay import unhurried

PAGE = Path(__file__).parents[2] / "docs/schedules.md"
ACCOUNT, REGION = "222222222222", "ap-northeast-1"
FAMILY = "batches-production-daily-report"
MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{FAMILY}"
RUN = "3f0c6a52-9d1e-4c0e-8f55-0d4a3c1f7a11"
MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")


@pytest.fixture
def aws() -> Iterator[AwsServer]:
    """The account of the page, in which one batch is deployed that AWS starts."""
    with AwsServer(account=ACCOUNT, region=REGION) as server:
        server.world.session = "alice"
        declaration = sample_manifest(
            "daily-report",
            stage="production",
            account=ACCOUNT,
            region=REGION,
            cluster="batches-production",
            task_definition=f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/{FAMILY}:7",
            log_group="/batches/production/daily-report",
            history_log_group="/batches/production/platform/runs",
            schedule="30 2 * * * Asia/Tokyo",
            scheduler="aws",
            timezone="Asia/Tokyo",
            machine=MACHINE,
            deadline=None,
        )
        server.deploy(declaration, Script(lines=lines("ready"), runs=60.0, term=Term(exit_code=0, after=0.3)))
        yield server


def consoles(heading: str) -> list[Typed]:
    """The commands of a section."""
    page = PAGE.read_text(encoding="utf-8")
    (section,) = re.findall(rf"^#+ {heading}\n(.*?)(?=^#|\Z)", page, re.MULTILINE | re.DOTALL)
    return typed_in(section)


def replay(aws: AwsServer, folder: Path, heading: str) -> list[str]:
    """Runs the commands of a section, each of which prints what the page shows; returns the commands."""
    found = consoles(heading)
    for typed in found:
        words = shlex.split(typed.command)
        assert words[0] == "batchwright"
        done = batchwright(aws, folder, *words[1:], env={"BATCHWRIGHT_PROJECT": "batches"})
        assert plain((done.text + done.err).splitlines()) == plain(typed.shown), typed.command
    return [typed.command for typed in found]


def plain(shown: Sequence[str]) -> list[str]:
    """Lines without what differs from one time to another."""
    return [MOMENT.sub("then", line) for line in unhurried(shown)]


def test_pausing(aws: AwsServer, tmp_path: Path) -> None:
    states.begin(aws.world, MACHINE, RUN)

    assert len(replay(aws, tmp_path, "Pausing a batch")) == 2
