"""When calls are repeated, and for how long."""

import re
import signal
import threading
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from batchwright_runner.errors import DeniedError, InterruptedEarlyError, RunnerError
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import (
    FIRST_CALL,
    OPERATE_HINT,
    READ,
    Patience,
    PatientAws,
    backoff,
    patiently,
    repeat,
)
from batchwright_runner.host.aws.trying import SAID_AGAIN, Trying
from batchwright_runner.host.runs.task import RefusedError, TemporaryError
from tests.kit.fakes import FakeWaiter, Notes

PASSES = ApiError("ThrottlingException", "slow down")
STAYS = ApiError("ParameterNotFound", "there is none", status=400)


@dataclass
class Calls:
    """Fails so often, then gives "done"; each call takes ``took`` seconds."""

    waiter: FakeWaiter
    fails: int
    error: Exception = PASSES
    took: float = 0.0
    at: list[float] = field(default_factory=list)

    def __call__(self) -> str:
        self.at.append(self.waiter.time)
        self.waiter.time += self.took
        if len(self.at) <= self.fails:
            raise self.error
        return "done"


@pytest.mark.parametrize("error", [PASSES, TemporaryError("later")])
def test_what_passes_is_repeated_after_the_pauses_asked_for(error: Exception) -> None:
    waiter = FakeWaiter()
    calls = Calls(waiter, fails=3, error=error)

    assert repeat(calls, waiter, Patience(pause=lambda failed: 1.0 + failed)) == "done"
    assert calls.at == [0.0, 1.0, 3.0, 6.0]


@pytest.mark.parametrize("error", [STAYS, RefusedError("never")])
def test_what_does_not_pass_is_not_repeated(error: Exception) -> None:
    calls = Calls(FakeWaiter(), fails=9, error=error)

    with pytest.raises(type(error)):
        repeat(calls, calls.waiter)
    assert len(calls.at) == 1


def test_the_last_of_the_attempts_raises_at_once() -> None:
    calls = Calls(FakeWaiter(), fails=9)

    with pytest.raises(ApiError):
        repeat(calls, calls.waiter, Patience(attempts=3, pause=lambda _: 1.0))
    assert (calls.at, calls.waiter.time) == ([0.0, 1.0, 2.0], 2.0)


def test_no_attempt_is_made_after_the_seconds() -> None:
    calls = Calls(FakeWaiter(), fails=99)

    with pytest.raises(ApiError):
        repeat(calls, calls.waiter, Patience(seconds=10.0, pause=lambda _: 4.0))
    assert calls.at == [0.0, 4.0, 8.0, 12.0]


def test_a_signal_ends_a_pause_and_not_the_attempts() -> None:
    calls = Calls(FakeWaiter(at={2.5: signal.SIGTERM}), fails=2)

    assert repeat(calls, calls.waiter, Patience(pause=lambda _: 10.0)) == "done"
    assert calls.at == [0.0, 2.5, 12.5]


def test_a_signal_that_comes_during_an_attempt_is_not_slept_over() -> None:
    calls = Calls(FakeWaiter(at={0.5: signal.SIGTERM}), fails=1, took=1.0)

    assert repeat(calls, calls.waiter, Patience(pause=lambda _: 10.0)) == "done"
    assert calls.at == [0.0, 1.0]


@pytest.mark.parametrize("at", [0.0, 2.5])
def test_patience_ends_with_a_signal(at: float) -> None:
    calls = Calls(FakeWaiter(at={at: signal.SIGTERM}), fails=99)

    with pytest.raises(InterruptedEarlyError) as caught:
        patiently(calls, "it cannot be read", calls.waiter)
    assert (caught.value.exit_code, calls.waiter.time) == (143, at)


def test_patience_ends_after_its_seconds_and_says_that_later_may_work() -> None:
    calls = Calls(FakeWaiter(), fails=999)

    with pytest.raises(RunnerError, match=r"it cannot be read: .*slow down\. Try again later") as caught:
        patiently(calls, "it cannot be read", calls.waiter, patience=Patience(5.0))
    assert caught.value.again == "safe"
    assert 5.0 <= calls.waiter.time < 12.0


def test_what_does_not_pass_is_an_error_unless_its_code_is_asked_for() -> None:
    calls = Calls(FakeWaiter(), fails=1, error=STAYS)

    with pytest.raises(ApiError, match="there is none"):
        patiently(calls, "it cannot be read", calls.waiter, but=("ParameterNotFound",))
    with pytest.raises(RunnerError, match=r"^it cannot be read: ParameterNotFound: there is none$"):
        patiently(Calls(FakeWaiter(), fails=1, error=STAYS), "it cannot be read", calls.waiter)


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("AccessDeniedException", "grant_operate"),
        ("NoCredentials", "AWS_PROFILE"),
        ("NoRegionError", "AWS_REGION"),
        ("ExpiredToken", "log in again"),
        ("UnauthorizedSSOTokenError", "log in again"),
        ("InvalidClientTokenId", "log in again"),
        ("UnrecognizedClientException", "log in again"),
        ("403", "Something on the way to AWS has answered"),
    ],
)
def test_what_must_be_done_first_ends_at_once_with_a_hint_of_its_own(code: str, hint: str) -> None:
    calls = Calls(FakeWaiter(), fails=1, error=ApiError(code, "no"))

    with pytest.raises(RunnerError, match=hint) as caught:
        patiently(calls, "it was not set", calls.waiter, hint=OPERATE_HINT)
    assert ("grant" in str(caught.value)) == (hint == "grant_operate")
    assert calls.at == [0.0]


FORBIDDEN = ApiError("AccessDeniedException", "no")


def test_where_a_permission_may_be_new_its_lack_is_tried_again() -> None:
    calls = Calls(FakeWaiter(), fails=3, error=FORBIDDEN)

    assert patiently(calls, "it cannot be seen", calls.waiter, patience=Patience(90.0, forbidden_for=15.0)) == "done"
    assert len(calls.at) == 4


def test_a_permission_that_may_be_new_is_waited_for_no_longer_than_is_said() -> None:
    calls = Calls(FakeWaiter(), fails=999, error=FORBIDDEN)

    with pytest.raises(DeniedError, match=r"it cannot be seen: AccessDeniedException: no\. .*grant_run"):
        patiently(calls, "it cannot be seen", calls.waiter, patience=Patience(90.0, forbidden_for=15.0))
    assert 15.0 <= calls.waiter.time < 18.0
    assert re.search(r"trying again for 1[0-3]s at most", calls.waiter.notes[0])


def test_an_answer_begins_the_count_of_refusals_again() -> None:
    waiter = FakeWaiter()
    errors = [FORBIDDEN, FORBIDDEN, PASSES, FORBIDDEN, FORBIDDEN]

    def attempt() -> str:
        waiter.time += 2.0
        if errors:
            raise errors.pop()
        return "done"

    assert repeat(attempt, waiter, Patience(forbidden_for=5.0)) == "done"


SOON = Patience(90.0, forbidden_for=15.0)


@pytest.mark.parametrize(
    ("patience", "code"),
    [
        *((SOON, code) for code in ("InvalidClientTokenId", "NoCredentials", "SignatureDoesNotMatch", "NoRegionError")),
        *((FIRST_CALL, code) for code in ("ExpiredToken", "UnauthorizedSSOTokenError", "SignatureDoesNotMatch", "403")),
    ],
)
def test_credentials_that_somebody_must_renew_and_settings_end_it_at_once(patience: Patience, code: str) -> None:
    calls = Calls(FakeWaiter(), fails=1, error=ApiError(code, "no"))

    with pytest.raises(RunnerError):
        patiently(calls, "it cannot be seen", calls.waiter, patience=patience)
    assert calls.at == [0.0]


@pytest.mark.parametrize("code", ["NoCredentials", "CredentialRetrievalError", "UnrecognizedClientException"])
def test_credentials_that_may_be_there_in_a_moment_are_waited_for(code: str) -> None:
    calls = Calls(FakeWaiter(), fails=3, error=ApiError(code, "no"))
    assert patiently(calls, "it cannot be seen", calls.waiter, patience=FIRST_CALL) == "done"

    calls = Calls(FakeWaiter(), fails=100, error=ApiError(code, "no"))
    with pytest.raises(RunnerError, match="no"):
        patiently(calls, "it cannot be seen", calls.waiter, patience=FIRST_CALL)
    assert 8.0 < calls.at[-1] < 13.0


def test_what_is_tried_and_for_how_long_is_said_soon_and_then_now_and_again() -> None:
    calls = Calls(FakeWaiter(), fails=30, error=ApiError("InternalFailure", "no", status=500), took=0.2)

    assert patiently(calls, "it cannot be read", calls.waiter) == "done"

    first, *more = calls.waiter.notes
    assert re.fullmatch(r"it cannot be read yet: InternalFailure: no\ntrying again for 1m2[678]s at most", first)
    assert 1 <= len(more) <= 3


def test_a_failure_of_a_moment_is_not_worth_a_line() -> None:
    calls = Calls(FakeWaiter(), fails=2)

    assert (patiently(calls, "it cannot be read", calls.waiter), calls.waiter.notes) == ("done", [])


def test_an_attempt_that_hangs_is_said_while_it_does() -> None:
    waiter = FakeWaiter()
    said = threading.Event()

    def say(text: str) -> None:
        assert text == "it cannot be read yet: no answer for 2.0s\nwaiting for it for 1m28s at most"
        said.set()

    def hangs() -> bool:
        waiter.time += 2.0  # the thread that says it has a clock of its own
        return said.wait(60)

    assert repeat(hangs, waiter, Patience(90), trying=Trying("it cannot be read", waiter, say))


def test_what_is_no_throttling_is_tried_again_within_two_seconds() -> None:
    calls = Calls(FakeWaiter(), fails=40, error=ApiError("InternalFailure", "no", status=500))

    assert repeat(calls, calls.waiter) == "done"
    assert max(after - before for before, after in pairwise(calls.at)) <= 2.0


@pytest.mark.parametrize("times", [0, 1, 2, 3, 4, 10, 3_000, 10_000_000])
def test_a_pause_grows_to_the_longest_and_stays_there(times: int) -> None:
    assert backoff(times, longest=4.0, chance=lambda: 0.5) == min(0.5 * 2.0 ** min(times, 10), 4.0)


def test_an_outage_of_a_day_is_waited_out() -> None:
    calls = Calls(FakeWaiter(), fails=21_600, error=PASSES)

    assert repeat(calls, calls.waiter) == "done"
    assert calls.waiter.time > 3600


@dataclass
class Service:
    """Answers each call after it has failed so often."""

    calls: Calls

    def call(self, service: str, operation: str, **parameters: object) -> dict[str, object]:
        del service
        return {"answer": self.calls(), "operation": operation, **parameters}


def test_each_call_of_many_is_repeated_by_itself() -> None:
    calls = Calls(FakeWaiter(), fails=2)
    patient = PatientAws(Service(calls), "it cannot be read", calls.waiter, Notes())

    assert patient.call("logs", "read", page=1) == {"answer": "done", "operation": "read", "page": 1}


def test_a_call_that_fails_for_too_long_is_an_error() -> None:
    calls = Calls(FakeWaiter(), fails=10**6)
    notes = Notes()

    with pytest.raises(RunnerError, match=r"it cannot be read: ThrottlingException: slow down\. Try again later"):
        PatientAws(Service(calls), "it cannot be read", calls.waiter, notes).call("logs", "read")
    assert READ.seconds <= calls.waiter.time < READ.seconds + 10
    assert READ.seconds / (SAID_AGAIN + 6) < len(notes.texts) < READ.seconds / SAID_AGAIN
    assert notes.texts[0].startswith("it cannot be read yet: ThrottlingException: slow down\ntrying again for 4m5")


def test_what_does_not_pass_is_not_repeated_here_either() -> None:
    calls = Calls(FakeWaiter(), fails=1, error=STAYS)

    with pytest.raises(ApiError, match="there is none"):
        PatientAws(Service(calls), "it cannot be read", calls.waiter, Notes()).call("logs", "read")
