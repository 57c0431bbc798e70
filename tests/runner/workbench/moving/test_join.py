"""Jobs joined with task definitions, and owners that differ between stages."""

from dataclasses import replace

from batchwright_runner.workbench.moving.batches import declare
from batchwright_runner.workbench.moving.jobs import Definition, ForeignJob, JobStep, SourcePlace
from batchwright_runner.workbench.moving.join import JoinedBatch, MoveTarget, Part, join
from batchwright_runner.workbench.moving.values import StagePlace

STAGES = ["staging", "production"]
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


def test_an_owner_is_a_todo_only_where_a_stages_job_names_another_one() -> None:
    def todos(owner: str) -> list[str]:
        parts = {"staging": Part(replace(JOB, owner=owner), None), "production": Part(JOB, None)}
        places = {name: StagePlace(name=name) for name in STAGES}
        return [todo.text for todo in declare(JoinedBatch(name="report", job=JOB, parts=parts), places, "us").todos]

    assert (todos(""), todos("shop-team"), todos("others")) == ([], [], ["owner: others"])
