"""Jobs joined with task definitions, and owners that differ between stages."""

from dataclasses import replace

from batchwright_runner.workbench.moving.batches import House, declare
from batchwright_runner.workbench.moving.jobs import (
    Definition,
    ForeignJob,
    ForeignOption,
    JobStep,
    SourcePlace,
    StagePlace,
)
from batchwright_runner.workbench.moving.join import JoinedBatch, MoveTarget, Part, join

STAGES = ["production", "staging"]
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


def test_the_value_that_an_option_replaces_is_shown_unless_it_is_a_secret() -> None:
    options = [ForeignOption(name="DB_PASSWORD"), ForeignOption(name="LEVEL")]
    step = replace(JOB.step, environment={"DB_PASSWORD": "hunter2", "LEVEL": "info"})
    job = replace(JOB, step=step, options=options)

    house = House(stages={"staging": StagePlace(name="x")}, owner="us")
    made = declare(JoinedBatch(name="report", job=job, parts={"staging": Part(job, None)}), house)

    todos = {todo.field: todo.text for todo in made.todos}
    assert (todos["options.DB_PASSWORD"], todos["options.LEVEL"]) == ("…", "info")
