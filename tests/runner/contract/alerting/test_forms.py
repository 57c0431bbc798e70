"""What the topic and Slack are given: no text of others leaves its place, or calls people; and it fits the service."""

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batchwright_runner.contract.alerting import forms, text
from batchwright_runner.contract.alerting.decide import decide
from batchwright_runner.contract.alerting.message import Message
from batchwright_runner.contract.alerting.record import AlertRecord
from batchwright_runner.host.fargate import end
from tests.runner.contract.alerting.support import NOW, batch, ended, known

HOSTILE = (
    *("```", "`", "<!channel>", "<!here|x>", "<@U012AB3CD>", "<https://evil.example|click>", "@here @channel @alice"),
    *("@pagerduty", '"}]}', "\\", "{% $x %}", "%%%", "&amp;", "\x1b[31mred\x1b[0m", "\x00\x07", "\u202eabc", "\u2028"),
    *("\r\n", "\n\n# title", "日本語 🚨", "{{resolve:ssm:x}}", "*bold* _it_ ~no~", "$1 $& $$"),
)
TEXTS = st.lists(st.sampled_from(HOSTILE) | st.text(max_size=12), max_size=4).map(" ".join)


def message(*, owner: str = "sre", reason: str = "", run: str = "run-1", lines: tuple[str, ...] = ()) -> Message:
    """What is told of a task that never started, or of one that ended by itself, with texts of others."""
    never: dict[str, Any] = {"startedAt": None, "stopCode": "TaskFailedToStart", "stoppedReason": reason}
    event = ended(1, None if reason else 3, run=run, **(never if reason else {}))
    of = known(batch(owner=owner))
    of = type(of)(settings=of.settings, manifest=of.manifest, lines=lines)
    (told,) = decide(event, of, AlertRecord(), NOW + 9000).messages
    return told


@settings(max_examples=60, deadline=None)
@given(owner=TEXTS, reason=TEXTS, run=TEXTS, lines=st.lists(TEXTS, max_size=5).map(tuple))
def test_no_text_of_others_breaks_a_message_calls_people_or_leaves_its_block(
    owner: str, reason: str, run: str, lines: tuple[str, ...]
) -> None:
    told = message(owner=owner or "x", reason=reason, run=run, lines=lines)
    q = forms.amazon_q(told)
    assert q["content"]["description"].count("```") in (0, 2)
    assert not re.search(r"<|>|@(?!\u200b)", json.dumps([q["content"], q["metadata"]], ensure_ascii=False))
    slack = forms.slack(told, "#batches")
    for section in slack["blocks"][0]["elements"]:
        assert section["type"] in ("rich_text_section", "rich_text_preformatted")
        assert {element["type"] for element in section["elements"]} <= {"text", "link", "emoji"}
    assert "<" not in slack["text"]
    last = ["\n".join(f"| {line}" for line in told.lines), "\n".join(f"$ {command}" for command in told.commands)]
    assert forms.plain(told).endswith("\n\n".join(filter(None, last)))
    assert not any("\n" in line for line in (*told.lines, *told.commands, *told.sentences))


@pytest.mark.parametrize(("seconds", "words"), [(5, "5s"), (45, "45s"), (723, "12m03s"), (3900, "1h05m")])
def test_a_duration_has_its_two_largest_units(seconds: int, words: str) -> None:
    assert text.took(seconds) == words


def test_a_subscription_can_filter_by_five_attributes() -> None:
    attributes = forms.published(message(owner="finance"))["MessageAttributes"]

    assert {name: shown["StringValue"] for name, shown in attributes.items()} == {
        "batch": "daily-report",
        "stage": "production",
        "owner": "finance",
        "verdict": "Batchwright.Exit3",
        "kind": "failed",
    }
    assert forms.published(message(owner="\u2028"))["MessageAttributes"]["owner"]["StringValue"] == "unknown"
    listed = forms.published(message(owner="[data]"))["MessageAttributes"]["owner"]
    assert listed == {"DataType": "String", "StringValue": "[data]"}


@pytest.mark.parametrize("letter", ["<", "日", "🚨", "\\", '"'])
def test_a_message_fits_each_service(letter: str) -> None:
    told = message(owner=letter * 300, reason=f"CannotPullContainerError: {letter * 9000}", lines=(letter * 5000,) * 40)
    long = message(owner=letter * 300, lines=(letter * 5000,) * 40)

    for each in (told, long):
        request = forms.published(each)
        assert len(request["Subject"]) <= 100
        assert request["Subject"].isascii()
        size = len(request["Message"].encode()) + len(
            json.dumps(request["MessageAttributes"], ensure_ascii=False).encode()
        )
        assert size < 256 * 1024
        assert len(forms.amazon_q(each)["content"]["description"]) < 8000


def test_what_a_listener_gets_is_read_back() -> None:
    told = message(lines=("a", "b"))
    data = json.loads(json.loads(forms.published(told)["Message"])["sqs"])

    again = forms.received(json.dumps({**data, "of a newer version": 1}))

    assert forms.plain(again) == forms.plain(told)
    assert forms.slack(again, "#a") == forms.slack(told, "#a")
    for other in ("[]", "{}", "no JSON", json.dumps({**data, "kind": "of a newer version"})):
        with pytest.raises(forms.FormError):
            forms.received(other)


def test_its_links_are_those_of_the_runner() -> None:
    told, manifest = message(), batch()

    links = dict(told.links)
    assert (links["task"], links["log"]) == (end.task_link(manifest, told.task), end.log_link(manifest, told.task))
