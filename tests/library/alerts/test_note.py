"""The machine says what the contract says, to the letter; and no text of others leaves its place, or calls people."""

import json
import re
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batchwright.alerts import note as written
from batchwright.alerts.words import saying
from batchwright.automation.jsonata import expression
from batchwright_runner.contract.notices import channels, text
from batchwright_runner.contract.notices.note import AGAIN, Note, Notice, note
from batchwright_runner.host.fargate import end
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.scripted_ecs import End
from tests.kit.state_machine import evaluate
from tests.library.alerts.support import TASK, account, task_event

HOSTILE = (
    "```",
    "`",
    "<!channel>",
    "<!here|x>",
    "<@U012AB3CD>",
    "<https://evil.example|click>",
    "@here @channel @alice",
    "@pagerduty",
    '"}]}',
    "\\",
    "{% $x %}",
    "%%%",
    "&amp;",
    "\x1b[31mred\x1b[0m",
    "\x00\x07",
    "\u202eabc",
    "\u2028",
    "\r\n",
    "\n\n# title",
    "日本語 🚨",
    "{{resolve:ssm:x}}",
    "*bold* _it_ ~no~",
    "$1 $& $$",
)
TEXTS = st.lists(st.sampled_from(HOSTILE) | st.text(max_size=12), max_size=4).map(" ".join)
NOTICES = st.builds(
    Notice,
    kind=st.sampled_from(["failed", "recovered", "slow", "missed", "late", "test"]),
    stage=st.just("staging"),
    region=st.just("eu-west-1"),
    cluster=st.just("batches-staging"),
    batch=st.sampled_from(["", "daily-report"]),
    owner=TEXTS,
    runbook=st.sampled_from(["", "https://example.com/r?a=b&c=<d>", "see the wiki"]),
    run=TEXTS,
    task=st.sampled_from(["", TASK]),
    verdict=st.sampled_from(
        ["Batchwright.Exit3", "Batchwright.Timeout", "Batchwright.Stopped", "Batchwright.NoResult"]
    ),
    code=st.integers(0, 255),
    why=TEXTS,
    advice=TEXTS,
    again=st.sampled_from(["", *AGAIN]),
    seconds=st.integers(0, 400_000),
    usual=st.integers(0, 400_000),
    failures=st.integers(0, 30),
    failing_since=st.just("2026-11-23T17:42:10Z"),
    succeeded=st.sampled_from(["", "2026-11-22T17:42:10Z"]),
    log_group=st.just("/batches/staging/daily-report"),
    stream=st.sampled_from(["", "run/main/0123"]),
    lines=st.lists(TEXTS, max_size=5).map(lambda lines: text.log_lines(tuple(lines), 5)),
)


def given_to_the_machine(of: Notice) -> dict[str, Any]:
    """A notice as the machine has it."""
    found: dict[str, Any] = json.loads(json.dumps(asdict(of)))
    return found


def as_object(said: Note) -> dict[str, Any]:
    """A note as the machine has it."""
    return {
        "title": said.title,
        "said": [*said.said],
        "facts": [{"name": name, "value": value} for name, value in said.facts],
        "links": [{"name": name, "url": url} for name, url in said.links],
        "commands": [*said.commands],
        "lines": [*said.lines],
    }


def value(of: str, variables: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """The value of an expression, in the one line in which the machine has it."""
    return evaluate(expression(of).removeprefix("{%").removesuffix("%}").strip(), variables)


@settings(max_examples=15, deadline=None)
@given(of=NOTICES)
def test_each_channel_gets_from_the_machine_what_the_contract_writes(of: Notice) -> None:
    said, n = note(of), given_to_the_machine(of)
    found = value(written.note(), {"n": n})

    assert found == as_object(said)
    variables = {"n": n, "note": found}
    assert value(written.plain(), variables) == channels.plain(said)
    assert value(written.amazon_q(), variables) == channels.amazon_q(of, said)
    assert value(written.slack("'#x'"), variables) == channels.slack(of, said, "#x")
    assert value(written.datadog_event("batches"), variables) == channels.datadog_event(of, said, "batches")
    assert value(written.datadog_tags("batches"), variables) == channels.datadog_tags(of, "batches")
    assert {name: value(one, variables) for name, one in written.attributes().items()} == channels.attributes(of)
    variables |= {"plain": channels.plain(said), "q": channels.amazon_q(of, said)}
    whole = channels.sns(of, said)
    message = json.loads(value(written.sns_message(), variables))
    assert {**message, "https": json.loads(message["https"])} == {
        **whole["Message"],
        "https": json.loads(whole["Message"]["https"]),
    }
    assert value(written.subject(), variables) == whole["Subject"]


@settings(max_examples=15, deadline=None)
@given(messages=st.lists(TEXTS, max_size=6), count=st.integers(0, 20))
def test_lines_of_a_log_are_those_of_the_contract(messages: list[str], count: int) -> None:
    found = value(saying("lines", then="$lines($messages, $count_)"), {"messages": messages, "count_": count})

    assert found == [*text.log_lines(tuple(messages), count)]


@settings(max_examples=8, deadline=None)
@given(log=st.lists(TEXTS, min_size=1, max_size=6), reason=TEXTS, owner=TEXTS.filter(bool))
def test_no_text_of_others_breaks_a_message_calls_people_or_leaves_its_block(
    log: list[str], reason: str, owner: str
) -> None:
    ours = account(sample_manifest(owner=owner))
    ours.log = log
    ended = ours.given(task_event(End(exit_code=3, main_reason=reason)))

    assert ended.status == "SUCCEEDED", ended.error
    (message,) = ours.messages
    q = json.loads(message["https"])
    assert q["version"] == "1.0"
    description = q["content"]["description"]
    assert description.count("```") in (0, 2)
    assert not re.search(r"<|>|@(?!\u200b)", json.dumps(q, ensure_ascii=False).replace("@\u200b", ""))
    (slack, event) = (
        next(one["RequestBody"] for one in ours.made("http:invoke") if part in one["ApiEndpoint"])
        for part in ("slack.com", "/v1/events")
    )
    for section in slack["blocks"][0]["elements"]:
        assert section["type"] in ("rich_text_section", "rich_text_preformatted")
        assert {one["type"] for one in section["elements"]} <= {"text", "link", "emoji"}
    assert "<" not in slack["text"]
    assert "%%%" not in event["text"]
    assert not re.search(r"@(?!\u200b)", event["text"])
    lines = message["email"].rpartition("$ batchwright run daily-report -s staging")[2]
    assert all(line.startswith("| ") for line in lines.strip("\n").split("\n") if line)


def test_an_owner_of_whom_nothing_can_be_shown_is_unknown() -> None:
    of = Notice(kind="test", stage="staging", region="eu-west-1", owner="\x00\u2028")
    n = given_to_the_machine(of)

    assert channels.attributes(of)["owner"] == "unknown"
    assert value(written.attributes()["owner"], {"n": n}) == "unknown"
    assert value(written.datadog_tags("batches"), {"n": n}) == channels.datadog_tags(of, "batches")


@pytest.mark.parametrize("kind", ["failed", "recovered", "slow", "missed", "late", "test"])
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
    said = note(of)

    assert len(channels.sns(of, said)["Subject"]) <= 100
    assert len(json.dumps(channels.sns(of, said))) < 256_000
    q = channels.amazon_q(of, said)
    assert len(q["content"]["description"]) < 8000
    assert len(channels.datadog_event(of, said, "p" * 20)["text"]) <= 4000


def test_its_links_are_those_of_the_runner() -> None:
    manifest = sample_manifest()
    of = Notice(
        kind="failed",
        stage="staging",
        region=manifest.region,
        cluster=manifest.cluster,
        task=TASK,
        log_group=manifest.log_group,
        stream=f"{manifest.log_stream_prefix}/{manifest.container}/{of_task(TASK)}",
    )

    assert dict(note(of).links) == {"task": end.task_link(manifest, TASK), "log": end.log_link(manifest, TASK)}


def of_task(arn: str) -> str:
    return arn.rpartition("/")[2]
