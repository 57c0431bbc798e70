"""Jobs joined with task definitions, and owners that differ between stages."""

from dataclasses import replace

from batchwright_runner.workbench.moving.batches import declare
from batchwright_runner.workbench.moving.crontab import read_crontab
from batchwright_runner.workbench.moving.jobs import Definition, ForeignJob, ForeignOption, JobStep, SourcePlace
from batchwright_runner.workbench.moving.join import JoinedBatch, MoveTarget, Part, join
from batchwright_runner.workbench.moving.values import StagePlace

STAGES = ["staging", "production"]
ALONE = "overlap= refuses only a second run of the same batch"
JOB = ForeignJob(
    place=SourcePlace("jobs.yaml", 1),
    name="report",
    step=JobStep(family="shop"),
    scheduler="rundeck",
    owner="shop-team",
)


def defined(stage: str, image: str) -> Definition:
    data = {"family": "shop", "containerDefinitions": [{"name": "app", "image": image}]}
    return Definition(file="shop.json", data=data, family="shop", stage=stage, shared_family="shop")


def test_a_stages_own_definition_comes_before_that_of_no_stage() -> None:
    definitions = [defined("", "any"), defined("staging", "own")]

    (batch,), unwritable = join([JOB], MoveTarget(project="shop", stages=STAGES, definitions=definitions))

    assert not unwritable
    images = {stage: part.definition and part.definition.main()["image"] for stage, part in batch.parts.items()}
    assert images == {"staging": "own", "production": "any"}


def test_a_lock_of_several_batches_is_left_to_do() -> None:
    lines = [
        "flock -n /lock/a one",
        "flock -n /lock/a two",
        "flock -n /lock/b three",
        "flock -w 9 /lock/a four",
        "flock -n /lock/a ecs-task run -c main -d shop",
    ]
    reading = read_crontab("".join(f"0 1 * * * {line}\n" for line in lines), "crontab")
    target = MoveTarget(project="shop", stages=STAGES, definitions=[defined("", "any")])

    batches, unwritable = join(reading.jobs, target)

    assert not unwritable
    todos = {batch.name: [todo.advice for todo in batch.parts["staging"].job.todos] for batch in batches}
    assert todos == {
        "one": [f"no run of two, flock-a, shop was beside its own either; {ALONE}"],
        "two": [f"no run of one, flock-a, shop was beside its own either; {ALONE}"],
        "three": [],
        "flock-a": [],
        "shop": [f"no run of one, two, flock-a was beside its own either; {ALONE}"],
    }


def test_an_owner_is_a_todo_only_where_a_stages_job_names_another_one() -> None:
    def todos(owner: str) -> list[str]:
        parts = {"staging": Part(replace(JOB, owner=owner), None), "production": Part(JOB, None)}
        places = {name: StagePlace(name=name) for name in STAGES}
        return [todo.text for todo in declare(JoinedBatch(name="report", job=JOB, parts=parts), places, "us").todos]

    assert (todos(""), todos("shop-team"), todos("others")) == ([], [], ["owner: others"])


def test_the_value_that_an_option_replaces_is_shown_unless_it_is_a_secret() -> None:
    options = [ForeignOption(name="DB_PASSWORD"), ForeignOption(name="LEVEL")]
    step = replace(JOB.step, environment={"DB_PASSWORD": "hunter2", "LEVEL": "info"})
    job = replace(JOB, step=step, options=options)

    made = declare(
        JoinedBatch(name="report", job=job, parts={"staging": Part(job, None)}), {"staging": StagePlace(name="x")}, "us"
    )

    todos = {todo.field: todo.text for todo in made.todos}
    assert (todos["options.DB_PASSWORD"], todos["options.LEVEL"]) == ("…", "info")
