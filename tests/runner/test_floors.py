"""What a scheduler's host loads: nothing of the workbench, and of ``run`` few enough lines to be read as a whole."""

import re
from pathlib import Path

import pytest

import batchwright_runner
from tests.fake_aws import AwsServer, Script, lines
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.account import batchwright
from tests.stories.story import start_task

ROOT = Path(__file__).parents[2]
SOURCE = Path(str(batchwright_runner.__file__)).parent
MOST_LINES = 12_000
IMPORTED = re.compile(r"^import time:.*\|\s+(batchwright_runner(?:\.\S+)?)$", re.MULTILINE)
LOADED = re.compile(r"loads about (\d+) modules of the runner, ([\d,]+) lines")
VERBS = {
    "run": ("daily-report",),
    "attach": ("daily-report@night",),
    "stop": ("daily-report@night",),
    "runs": (),
    "logs": ("daily-report@night",),
    "pause": ("daily-report", "--reason", "a full disk"),
    "resume": ("daily-report",),
    "alerts": ("test",),
    "params": ("list",),
    "release": ("reports", "--tag", "sha-0123456789ab", "--yes"),
    "rollback": ("reports", "--yes"),
    "verify": (),
}
"""A host's verbs, each with what makes it go its whole way, or as far as an account without images lets it."""


def loaded_by(verb: str, aws: AwsServer, folder: Path) -> set[str]:
    """The runner's modules that a verb has imported by its end, whenever and wherever: Python writes each to stderr."""
    aws.deploy(sample_manifest(), Script(lines=lines("ready")))
    if verb in ("attach", "stop", "logs"):
        start_task(aws, startedBy="night")
    done = batchwright(aws, folder, verb, *VERBS[verb], "-s", "staging", env={"PYTHONPROFILEIMPORTTIME": "1"})
    assert "defect" not in done.err
    names = {name.removeprefix("batchwright_runner").removeprefix(".") for name in IMPORTED.findall(done.err)}
    return {*names, f"commands.{verb}"}  # which is imported by its name, of which Python says nothing


@pytest.mark.parametrize("verb", VERBS)
def test_a_hosts_verb_loads_nothing_of_the_workbench(aws: AwsServer, tmp_path: Path, verb: str) -> None:
    names = loaded_by(verb, aws, tmp_path)

    assert {"cli", "host.aws.client"} <= names
    assert [name for name in names if name.startswith("workbench")] == []


def test_a_run_loads_few_enough_lines_to_be_read(
    aws: AwsServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [module_file(name) for name in loaded_by("run", aws, tmp_path)]

    count = sum(len(file.read_text(encoding="utf-8").splitlines()) for file in files)
    with capsys.disabled():
        print(f"\nrun -s loads {len(files)} modules of the runner, {count:,} lines")
    assert "RunTask" in {call.operation for call in aws.calls}
    assert count < MOST_LINES
    modules, lines_said = LOADED.findall((ROOT / "SECURITY.md").read_text(encoding="utf-8"))[0]
    assert abs(len(files) - int(modules)) <= 10
    assert abs(count - int(lines_said.replace(",", ""))) <= 500


def module_file(name: str) -> Path:
    path = SOURCE.joinpath(*name.split(".")) if name else SOURCE
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
