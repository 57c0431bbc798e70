"""Credentials that fail in the middle of a run, and what answers in AWS's place: they pass, and the run goes on."""

import signal
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.fake_aws import Script, Term, faults, lines, steady
from tests.fake_aws.fixtures import sample_manifest
from tests.stories.story import ATTACH, LONGEST, RUN, Running, Seen, at_night, scenario, sends, stories, story

WRITES = Script(lines=steady(50, per_second=5), exit_code=3)
WHOLE = [f"line {n}" for n in range(50)]
POLITE = Script(lines=steady(300, per_second=5), exit_code=3, term=Term(exit_code=0))
UNSET = ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN", "CONFIG_FILE", "SHARED_CREDENTIALS_FILE")
PROFILE: dict[str, Any] = {
    "env": {"AWS_PROFILE": "night"},
    "prefix": ["env", *(word for name in UNSET for word in ("-u", f"AWS_{name}"))],
    "files": {
        ".aws/config": "[profile night]\nregion = eu-west-1\n",
        ".aws/credentials": "[night]\naws_access_key_id = AKIATEST\naws_secret_access_key = s\naws_session_token = t\n",
    },
}
PRINTS = """until=$(date -u -d '+2 minutes' +%Y-%m-%dT%H:%M:%SZ)
keys='"AccessKeyId": "AKIATEST", "SecretAccessKey": "s", "SessionToken": "t"'
echo "{\\"Version\\": 1, $keys, \\"Expiration\\": \\"$until\\"}"
"""
"""Credentials of two minutes: botocore renews them before each call."""


def source(while_broken: str) -> dict[str, Any]:
    """A program that gives the credentials, and something else while there is a file ``broken``."""
    return {
        "env": {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_CONFIG_FILE": "config"},
        "files": {
            "source.sh": f"[ -e broken ] && {{ {while_broken}; }}\n{PRINTS}",
            "config": "[default]\ncredential_process = sh source.sh\n",
        },
    }


def lose_the_profile(running: Running) -> None:
    running.until_line(b"line 3")
    (running.folder / ".aws").rename(running.folder / "away")
    for operation in ("DescribeTasks", "GetLogEvents"):
        running.aws.faults(operation, faults.lasting(3.0, faults.expired_token(None)))
    time.sleep(4)
    (running.folder / "away").rename(running.folder / ".aws")


def lose_the_profile_at_the_end(running: Running) -> None:
    running.until(lambda: running.aws.calls_of("CreateSchedule"))
    time.sleep(1)
    (running.folder / ".aws").rename(running.folder / "away")


@story(
    Script(lines=steady(20, per_second=5), exit_code=3),
    **PROFILE,
    act=lose_the_profile_at_the_end,
    faults={"DeleteSchedule": [faults.expired_token(None)]},
)
def test_a_deadline_that_cannot_be_dropped_costs_nothing(seen: Seen) -> None:
    assert (seen.code, len(seen.lines)) == (3, 20)
    assert "Traceback" not in seen.err


def break_the_source(seconds: float, when: Callable[[Running], None]) -> Callable[[Running], None]:
    """Breaks the program that gives the credentials for so many seconds."""

    def act(running: Running) -> None:
        when(running)
        (running.folder / "broken").touch()
        time.sleep(seconds)
        (running.folder / "broken").unlink()

    return act


def at_a_line(running: Running) -> None:
    running.until_line(b"line 3")


def at_the_stop(running: Running) -> None:
    running.until_line(b"line 3")
    (running.folder / "broken").touch()
    running.send(signal.SIGTERM)


GONE_FOR_A_WHILE = {
    "a profile, while a token expires": scenario(WRITES, **PROFILE, act=lose_the_profile),
    "a source that fails": scenario(
        WRITES, **source("echo log in first >&2; exit 1"), act=break_the_source(3, at_a_line)
    ),
}


@stories(GONE_FOR_A_WHILE)
def test_credentials_that_cannot_be_had_for_a_while_cost_no_line(seen: Seen) -> None:
    assert (seen.code, seen.lines) == (3, WHOLE)


@story(POLITE, **source("exit 1"), act=break_the_source(3, at_the_stop))
def test_a_stop_without_credentials_is_repeated(seen: Seen) -> None:
    assert (seen.code, seen.aws.tasks[0].times.stop_code) == (143, "UserInitiated")


REFUSED = {
    "page": faults.html_page("<html><title>Forbidden</title></html>"),
    "unknown": faults.error("UnrecognizedClientException", "The security token included in the request is invalid."),
    "signature": faults.error("InvalidSignatureException", "Signature expired"),
}


@story(POLITE, faults={"StopTask": [*REFUSED.values()]}, args=["--timeout", "2s"])
def test_a_stop_that_others_refuse_is_repeated(seen: Seen) -> None:
    assert (seen.code, seen.calls["StopTask"]) == (124, 4)


@story(
    Script(lines=lines("ready"), runs=LONGEST),
    command=["stop", "daily-report@night", "-s", "staging"],
    prepare=at_night,
    faults={"StopTask": [replace(REFUSED["page"], times=None)]},
)
def test_what_is_no_lack_of_permission_is_not_taken_for_one(seen: Seen) -> None:
    assert seen.code == 125
    assert "it could not be stopped: HTTP 403" in seen.err
    assert "It goes on: stop it again" in seen.err
    assert "grant_run" not in seen.err


@story(
    Script(lines=lines("x"), provisioning=12.0, exit_code=3),
    manifest=sample_manifest("daily-report", overlap="forbid"),
    **source("exit 1"),
    act=break_the_source(2, Running.until_task),
)
def test_a_look_for_other_runs_without_credentials_is_repeated(seen: Seen) -> None:
    assert seen.code == 3


# Before anything is followed.


def come_late(running: Running) -> None:
    """The credentials are there only now."""
    time.sleep(3)
    (running.folder / "broken").unlink(missing_ok=True)
    for late in running.folder.glob("late"):
        late.rename(running.folder / "credentials")


BROKEN = source("echo not yet >&2; exit 1")
LATE_SOURCE: dict[str, Any] = {**BROKEN, "files": {**BROKEN["files"], "broken": ""}}
LATE_FILE: dict[str, Any] = {
    "env": {"AWS_SHARED_CREDENTIALS_FILE": "credentials"},
    "prefix": ["env", *(word for name in UNSET[:4] for word in ("-u", f"AWS_{name}"))],
    "files": {"late": PROFILE["files"][".aws/credentials"].replace("night", "default")},
}
SHORT = Script(lines=lines("x"), runs=6.0, exit_code=3)
UNKNOWN = [faults.lasting(3.0, REFUSED["unknown"])]
FOLLOWS: tuple[dict[str, Any], ...] = ({"command": RUN}, {"command": ATTACH, "prepare": at_night})


@stories(
    {
        f"{follows['command'][0]}, {what}": scenario(SHORT, **follows, **more)
        for follows, operations in zip(FOLLOWS, (("GetParameter", "RunTask"), ("ListTasks",)), strict=True)
        for what, more in (
            ("a source that fails", {**LATE_SOURCE, "act": come_late}),
            ("a file", {**LATE_FILE, "act": come_late}),
            *((f"a key that {name} does not know yet", {"faults": {name: UNKNOWN}}) for name in operations),
        )
    }
)
def test_credentials_that_come_some_seconds_late_are_waited_for(seen: Seen) -> None:
    assert (seen.code, seen.lines) == (3, ["x"]), seen.err
    assert len(seen.aws.tasks) == 1


@story(SHORT, **LATE_SOURCE, act=sends(signal.SIGTERM, said=b"yet: "))
def test_a_signal_ends_the_wait_for_credentials(seen: Seen) -> None:
    assert (seen.code, seen.aws.tasks) == (143, [])


@story(SHORT, **LATE_SOURCE)
def test_credentials_that_do_not_come_are_waited_for_ten_seconds(seen: Seen) -> None:
    assert seen.code == 125
    assert "not yet" in seen.err
    assert "log in again" in seen.err
    assert 9 < seen.ended_at - seen.began_at < 25
