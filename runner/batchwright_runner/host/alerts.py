"""A message through each channel of a stage: its alerts' test function is invoked, and its answer waited for."""

import json
from collections.abc import Mapping
from typing import Any

from batchwright_runner.contract.json_text import object_or_empty
from batchwright_runner.contract.names import StageNames
from batchwright_runner.errors import RunnerError, UsageError
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import OPERATE_HINT, patiently
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.terminal.text import one_line, shorten

LONGEST = 300
"""Characters of what a function says of its own failure."""


def try_alerts(stage: Stage) -> tuple[list[str], list[str]]:
    """Sends a message, and waits until each channel has taken it or not.

    Returns the channels that took it; and those that did not, each with why.
    """
    caller = _call(stage, "the account cannot be seen", "sts", "get_caller_identity")
    name = StageNames.of(stage.target).alerts_test
    given = json.dumps({"by": str(caller["Arn"]).rpartition("/")[2]})
    answer = _call(stage, "no message was sent", "lambda", "invoke", FunctionName=name, Payload=given)
    text = answer["Payload"].decode("utf-8", "replace")
    if answer.get("FunctionError"):
        raise RunnerError(
            f"whether the message arrived is not known: the function {name} failed: {_why(text)}",
            hint=f"See its log, /aws/lambda/{name}",
        )
    found = object_or_empty(text)
    if not {"told", "untold"} & found.keys():
        raise RunnerError(f"whether the message arrived is not known: the function {name} answered {_why(text)}")
    return _texts(found.get("told")), _texts(found.get("untold"))


def _why(text: str) -> str:
    """What a function says of its failure (Lambda developer guide, "Python function errors", 2026-11)."""
    said = object_or_empty(text)
    named = ": ".join(str(said[key]) for key in ("errorType", "errorMessage") if said.get(key))
    return shorten(one_line(named or text), LONGEST)


def _texts(given: object) -> list[str]:
    return [one_line(str(text)) for text in given] if isinstance(given, list) else []


def _call(stage: Stage, what: str, service: str, operation: str, **request: Any) -> Mapping[str, Any]:  # noqa: ANN401 - JSON
    def once() -> Mapping[str, Any]:
        try:
            return stage.aws.call(service, operation, **request)
        except ApiError as error:
            if error.lost and service == "lambda":  # another one may be a second message
                raise RunnerError(f"whether the message arrived is not known: {error}") from error
            raise

    try:
        return patiently(once, what, stage.waiter, hint=OPERATE_HINT, but=("ResourceNotFoundException",))
    except ApiError as error:
        name, project = stage.target.stage, stage.target.project
        raise UsageError(
            f"stage {name} has no alerts: there is no function {request['FunctionName']}",
            hint=f"Add alerts to context.stages.{name} of cdk.json, and deploy {project}-{name}-alerts",
        ) from error
