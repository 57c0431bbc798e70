"""What AWS should answer to the checks: to each row what it expects, or anything else, in the form of AWS."""

import json
import threading
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.validate import validate_parameters

from tests.on_aws.checks import Row
from tests.on_aws.rows import REFUSED, TAKEN
from tests.on_aws.scripted import refusal

_NOW = threading.local()
"""The answer that the row which is asked in this thread gets."""
_PAIRS = (("OK", "FAIL"), (TAKEN, REFUSED), ("CAUGHT_ERROR", "FAILED"))
_OTHER = {one: other for pair in _PAIRS for one, other in (pair, pair[::-1])}


def answered(row: Row, answer: object) -> Row:
    """A row that AWS answers so."""

    def ask() -> tuple[object, str]:
        _NOW.answer = answer
        return row.ask()

    return row._replace(ask=ask)


def opposite(expected: object) -> object:
    """Another answer than the one that a row expects."""
    return not expected if isinstance(expected, bool) else _OTHER.get(str(expected), "otherwise")


@cache
def _shape(service: str, operation: str) -> Any:  # noqa: ANN401 - botocore's
    return botocore.session.get_session().get_service_model(service).operation_model(operation).input_shape


def _modeled(service: str, operation: str, answer: Callable[[Any], Any], request: Mapping[str, Any]) -> Any:  # noqa: ANN401
    """The answer to a request, which the service's model takes."""
    validate_parameters(request, _shape(service, operation))
    return answer(_NOW.answer)


def _tested(answer: Any) -> Mapping[str, Any]:  # noqa: ANN401 - JSON
    status = answer if answer in ("CAUGHT_ERROR", "FAILED") else "FAILED" if answer is None else "SUCCEEDED"
    variables = json.dumps({"seen": answer})
    shown = {"status": status, "inspectionData": {"variables": variables}, "cause": "otherwise"}
    return {**shown, "output": json.dumps(answer)}


def _simulated(answer: bool) -> Mapping[str, Any]:
    return {"EvaluationResults": [{"EvalDecision": "allowed" if answer else "implicitDeny"}]}


_ANSWERS: Mapping[tuple[str, str], Callable[[Any], Any]] = {
    ("stepfunctions", "ValidateStateMachineDefinition"): lambda answer: {"result": answer, "diagnostics": []},
    ("stepfunctions", "TestState"): _tested,
    ("cloudformation", "ValidateTemplate"): lambda answer: (
        refusal("ValidateTemplate", "ValidationError") if answer == REFUSED else {}
    ),
    ("iam", "SimulateCustomPolicy"): _simulated,
    ("events", "TestEventPattern"): lambda answer: {"Result": answer},
}
AS_EXPECTED = {
    f"{service}.{xform_name(operation)}": partial(_modeled, service, operation, answer)
    for (service, operation), answer in _ANSWERS.items()
}
"""The script of a trial whose checks are all answered as they should be."""
