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
from tests.runner.commands.verbs import VERBS
from tests.stories.story import start_task, until_past


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
