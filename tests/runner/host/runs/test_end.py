"""What the result file holds of an end, and what a person is told."""

from dataclasses import replace
from typing import Any

import pytest

from batchwright_runner.contract.judgment.state import TaskState
from batchwright_runner.contract.verdicts import Row, Verdict
from batchwright_runner.host.runs.end import RunEnd, tell_end
from tests.kit.fakes import Notes
from tests.kit.manifests import manifest

AGAIN = "batchwright run hello -s staging --again hello@night"
OWN_0 = Verdict(Row.OWN, 0, "the container's own code (main ended by itself)", "ask")
OWN_3 = replace(OWN_0, code=3)
END = RunEnd(verdict=OWN_3, manifest=manifest(), task="t")
KILLED = TaskState(
    status="STOPPED",
    exit_code=137,
    stop_code="EssentialContainerExited",
    reason="OutOfMemoryError: Container killed due to memory usage",
    image_digest="sha256:1",
    times={"startedAt": 10.0, "executionStoppedAt": 12.5},
)


def notes_of(end: RunEnd) -> list[str]:
    notes = Notes()
    tell_end(notes.note, replace(end, again=AGAIN))
    return notes.texts


def test_a_success_is_one_line() -> None:
    assert notes_of(replace(END, verdict=OWN_0, state=KILLED)) == [f"exit 0: {OWN_0.why}"]


def test_a_failure_says_why_and_whom_to_ask_and_the_verdict_comes_last() -> None:
    end = replace(END, verdict=replace(OWN_3, code=137), manifest=manifest(runbook="https://wiki/hello"), state=KILLED)
    advice = "advice: the container used more memory than declared: raise memory= in its batch.py"

    assert notes_of(replace(end, facts=["image: r@sha256:1"], on_failure=["see its log: batchwright logs t"])) == [
        f"reason: {KILLED.reason}\n{advice}\nimage: r@sha256:1",
        f"owner: platform-team\nrunbook: https://wiki/hello\nsee its log: batchwright logs t\nrun it again: {AGAIN}",
        f"exit 137: {OWN_3.why}",
    ]


def test_what_never_started_is_run_again_once_that_is_fixed() -> None:
    never = Verdict(Row.NEVER_STARTED, 126, "the batch never started (no image)", "useless")

    assert notes_of(replace(END, verdict=never))[-2].endswith(f"\nrun it again, once that is fixed: {AGAIN}")


def test_of_a_workflow_the_owner_of_the_failed_step_is_asked() -> None:
    whole, step = manifest(runbook="https://wiki/all"), manifest(owner="finance-systems")

    for failed, whom in ((step, "finance-systems"), (None, "platform-team")):
        asked = notes_of(replace(END, manifest=whole, failed=failed))[0]
        assert asked.startswith(f"owner: {whom}\nrunbook: https://wiki/all\n")


USELESS = replace(OWN_3, again="useless")


@pytest.mark.parametrize("changes", [{"verdict": USELESS}, {"goes_on": ["follow it: attach t"]}, {"verdict": OWN_0}])
def test_what_may_go_on_has_succeeded_or_would_end_the_same_is_not_run_again(changes: dict[str, Any]) -> None:
    end = replace(END, again=AGAIN, **changes)

    assert "again" not in "\n".join(notes_of(end))
    assert end.details()["run_again"] == ""


def test_a_code_that_is_known_has_advice_without_a_reason() -> None:
    end = replace(END, verdict=replace(OWN_3, code=127), state=TaskState(status="STOPPED"))

    assert notes_of(end)[0] == "advice: 127 often means: the command was not found in the image"


def test_an_owner_of_several_lines_does_not_look_like_the_verdict() -> None:
    end = replace(END, manifest=manifest(owner="finance\nexit 0: all is well", runbook=""))

    assert notes_of(end)[-2].splitlines()[0] == "owner: finance exit 0: all is well"


@pytest.mark.parametrize("verdict", [OWN_0, OWN_3])
def test_lines_that_may_be_missing_are_said_whatever_the_verdict(verdict: Verdict) -> None:
    end = replace(END, verdict=verdict, incomplete="no permission", whole_log="batchwright logs t")

    assert notes_of(end)[0] == "lines may be missing: no permission\nall of them: batchwright logs t"
    assert notes_of(replace(end, whole_log=""))[0] == "lines may be missing: no permission"


def test_the_facts_are_said_of_a_success_too() -> None:
    assert notes_of(replace(END, verdict=OWN_0, facts=["log: there"]))[0] == "log: there"


def test_a_0_that_is_not_the_batchs_is_no_success() -> None:
    assert not replace(END, verdict=Verdict(Row.NO_RESULT, 0, "", "ask")).succeeded


def test_the_details_are_those_of_the_state_and_what_only_this_run_has() -> None:
    end = replace(END, state=KILLED, incomplete="left", extra={"backend": "docker"}, again=AGAIN)

    assert end.details() == {
        "task": "t",
        "image_digest": "sha256:1",
        "container_code": 137,
        "stop_code": "EssentialContainerExited",
        "reason": "OutOfMemoryError: Container killed due to memory usage",
        "advice": "the container used more memory than declared: raise memory= in its batch.py",
        "times": {"startedAt": 10.0, "executionStoppedAt": 12.5},
        "phases": {"running": 2.5},
        "log_complete": False,
        "run_again": AGAIN,
        "backend": "docker",
    }


def test_the_details_of_a_run_that_was_not_looked_at_have_the_same_fields() -> None:
    unseen = END.details()

    assert unseen.keys() == replace(END, state=KILLED).details().keys()
    assert (unseen["container_code"], unseen["times"], unseen["phases"]) == (None, {}, {})


def test_what_is_missing_of_an_earlier_attempt_is_said_at_the_end_of_the_last_one() -> None:
    whole = replace(END, whole_log="logs t")
    first = replace(whole, incomplete="the log cannot be read", whole_log="logs first")

    second = whole.with_missing_lines_of(first)
    assert (second.incomplete, second.whole_log) == ("of an earlier attempt, the log cannot be read", "logs first")
    assert whole.with_missing_lines_of(second) == second
    both = replace(whole, incomplete="it was left").with_missing_lines_of(first)
    assert (both.incomplete, both.whole_log) == ("of an earlier attempt, the log cannot be read; it was left", "logs t")
    assert second.with_missing_lines_of(whole) == second
