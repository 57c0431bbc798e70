"""``batchwright new --from rundeck`` of jobs that refer to other jobs: the workflows that it writes."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.kit.command import call
from tests.kit.moving import definition, job, move, write_project
from tests.kit.rundeck import read_jobs
from tests.scaffold.project import contents, run


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write_project(tmp_path / "project")


def child(name: str, *, stage: str = "production", **changes: object) -> dict[str, Any]:
    return job(name, f"run-batch {stage} shop rake a", schedule=None, **changes)


def ref(name: str, **changes: object) -> dict[str, Any]:
    return {"jobref": {"name": name, "group": "daily", **changes}}


def parent(
    name: str, *commands: dict[str, Any], keepgoing: bool = False, strategy: str = "node-first", **changes: object
) -> dict[str, Any]:
    sequence = {"commands": commands, "keepgoing": keepgoing, "strategy": strategy}
    return job(name, "", sequence=sequence, **changes)


def workflow(project: Path, name: str) -> str:
    return (project / f"batches/{name}/workflow.py").read_text(encoding="utf-8")


def test_what_is_written_synthesizes(project: Path) -> None:
    by_uuid = child("Close orders")
    night = parent(
        "night run",
        ref("another name", uuid=by_uuid["uuid"], nodeStep="true"),
        ref("load"),
        description="Closes the day.\n\nOwner: finance\nRunbook: https://wiki.example.com/night\n\nAsk first.",
    )
    others = [
        parent("beside", ref("load"), ref("Close orders"), strategy="parallel", scheduleEnabled=False),
        parent("all", ref("load"), ref("Close orders"), ref("load"), keepgoing=True),
    ]

    done = move(project, [night, by_uuid, child("load"), *others])

    assert done.code == 0, done.err
    assert "5 of 5 jobs from Rundeck written\n" in done.err
    assert "batches/night_run/workflow.py: night-run" in done.err
    assert "# Ask first." in workflow(project, "night_run")
    synthesized = run(project, sys.executable, "app.py", CDK_OUTDIR="cdk.out")
    assert synthesized.code == 0, synthesized.err
    files = {file.stem: json.loads(file.read_text()) for file in project.glob("cdk.out/workflows/production/*.json")}
    record = files["night-run"]["workflow"]
    assert record["steps"] == ["close-orders", "load"]
    assert record["schedule"].startswith("30 2 * * * ")
    assert (record["owner"], record["description"], record["scheduler"]) == ("finance", "Closes the day.", "rundeck")
    assert files["night-run"]["rundeck_uuid"] == night["uuid"]
    assert files["beside"]["workflow"]["steps"] == [{"parallel": [["load"], ["close-orders"]]}]
    assert not files["beside"]["workflow"].get("scheduler")
    assert files["all"]["workflow"]["steps"] == [
        {"step": "load", "on_failure": "fail-at-end"},
        {"step": "close-orders", "on_failure": "fail-at-end"},
        {"step": "load-2", "batch": "load", "on_failure": "fail-at-end"},
    ]


def test_of_two_jobs_of_one_name_a_step_is_the_one_that_it_refers_to(project: Path) -> None:
    jobs = [child("load"), child("load", group="other"), parent("night", ref("load"), ref("load", group="other"))]

    done = move(project, jobs)

    assert done.code == 1
    assert "it would be a second batch load" in done.err
    assert "Give one of them another name: --name other/load=NEW" in done.err
    assert "# - sequence.commands[1].jobref: other/load (no batch is known for it" in workflow(project, "night")
    assert 'steps=["load"]' in workflow(project, "night")

    done = move(project, [*jobs[:2], parent("night2", *jobs[2]["sequence"]["commands"])], "--name", "other/load=other")

    assert "it is the batch 'load' of batches/load already" in done.err
    assert 'steps=["load", "other"]' in workflow(project, "night2")


def test_the_jobs_of_two_stages_are_one_workflow(project: Path) -> None:
    children = [child(f"{name}-{stage}", stage=stage) for stage in ("staging", "production") for name in ("a1", "a2")]
    parents = [
        parent("night-staging", ref("a1-staging"), schedule=None),
        parent("night-production", ref("a1-production"), ref("a2-production"), description="Night."),
    ]

    done = move(project, [*children, *parents])

    assert done.code == 0, done.err
    source = workflow(project, "night")
    assert 'steps=["a1", "a2"]' in source
    assert all(parent["uuid"] in source for parent in parents)
    assert 'schedule=Schedule.daily("02:30")' in source


def test_a_workflow_exists_where_all_of_its_steps_do(project: Path) -> None:
    house = project.parent / "only"
    (house / "ecs/production").mkdir(parents=True)
    (house / "ecs/production/new.json").write_text(json.dumps(definition("shop-new", "production")))
    new = job("new", "run-batch production shop-new rake b", schedule=None)

    jobs = [child("load"), new, parent("night", ref("load"), ref("new"))]
    done = move(project, jobs, "--task-definitions", str(house / "ecs"))

    assert done.code == 0, done.err
    assert 'stages = frozenset({"production"})' in workflow(project, "night")


def test_what_is_incomplete_has_no_scheduler(project: Path) -> None:
    odd = parent(
        "odd",
        ref("load", args="-token hunter2hunter2"),
        {"exec": "ls"},
        ref("nobody"),
        ref("night"),
        {**ref("close"), "errorhandler": {"exec": "mail"}},
        options=[{"name": "date", "description": "The day"}, {"name": "key", "secure": True, "storagePath": "keys/k"}],
        nodefilters={"filter": "tags: x"},
    )

    done = move(project, [child("load"), child("close"), parent("night", ref("load")), odd])

    assert done.code == 0, done.err
    assert "1 has a TODO and is started by nobody until it is done" in done.err
    assert "TODO in batches/odd/workflow.py:" in done.err
    source = workflow(project, "odd")
    for todo in (
        "sequence.commands[0].jobref.args: ",
        'sequence.commands[1]: {"exec": "ls"}',
        "sequence.commands[2].jobref: daily/nobody",
        "sequence.commands[3].jobref: daily/night",
        'sequence.commands[4].errorhandler: {"exec": "mail"}',
        "options.date: The day",
        "options.key: Rundeck's key storage, keys/k",
        'nodefilters: {"filter": "tags: x"}',
    ):
        assert f"# - {todo}" in source
    assert 'steps=["load", "close"]' in source
    assert 'scheduler="nobody"' in source
    assert 'then delete unfinished= and write scheduler="rundeck"' in source
    assert 'unfinished=["…ce.commands[2].jobref", "…ce.commands[3].jobref", "6 more"]' in source
    assert 'scheduler="rundeck"' in workflow(project, "night")


@pytest.mark.parametrize(
    ("jobs", "words", "lines"),
    [
        (
            (child("load", retry="2"), child("close"), parent("night", ref("close"), ref("load"))),
            (),
            [
                "# - sequence.commands[1].jobref: load (it has a TODO of its own)",
                'steps=["close", "load"]',
                'scheduler="nobody"',
            ],
        ),
        (
            (child("load"), parent("night", ref("load"), ref("load"), strategy="parallel")),
            (),
            [
                'steps=[Parallel("load")]',
                "# - sequence.commands[1].jobref: load (it would run beside itself, and is here once)",
            ],
        ),
        (
            (child("読込"), parent("夜間", ref("読込"))),
            ("--name", "読込=load", "--name", "夜間=night"),
            ['steps=["load"]'],
        ),
    ],
    ids=["a step that is not whole", "a batch beside itself", "names that a person gives"],
)
def test_what_a_workflow_says_of_its_steps(
    project: Path, jobs: tuple[dict[str, Any], ...], words: tuple[str, ...], lines: list[str]
) -> None:
    move(project, jobs, *words)

    source = workflow(project, "night")
    assert [expected for expected in lines if expected not in source] == []


def test_batches_that_are_there_are_steps(project: Path) -> None:
    exported = job("load", "batchwright run load -s production")
    assert move(project, [child("load")]).code == 0

    done = move(project, [exported, parent("night", ref("load"))])

    assert "1 of 2 jobs from Rundeck written" in done.err
    assert 'steps=["load"]' in workflow(project, "night")


def test_a_folder_that_is_taken_is_left_alone(project: Path) -> None:
    (project / "batches/night").mkdir(parents=True)
    before = contents(project)

    done = move(project, [child("a1"), child("a2"), parent("shop", ref("a1")), parent("night", ref("a1"))])

    assert done.code == 0, done.err
    assert before.items() <= contents(project).items()
    assert not list((project / "batches/night").iterdir())
    assert "class Shop(Workflow)" in workflow(project, "shop_2")
    assert "class Night(Workflow)" in workflow(project, "night_2")


def test_a_second_call_touches_nothing(project: Path) -> None:
    jobs = child("load"), parent("night", ref("load"))
    move(project, jobs)
    before = contents(project)

    done = move(project, jobs)

    assert (done.code, contents(project)) == (1, before)
    assert "it is the workflow 'night' of batches/night/workflow.py already" in done.err


@pytest.mark.parametrize(
    ("jobs", "words", "why"),
    [
        ([parent("night", ref("nobody"))], (), "night: none of its steps is a job that becomes a batch"),
        ([child("load"), parent("night", ref("load"))], ("--only", "night"), "none of its steps is a job that becomes"),
        ([child("load"), parent("night", *[ref("load")] * 101)], (), "night: it has more than 100 steps"),
        ([child("load"), parent("load", ref("load"))], (), "it would be a second batch load"),
        (
            [child("load"), parent("run-staging", ref("load")), child("run-production")],
            (),
            "run-production: it starts jobs in one stage, and a task in another",
        ),
    ],
)
def test_what_can_be_no_workflow_is_reported(
    project: Path, jobs: list[dict[str, Any]], words: tuple[str, ...], why: str
) -> None:
    done = move(project, jobs, *words)

    assert done.code == 1
    assert why in done.err
    assert not list(project.glob("batches/*/workflow.py"))


def test_what_has_a_todo_is_exported_when_its_line_is_deleted_and_its_workflow_after_it(project: Path) -> None:
    open_step = child("load", retry="3")
    night = parent("night", ref("load"), ref("count"))
    assert move(project, [open_step, child("count"), night]).code == 0
    names = [f"export rundeck -s production {option}".split() for option in ("", "--only load", "--only count")]

    whole, refused, alone = (call(project, *words) for words in names)

    assert {job["name"] for job in read_jobs(whole.text)} == {"count"}
    assert "; not exported, as unfinished: load (retry), night (" in whole.err
    assert (refused.code, refused.text) == (2, "")
    assert "load is not exported, as unfinished: retry. Do it, delete unfinished= in the declaration" in refused.err
    assert [job["name"] for job in read_jobs(alone.text)] == ["count"]
    delete_lines(project, "batches/night/workflow.py")
    left = call(project, *names[0])
    assert "; not exported, as unfinished: load (retry), night (load: retry)" in left.err
    (table,) = project.glob("batches/*/batch.py")
    delete_lines(project, str(table.relative_to(project)))
    assert {job["name"] for job in read_jobs(call(project, *names[0]).text)} == {"count", "load", "night"}


def delete_lines(project: Path, file: str) -> None:
    lines = (project / file).read_text().splitlines(keepends=True)
    (project / file).write_text("".join(line for line in lines if not re.match(r'\s*"?unfinished', line)))
