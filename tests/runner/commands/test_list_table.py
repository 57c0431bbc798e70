from datetime import UTC, datetime

from batchwright_runner.commands.list_table import list_table
from batchwright_runner.contract.last import Last
from batchwright_runner.contract.moments import show_in
from batchwright_runner.contract.pauses import Pause
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from batchwright_runner.contract.workflows.structure import WorkflowStep
from batchwright_runner.workbench.page.batch import Batch
from batchwright_runner.workbench.page.workflow import KnownWorkflow
from tests.kit.manifests import manifest

NOW = datetime(2026, 11, 25, 4, 30, tzinfo=UTC)


def a_batch(name: str, *, last: Last | None = None, pause: Pause | None = None, **fields: object) -> Batch:
    declared = manifest(name, owner="sre", description="Mails  it.", image={"name": "tools"}, **fields)
    return Batch(manifest=declared, now=NOW, last=last, pause=pause)


def test_without_schedules_the_images_are_shown() -> None:
    head, rows = list_table([a_batch("hello")])

    assert list(head) == ["NAME", "OWNER", "IMAGE", "DESCRIPTION"]
    assert [list(row) for row in rows] == [["hello", "sre", "tools", "Mails it."]]


def test_with_schedules_when_who_and_the_next_time_are_shown() -> None:
    show_in(lambda: "Asia/Tokyo")
    nightly = a_batch("nightly", schedule="30 2 * * * Asia/Tokyo", scheduler="rundeck")
    weekly = a_batch("weekly", schedule="0 9 * * MON Asia/Tokyo")

    head, rows = list_table([nightly, weekly, a_batch("by-hand")])

    assert list(head) == ["NAME", "OWNER", "SCHEDULE", "STARTED BY", "NEXT (JST)", "DESCRIPTION"]
    assert [list(row)[:-1] for row in rows] == [
        ["nightly", "sre", "30 2 * * *", "rundeck", "2026-11-26 02:30"],
        ["weekly", "sre", "0 9 * * MON", "nobody", "2026-11-30 09:00"],
        ["by-hand", "sre", "-", "nobody", "-"],
    ]


def test_a_step_has_the_schedule_of_nobody_but_its_workflow() -> None:
    step = a_batch("load", schedule="30 2 * * * UTC")
    own = a_batch("report", schedule="30 5 * * * UTC", scheduler="cron")
    flow = WorkflowManifest(
        project="batches",
        stage="staging",
        name="nightly",
        owner="sre",
        machine="arn:aws:states:eu-west-1:111111111111:stateMachine:batches-staging-nightly",
        steps=(WorkflowStep(name="load"), WorkflowStep(name="report")),
    )

    _, rows = list_table([step, own], workflows=[KnownWorkflow(record=flow, now=step.now)])

    assert [list(row)[2:5] for row in rows] == [
        ["-", "nightly", "-"],
        ["30 5 * * *", "cron, nightly", "2026-11-25 05:30"],
    ]


def test_a_schedule_of_another_zone_says_it_and_is_due_by_the_same_clock() -> None:
    show_in(lambda: "Asia/Tokyo")
    head, rows = list_table(
        [a_batch("tokyo", schedule="30 2 * * * Asia/Tokyo"), a_batch("paris", schedule="30 2 * * * Europe/Paris")]
    )

    assert head[4] == "NEXT (JST)"
    assert [row[2] for row in rows] == ["30 2 * * *", "30 2 * * * Europe/Paris"]
    assert [row[4] for row in rows] == ["2026-11-26 02:30", "2026-11-26 10:30"]


def test_a_schedule_that_is_not_understood_here_hides_nothing_else() -> None:
    _, rows = list_table([a_batch("report", schedule="30 2 * * * Mars/Olympus", scheduler="cron")])

    assert list(rows[0])[2:5] == ["30 2 * * * Mars/Olympus", "cron", "not known here"]


def test_the_last_ends_are_shown_where_some_are_known() -> None:
    show_in(lambda: "Asia/Tokyo")
    failed, good = (Last(ended="2026-11-24T17:31:07Z", verdict=f"Batchwright.Exit{code}", code=code) for code in (3, 0))
    given = [
        a_batch("tokyo", schedule="30 2 * * * Asia/Tokyo", last=failed),
        a_batch("mars", schedule="30 2 * * * Mars/Olympus", last=good),
        a_batch("fresh", last=Last()),
        a_batch("unknown"),
    ]

    head, rows = list_table(given)

    assert list(head)[-3:-1] == ["NEXT (JST)", "LAST RUN"]
    assert [row[-2] for row in rows] == ["exit 3, 2026-11-25 02:31", "succeeded, 2026-11-25 02:31", "-", "-"]


def test_where_one_is_paused_a_column_says_so() -> None:
    held, until = Pause(reason="a move"), Pause(reason="a move", until="2026-11-26T09:00:00Z")

    head, rows = list_table([a_batch("hello", pause=held), a_batch("report", pause=until), a_batch("runs")])

    assert list(head) == ["NAME", "OWNER", "IMAGE", "PAUSED (UTC)", "DESCRIPTION"]
    assert [row[3] for row in rows] == ["yes", "until 2026-11-26 09:00", "-"]


def test_what_is_left_to_do_has_a_column_where_something_is() -> None:
    given = [a_batch("load", unfinished="subnets, options.DATE, options.MODE, TZ"), a_batch("report")]
    head, rows = list_table(given)

    assert head[-2] == "UNFINISHED"
    assert [row[-2] for row in rows] == ["subnets, options.DATE, option…", "-"]
