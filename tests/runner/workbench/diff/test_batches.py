"""The changes of a batch: a table of changes, each with its sentence, its effect, and what it is for --fail-on."""

import contextlib
import sys
from types import FrameType
from typing import Any

from batchwright_runner.host.cost.cost import NOT_IN_IT, SPOT_MOVES
from batchwright_runner.host.cost.prices import PRICES
from batchwright_runner.workbench.diff.changes import FailOn, Topic, summary
from batchwright_runner.workbench.diff.read import Assembly
from tests.runner.workbench.diff.support import (
    Row,
    assembly,
    batch_file,
    batches,
    changes,
    each_of,
    edited,
    edits,
    grant,
    paths_of_texts,
    put,
    rows,
)

MAIN = "task/containerDefinitions/0"
SSM = "arn:aws:ssm:ap-northeast-1:111111111111:parameter"

PRICE = PRICES["ap-northeast-1", "X86_64"]
TABLE = f"Fargate's list price of {PRICE.date}; {NOT_IN_IT}"


ROWS = rows("batches", SSM=SSM, PRICES=TABLE, SPOT=SPOT_MOVES)


@each_of([*ROWS, *rows("batches_otherwise", SSM=SSM)])
def test_what_is_said(row: Row) -> None:
    """Before a text are the gates that it is for."""
    before = edited(batch_file(), edits(row.was))

    found = changes(assembly(before), assembly(edited(before, edits(row.now))))

    assert [" | ".join([*sorted(change.gates), change.text]) for change in found] == row.said


@each_of(ROWS)
def test_taking_it_back_is_said_too(row: Row) -> None:
    before = edited(batch_file(), edits(row.was))

    assert row.said
    assert changes(assembly(edited(before, edits(row.now))), assembly(before))


def test_another_scheduler_is_changed_where_it_is_and_the_one_before_by_an_export() -> None:
    of = {name: edited(batch_file(), {"manifest/scheduler": name}) for name in ("rundeck", "systemd", "jenkins")}

    left = changes(assembly(of["rundeck"]), assembly(of["systemd"]))
    found = changes(assembly(of["systemd"]), assembly(of["jenkins"]))

    assert left[-1].commands == ("batchwright export rundeck -s staging",)
    assert [change.commands for change in found] == [()]


def test_nothing_is_said_of_what_is_the_same() -> None:
    assert changes(assembly(batch_file()), assembly(batch_file())) == []


def test_every_text_of_a_batch_file_that_changes_is_said() -> None:
    """Whatever is written otherwise in the file, something changes. Another name of the batch is another batch."""
    file = batch_file()
    silent = []
    for path in {*paths_of_texts(file)} - {"manifest/project", "manifest/stage", "manifest/batch"}:
        with contextlib.suppress(ValueError):  # the manifest does not take it
            if not changes(assembly(file), assembly(edited(file, {path: "changed"}))):
                silent.append(path)

    assert silent == []


OF_TWO_STAGES = [batch_file("staging"), batch_file("production")]


def test_equal_changes_are_said_once_for_all_stages() -> None:
    new = []
    for file in OF_TWO_STAGES:
        tagged = {"StringEquals": {"aws:ResourceTag/stage": file["manifest"]["stage"]}}
        values = {
            "manifest/timeout_seconds": 60,
            "task/taskRoleArn": f"{file['task']['taskRoleArn']}2",
            "access/task/grants/+": grant("ecs:StopTask", "*", Condition=tagged),
        }
        new.append(edited(file, values))
    put(new[1], "manifest/owner", "sre")

    found = changes(assembly(*OF_TWO_STAGES), assembly(*new))

    role = "arn:aws:iam::ACCOUNT:role/batches/STAGE/batches-STAGE-report-task"
    assert [(*change.stages, change.text) for change in found] == [
        ("staging", "production", "timeout: 30m00s → 1m00s"),
        ("staging", "production", f"its task role: now is {role}2"),
        (
            "staging",
            "production",
            "its task role: now allows ecs:StopTask on every resource only if aws:ResourceTag/stage is STAGE",
        ),
        ("staging", "production", f"its task role: no longer is {role}"),
        ("production", "owner: finance-systems → sre"),
    ]


def test_a_batch_that_comes_to_another_stage_is_new_in_that_alone() -> None:
    found = changes(assembly(OF_TWO_STAGES[0]), assembly(*OF_TWO_STAGES))

    assert found[0].text == "new in this stage, owner finance-systems: Mails yesterday's sales."
    assert summary(found).startswith("1 changed batch")


def test_the_command_for_each_stage_stays() -> None:
    new = []
    for file in OF_TWO_STAGES:
        source = file["task"]["containerDefinitions"][0]["secrets"][1]["valueFrom"].replace("DB_PASSWORD", "TOKEN")
        secret = {"name": "TOKEN", "valueFrom": source}
        new.append(edited(file, {"manifest/secrets/+": "TOKEN", f"{MAIN}/secrets/+": secret}))

    (found,) = [change for change in changes(assembly(*OF_TWO_STAGES), assembly(*new)) if change.kind is Topic.SECRET]

    assert found.commands == (
        "batchwright params set report TOKEN -s staging",
        "batchwright params set report TOKEN -s production",
    )


@each_of(rows("commands", SSM=SSM))
def test_what_is_to_be_run_comes_with_its_command(row: Row) -> None:
    found = changes(assembly(batch_file()), assembly(edited(batch_file(), edits(row.now))))

    assert [line for change in found for line in change.commands] == row.said


def test_a_new_batch_says_what_its_other_containers_get() -> None:
    secret = {"name": "TOKEN", "valueFrom": f"{SSM}/batches/staging/report/T"}

    found = changes(assembly(), assembly(edited(batch_file(), {"task/containerDefinitions/1/secrets": [secret]})))

    assert [change.text for change in found if "container agent" in change.text] == [
        "container agent, essential: no",
        "container agent, command: run",
        f"container agent, secrets[TOKEN].valueFrom: {SSM}/batches/staging/report/T",
    ]
    secrets = [change.commands for change in found if FailOn.SECRETS in change.gates]
    assert ("batchwright params set report T -s staging",) in secrets


def test_a_new_batch_whose_start_may_bring_a_command_is_broader() -> None:
    found = changes(Assembly(), assembly_of({**batch_file(), "startable": ["command"]}))

    texts = [change.text for change in found if FailOn.PERMISSIONS in change.gates]
    assert "whoever may start its machine: now may run any command with its role and secrets" in texts


def test_a_secret_that_batches_of_the_stage_take_already_is_not_to_be_set() -> None:
    shared = f"{SSM}/batches/staging/shared/TOKEN"
    taken = {"manifest/secrets/+": "TOKEN", f"{MAIN}/secrets/+": {"name": "TOKEN", "valueFrom": shared}}
    by_agent = {"task/containerDefinitions/1/secrets": [{"name": "TOKEN", "valueFrom": shared}]}
    other = edited(batch_file(name="other"), by_agent)

    for way in (taken, by_agent):
        found = changes(assembly(batch_file(), other), assembly(edited(batch_file(), way), other))
        assert found
        assert not [change for change in found if change.gates or change.commands]


def test_a_new_secret_that_two_batches_take_is_one() -> None:
    shared = {"name": "TOKEN", "valueFrom": f"{SSM}/batches/staging/shared/TOKEN"}
    added = {"manifest/secrets/+": "TOKEN", f"{MAIN}/secrets/+": shared}
    before = [batch_file(name=name) for name in ("one", "two")]

    found = changes(assembly(*before), assembly(*(edited(file, added) for file in before)))

    assert summary(found) == "2 changed batches; 1 secret to be set"


def test_a_new_batch_needs_the_image_of_its_config_files() -> None:
    found = changes(Assembly(), assembly_of(edited(batch_file(), {"manifest/files_image": "batchwright"})))

    (text,) = [change.text for change in found if "release batchwright" in " ".join(change.commands)]
    assert text.startswith("a run ends with 126 until the image batchwright has been released")


def test_a_stage_that_is_called_like_a_word_changes_no_sentence() -> None:
    old = edited(batch_file(), {"manifest/stage": "timeout"})

    (found,) = changes(assembly_of(old), assembly_of(edited(old, {"manifest/timeout_seconds": 60})))

    assert found.text == "timeout: 30m00s → 1m00s"


def assembly_of(file: dict[str, Any]) -> Assembly:
    """An assembly without stacks."""
    return Assembly(batches=batches(file))


def test_a_changed_cpu_passes_few_files() -> None:
    """Of what compares, and of the page that it compares: who reads the code for one change reads so many."""
    before, after = assembly(batch_file()), assembly(edited(batch_file(), {"task/cpu": "1024"}))
    entered: set[str] = set()

    def enter(frame: FrameType, event: str, _argument: object) -> None:
        folder, _, name = frame.f_code.co_filename.rpartition("/")
        if event == "call" and folder.endswith(("workbench/diff", "workbench/page")):
            entered.add(name)

    sys.setprofile(enter)
    try:
        found = changes(before, after)
    finally:
        sys.setprofile(None)

    assert found[0].text == "size: 0.25 vCPU, 0.5 GB → 1 vCPU, 0.5 GB"
    assert len(entered) <= 8
