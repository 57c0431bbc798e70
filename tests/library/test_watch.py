"""``expected``, and the record of what is watched that a batch's stack publishes."""

import json
from typing import Any

import pytest
from aws_cdk import Duration

from batchwright import DeclarationError, Schedule
from batchwright.arns import Place
from batchwright.batch import DEFAULT_TIMEOUT
from batchwright.iam import run_policies, verify_policies
from batchwright.terms import Terms
from batchwright.testing import resources, synthesize
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.watch import Watch
from tests.kit.iam import allowed
from tests.library.support import declaring

PLACE, NAMES = Place("111111111111", "ap-northeast-1"), StageNames("batches", "staging")
SSM = "arn:aws:ssm:ap-northeast-1:111111111111:parameter/batches/staging"


def terms(timeout: Duration = DEFAULT_TIMEOUT, **given: Any) -> Terms:  # noqa: ANN401 - also wrong ones
    made = Terms(description="Reports.", owner="sre", runbook=None, timeout=timeout, overlap="allow", **given)
    made.check("batch report")
    return made


def records(**arguments: Any) -> list[Watch]:  # noqa: ANN401 - any argument
    synthesized = synthesize(declaring(**arguments))
    made = [record for record in resources(synthesized.template, "AWS::SSM::Parameter") if "/watch/" in record["Name"]]
    assert all(record["Name"] == "/batches/staging/watch/report" for record in made)
    assert [synthesized.local.get("watch", {})] == [json.loads(record["Value"]) for record in made] or not made
    return [Watch.from_text(record["Value"]) for record in made]


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (Duration.seconds(59), "'59 s' was given; allowed: 60 seconds to the batch's timeout of 1800 seconds"),
        (Duration.minutes(31), "'1860 s' was given"),
        (Duration.millis(90500), "'90.5 s' was given"),
        (1200, "1200 was given; allowed: a Duration of aws_cdk"),
    ],
)
def test_what_a_run_cannot_be_expected_to_take_is_refused(given: object, problem: str) -> None:
    with pytest.raises(DeclarationError, match=f"batch report: expected: {problem}"):
        terms(Duration.minutes(30), expected=given)


def test_it_may_take_as_long_as_its_timeout() -> None:
    for given in (Duration.minutes(1), Duration.minutes(30)):
        assert terms(Duration.minutes(30), expected=given).expected_seconds == given.to_seconds()
    with pytest.raises(DeclarationError, match="timeout of 86400 seconds"):
        terms(expected=Duration.hours(25))


def test_the_record_says_when_by_whom_and_how_long() -> None:
    night = Schedule.daily("02:30", zone="Asia/Tokyo", window=Duration.minutes(15))

    assert records(scheduler="rundeck") == []
    assert records(schedule=night) == [Watch(schedule="30 2 * * * Asia/Tokyo")]
    assert records(schedule=night, scheduler="aws", expected=Duration.hours(1)) == [
        Watch(schedule="30 2 * * * Asia/Tokyo", scheduler="aws", expected_seconds=3600, window_seconds=900)
    ]


def test_who_runs_reads_the_records_and_may_not_write_them() -> None:
    reads = run_policies.read_records(PLACE, NAMES)
    for action in ("ssm:GetParameter", "ssm:GetParameterHistory"):
        assert allowed(reads, action, f"{SSM}/watch/report", {})
    assert allowed(reads, "ssm:GetParametersByPath", f"{SSM}/watch", {})
    assert not allowed(reads, "ssm:GetParameter", f"{SSM}/report/DB_HOST", {})
    table = PLACE._arn("dynamodb", "table/batches-staging-alerts")
    for action in ("dynamodb:GetItem", "dynamodb:BatchGetItem"):
        assert allowed(reads, action, table, {"dynamodb:LeadingKeys": ["record"]})
        assert not allowed(reads, action, table, {"dynamodb:LeadingKeys": ["record", "outbox"]})

    operates = run_policies.operate(PLACE, NAMES, key="", repositories=["arn:aws:ecr:::repository/batches/*"])
    assert not allowed(operates, "ssm:PutParameter", f"{SSM}/watch/report", {})
    assert allowed(operates, "ssm:PutParameter", f"{SSM}/paused/report", {})


def test_who_verifies_looks_at_runs_and_changes_nothing() -> None:
    statements = verify_policies.look_back(PLACE, NAMES, cluster="batches-staging", history=True)

    actions = [action for statement in statements for action in [statement["Action"]] if isinstance(action, str)]
    actions += [
        action for statement in statements if isinstance(statement["Action"], list) for action in statement["Action"]
    ]
    assert all(
        action.partition(":")[2].startswith(("Get", "BatchGet", "List", "Describe", "Filter")) for action in actions
    )
    without = verify_policies.look_back(PLACE, NAMES, cluster="batches-staging", history=False)
    assert [statement for statement in statements if statement not in without] == [
        run_policies.read_history(PLACE, NAMES)
    ]
