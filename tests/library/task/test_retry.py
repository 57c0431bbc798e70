"""`Retry`: after which ends a batch is started again, how often, and after which pause."""

import re
from typing import Any

import pytest
from aws_cdk import Duration

from batchwright import DeclarationError, Retry


@pytest.mark.parametrize(
    ("retry", "fields"),
    [
        (Retry(times=1, on=[1]), (1, [1], 0)),
        (Retry(times=10, on=[255, "interruption"]), (10, [255, "interruption"], 0)),
        (Retry(times=2, on=(3,), delay=Duration.seconds(1)), (2, [3], 1)),
        (Retry(times=2, on=(3,), delay=Duration.days(1)), (2, [3], 86400)),
    ],
)
def test_what_the_manifest_says_of_it(retry: Retry, fields: tuple[object, ...]) -> None:
    retry.check("batch x")

    assert tuple(retry.manifest_fields().values()) == fields
    assert [*retry.manifest_fields()] == ["retries", "retry_on", "retry_delay_seconds"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"times": 11}, "retry.times: 11 was given; allowed: 1 to 10"),
        ({"times": 0}, "retry.times: 0 was given; allowed: 1 to 10; without retry= the batch is never started again"),
        ({"times": True}, "retry.times: True was given; allowed: 1 to 10"),
        ({"times": "2"}, "retry.times: '2' was given; allowed: 1 to 10"),
        ({"on": "interruption"}, "retry.on: 'interruption' was given; allowed: a list of exit codes from 1 to 255"),
        ({"on": 3}, "retry.on: 3 was given; allowed: a list of exit codes from 1 to 255, and 'interruption'"),
        ({"on": []}, "retry.on: it is empty, so that nothing is tried again; allowed: exit codes from 1 to 255, and"),
        ({"on": [0]}, "retry.on: 0 was given; allowed: exit codes from 1 to 255, and 'interruption'"),
        ({"on": [256]}, "retry.on: 256 was given; allowed: exit codes from 1 to 255"),
        ({"on": [True]}, "retry.on: True was given; allowed: exit codes from 1 to 255"),
        ({"on": ["spot"]}, "retry.on: 'spot' was given; allowed: exit codes from 1 to 255"),
        ({"delay": Duration.seconds(0)}, "retry.delay: '0 s' was given; allowed: 1 second to 24 hours, in whole"),
        ({"delay": Duration.seconds(86401)}, "retry.delay: '86401 s' was given; allowed: 1 second to 24 hours"),
        ({"delay": Duration.millis(1500)}, "retry.delay: '1.5 s' was given; allowed: 1 second to 24 hours"),
        ({"delay": 300}, "retry.delay: 300 was given; allowed: a Duration of aws_cdk, 1 second to 24 hours"),
    ],
)
def test_what_cannot_be_kept(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(DeclarationError, match=f"^batch report: {re.escape(message)}"):
        Retry(**{"times": 1, "on": [1], **changes}).check("batch report")


def test_an_argument_that_is_missing() -> None:
    with pytest.raises(DeclarationError, match=r"^Retry: on: it is missing; write on=…, the ends after which it is"):
        Retry(times=2)  # type: ignore[call-arg]
