from dataclasses import replace
from pathlib import Path

import pytest

from batchwright_runner.contract.ends import STARTS
from batchwright_runner.contract.judgment.retries import why_again
from batchwright_runner.contract.judgment.verdict import Ending, StopRequest, verdict
from batchwright_runner.contract.stop_reasons import advice, is_temporary
from batchwright_runner.contract.verdicts import Row, Verdict
from tests.fake_aws.fixtures import sample_manifest

SEEN = [
    line.split(" | ", 2)
    for line in Path(__file__).with_name("stop_reasons.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]
NEVER = Verdict(Row.NEVER_STARTED, 126, "", "useless")


@pytest.mark.parametrize(("passes", "said", "reason"), SEEN)
def test_reasons_in_the_form_in_which_they_come(passes: str, said: str, reason: str) -> None:
    assert said in advice(NEVER, reason)
    assert is_temporary(reason) is (passes == "passes")


def test_an_unknown_reason_has_no_advice_and_is_not_temporary() -> None:
    assert advice(NEVER, "something new") == ""
    assert not is_temporary("something new")


def test_exit_codes_of_containers_are_explained_and_the_runners_own_are_not() -> None:
    assert "not found" in advice(Verdict(Row.OWN, 127, "", "ask"), "")
    assert "killed" in advice(Verdict(Row.OWN, 137, "", "ask"), "")
    assert advice(Verdict(Row.NEVER_STARTED, 126, "", "ask"), "") == ""


def test_a_success_needs_no_advice() -> None:
    assert advice(Verdict(Row.OWN, 0, "", "ask"), "Essential container in task exited") == ""


MANIFEST = sample_manifest(retries=1, retry_on=(3, "interruption"))


def again(ending: Ending, failed_starts: int = 0, retried: int = 0) -> str:
    return why_again(MANIFEST, verdict(ending), ending, failed_starts=failed_starts, retried=retried)


def test_what_is_run_again() -> None:
    own = Ending(exit_code=3, stop_code="EssentialContainerExited")
    spot = Ending(exit_code=0, stop_code="SpotInterruption")
    by_user, timeout = replace(own, stop_code="UserInitiated"), StopRequest("timeout")
    refused = replace(spot, stop=replace(timeout, refused="AccessDenied"))

    assert (again(own), again(spot)) == ("the batch retries on 3", "the batch retries on interruption")
    assert again(own, retried=1) == ""
    others = [*(replace(own, exit_code=code) for code in (0, 4)), by_user, replace(by_user, stop=timeout)]
    assert [again(end) for end in (*others, Ending(exit_code=3), refused)] == [""] * 6


def test_a_start_that_may_work_is_tried_again_without_being_named() -> None:
    failed = Ending(began=False, stop_code="TaskFailedToStart", temporary=True)

    assert again(failed, failed_starts=1, retried=5)
    assert again(failed, failed_starts=STARTS) == ""
    assert again(Ending(began=False, stop_code="TaskFailedToStart"), failed_starts=1) == ""
