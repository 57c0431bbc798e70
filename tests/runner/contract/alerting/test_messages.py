"""Where messages go, what they wait for, and how several are sent as one."""

from collections.abc import Mapping
from types import MappingProxyType

import pytest

from batchwright_runner.contract.alerting.messages import (
    Message,
    MessageError,
    bundles,
    messages_of,
    muted_by,
    next_try,
    told_together,
)
from batchwright_runner.contract.moments import utc
from batchwright_runner.contract.notices.channels import plain, sns
from batchwright_runner.contract.notices.note import Kind, Note, Notice
from batchwright_runner.contract.notices.rules import Ask
from batchwright_runner.contract.pauses import Pause
from tests.runner.contract.alerting.support import NOW, SETTINGS, TOPIC


def notice(kind: Kind = "failed", batch: str = "daily-report", **changes: object) -> Notice:
    data = {"kind": kind, "stage": "production", "region": "eu-west-1", "batch": batch, "verdict": "Batchwright.Exit3"}
    return Notice(**{**data, "code": 3, "owner": "sre", **changes})  # type: ignore[arg-type]


def sent(*, ask: Ask | None = None, kind: Kind = "failed", owner: str = "sre") -> list[tuple[str, str]]:
    messages = messages_of(notice(kind, owner=owner), SETTINGS, ask or Ask())
    return [(message.channel, message.to) for message in messages]


def test_the_batch_comes_before_its_owner_and_that_before_the_stage() -> None:
    assert sent() == [("sns", TOPIC), ("slack", "#batches"), ("datadog", "datadoghq.eu")]
    assert sent(owner="finance")[1] == ("slack", "#finance")
    assert sent(owner="finance", ask=Ask(channel="#own"))[1] == ("slack", "#own")


def test_a_channel_may_leave_kinds_out_but_no_test() -> None:
    assert [channel for channel, _ in sent(kind="recovered")] == ["sns", "slack"]
    assert len(sent(kind="test")) == 3


def test_the_form_is_read_back() -> None:
    message = Message(channel="sns", to=TOPIC, notice=notice(lines=("a", "b")), waits="host a")

    assert Message.from_text(message.to_json()) == message
    assert Message.from_text(message.to_json().replace('"tries"', '"of a newer version": 1, "tries"')) == message
    with pytest.raises(MessageError):
        Message.from_text("{}")


def waiting(*notices: Notice, waits: str = "") -> dict[str, Message]:
    messages = [Message(channel="sns", to=TOPIC, notice=message, waits=waits) for message in notices]
    return {f"{at}": message for at, message in enumerate(messages)}


def as_one(
    waiting: dict[str, Message], mutes: Mapping[str, Pause] = MappingProxyType({}), now: float = NOW
) -> tuple[Notice, Note]:
    """Notice and text of messages that are sent as one."""
    (together,) = bundles(waiting, mutes, now)
    return told_together([*together.values()])


def test_what_waits_together_is_told_as_one_for_each_owner() -> None:
    bundled = bundles(waiting(notice(), notice(batch="b"), notice(batch="c", owner="finance")), {}, NOW)
    first, second = (told_together([*together.values()])[1] for together in bundled)

    assert [[*together] for together in bundled] == [["0", "1"], ["2"]]
    assert first.title == "2 messages about production of sre"
    assert first.said == ("exit 3: daily-report", "exit 3: b")
    assert second.title == "exit 3: c in production"


def test_the_runs_of_a_host_are_told_as_one_whoever_owns_them() -> None:
    both = waiting(notice("stopped"), notice("stopped", "b", owner="finance"), waits="host rundeck-01")

    of, note = as_one(both)

    assert note.title == "stopped on rundeck-01: 2 runs in production"
    assert of.kind == "stopped"
    owner = sns(of, note)["MessageAttributes"]["owner"]
    assert owner == {"DataType": "String.Array", "StringValue": '["sre", "finance"]'}


def test_an_owner_whose_name_looks_like_a_list_is_one_owner() -> None:
    owner = sns(*as_one(waiting(notice(owner="[data]"))))["MessageAttributes"]["owner"]

    assert owner == {"DataType": "String", "StringValue": "[data]"}


def test_a_mute_holds_messages_back_and_ends_with_one() -> None:
    muted = {"daily-report": Pause(reason="known", until=utc(NOW + 60))}
    both = waiting(notice(), notice("recovered"), waits="muted daily-report")

    assert bundles(both, muted, NOW) == []
    of, note = as_one(both, muted, NOW + 61)
    assert note.title == "while muted: 2 messages about daily-report in production"
    assert (of.kind, of.kinds) == ("several", ("failed", "recovered"))
    assert muted_by("daily-report", muted, NOW) == "daily-report"
    assert muted_by("other", {"_all": Pause(reason="x", until=utc(NOW + 60))}, NOW) == "_all"
    assert muted_by("daily-report", muted, NOW + 61) == ""


@pytest.mark.parametrize("first", ["daily-report", "_all"])
def test_what_a_mute_held_back_waits_for_another_mute_of_its_batch(first: str) -> None:
    mutes = {name: Pause(reason="x", until=utc(NOW + 60)) for name in ("daily-report", "_all")}
    mutes[first] = Pause(reason="x", until=utc(NOW))

    assert bundles(waiting(notice(), waits=f"muted {first}"), mutes, NOW + 1) == []


def test_a_hundred_are_named_in_part() -> None:
    _, note = as_one(waiting(*[notice(batch=f"b-{at}") for at in range(100)]))

    assert note.said[-1] == "and 80 more"
    assert len(plain(note)) < 2_000


def test_a_filter_sees_each_kind_of_several() -> None:
    several = [notice()], [notice(), notice("missed")]
    first, kind = (sns(*as_one(waiting(*of)))["MessageAttributes"]["kind"] for of in several)
    assert first == {"DataType": "String", "StringValue": "failed"}
    assert kind == {"DataType": "String.Array", "StringValue": '["failed", "missed"]'}


def test_further_tries_come_later_and_later() -> None:
    assert [next_try(failed, 0) for failed in (1, 2, 3, 9)] == [60, 120, 300, 300]
