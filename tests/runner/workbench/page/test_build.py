"""What a catalog publishes as JSON: made of the files of declared batches, and as its schema describes it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from batchwright_runner.contract.last import Last
from batchwright_runner.workbench.page.batch import Batch
from batchwright_runner.workbench.page.catalog import FORMAT, Catalog, to_json
from tests.runner.workbench.page.site.support import HOSTILE, NIGHTLY, batch, catalog, flow, grant, ran

SCHEMA = json.loads(
    Path(__file__).parents[4].joinpath("docs/reference/catalog.schema.json").read_text(encoding="utf-8")
)


def closed(schema: Any) -> Any:  # noqa: ANN401 - any JSON
    """The schema in which a field that is not described is a mistake."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    more = {"additionalProperties": False} if schema.get("type") == "object" else {}
    return {name: closed(value) for name, value in schema.items()} | more


def published(*batches: Batch) -> dict[str, Any]:
    """What a catalog publishes."""
    data: dict[str, Any] = json.loads(to_json(catalog(*batches)))
    return data


def test_a_batch_has_what_its_file_says() -> None:
    (published_batch,) = published(
        batch(
            schedule="30 2 * * MON-FRI Asia/Tokyo",
            scheduler="rundeck",
            description="Mails\n  yesterday's sales.",
            parameters={"TO": "", "KEY": ""},
            secrets=["DB_PASSWORD"],
            retries=2,
            retry_on=[3, "interruption"],
            image={"name": "reports"},
            environment=[{"name": "LEVEL", "value": "info"}],
            file={
                "parameters": {
                    "TO": {"path": "/p", "value": "a@b"},
                    "KEY": {"path": "/q", "value": {"unresolved": "Ref"}},
                }
            },
        )
    )["batches"]

    assert published_batch["description"] == "Mails yesterday's sales."
    assert (published_batch["owner"], published_batch["scheduler"], published_batch["image"]) == (
        "finance",
        "rundeck",
        "reports",
    )
    assert published_batch["command"] == ["python", "-m", "report"]
    assert published_batch["schedule"] == {
        "text": "30 2 * * MON-FRI Asia/Tokyo",
        "words": "Monday to Friday at 02:30",
        "zone": "Asia/Tokyo",
        "next": ["2026-11-26T02:30+09:00", "2026-11-27T02:30+09:00", "2026-11-30T02:30+09:00"],
        "problem": "",
    }
    assert published_batch["parameters"] == [{"name": "TO", "value": "a@b"}, {"name": "KEY", "value": None}]
    assert published_batch["environment"] == [{"name": "LEVEL", "value": "info"}]
    assert (published_batch["secrets"], published_batch["retry_on"]) == (["DB_PASSWORD"], [3, "interruption"])
    assert (published_batch["cpu"], published_batch["memory"]) == (256, 512)
    assert published_batch["declared_in"] == "batches/daily_report/batch.py"
    assert published_batch["results"] is None


def test_what_an_hour_costs_is_known_by_size_and_region_and_not_guessed() -> None:
    here, elsewhere, spot = published(
        batch("aa"),
        batch("bb", region="xx-nowhere-1", task_definition="arn:aws:ecs:xx-nowhere-1:111111111111:task-definition/b:1"),
        batch("cc", capacity=["FARGATE_SPOT"]),
    )["batches"]

    assert here["dollars_an_hour"] == pytest.approx(0.25 * 0.05056 + 0.5 * 0.00553, rel=0.2)
    assert (elsewhere["dollars_an_hour"], spot["dollars_an_hour"]) == (None, None)


def test_batches_are_found_by_owner_image_and_resource() -> None:
    stage_catalog = catalog(
        batch("bb", owner="x", image={"name": "shop"}, grants=[grant("s3:GetObject", on=["arn:aws:s3:::sales/*"])]),
        batch("aa", owner="x", image={"name": "shop"}, grants=[grant("s3:PutObject", on=["arn:aws:s3:::sales/in/*"])]),
        batch("cc", owner="y"),
    )

    assert [entry.name for entry in stage_catalog.batches] == ["aa", "bb", "cc"]
    assert stage_catalog.owners == {"x": ["aa", "bb"], "y": ["cc"]}
    assert stage_catalog.images == {"cc": ["cc"], "shop": ["aa", "bb"]}
    assert [(resource.id, resource.readers, resource.writers) for resource in stage_catalog.resources] == [
        ("s3:sales", ("bb",), ("aa",))
    ]


def test_what_is_declared_and_what_is_only_granted_differ() -> None:
    read = grant("s3:GetObject", on=["arn:aws:s3:::sales/*"])
    named = {"reads": ["mysql:shop.orders"], "writes": ["s3:sales"]}
    declared, granted = published(
        batch("aa", grants=[read, grant("sqs:SendMessage", on=["*"])], file=named), batch("bb", grants=[read])
    )["batches"]

    assert (declared["reads"], declared["writes"]) == (["mysql:shop.orders", "s3:sales"], ["s3:sales"])
    assert (declared["may"], granted["reads"], granted["may"]) == ([], ["s3:sales"], ["s3:sales"])


def test_a_schedule_that_cannot_be_read_here_says_so_and_hides_nothing_else() -> None:
    first, second = published(batch("aa", schedule="0 0 * * * Mars/Olympus"), batch("bb", schedule=NIGHTLY))["batches"]

    assert "Mars/Olympus" in first["schedule"]["problem"]
    assert (first["schedule"]["text"], first["schedule"]["next"]) == ("0 0 * * * Mars/Olympus", [])
    assert second["schedule"]["next"]


def test_how_runs_ended_is_counted_from_them_and_from_the_record() -> None:
    declared_alone = batch("aa")
    runs = [ran(declared_alone, 3e8 + hour * 3600, 60 + hour, 3 if hour > 3 else 0) for hour in range(6)][::-1]
    from_runs, recorded = (
        published(replace(declared_alone, runs=runs, last=last))["batches"][0]["results"]
        for last in (None, Last(failures=7, durations=(10, 20, 30), succeeded="2026-11-20T00:00:00Z"))
    )

    assert [(run["what"], run["ok"], run["seconds"]) for run in from_runs["runs"][3:]] == [
        ("succeeded", True, 63),
        ("exit 3", False, 64),
        ("exit 3", False, 65),
    ]
    assert (from_runs["failures_in_row"], from_runs["usual_seconds"], from_runs["slow_seconds"]) == (2, 62, 63)
    assert from_runs["last_success"] == from_runs["runs"][3]["ended"]
    assert (recorded["failures_in_row"], recorded["usual_seconds"]) == (7, 20)
    assert recorded["last_success"] == "2026-11-20T00:00:00Z"


FULL = batch("aa", schedule=NIGHTLY, scheduler="aws", description=HOSTILE)


@pytest.mark.parametrize(
    "made",
    [
        catalog(),
        catalog(replace(FULL, runs=[ran(FULL, 3e8, 5, 3, "why")]), batch("bb")),
        catalog(
            batch(
                "aa",
                grants=[grant("s3:*", on=["*"]), grant("sqs:SendMessage", on=[{"unresolved": "Queue.Arn"}])],
                options=[{"name": "DAY", "values": ["MON", "TUE"]}],
                parameters={"KEY": ""},
                retries=1,
                retry_on=["interruption", 3],
                file={"parameters": {"KEY": {"path": "/q", "value": {"unresolved": "Ref"}}}},
            )
        ),
        catalog(
            batch("load"),
            flows=[
                flow(
                    "load",
                    {"parallel": [["load-two"], [{"step": "load-three", "batch": "load"}]]},
                    {"step": "last", "batch": "load", "on_failure": "ignore", "options": {"DAY": "MON"}},
                    always=["tidy"],
                    options=[{"name": "DAY", "values": ["MON"]}],
                )
            ],
        ),
    ],
)
def test_what_is_printed_is_valid_and_all_of_it_is_described(made: Catalog) -> None:
    Draft202012Validator.check_schema(SCHEMA)
    Draft202012Validator(closed(SCHEMA)).validate(json.loads(to_json(made)))
    assert SCHEMA["properties"]["format"]["const"] == FORMAT
