"""The checks against a script: what AWS should answer is seen, and so is each other answer."""

import json
from collections.abc import Callable
from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from batchwright.automation.machine import machine
from tests.kit.state_machine import evaluate
from tests.library.automation.support import facts
from tests.library.automation.test_verdicts import TABLE
from tests.on_aws.checks import Row, compared
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
from tests.on_aws.scripted import Then, refusal, scripted
from tests.on_aws.stand_in import AS_EXPECTED, answered, opposite

CLUSTER = {"ecs:cluster": "arn:aws:ecs:eu-west-1:111111111111:cluster/a"}
MAY = [
    {"Effect": "Allow", "Action": action, "Resource": "*", "Condition": condition}
    for action, condition in (
        ("ecs:StopTask", {"ArnEquals": CLUSTER}),
        ("ecs:RunTask", {"NumericLessThanEquals": {"ecs:cpu": "5"}}),
        ("dynamodb:GetItem", {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["a"]}}),
        ("sns:Publish", {"Bool": {"aws:SecureTransport": "true"}}),
    )
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


def answers(
    script: dict[str, Any], asked: Questions = FEW, otherwise: Callable[[Row], object] = attrgetter("expected")
) -> dict[str, Seen]:
    """What is seen of each claim where its rows are answered as they expect, or otherwise."""
    trial = scripted(script)
    return {
        claim: compared(trial, claim, [answered(row, otherwise(row)) for row in ours])
        for claim, ours in rows(trial, asked).items()
    }


def test_they_answer_all_claims_that_need_no_deployment() -> None:
    seen = answers({**AS_EXPECTED})

    assert {answer.answer for answer in seen.values()} == {"seen"}, seen
    assert seen.keys() == {claim.key for claim in CLAIMS if claim.part == BEFORE}


def test_each_answer_is_seen_where_it_is_the_opposite() -> None:
    trial = scripted({**AS_EXPECTED})
    for claim, ours in rows(trial, FEW).items():
        for wrong in ours:
            given = [answered(row, opposite(row.expected) if row is wrong else row.expected) for row in ours]
            seen = compared(trial, claim, given)
            assert seen.answer == ("cannot be seen here" if wrong.control else "not so"), (claim, wrong.name)
            assert ("the control fails" in seen.evidence) is wrong.control


def test_another_value_of_an_expression_is_seen() -> None:
    seen = answers({**AS_EXPECTED}, otherwise=lambda row: 4 if row.name == "$a + 1" else row.expected)

    assert seen["expression-limits"] == Seen(
        "expression-limits", "not so", "1 of 4 answers: $a + 1: 4, not 3 (otherwise)"
    )


def test_a_pattern_that_is_refused_and_a_state_that_is_are_shown_with_the_words_of_aws() -> None:
    codes = {
        "events.test_event_pattern": "InvalidEventPatternException",
        "stepfunctions.test_state": "InvalidDefinition",
    }

    seen = answers({name: refusal(name, codes.get(name, "ValidationError"), "so it says") for name in AS_EXPECTED})

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
    seen = answers(dict.fromkeys(AS_EXPECTED, error))

    assert {answer.answer for answer in seen.values()} == {"cannot be seen here"}
    assert all(str(error) in answer.evidence for answer in seen.values())


@pytest.mark.parametrize(("fits", "answer"), [(True, "cannot be seen here"), (False, "not so")])
def test_a_row_that_is_not_answered_hides_no_other_answer(*, fits: bool, answer: str) -> None:
    refused = Then([refusal("TestEventPattern", "ThrottlingException", "Rate exceeded"), {"Result": fits}])
    both = FEW._replace(deliveries=[FEW.deliveries[0]] * 2)

    assert answers({**AS_EXPECTED, "events.test_event_pattern": refused}, both)["rule-for-ends"].answer == answer


def test_a_template_that_is_too_large_to_be_sent_is_not_asked() -> None:
    large = {"Resources": {"A": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "é" * 26_000}}}}
    refused = {**AS_EXPECTED, "cloudformation.validate_template": as_aws}

    seen = answers(refused, FEW._replace(templates={**FEW.templates, "large": large}))["templates"]

    assert seen == Seen("templates", "seen", "2 answers")


def as_aws(request: Any) -> Any:  # noqa: ANN401 - JSON
    """ValidateTemplate, with its limit."""
    if len(request["TemplateBody"].encode()) > 51_200:
        raise refusal("ValidateTemplate", "ValidationError", "at 'templateBody' failed to satisfy constraint")
    return AS_EXPECTED["cloudformation.validate_template"](request)


@pytest.mark.parametrize("code", ["ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId"])
def test_expired_credentials_are_no_answer(code: str) -> None:
    expired = refusal("TestState", code, "The security token included in the request is expired")

    with pytest.raises(ClientError, match="is expired"):
        answers(dict.fromkeys(AS_EXPECTED, expired))


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

    asked = [(request.resource, request.context, request.allowed) for request in requests]
    assert asked == [("*", {"a:b": "c"}, True), ("arn:aws:sns:eu-west-1:111111111111:a", {}, False)]
    assert [(delivery.pattern, delivery.event["source"], delivery.fits) for delivery in deliveries] == [
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
    heard = expressions()

    assert len({expression.text for expression in heard}) > 60
    for expression in heard:
        if expression.value is not None:
            assert evaluate(expression.text, json.loads(json.dumps(expression.variables))) == expression.value


def test_every_kind_of_machine_is_asked() -> None:
    kinds = corners()

    assert len(kinds) > 40
    assert {name.partition(" ")[0] for name in kinds} == {"declared", "manifest", "workflow:"}
    evidence = answers({**AS_EXPECTED}, FEW._replace(machines=kinds))["definitions"].evidence
    assert evidence == f"{len(kinds) + 1} answers"
