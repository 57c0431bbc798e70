"""``batchwright new NAME --steps``: what it writes and says, and what it refuses."""

from pathlib import Path

import pytest

from tests.kit.command import call
from tests.scaffold.project import contents, init


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with three batches."""
    init(tmp_path, "--ci", "none", "--project", "shop", "--stage", "production=111111111111/us-east-1")
    for name in ("extract", "load"):
        assert call(tmp_path, "new", name, "--image", "hello").code == 0
    return tmp_path


def test_it_writes_one_folder_and_says_what_is_next(project: Path) -> None:
    before = contents(project)

    words = ("--steps", "extract, load,hello", "--owner", "finance", "--schedule", "30 2 * * *")
    done = call(project, "new", "nightly", *words)

    after = contents(project)
    assert {path: after[path] for path in before} == before
    folder = "batches/nightly"
    assert set(after) - set(before) == {
        f"{folder}/{file}" for file in ("__init__.py", "workflow.py", "test_nightly.py")
    }
    text = (project / folder / "workflow.py").read_text()
    assert '            owner="finance",\n            schedule=Schedule.cron("30 2 * * *"),\n' in text
    assert '            steps=["extract", "load", "hello"],\n' in text
    starter = "name who starts it with scheduler=, here or of the stage in cdk.json"
    groups = "Parallel(…) groups what runs side by side, Step(…) says more of one"
    assert done.err.splitlines() == [
        "batchwright: workflow nightly: batches/nightly/workflow.py, and a test beside it",
        f"batchwright: edit batches/nightly/workflow.py: its description and owner; {groups}",
        f"batchwright: due every day at 02:30 (UTC): {starter}",
        "batchwright: next:",
        "             batchwright run nightly --local",
        "             make check test",
        "batchwright: schedules that name no time zone are in UTC: timezone in cdk.json",
    ]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["nightly", "--steps", "extract,lode"], "--steps names 'lode', and no batch of the project is called so"),
        (["nightly", "--steps", "extract,lode"], "Did you mean load?"),
        (["nightly", "--steps", "extract,"], "--steps names '', and no batch"),
        (["nightly", "--steps", "weekly"], "--steps names 'weekly', and no batch of the project is called so"),
        (["nightly", "--steps", "load,extract,load"], "--steps names 'load' twice"),
        (["load", "--steps", "extract"], "there is a batch 'load' already: batches/load declares it"),
        (["weekly", "--steps", "extract"], "there is a workflow 'weekly' already: batches/weekly/workflow.py declares"),
        (["weekly"], "there is a workflow 'weekly' already: batches/weekly/workflow.py declares it"),
        (["workflows", "--steps", "extract"], "'workflows' is not a name for a workflow: it is reserved"),
        (["Nightly", "--steps", "extract"], "Did you mean nightly?"),
        (["nightly", "--steps", "extract", "--image", "hello"], "--image was given with --steps"),
        (["nightly", "--steps", "extract", "--language", "ruby"], "--language was given with --steps"),
        (["nightly", "--steps", "extract", "--from", "crontab"], "--steps cannot be combined with --from"),
        (["nightly", "other", "--steps", "extract"], "2 names were given"),
    ],
)
def test_what_cannot_be_writes_nothing(project: Path, words: list[str], why: str) -> None:
    assert call(project, "new", "weekly", "--steps", "load").code == 0
    before = contents(project)

    done = call(project, "new", *words)

    assert (done.code, contents(project)) == (2, before)
    assert why in done.err
