"""A batch that is paused: nobody starts it, and everybody is told who paused it, why and until when."""

import json
import time

from batchwright_runner.contract.moments import utc
from batchwright_runner.contract.pauses import Pause
from tests.fake_aws import AwsServer, Script, faults, lines
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.grants import operating, running
from tests.stories.machine_runs import KEPT, NAME, begin
from tests.stories.story import Seen, start_task, story

PATH = "/batches/staging/paused/daily-report"
PLAIN = Script(lines=lines("ready"), exit_code=3)
WAIT = sample_manifest("daily-report", overlap="wait")


def paused(aws: AwsServer, until: float | None = None) -> None:
    end = "" if until is None else utc(time.time() + until)
    record = Pause(reason="a move", by="arn:aws:iam::1:user/alice", since=utc(time.time()), until=end)
    aws.put_parameter(PATH, record.to_json())


def over(aws: AwsServer) -> None:
    paused(aws, until=-60)


def by_hand(aws: AwsServer) -> None:
    aws.put_parameter(PATH, "see the wiki")


@story(PLAIN, prepare=by_hand)
def test_a_record_that_was_written_by_hand_pauses_too(seen: Seen) -> None:
    assert seen.code == 123
    assert "daily-report is paused by someone: see the wiki" in seen.err


@story(PLAIN, prepare=over)
def test_a_pause_ends_by_itself(seen: Seen) -> None:
    assert seen.code == 3


@story(PLAIN, args=["--even-if-paused"], prepare=paused)
def test_a_person_may_run_it_all_the_same(seen: Seen) -> None:
    assert seen.code == 3


def paused_run(aws: AwsServer) -> None:
    start_task(aws, startedBy="night")
    paused(aws)


@story(PLAIN, args=["--run-id", "night"], prepare=paused_run)
def test_a_run_that_was_started_before_is_joined(seen: Seen) -> None:
    assert (seen.code, seen.lines) == (3, ["ready"])
    assert "RunTask" not in seen.calls


@story(PLAIN, manifest=WAIT, prepare=paused)
def test_a_paused_batch_waits_for_nothing(seen: Seen) -> None:
    assert seen.code == 123


def hide(aws: AwsServer) -> None:
    aws.limit([one for one in running() if one.get("Sid") != "ReadPauses"], {"batches-staging-daily-report": []})


@story(PLAIN, prepare=hide)
def test_nothing_starts_where_a_pause_cannot_be_seen(seen: Seen) -> None:
    assert seen.code == 125
    assert "whether daily-report is paused cannot be seen: AccessDeniedException" in seen.err
    assert "RunTask" not in seen.calls


@story(PLAIN, command=["list", "-s", "staging"], prepare=hide)
def test_the_list_is_shown_without_pauses_where_they_cannot_be_seen(seen: Seen) -> None:
    assert seen.code == 0
    assert "daily-report" in seen.lines[1]
    assert "which batches are paused cannot be seen" in seen.err


# pause and resume


PAUSE = ["pause", "daily-report", "-s", "staging", "--reason", "a  move"]


def operator(aws: AwsServer) -> None:
    aws.limit(operating(), {"batches-staging-daily-report": []})


@story(PLAIN, command=PAUSE, args=["--until", "2h"], prepare=operator)
def test_pausing_records_who_why_and_until_when(seen: Seen) -> None:
    record = Pause.from_text(seen.aws.parameter(PATH))

    assert seen.code == 0
    assert record.reason == "a move"
    assert record.by.startswith("arn:aws:")
    assert record.holds(time.time() + 7100)
    assert not record.holds(time.time() + 7300)
    assert f"daily-report is paused by {record.who} since " in seen.err


@story(PLAIN, command=PAUSE, prepare=paused)
def test_pausing_again_says_what_was_there(seen: Seen) -> None:
    assert "it was paused already by alice since " in seen.err
    assert "until batchwright resume daily-report -s staging" in seen.err
    assert Pause.from_text(seen.aws.parameter(PATH)).who != "alice"


@story(PLAIN, command=["pause", "daily-reprot", "-s", "staging", "--reason", "a move"])
def test_only_a_batch_can_be_paused(seen: Seen) -> None:
    assert seen.code == 2
    assert "Did you mean daily-report?" in seen.err
    assert "PutParameter" not in seen.calls


@story(PLAIN, command=PAUSE, args=["--until", "2020-01-01"])
def test_a_pause_does_not_end_in_the_past(seen: Seen) -> None:
    assert seen.code == 2
    assert "2020-01-01 00:00 UTC is in the past. Write a time to come" in seen.err


@story(PLAIN, command=["pause", "daily-report", "-s", "staging", "--reason", " "])
def test_a_pause_has_a_reason(seen: Seen) -> None:
    assert seen.code == 2
    assert "--reason cannot be used: it has 0 characters, and 1 to 500 are allowed" in seen.err


@story(PLAIN, command=PAUSE, faults={"PutParameter": [faults.throttled()]})
def test_throttling_does_not_keep_a_batch_from_being_paused(seen: Seen) -> None:
    assert seen.code == 0
    assert seen.calls["PutParameter"] == 2


def with_a_run(aws: AwsServer) -> None:
    begin(aws, task=False)


@story(PLAIN, manifest=KEPT, command=PAUSE, prepare=with_a_run)
def test_pausing_names_the_runs_of_its_machine_that_go_on(seen: Seen) -> None:
    assert seen.code == 0
    assert f"run {NAME} is in progress since " in seen.err


@story(PLAIN, manifest=KEPT, command=PAUSE, faults={"ListExecutions": [faults.access_denied(times=None)]})
def test_it_is_paused_where_they_cannot_be_seen(seen: Seen) -> None:
    assert seen.code == 0
    assert Pause.from_text(seen.aws.parameter(PATH)).reason == "a move"
    assert "which runs of daily-report's machine are in progress cannot be seen" in seen.err


RESUME = ["resume", "daily-report", "-s", "staging"]


def paused_for_an_operator(aws: AwsServer) -> None:
    paused(aws)
    operator(aws)


@story(PLAIN, command=RESUME, prepare=paused_for_an_operator)
def test_resuming_ends_it(seen: Seen) -> None:
    assert seen.code == 0
    assert "what was due meanwhile" not in seen.err  # nothing ever is
    assert "daily-report can be started again; it was paused by alice since " in seen.err
    assert PATH not in seen.aws.world.parameters


@story(
    PLAIN, manifest=sample_manifest("daily-report", schedule="30 2 * * * Asia/Tokyo"), command=RESUME, prepare=paused
)
def test_resuming_says_what_shows_the_runs_that_were_due(seen: Seen) -> None:
    assert "what was due meanwhile: batchwright runs daily-report -s staging --missed" in seen.err


@story(PLAIN, command=RESUME)
def test_resuming_what_is_not_paused_is_no_error(seen: Seen) -> None:
    assert seen.code == 0
    assert "daily-report is not paused" in seen.err
    assert "DeleteParameter" not in seen.calls


def renamed(aws: AwsServer) -> None:
    paused(aws)
    del aws.world.parameters["/batches/staging/manifests/daily-report"]


@story(PLAIN, command=RESUME, prepare=renamed)
def test_the_pause_of_a_batch_that_was_removed_can_be_ended(seen: Seen) -> None:
    assert seen.code == 0
    assert "daily-report can be started again; it was paused by alice since " in seen.err
    assert PATH not in seen.aws.world.parameters


@story(PLAIN, command=["resume", "daily-reprot", "-s", "staging"], prepare=paused)
def test_a_batch_that_never_was_is_none(seen: Seen) -> None:
    assert seen.code == 2
    assert "Did you mean daily-report?" in seen.err


# list


@story(PLAIN, command=["list", "-s", "staging"], prepare=paused)
def test_the_list_shows_it(seen: Seen) -> None:
    assert "PAUSED" in seen.lines[0]
    assert "daily-report is paused by alice since " in seen.err


@story(PLAIN, command=["list", "-s", "staging", "--json"], prepare=paused)
def test_the_list_has_it_as_data(seen: Seen) -> None:
    (entry,) = json.loads("\n".join(seen.lines))

    assert entry["paused"]["reason"] == "a move"


@story(PLAIN, command=["list", "-s", "staging"], prepare=over)
def test_a_pause_that_is_over_is_not_shown(seen: Seen) -> None:
    assert "PAUSED" not in seen.lines[0]
    assert "paused" not in seen.err
