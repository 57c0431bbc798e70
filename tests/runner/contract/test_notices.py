"""What each channel is given: no text of others leaves its place, or calls people; and it fits the service."""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batchwright_runner.contract.notices import channels, text
from batchwright_runner.contract.notices.note import AGAIN, KINDS, Notice, note
from batchwright_runner.host.fargate import end
from tests.fake_aws.fixtures import sample_manifest

TASK = "arn:aws:ecs:eu-west-1:111111111111:task/batches-staging/0123456789abcdef0123456789abcdef"
HOSTILE = (
    *("```", "`", "<!channel>", "<!here|x>", "<@U012AB3CD>", "<https://evil.example|click>", "@here @channel @alice"),
    *("@pagerduty", '"}]}', "\\", "{% $x %}", "%%%", "&amp;", "\x1b[31mred\x1b[0m", "\x00\x07", "\u202eabc", "\u2028"),
    *("\r\n", "\n\n# title", "日本語 🚨", "{{resolve:ssm:x}}", "*bold* _it_ ~no~", "$1 $& $$"),
)
TEXTS = st.lists(st.sampled_from(HOSTILE) | st.text(max_size=12), max_size=4).map(" ".join)
NOTICES = st.builds(
    Notice,
    kind=st.sampled_from([*KINDS, "test"]),
    stage=st.just("staging"),
    region=st.just("eu-west-1"),
    cluster=st.just("batches-staging"),
    batch=st.sampled_from(["", "daily-report"]),
    owner=TEXTS,
    run=TEXTS,
    task=st.sampled_from(["", TASK]),
    verdict=st.sampled_from(["Batchwright.Exit3", "Batchwright.Timeout", "Batchwright.NoResult"]),
    code=st.integers(0, 255),
    why=TEXTS,
    advice=TEXTS,
    again=st.sampled_from(["", *AGAIN]),
    seconds=st.integers(0, 400_000),
    lines=st.lists(TEXTS, max_size=5).map(lambda lines: text.log_lines(tuple(lines), 5)),
)


@settings(max_examples=60, deadline=None)
@given(of=NOTICES)
def test_no_text_of_others_breaks_a_message_calls_people_or_leaves_its_block(of: Notice) -> None:
    message = note(of)
    q = channels.amazon_q(of, message)
    assert q["content"]["description"].count("```") in (0, 2)
    shown = json.dumps([q["content"], q["metadata"]], ensure_ascii=False)
    assert not re.search(r"<|>|@(?!\u200b)", shown)
    slack = channels.slack(of, message, "#batches")
    for section in slack["blocks"][0]["elements"]:
        assert section["type"] in ("rich_text_section", "rich_text_preformatted")
        assert {element["type"] for element in section["elements"]} <= {"text", "link", "emoji"}
    assert "<" not in slack["text"]
    event = channels.datadog_event(of, message, "batches")
    assert "%%%" not in event["text"]
    assert not re.search(r"@(?!\u200b)", event["text"])
    last = ["\n".join(f"| {line}" for line in message.lines), "\n".join(f"$ {command}" for command in message.commands)]
    assert channels.plain(message).endswith("\n\n".join(filter(None, last)))
    assert not any("\n" in line for line in (*message.lines, *message.commands))


@pytest.mark.parametrize(("seconds", "words"), [(5, "5s"), (45, "45s"), (723, "12m03s"), (3900, "1h05m")])
def test_a_duration_has_its_two_largest_units(seconds: int, words: str) -> None:
    assert text.took(seconds) == words


def test_an_owner_of_whom_nothing_can_be_shown_is_unknown() -> None:
    of = Notice(kind="test", stage="staging", region="eu-west-1", owner="\x00\u2028")

    assert channels.attributes(of)["owner"] == "unknown"
    assert "owner:unknown" in channels.datadog_tags(of, "batches")


@pytest.mark.parametrize("kind", [*KINDS, "several", "test"])
def test_a_message_fits_each_service(kind: str) -> None:
    of = Notice(
        kind=kind,  # type: ignore[arg-type]
        stage="s" * 12,
        region="ap-southeast-1",
        batch="b" * 40,
        owner="o" * 300,
        why="w<" * 500,
        advice="a" * 300,
        again="ask",
        task=TASK,
        stream="run/main/x",
        log_group="/" + "g" * 400,
        verdict="Batchwright.NoResult",
        lines=("<" * text.LINE_LIMIT,) * 20,
    )
    message = note(of)

    assert len(channels.sns(of, message)["Subject"]) <= 100
    assert len(json.dumps(channels.sns(of, message))) < 256_000
    assert len(channels.amazon_q(of, message)["content"]["description"]) < 8000
    assert len(channels.datadog_event(of, message, "p" * 20)["text"]) <= 4000
    assert channels.slack(of, message, "#a")["text"]


def test_its_links_are_those_of_the_runner() -> None:
    manifest = sample_manifest()
    of = Notice(
        kind="failed",
        stage="staging",
        region=manifest.region,
        cluster=manifest.cluster,
        task=TASK,
        log_group=manifest.log_group,
        stream=f"{manifest.log_stream_prefix}/{manifest.container}/{TASK.rpartition('/')[2]}",
    )

    assert dict(note(of).links) == {"task": end.task_link(manifest, TASK), "log": end.log_link(manifest, TASK)}
