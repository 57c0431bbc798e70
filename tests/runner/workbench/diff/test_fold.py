from typing import Any

import pytest

from batchwright_runner.workbench.diff.changes import Change, ChangeSubject, FailOn, Topic, fold
from tests.runner.workbench.diff.support import Row, each_of, rows

ACCOUNTS = {"dev": "111111111111", "staging": "111111111111", "production": "222222222222"}
REPORT = ChangeSubject(kind="batch", name="report")
GATE = frozenset({FailOn.PERMISSIONS})


def change(stage: str, text: str, **other: Any) -> Change:  # noqa: ANN401 - any attribute
    given = {"about": REPORT, "kind": Topic.PERMISSION, "gates": GATE, **other}
    return Change(text=text, stages=(stage,) if stage else (), **given)


def folded(*changes: Change, stages: tuple[str, ...] = tuple(ACCOUNTS)) -> list[tuple[str, str]]:
    return [(",".join(one.stages), one.text) for one in fold(changes, ACCOUNTS, stages)]


@each_of(rows("fold"))
def test_what_is_put_together(row: Row) -> None:
    given = [change(*line.split(": ", 1)) for line in row.now]

    assert [f"{stages}: {text}" for stages, text in folded(*given)] == row.said


@pytest.mark.parametrize(
    "other", [{"about": ChangeSubject(kind="batch", name="import")}, {"kind": Topic.FACT}, {"gates": frozenset()}]
)
def test_what_differs_in_more_than_its_words_stays_apart(other: dict[str, Any]) -> None:
    for texts in [("may read x", "may read x"), ("A: staging", "A: production"), ("on x-staging", "on x-production")]:
        assert len(fold([change("staging", texts[0]), change("production", texts[1], **other)], ACCOUNTS)) == 2


def test_stages_and_changes_are_in_the_order_of_the_stages() -> None:
    changes = [change("production", "b"), change("production", "a"), change("staging", "a"), change("", "c")]

    assert folded(*changes, stages=("staging", "production")) == [
        ("", "c"),
        ("staging,production", "a"),
        ("production", "b"),
    ]
