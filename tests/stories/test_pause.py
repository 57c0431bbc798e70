"""A batch that is paused: no one starts it, and everyone learns who paused it, why and until when."""

import json
import time
from pathlib import Path

from batchwright_runner.contract.pauses import Pause
from tests.fake_aws import AwsServer, Script, faults, lines
from tests.fake_aws.fixtures import aws as aws
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.account import batchwright
from tests.kit.command import Done
from tests.kit.grants import operating, running
from tests.stories.machine_runs import KEPT, NAME, begin
from tests.stories.stages import PATH, paused
from tests.stories.story import Seen, afterwards, at_night, story

PLAIN = Script(lines=lines("ready"), exit_code=3)


def over(aws: AwsServer) -> None:
    paused(aws, until=-60)


@story(PLAIN, args=["--even-if-paused"], prepare=paused)
def test_a_person_may_run_it_all_the_same(seen: Seen) -> None:
    assert seen.code == 3


def paused_run(aws: AwsServer) -> None:
    at_night(aws)
    paused(aws)


@story(PLAIN, args=["--run-id", "night"], prepare=paused_run)
def test_a_run_that_was_started_before_is_joined(seen: Seen) -> None:
    assert (seen.code, seen.lines, seen.calls["RunTask"]) == (3, ["ready"], 0)


def hide(aws: AwsServer) -> None:
    others = [statement for statement in running() if statement.get("Sid") != "ReadPauses"]
    aws.limit(others, {"batches-staging-daily-report": []})


@story(PLAIN, prepare=hide, act=afterwards("list"))
def test_nothing_starts_where_a_pause_cannot_be_seen_and_the_list_is_shown_without(seen: Seen) -> None:
    assert (seen.code, seen.calls["RunTask"]) == (125, 0)
    assert "whether daily-report is paused cannot be seen: AccessDeniedException" in seen.err
    assert (seen.another.code, "daily-report" in seen.another.lines[1]) == (0, True)
    assert "which batches are paused cannot be seen" in seen.another.err


# pause, resume and list


REASON = ("--reason", "a  move")


def on(aws: AwsServer, folder: Path, verb: str, *words: str, batch: str = "daily-report") -> Done:
    return batchwright(aws, folder, verb, *([] if verb == "list" else [batch]), *words, "-s", "staging")


def test_a_batch_is_paused_shown_so_and_resumed(aws: AwsServer, tmp_path: Path) -> None:
    aws.deploy(sample_manifest("daily-report"), PLAIN)
    aws.limit(operating(), {"batches-staging-daily-report": []})

    assert "daily-report is not paused" in on(aws, tmp_path, "resume").err
    assert not aws.calls_of("DeleteParameter")

    done = on(aws, tmp_path, "pause", *REASON, "--until", "2h")
    record = Pause.from_text(aws.parameter(PATH))
    assert (done.code, record.reason, record.by.startswith("arn:aws:")) == (0, "a move", True)
    assert (record.holds(time.time() + 7100), record.holds(time.time() + 7300)) == (True, False)
    assert f"daily-report is paused by {record.who} since " in done.err

    listed = on(aws, tmp_path, "list")
    assert "PAUSED" in listed.lines[0]
    assert f"daily-report is paused by {record.who} since " in listed.err
    (entry,) = json.loads(on(aws, tmp_path, "list", "--json").text)
    assert entry["paused"]["reason"] == "a move"

    again = on(aws, tmp_path, "pause", "--reason", "another")
    assert f"it was paused already by {record.who} since " in again.err
    assert "until batchwright resume daily-report -s staging" in again.err
    assert Pause.from_text(aws.parameter(PATH)).reason == "another"

    resumed = on(aws, tmp_path, "resume")
    assert (resumed.code, PATH in aws.world.parameters) == (0, False)
    assert f"daily-report can be started again; it was paused by {record.who} since " in resumed.err
    assert "what was due meanwhile" not in resumed.err  # nothing ever is


def test_a_pause_that_is_over_is_not_listed(aws: AwsServer, tmp_path: Path) -> None:
    aws.deploy(sample_manifest("daily-report"), PLAIN)
    over(aws)

    listed = on(aws, tmp_path, "list")
    assert "PAUSED" not in listed.lines[0]
    assert "paused" not in listed.err


def test_only_a_batch_is_paused_and_for_a_reason(aws: AwsServer, tmp_path: Path) -> None:
    aws.deploy(sample_manifest("daily-report"), PLAIN)
    paused(aws)

    for verb in (("pause", *REASON), ("resume",)):
        done = on(aws, tmp_path, *verb, batch="daily-reprot")
        assert (done.code, "Did you mean daily-report?" in done.err) == (2, True)
    done = on(aws, tmp_path, "pause", "--reason", " ")
    assert done.code == 2
    assert "--reason cannot be used: it has 0 characters, and 1 to 500 are allowed" in done.err
    assert not aws.calls_of("PutParameter")


def test_pausing_names_the_runs_of_its_machine_that_go_on(aws: AwsServer, tmp_path: Path) -> None:
    aws.deploy(KEPT, PLAIN)
    begin(aws, task=False)

    assert f"run daily-report@{NAME[:8]} is in progress since " in on(aws, tmp_path, "pause", *REASON).err
    aws.faults("ListExecutions", faults.access_denied(times=None))
    unseen = on(aws, tmp_path, "pause", "--reason", "another")
    assert (unseen.code, Pause.from_text(aws.parameter(PATH)).reason) == (0, "another")
    assert "which runs of daily-report's machine are in progress cannot be seen" in unseen.err


def test_resuming_says_what_shows_the_runs_that_were_due(aws: AwsServer, tmp_path: Path) -> None:
    aws.deploy(sample_manifest("daily-report", schedule="30 2 * * * Asia/Tokyo"), PLAIN)
    paused(aws)

    missed = "what was due meanwhile: batchwright runs daily-report -s staging --missed"
    assert missed in on(aws, tmp_path, "resume").err


def test_the_pause_of_a_batch_that_was_removed_can_be_ended(aws: AwsServer, tmp_path: Path) -> None:
    paused(aws)

    done = on(aws, tmp_path, "resume")
    assert (done.code, PATH in aws.world.parameters) == (0, False)
    assert "daily-report can be started again; it was paused by alice since " in done.err
