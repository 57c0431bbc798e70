"""A catalog is made from the files of declared batches."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from batchwright_runner.workbench.page.build import Known
from batchwright_runner.workbench.page.catalog import Results, ShownRun
from batchwright_runner.workbench.page.site.pages import to_json
from tests.runner.workbench.page.site.support import HOSTILE, NIGHTLY, batch, catalog, grant

ROOT = Path(__file__).parents[4]
SCHEMA = json.loads((ROOT / "docs/reference/catalog.schema.json").read_text(encoding="utf-8"))
KNOWN = Known(
    said="seen", results={"aa": Results(runs=(ShownRun(ended="2026-11-24T17:30:00+00:00", ok=True, code=0),))}
)


def closed(schema: Any) -> Any:  # noqa: ANN401 - any JSON
    """The schema in which a field that is not described is a mistake."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    more = {"additionalProperties": False} if schema.get("type") == "object" else {}
    return {name: closed(value) for name, value in schema.items()} | more


def test_a_batch_has_what_its_file_says() -> None:
    (found,) = catalog(
        batch(
            schedule="30 2 * * MON-FRI Asia/Tokyo",
            scheduler="rundeck",
            description="Mails\n  yesterday's sales.",
            secrets=["DB_PASSWORD"],
            retries=2,
            retry_on=[3, "interruption"],
            image={"name": "reports"},
            file={
                "parameters": {
                    "TO": {"path": "/p", "value": "a@b"},
                    "KEY": {"path": "/q", "value": {"unresolved": "Ref"}},
                }
            },
        )
    ).batches

    assert found.description == "Mails yesterday's sales."
    assert (found.owner, found.scheduler, found.image) == ("finance", "rundeck", "reports")
    assert found.command == ("python", "-m", "report")
    assert found.schedule is not None
    assert found.schedule.words == "Monday to Friday at 02:30"
    assert found.schedule.next == ("2026-11-26T02:30+09:00", "2026-11-27T02:30+09:00", "2026-11-30T02:30+09:00")
    assert [(one.name, one.value) for one in found.parameters] == [("TO", "a@b"), ("KEY", None)]
    assert (found.secrets, found.retry_on) == (("DB_PASSWORD",), (3, "interruption"))
    assert (found.cpu, found.memory) == (256, 512)
    assert found.declared_in == "batches/daily_report/batch.py"
    assert found.results is None


def test_what_an_hour_costs_is_known_by_size_and_region_and_not_guessed() -> None:
    here, elsewhere, spot = catalog(
        batch("aa"),
        batch("bb", region="xx-nowhere-1", task_definition="arn:aws:ecs:xx-nowhere-1:111111111111:task-definition/b:1"),
        batch("cc", capacity=["FARGATE_SPOT"]),
    ).batches

    assert here.dollars_an_hour == pytest.approx(0.25 * 0.05056 + 0.5 * 0.00553, rel=0.2)
    assert (elsewhere.dollars_an_hour, spot.dollars_an_hour) == (None, None)


def test_batches_are_found_by_owner_image_and_resource() -> None:
    made = catalog(
        batch("bb", owner="x", image={"name": "shop"}, grants=[grant("s3:GetObject", on=["arn:aws:s3:::sales/*"])]),
        batch("aa", owner="x", image={"name": "shop"}, grants=[grant("s3:PutObject", on=["arn:aws:s3:::sales/in/*"])]),
        batch("cc", owner="y"),
    )

    assert [one.name for one in made.batches] == ["aa", "bb", "cc"]
    assert [(one.name, one.batches) for one in made.owners] == [("x", ("aa", "bb")), ("y", ("cc",))]
    assert [(one.name, one.batches) for one in made.images] == [("cc", ("cc",)), ("shop", ("aa", "bb"))]
    assert [(one.id, one.readers, one.writers) for one in made.resources] == [("s3:sales", ("bb",), ("aa",))]


def test_what_is_declared_and_what_is_only_granted_are_told_apart() -> None:
    (found,) = catalog(
        batch(
            "aa",
            grants=[grant("s3:GetObject", on=["arn:aws:s3:::sales/*"]), grant("sqs:SendMessage", on=["*"])],
            file={"reads": ["mysql:shop.orders"], "writes": ["s3:sales"]},
        )
    ).batches

    assert (found.reads, found.writes, found.may) == (("mysql:shop.orders", "s3:sales"), ("s3:sales",), ())
    (granted,) = catalog(batch("aa", grants=[grant("s3:GetObject", on=["arn:aws:s3:::sales/*"])])).batches
    assert (granted.reads, granted.may) == (("s3:sales",), ("s3:sales",))


def test_a_schedule_that_cannot_be_read_here_says_so_and_hides_nothing_else() -> None:
    first, second = catalog(batch("aa", schedule="0 0 * * * Mars/Olympus"), batch("bb", schedule=NIGHTLY)).batches

    assert first.schedule is not None
    assert second.schedule is not None
    assert "Mars/Olympus" in first.schedule.problem
    assert (first.schedule.text, first.schedule.next) == ("0 0 * * * Mars/Olympus", ())
    assert second.schedule.next


def test_the_schema_is_a_schema_and_up_to_date() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    command = [sys.executable, "docs/generate_catalog_schema.py", "--check"]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize(
    "made",
    [
        catalog(),
        catalog(batch("aa", schedule=NIGHTLY, scheduler="aws", description=HOSTILE), batch("bb"), known=KNOWN),
        catalog(
            batch(
                "aa",
                grants=[grant("s3:*", on=["*"]), grant("sqs:SendMessage", on=[{"unresolved": "Queue.Arn"}])],
                options=[{"name": "DAY", "values": ["MON", "TUE"]}],
                retries=1,
                retry_on=["interruption", 3],
                file={"parameters": {"KEY": {"path": "/q", "value": {"unresolved": "Ref"}}}},
            )
        ),
    ],
)
def test_what_is_printed_is_valid_and_all_of_it_is_described(made: Any) -> None:  # noqa: ANN401 - a catalog
    Draft202012Validator(closed(SCHEMA)).validate(json.loads(to_json(made)))
