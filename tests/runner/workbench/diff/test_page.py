"""The document and the comment that is made of it."""

import copy
import re

import pytest

from batchwright_runner.workbench.diff.changes import (
    PERMISSIONS,
    REMOVED,
    TO_RUN,
    Change,
    ChangeSubject,
    Compared,
    FailOn,
    Topic,
    page,
    summary,
)
from batchwright_runner.workbench.diff.comment import comment, marker
from batchwright_runner.workbench.page.document import Bullets, Section
from batchwright_runner.workbench.page.writers import terminal
from tests.runner.workbench.diff.support import assembly, batch_file, changes, grant, put, stack, template
from tests.runner.workbench.page.writers.support import HOSTILE

COMPARED = Compared(project="shop", base="1a2b3c4d5e6f", head="2b3c4d5e6f7a", stages=("staging", "production"))
REPORT = ChangeSubject(kind="batch", name="report")


def change(kind: Topic = Topic.IMAGE, text: str = "timeout", **more: object) -> Change:
    return Change(**{"about": REPORT, "kind": kind, "text": text, **more})  # type: ignore[arg-type] # fields


def titles(*shown: Change) -> list[str]:
    return [section.title for section in page(shown, COMPARED).sections]


def test_nothing_changes() -> None:
    found = page([], COMPARED)

    assert summary([]) == "nothing changes"
    assert [section.title for section in found.sections] == ["What this is"]


def test_what_broadens_comes_first_and_what_goes_second() -> None:
    found = [
        change(),
        change(Topic.REMOVED, "deletes it", gates=frozenset({FailOn.REMOVED})),
        change(Topic.PERMISSION, "may now also", gates=frozenset({FailOn.PERMISSIONS})),
        change(Topic.SECRET, "new secret", commands=("batchwright params set report A -s staging",)),
    ]

    assert titles(*found) == [PERMISSIONS, REMOVED, "report", TO_RUN, "What this is"]


def test_changes_of_a_batch_are_in_the_order_of_what_they_are_about() -> None:
    found = [change(Topic.OTHER, "owner"), change(Topic.FACT, "due"), change(Topic.IMAGE, "release")]

    (section, _) = page(found, COMPARED).sections

    assert section.blocks == (Bullets(("release", "due", "owner")),)


def test_batches_come_before_stacks_each_by_their_names() -> None:
    stacks = [change(about=ChangeSubject(kind="stack", name=name)) for name in ("b", "a")]

    assert titles(*stacks, change()) == ["report", "stack a", "stack b", "What this is"]


def test_a_declaration_that_only_moved_is_called_no_stack() -> None:
    old, new = batch_file(), batch_file()
    put(old, "declared_at", "batches/report/batch.py:3")
    put(new, "declared_at", "batches/report/batch.py:9")

    found = changes(assembly(old), assembly(new))

    assert titles(*found) == ["lines and order", "What this is"]
    assert summary(found) == "also lines and order"


def test_each_kind_of_command_has_its_place() -> None:
    kinds = (Topic.SECRET, Topic.LATER, Topic.IMAGE, Topic.EXPORT, Topic.RENAMED, Topic.REMOVED)
    found = page([change(kind, commands=(f"do {kind}",)) for kind in kinds], COMPARED)

    text = terminal.write(found, 80)

    assert all(f"do {kind}" in text for kind in kinds)


def test_in_short() -> None:
    old, new = batch_file(), batch_file()
    put(new, "access/task/grants/+", grant("s3:GetObject", "*"))
    other = batch_file(name="other")

    found = changes(assembly(old), assembly(new, other))

    assert summary(found) == "1 new and 1 changed batches; permissions change; 1 secret to be set"


def test_only_a_batch_that_no_stage_has_any_more_is_removed() -> None:
    single, both = batch_file(), [batch_file(stage) for stage in ("staging", "production")]
    raw = template()
    put(raw, "Resources/Log", None)

    loses_a_log = changes(assembly(single), assembly(single, stacks=(stack(raw),)))
    leaves_a_stage = changes(assembly(*both), assembly(single))
    leaves_all = changes(assembly(*both), assembly())

    assert summary(loses_a_log) == summary(leaves_a_stage) == "1 changed batch"
    assert leaves_a_stage[0].text.startswith("no longer declared for this stage: what is deployed of it stays")
    assert leaves_a_stage[0].stages == ("production",)
    assert summary(leaves_all) == "1 removed batch"
    assert leaves_all[0].text.startswith("no longer declared: what is deployed of it stays")


def test_sentences_stand_under_their_stages() -> None:
    found = page([change(stages=("staging", "production")), change(Topic.OTHER, "owner")], COMPARED)

    assert terminal.write(found, 80).split("\n\n")[2] == (
        "report\n  In staging and production:\n  - timeout\n  - owner"
    )


def test_a_comment_begins_with_its_marker_and_a_project_cannot_end_it() -> None:
    assert comment(page([change()], COMPARED), "shop").startswith("<!-- batchwright diff: shop -->\n# ")
    assert marker("shop --> <script>") == "<!-- batchwright diff: shop-script -->"
    assert marker("team-a") == "<!-- batchwright diff: team-a -->" != marker("teama")


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_text_stays_in_its_item(hostile: str) -> None:
    old, new = batch_file(), batch_file()
    put(new, "manifest/owner", hostile or "x")
    put(new, "task/containerDefinitions/0/command", [hostile])
    put(new, "access/task/grants/+", grant("s3:GetObject", f"arn:aws:s3:::{hostile}", reason=hostile, at=hostile))

    text = comment(page(changes(assembly(old), assembly(new)), COMPARED), "shop")

    assert text.count("<!-- batchwright diff: ") == 1
    assert [line for line in text.splitlines() if line.startswith("#")] == [
        "# What changes for the batches of shop",
        "## Permissions",
        "## report",
        "## What this is",
    ]
    assert "<script" not in text
    assert not re.search(r"(?<!\\)\]\(http", text)


def many(count: int, kind: Topic) -> list[Change]:
    return [
        change(kind, f"sentence {number} " + "x" * 200, about=ChangeSubject(kind="batch", name=f"b-{number}"))
        for number in range(count)
    ]


def test_a_comment_is_never_longer_than_it_can_be_and_says_what_is_left_out() -> None:
    found = [*many(400, Topic.IMAGE), change(Topic.PERMISSION, "may now also read everything")]

    text = comment(page(found, COMPARED), "shop")

    assert len(text) <= 60_000
    assert "may now also read everything" in text
    assert "What this is" in text
    shown = text.count("\n## b-")
    assert f"{400 - shown} sections: run batchwright diff to read them." in text
    assert shown > 50


def test_a_comment_whose_first_list_alone_is_too_long() -> None:
    text = comment(page(many(600, Topic.PERMISSION), COMPARED), "shop")

    assert len(text) <= 60_000
    assert "More is left out here: run batchwright diff to read it." in text


def test_what_is_to_be_run_stays_in_a_comment_that_is_too_long_as_far_as_a_third_of_it() -> None:
    details = many(400, Topic.IMAGE)
    few = [change(Topic.SECRET, "s", commands=("batchwright params set b A -s staging",))]
    more = [change(Topic.SECRET, "s", commands=(f"batchwright params set b A{n} -s staging",)) for n in range(2000)]

    short, long = (comment(page([*details, *found], COMPARED), "shop") for found in (few, more))

    assert "batchwright params set b A -s staging" in short
    assert "## b-0" in long
    assert len(long) <= 60_000
    assert 200 < long.count("batchwright params set") < 600
    assert long.count("More is left out here") == 1


def test_a_comment_of_wide_characters_is_measured_in_bytes() -> None:
    found = [change(text="売上" * 400, about=ChangeSubject(kind="batch", name=f"b-{number}")) for number in range(60)]

    assert len(comment(page(found, COMPARED), "shop").encode()) <= 60_000


def test_a_comment_that_fits_has_everything() -> None:
    assert "left out" not in comment(page(many(20, Topic.IMAGE), COMPARED), "shop")


def test_every_sentence_is_in_the_document() -> None:
    old, new = batch_file(), copy.deepcopy(batch_file())
    put(new, "manifest/timeout_seconds", 60)
    put(new, "access/task/grants/+", grant("s3:GetObject", "*"))
    found = changes(assembly(old, batch_file(name="gone")), assembly(new))

    lines = [
        item
        for section in page(found, COMPARED).sections
        if isinstance(section, Section)
        for block in section.blocks
        if isinstance(block, Bullets)
        for item in block.items
    ]

    assert len(lines) == len(found)
    assert all(any(change.text in str(item) for item in lines) for change in found)
