"""Each verb, really started: most tests start the command by a fork, which hides what an import does.

Each exit code is seen so in tests/stories/test_rows.py.
"""

import re
from pathlib import Path

import pytest

from batchwright_runner.cli import _VERBS
from tests.fake_aws import AwsServer, Script, lines
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.account import LONGEST, variables
from tests.kit.command import call
from tests.kit.projects import declared, make_project
from tests.stories.story import start_task, until_past

STAGE = ("-s", "staging")
VERBS: dict[str, tuple[tuple[str, ...], int, str]] = {
    "init": (("sales", "--yes"), 0, "project sales"),
    "new": (("weekly",), 0, "batch weekly"),
    "run": (("daily-report", *STAGE), 3, "exit 3: the container's own code"),
    "runs": (STAGE, 0, "night"),
    "logs": (("night", *STAGE), 0, "ready"),
    "attach": (("night", *STAGE), 3, "exit 3: the container's own code"),
    "stop": (("night", *STAGE), 0, "stopping: arn:|it has ended already"),
    "pause": (("daily-report", "--reason", "a move", *STAGE), 0, "daily-report is paused"),
    "resume": (("daily-report", *STAGE), 0, "daily-report is not paused"),
    "list": (STAGE, 0, "daily-report  finance-systems"),
    "describe": (("daily-report", *STAGE), 0, "daily-report in staging"),
    "permissions": (("hello",), 0, "hello, stage local"),
    "diff": (("--no-such",), 2, "no such option"),
    "catalog": (("--offline", "--format", "json", *STAGE), 0, '"name": "hello"'),
    "params": (("list", *STAGE), 0, "no parameters or secrets are declared"),
    "image": (("list", "reports"), 2, "the registry is not known"),
    "release": (("reports", "--tag", "sha-0123456789ab", "--yes", *STAGE), 2, "no such image 'reports'"),
    "rollback": (("reports", "--yes", *STAGE), 2, "no such image 'reports'"),
    "doctor": ((), 0, "settings"),
    "verify": (STAGE, 1, "1 batch: 1 fail"),
    "alerts": (("test", *STAGE), 2, "stage staging has no alerts"),
    "export": (("crontab", "--cron", "debian", *STAGE), 0, "hello|no batch"),
    "render-files": ((), 125, "there is nothing to render"),
}
"""Verb to its arguments, the exit code, and what it prints, as a regular expression."""


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb(aws: AwsServer, tmp_path: Path, verb: str) -> None:
    arguments, code, printed = VERBS[verb]
    aws.deploy(sample_manifest("daily-report"), Script(lines=lines("ready"), exit_code=3))
    make_project(tmp_path, declared("hello"))
    if verb in ("runs", "logs", "attach", "stop"):
        start_task(aws, startedBy="night")
        until_past(aws.tasks[0].times.started)

    done = call(tmp_path, verb, *arguments, env=variables(aws, tmp_path), seconds=LONGEST, really=True)

    assert done.code == code, done.both
    assert re.search(printed, done.both)


def test_no_verb_is_missing() -> None:
    assert VERBS.keys() == _VERBS.keys()
