"""Calls of the function's that reach the stand-in for AWS without a socket."""

import json
import uuid
from collections.abc import Mapping
from typing import Any

from batchwright_runner.alerting.clients import CallError
from tests.fake_aws.errors import AwsError
from tests.fake_aws.protocols import OPERATIONS
from tests.fake_aws.world import World


def call(world: World, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any shape
    """Makes one call, as the SDK does: a transaction gets a token of its own.

    Raises:
        CallError: It failed.
    """
    name = operation.title().replace("_", "")
    if name == "TransactWriteItems":
        parameters["ClientRequestToken"] = uuid.uuid4().hex
    try:
        answer = OPERATIONS[name](world, json.loads(json.dumps(parameters)))
    except AwsError as error:
        cancelled: Any = error.members.get("CancellationReasons", ())
        reasons = tuple(str(reason["Code"]) for reason in cancelled)
        raise CallError(f"{service} {operation}: {error.message}", error.code, reasons) from error
    return json.loads(json.dumps(answer))  # type: ignore[no-any-return]
