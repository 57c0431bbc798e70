"""The soak itself: a short night ends without a wrong message, and each kind of wrong one is found."""

from dataclasses import replace

import pytest

from batchwright_runner.contract.last import Last
from tests.alerting.soak.checks import judge
from tests.alerting.soak.generate import generate
from tests.alerting.soak.plan import MANNERS, STARTERS, Night
from tests.alerting.soak.play import Played, Player

RUNS = 150


@pytest.fixture(scope="module")
def night() -> Night:
    return generate(5, RUNS)


@pytest.fixture(scope="module")
def played(night: Night) -> Played:
    return Player(night).play()


def test_a_night_ends_without_a_wrong_message(night: Night, played: Played) -> None:
    assert judge(night, played) == []
    assert len(played.reported) > RUNS / 4
    assert played.troubles


def test_a_message_that_was_not_sent_or_sent_twice_is_found(night: Night, played: Played) -> None:
    exits = (message for message in played.reported if message.words.startswith("exit") and message.to == "sns")
    first = next(message for message in exits if message.count == 1)
    without = replace(played, reported=[message for message in played.reported if message is not first])

    assert any("promised" in complaint for complaint in judge(night, without))
    assert any(
        "at most" in complaint for complaint in judge(night, replace(played, reported=[*played.reported] + [first] * 9))
    )
    strange = replace(first, run="another")
    assert any(
        "another" in complaint for complaint in judge(night, replace(without, reported=[*without.reported, strange]))
    )
    lost = replace(first, to="slack #nobody")
    assert any("#nobody" in complaint for complaint in judge(night, replace(played, reported=[*played.reported, lost])))


def test_a_record_or_a_metric_that_is_wrong_is_found(night: Night, played: Played) -> None:
    name, text = next((name, text) for name, text in played.lasts.items() if '"seconds":' in text)
    changed = Last.from_text(text.replace('"seconds":', '"seconds":1'))

    lasts = {**played.lasts, name: changed.to_json()}
    assert [complaint.partition(":")[0] for complaint in judge(night, replace(played, lasts=lasts))] == [name]
    counted = {**played.counted, name: 999}
    assert [complaint.partition(":")[0] for complaint in judge(night, replace(played, counted=counted))] == [name]
    assert judge(night, replace(played, letters=["x"])) == ["in the dead letters: x"]


def test_a_seed_makes_one_night_and_ten_have_everything() -> None:
    nights = [generate(seed) for seed in range(10)]

    assert generate(3) == nights[3]
    assert {run.starter for night in nights for run in night.runs} == set(STARTERS)
    assert {attempt.manner for night in nights for run in night.runs for attempt in run.attempts} == set(MANNERS)
    assert all(len(night.runs) >= 500 and len(night.batches) == 40 for night in nights)
    spans = {span.what for night in nights for span in night.spans}
    assert spans == {"table", "sns", "slack", "clock", "pause"}
    assert {extra.words for night in nights for extra in night.extras} == {"did not run", "is taking too long"}
