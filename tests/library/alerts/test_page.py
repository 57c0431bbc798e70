"""docs/alerts.md shows what arrives: the machine itself says it, for every row."""

from pathlib import Path
from typing import Any

import pytest

from batchwright.alerts.facts import AlertsFacts
from batchwright.alerts.machine import alerts_machine
from batchwright.names import StageNames
from batchwright_runner.contract.judgment.verdict import Ending
from batchwright_runner.contract.last import Last
from batchwright_runner.contract.names import last_path, manifest_path
from batchwright_runner.contract.notices.note import WHAT
from batchwright_runner.contract.verdicts import Row, word
from batchwright_runner.workbench.alerts.preview import MISSED, OTHERS
from batchwright_runner.workbench.alerts.samples import LINES, SAMPLES, SILENT
from docs import generate_alerts as page
from tests.kit.alerts_account import AlertsAccount
from tests.kit.scripted_ecs import End
from tests.library.alerts.support import PLACE, task_event

ROOT = Path(__file__).parents[3]
TASK = "arn:aws:ecs:eu-west-1:111111111111:task/batches-production/0123456789abcdef0123456789abcdef"
FAMILY = page.BATCH.task_definition
TEXT = page.PAGE.read_text(encoding="utf-8")
ON_CALL = ROOT.joinpath("docs/on-call.md").read_text(encoding="utf-8")
OF = (page.BATCH.project, page.BATCH.stage, page.BATCH.batch)


def account(last: Last) -> AlertsAccount:
    """The account of the page's batch."""
    facts = AlertsFacts(
        names=StageNames("batches", "production"), place=PLACE, cluster="batches-production", topic="arn:topic"
    )
    ours = AlertsAccount(alerts_machine(facts), arn=facts.machine)
    ours.parameters |= {manifest_path(*OF): page.BATCH.to_json(), last_path(*OF): last.to_json()}
    ours.log = [*LINES]
    return ours


def end_of(ending: Ending, takes: float) -> End:
    """An end as ECS shows it."""
    return End(
        exit_code=ending.exit_code,
        stop_code=ending.stop_code,
        reason=ending.reason,
        began=ending.began,
        takes=takes,
    )


def told(ours: AlertsAccount, given: Any) -> str:  # noqa: ANN401 - JSON
    """The e-mail that comes of it."""
    assert ours.given(given).status == "SUCCEEDED"
    (message,) = ours.messages
    text: str = message["email"]
    return text


def event(end: End) -> dict[str, Any]:
    return task_event(end, run="9f1c2d3e", task=TASK, family=FAMILY)


@pytest.mark.parametrize("row", SAMPLES)
def test_the_machine_says_what_the_page_is_made_of(row: Row) -> None:
    ours = account(page.LAST)
    if not SAMPLES[row].began:
        ours.log = []

    text = told(ours, event(end_of(SAMPLES[row], 723)))

    assert text == page.message(row)


def test_it_says_so_of_a_run_that_ends_well_again() -> None:
    assert told(account(page.LAST), event(End(takes=723))) == page.message("recovered")


def test_it_says_so_of_a_slow_run() -> None:
    last = Last(succeeded=page.LAST.succeeded, durations=page.LAST.durations, ended=page.LAST.succeeded)

    assert told(account(last), event(End(takes=2100))) == page.message("slow")


def test_it_says_so_of_a_run_that_did_not_come() -> None:
    given = {"missed": {"batch": "daily-report", "why": MISSED}}

    assert told(account(page.LAST), given) == page.message("missed")


def test_every_row_is_on_the_page_and_the_page_is_as_it_is_generated() -> None:
    assert set(SAMPLES) | set(SILENT) == set(Row)
    assert set(page.TITLES) == set(OTHERS)
    assert page.text() in TEXT
    assert page.message(page.WHOLE) in page.text()


@pytest.mark.parametrize("row", [*SAMPLES, *OTHERS])
def test_a_message_is_readable_on_a_phone(row: Row | str) -> None:
    """But for sentences and addresses, which wrap: the title, and each fact."""
    title, *rest = page.message(row).split("\n")
    facts = [line for line in rest if line.partition("  ")[0] in ("took", "in a row", "last success", "owner", "run")]

    assert len(title) <= 50
    assert len(facts) >= 2
    assert max(map(len, facts)) <= 55


@pytest.mark.parametrize("row", [row for row in Row if row not in SILENT or row is Row.USAGE])
def test_the_page_of_those_on_call_has_a_section_for_the_first_words(row: Row) -> None:
    first = word(row, 3)

    assert f"\n### {first}\n" in ON_CALL
    assert f"| [{first}](#{first.replace(' ', '-')}) |" in ON_CALL


@pytest.mark.parametrize("kind", ["recovered", "slow", "missed"])
def test_it_has_one_for_what_else_is_told(kind: str) -> None:
    assert f"\n### {WHAT[kind]}\n" in ON_CALL
