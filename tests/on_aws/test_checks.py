"""The checks against a stand-in: what AWS should answer is seen, and each other answer is told."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from batchwright.automation.machine import machine
from tests.library.automation.support import facts
from tests.library.automation.test_verdicts import TABLE
from tests.on_aws.checks import compared
from tests.on_aws.claims import BEFORE, CLAIMS, Seen
from tests.on_aws.questions import (
    Delivery,
    Expression,
    Questions,
    Request,
    asked_by,
    asking_tests,
    can_be_asked,
    corners,
    expressions,
)
from tests.on_aws.rows import rows
from tests.on_aws.stand_in import StandIn, refusal
from tests.on_aws.trial import Trial

CLUSTER = {"ecs:cluster": "arn:aws:ecs:eu-west-1:111111111111:cluster/a"}
MAY = [
    {"Effect": "Allow", "Action": "ecs:StopTask", "Resource": "*", "Condition": {"ArnEquals": CLUSTER}},
    {
        "Effect": "Allow",
        "Action": "ecs:RunTask",
        "Resource": "*",
        "Condition": {"NumericLessThanEquals": {"ecs:cpu": "5"}},
    },
    {
        "Effect": "Allow",
        "Action": "dynamodb:GetItem",
        "Resource": "*",
        "Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["a"]}},
    },
    {
        "Effect": "Allow",
        "Action": "sns:Publish",
        "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "true"}},
    },
]
FEW = Questions(
    machines={"with a command": machine(facts(command=True)), "with alerts": machine(facts(alerts=True))},
    templates={"a topic": {"Resources": {"A": {"Type": "AWS::SNS::Topic"}}}},
    ends=TABLE[:4],
    expressions=[
        Expression("$a + 1", {"a": 2}, 3),
        Expression("$seen_states.input.a", {"seen_states": {"input": {"a": ["b"]}}}, ["b"]),
        Expression("$a.b", {"a": {}}, None),
    ],
    requests=[
        Request(MAY, "ecs:StopTask", "*", CLUSTER, allowed=True),
        Request(MAY, "ecs:StopTask", "*", {}, allowed=False),
        Request(MAY, "ecs:RunTask", "*", {"ecs:cpu": 4}, allowed=True),
        Request(MAY, "ecs:RunTask", "*", {"ecs:cpu": 40}, allowed=False),
        Request(MAY, "dynamodb:GetItem", "*", {"dynamodb:LeadingKeys": ["a"]}, allowed=True),
        Request(MAY, "dynamodb:GetItem", "*", {"dynamodb:LeadingKeys": ["a", "b"]}, allowed=False),
        Request(MAY, "sns:Publish", "*", {"aws:SecureTransport": "true"}, allowed=True),
    ],
    deliveries=[
        Delivery({"source": ["aws.ecs"]}, {"source": "aws.ecs", "detail-type": "a", "detail": {}}, fits=True),
        Delivery({"source": ["aws.ecs"]}, {"source": "aws.states", "detail-type": "a", "detail": {}}, fits=False),
    ],
)


def trial_with(client: Any) -> Trial:  # noqa: ANN401 - any client
    """A trial whose clients are this one."""

    class Session:
        def client(self, *_: object, **__: object) -> Any:  # noqa: ANN401 - any client
            return client

    return Trial("111111111111", "eu-west-1", Path(), {}, say=lambda _: None, session=Session)


def answers(client: Any, asked: Questions = FEW) -> dict[str, Seen]:  # noqa: ANN401 - any client
    trial = trial_with(client)
    return {claim: compared(trial, claim, ours) for claim, ours in rows(trial, asked).items()}


def test_they_answer_all_claims_that_need_no_deployment() -> None:
    seen = answers(StandIn())

    assert {one.answer for one in seen.values()} == {"seen"}, seen
    assert seen.keys() == {claim.key for claim in CLAIMS if claim.part == BEFORE}


def opposite(operation: str, answer: Any) -> Any:  # noqa: ANN401 - JSON
    """The other answer that a call has."""
    if operation == "validate_state_machine_definition":
        return {"result": {"OK": "FAIL", "FAIL": "OK"}[answer["result"]], "diagnostics": []}
    if operation == "validate_template":
        return {} if isinstance(answer, Exception) else refusal(operation, "ValidationError")
    if operation == "simulate_custom_policy":
        (result,) = answer["EvaluationResults"]
        other = "explicitDeny" if result["EvalDecision"] == "allowed" else "allowed"
        return {"EvaluationResults": [{"EvalDecision": other}]}
    if operation == "test_event_pattern":
        return {"Result": not answer["Result"]}
    well = not isinstance(answer, Exception) and answer["status"] == "SUCCEEDED"
    return {"status": "FAILED", "cause": "otherwise"} if well else {"status": "SUCCEEDED", "output": '"otherwise"'}


def test_each_answer_is_told_where_it_is_the_opposite() -> None:
    ours = StandIn()
    answers(ours)
    told: Counter[tuple[str, str]] = Counter()
    for (operation, given), answer in ours.asked.items():
        other = StandIn(changed={(operation, given): opposite(operation, answer)}, asked=dict(ours.asked))
        wrong = [one for one in answers(other).values() if one.answer != "seen"]
        assert wrong, (operation, given)
        for one in wrong:
            control = "the control fails" in one.evidence
            assert one.answer == ("cannot be seen here" if control else "not so")
            told[one.claim, one.answer] += 1

    assert {claim for claim, answer in told if answer == "not so"} == {one.key for one in CLAIMS if one.part == BEFORE}
    assert sum(told.values()) == len(ours.asked) + 1, "one of the controls is that of two claims"


def test_another_value_of_an_expression_is_told() -> None:
    ours = StandIn()
    answers(ours)
    (key,) = [key for key in ours.asked if json.dumps("{% $a + 1 %}") in json.loads(key[1]).get("definition", "")]

    seen = answers(StandIn(changed={key: {"status": "SUCCEEDED", "output": "4"}}))

    assert seen["expression-limits"] == Seen("expression-limits", "not so", "1 of 4 answers: $a + 1: 4, not 3")


def test_a_pattern_that_is_refused_and_a_state_that_is_are_told_with_the_words_of_aws() -> None:
    class Refuses(StandIn):
        def __getattr__(self, operation: str) -> Any:  # noqa: ANN401 - as a client's
            def call(**_: object) -> Any:  # noqa: ANN401 - JSON
                codes = {"test_event_pattern": "InvalidEventPatternException", "test_state": "InvalidDefinition"}
                raise refusal(operation, codes.get(operation, "ValidationError"), "so it says")

            return call

    seen = answers(Refuses())

    for claim in ("rule-for-ends", "name-and-code", "errors-caught", "templates"):
        assert seen[claim].answer == "not so"
        assert "so it says" in seen[claim].evidence


@pytest.mark.parametrize(
    "error",
    [
        refusal("TestState", "AccessDeniedException", "not authorized"),
        refusal("TestState", "ThrottlingException", "Rate exceeded"),
        refusal("TestState", "UnknownOperationException"),
        EndpointConnectionError(endpoint_url="http://127.0.0.1:1"),
    ],
)
def test_what_is_not_answered_cannot_be_seen(error: Exception) -> None:
    class Silent:
        def __getattr__(self, operation: str) -> Any:  # noqa: ANN401 - as a client's
            raise error

    seen = answers(Silent())

    assert {one.answer for one in seen.values()} == {"cannot be seen here"}
    assert all(str(error) in one.evidence for one in seen.values())


@pytest.mark.parametrize("code", ["ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId"])
def test_expired_credentials_are_no_answer(code: str) -> None:
    class Expired:
        def __getattr__(self, operation: str) -> Any:  # noqa: ANN401 - as a client's
            raise refusal(operation, code, "The security token included in the request is expired")

    with pytest.raises(ClientError, match="is expired"):
        answers(Expired())


ASKING = """
import json

from moto.events.models import EventPattern

from tests.kit.iam import allowed

MAY = [{"Effect": "Allow", "Action": "sns:Publish", "Resource": "*", "Condition": {"StringEquals": {"a:b": "c"}}}]


def test_a_policy():
    for _ in range(2):
        assert allowed(MAY, "sns:Publish", context={"a:b": "c", "a:d": None})
    assert not allowed(MAY, "sns:Publish", "arn:aws:sns:eu-west-1:111111111111:a")
    assert not allowed(MAY, "sns:Publish", "arn:r")


def test_a_rule():
    pattern = EventPattern.load(json.dumps({"source": ["a"]}))
    assert pattern.matches_event({"source": "a", "detail": {}})
    assert not pattern.matches_event({"source": "b", "detail": {}})
"""


def test_what_tests_ask_of_iam_and_of_rules_is_asked_of_aws_once(tmp_path: Path) -> None:
    test = tmp_path / "test_asking.py"
    test.write_text(ASKING, encoding="utf-8")
    requests, deliveries = asked_by([test])

    asked = [(one.resource, one.context, one.allowed) for one in requests]
    assert asked == [("*", {"a:b": "c"}, True), ("arn:aws:sns:eu-west-1:111111111111:a", {}, False)]
    assert [(one.pattern, one.event["source"], one.fits) for one in deliveries] == [
        ({"source": ["a"]}, "a", True),
        ({"source": ["a"]}, "b", False),
    ]


def test_tests_that_fail_expect_nothing(tmp_path: Path) -> None:
    test = tmp_path / "test_asking.py"
    test.write_text(ASKING.replace("not allowed", "allowed"), encoding="utf-8")

    with pytest.raises(RuntimeError, match="assert allowed"):
        asked_by([test])


def test_the_tables_of_policies_and_of_rules_are_among_those_that_ask() -> None:
    names = {path.name for path in asking_tests()}

    assert {"test_policies.py", "test_patterns.py", "test_callers.py", "test_outside.py"} <= names


@pytest.mark.parametrize(
    ("changes", "can"),
    [
        ({}, True),
        ({"resource": "arn:aws:iam::111111111111:role/a"}, True),
        ({"resource": "arn:k"}, False),
        ({"resource": "arn:aws-cn:iam::111111111111:role/a"}, False),
        ({"statements": [{**MAY[0], "Principal": "*"}]}, False),
        ({"statements": [{**MAY[0], "Resource": {"Ref": "Key"}}]}, False),
        ({"statements": [{**MAY[0], "Resource": ["*", "arn:r"]}]}, False),
        ({"statements": MAY * 200}, False),
    ],
)
def test_iam_is_asked_what_it_can_simulate(changes: dict[str, Any], can: bool) -> None:
    assert can_be_asked(FEW.requests[0]._replace(**changes)) == can


def test_expressions_of_all_kinds_have_the_values_of_the_interpreter() -> None:
    found = expressions()

    assert len({one.text for one in found}) > 150
    assert answers(StandIn(), FEW._replace(expressions=found))["expression-limits"].answer == "seen"


def test_every_kind_of_machine_is_asked() -> None:
    kinds = corners()

    assert len(kinds) > 40
    assert {name.partition(" ")[0] for name in kinds} == {"declared", "manifest", "workflow:"}
    assert answers(StandIn(), FEW._replace(machines=kinds))["definitions"].evidence == f"{len(kinds) + 1} answers"
