"""What a catalog publishes as JSON: made of the files of declared batches, and as its schema describes it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from batchwright_runner.contract.last import Last
from batchwright_runner.contract.pauses import Pause
from batchwright_runner.contract.verdicts import Row, name
from batchwright_runner.contract.watch import Watch
from batchwright_runner.host.releases.record import ReleaseRecord
from batchwright_runner.workbench.page.batch import Batch, Unseen
from batchwright_runner.workbench.page.catalog import Catalog
from batchwright_runner.workbench.page.data import FORMAT
from batchwright_runner.workbench.page.past import past_of
from batchwright_runner.workbench.page.site.pages import to_json
from tests.runner.workbench.page.site.support import HOSTILE, NIGHTLY, batch, catalog, flow, grant, pages, ran

SCHEMA = json.loads(
    Path(__file__).parents[4].joinpath("docs/reference/catalog.schema.json").read_text(encoding="utf-8")
)


def closed(schema: Any) -> Any:  # noqa: ANN401 - any JSON
    """The schema in which a field that is not described is a mistake."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    more = {"additionalProperties": False} if "required" in schema else {}
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
    assert (published_batch["owner"], published_batch["scheduler"], published_batch["image"]["name"]) == (
        "finance",
        "rundeck",
        "reports",
    )
    assert published_batch["command"] == ["python", "-m", "report"]
    assert published_batch["schedule"] == "30 2 * * MON-FRI Asia/Tokyo"
    assert published_batch["due"] == {
        "words": "Monday to Friday at 02:30",
        "zone": "Asia/Tokyo",
        "next": ["2026-11-26T02:30+09:00", "2026-11-27T02:30+09:00", "2026-11-30T02:30+09:00"],
        "problem": "",
    }
    assert published_batch["parameters"] == {"TO": "a@b", "KEY": None}
    assert published_batch["environment"] == {"LEVEL": "info"}
    assert (published_batch["secrets"], published_batch["retry_on"]) == (["DB_PASSWORD"], [3, "interruption"])
    assert (published_batch["size"]["cpu"], published_batch["size"]["memory"]) == (256, 512)
    assert published_batch["declared_in"] == "batches/daily_report/batch.py"
    assert published_batch["results"] is None


def test_what_an_hour_costs_is_known_by_size_and_region_and_not_guessed() -> None:
    here, elsewhere, spot = published(
        batch("aa"),
        batch("bb", region="xx-nowhere-1", task_definition="arn:aws:ecs:xx-nowhere-1:111111111111:task-definition/b:1"),
        batch("cc", capacity=["FARGATE_SPOT"]),
    )["batches"]

    assert here["cost"]["hour"]["dollars"] == pytest.approx(0.25 * 0.05056 + 0.5 * 0.00553, rel=0.2)
    assert [entry["cost"]["hour"]["dollars"] for entry in (elsewhere, spot)] == [None, None]


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

    assert [
        [f"{edge['direction']} {edge['resource']} {'declared' if edge['declared'] else 'granted'}" for edge in entry]
        for entry in (declared["edges"], granted["edges"])
    ] == [
        [
            "reads mysql:shop.orders declared",
            "reads s3:sales granted",
            "writes s3:sales declared",
            "writes sqs:* granted",
        ],
        ["reads s3:sales granted"],
    ]


def test_a_schedule_that_cannot_be_read_here_says_so_and_hides_nothing_else() -> None:
    first, second = published(batch("aa", schedule="0 0 * * * Mars/Olympus"), batch("bb", schedule=NIGHTLY))["batches"]

    assert "Mars/Olympus" in first["due"]["problem"]
    assert (first["schedule"], first["due"]["next"]) == ("0 0 * * * Mars/Olympus", [])
    assert second["due"]["next"]


def test_how_runs_ended_is_counted_from_them_and_from_the_record() -> None:
    declared_alone = batch("aa")
    runs = [ran(declared_alone, 3e8 + hour * 3600, 60 + hour, 3 if hour > 3 else 0) for hour in range(6)][::-1]
    from_runs, recorded = (
        past_of(runs, last or Last())
        for last in (None, Last(failures=7, durations=(10, 20, 30), succeeded="2026-11-20T00:00:00Z"))
    )

    assert [(bar.word, bar.kind, bar.seconds) for bar in from_runs.bars[3:]] == [
        ("succeeded", "succeeded", 63),
        ("exit 3", "failed", 64),
        ("exit 3", "failed", 65),
    ]
    assert (from_runs.failures_in_row, from_runs.usual_seconds, from_runs.slow_seconds) == (2, 62, 63)
    assert from_runs.last_success == from_runs.bars[3].ended
    assert (recorded.failures_in_row, recorded.usual_seconds) == (7, 20)
    assert recorded.last_success == "2026-11-20T00:00:00Z"


def test_the_last_runs_are_a_strip_that_colors_add_nothing_to() -> None:
    usual, night = batch("aa"), 86400
    took = [(720, 0), (700, 0), (1400, 0), (720, 0), (300, 3), (740, 0), (1800, 0)]
    runs = [ran(usual, 3e8 + at * night, seconds, code) for at, (seconds, code) in enumerate(took)]

    past = past_of(runs[::-1], Last())
    gave_way = past_of([], Last(ended="2026-11-20T00:00:00Z", verdict=name(Row.OVERLAP, 123)))

    assert (past.strip, past.words) == ("▂▂▄▂x▂▅", "usually 12m10s, 1 of 7 failed")
    assert past.bars[4].said == "Mon 1979-07-09 05:25 UTC: exit 3, 5m00s"
    assert (gave_way.strip, gave_way.words, gave_way.failures_in_row) == ("·", "none of 1 failed", 0)
    page = pages(replace(usual, runs=runs))["batch/aa.html"]
    assert 'aria-label="7 runs, the oldest first; usually 12m10s, 1 of 7 failed"' in page
    assert page.count('<rect class="ok"') == 6
    assert page.count('<path class="failed"') == 1
    assert "▂" not in page


RECORDS: dict[str, Any] = {
    "pause": Pause(reason="month's end", by="a/ann", until="2026-12-01T09:00:00Z"),
    "last": Last(ended="2026-11-20T00:00:00Z", verdict="Batchwright.Exit3", code=3, durations=(5, 6, 7)),
    "release": ReleaseRecord(image="aa", digest="sha256:0", tag="sha-0", by="a/ann", at="2026-11-20T00:00:00Z"),
    "watch": Watch(alerts={"after_failures": 2}, window_seconds=60),
    "unseen": [Unseen("its runs", "the caller may not look")],
}
"""What ``list`` and ``describe`` know of a deployed batch, too."""
FULL = batch("aa", schedule=NIGHTLY, scheduler="aws", description=HOSTILE)


def test_the_cost_of_its_machine_is_shown_where_aws_starts_it_alone() -> None:
    shown, hidden = (pages(each)["batch/aa.html"] for each in (FULL, batch("aa", schedule=NIGHTLY)))

    assert "about $0.00023 a run, beside Fargate: 7 transitions and 2 calls of its function" in shown
    assert "its machine" not in hidden


@pytest.mark.parametrize(
    "made",
    [
        catalog(),
        catalog(replace(FULL, runs=[ran(FULL, 3e8, 5, 3, "why")], **RECORDS), batch("bb")),
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
