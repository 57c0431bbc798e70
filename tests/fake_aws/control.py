"""How a server in a process of its own is told what to do: JSON, posted to it."""

import json
import math
from collections import Counter
from collections.abc import Callable
from typing import Any

from batchwright_runner.contract.manifest import BatchManifest
from tests.fake_aws.faults import Fault
from tests.fake_aws.script import (
    Interruption,
    Line,
    Lines,
    Script,
    Sidecar,
    StartFailure,
    Term,
    burst,
    lines,
    steady,
)
from tests.fake_aws.server import AwsServer
from tests.fake_aws.wire import Request, Response

MAKERS: dict[str, Callable[..., Lines]] = {"steady": steady, "burst": burst}


class Control:
    """Answers ``POST /_control``. The body names what to do in ``do``; the rest are its arguments.

    ``{"do": "deploy", "manifest": {...}, "scripts": [{...}]}`` · ``{"do": "faults", "operation": "GetLogEvents",
    "faults": [{"kind": "error", ...}]}`` · ``{"do": "quota", "operation": ..., "per_second": 10, "burst": 10}`` ·
    ``{"do": "tasks"}`` gives every task's run, times and code · ``{"do": "calls"}`` counts the calls by operation and
    outcome · ``{"do": "first", "operation": "RunTask"}`` gives the time of its first call · ``{"do": "clear"}``
    forgets calls and tasks, faults and quotas.
    """

    def __init__(self, server: AwsServer) -> None:
        self._server = server

    def respond(self, request: Request) -> Response:
        """The answer to one request."""
        arguments = json.loads(request.body)
        known = {"deploy": self._deploy, "faults": self._faults, "quota": self._quota, "tasks": self._tasks}
        known |= {"calls": self._calls, "first": self._first, "clear": self._clear}
        do = known.get(arguments.pop("do", ""))
        if do is None:
            return Response(404, json.dumps({"error": f"do must be one of {', '.join(known)}"}).encode())
        return Response(200, json.dumps(do(arguments)).encode(), {"Content-Type": "application/json"})

    def _deploy(self, arguments: dict[str, Any]) -> object:
        manifest = BatchManifest.from_dict(arguments["manifest"])
        self._server.deploy(manifest, *(script_from_json(one) for one in arguments.get("scripts", [])))
        return {}

    def _faults(self, arguments: dict[str, Any]) -> object:
        self._server.faults(arguments["operation"], *(Fault(**one) for one in arguments["faults"]))
        return {}

    def _quota(self, arguments: dict[str, Any]) -> object:
        self._server.quota(**arguments)
        return {}

    def _tasks(self, arguments: dict[str, Any]) -> object:
        del arguments
        return [
            {
                "arn": task.arn,
                "family": task.family,
                "started_by": task.request.get("startedBy", ""),
                "exit_code": task.times.exit_code,
                "started": _finite(task.times.started),
                "ended": _finite(task.times.ended),
                "stopped": _finite(task.times.stopped),
            }
            for task in self._server.tasks
        ]

    def _calls(self, arguments: dict[str, Any]) -> object:
        del arguments
        counted = Counter((call.operation, call.outcome) for call in self._server.calls)
        return [{"operation": name, "outcome": outcome, "count": n} for (name, outcome), n in sorted(counted.items())]

    def _first(self, arguments: dict[str, Any]) -> object:
        return next((call.at for call in self._server.calls_of(arguments["operation"])), None)

    def _clear(self, arguments: dict[str, Any]) -> object:
        del arguments
        self._server.clear()
        return {}


def script_from_json(data: dict[str, Any]) -> Script:
    """A script. Lines are ``[[at, text], ...]``, or ``{"steady": {...}}`` and the like with a maker's arguments."""
    fields = dict(data)
    records: dict[str, Callable[..., object]] = {
        "term": Term,
        "start_failure": StartFailure,
        "interruption": Interruption,
    }
    for name in records.keys() & fields.keys():
        fields[name] = records[name](**_with_lines(fields[name]))
    fields["sidecars"] = tuple(Sidecar(**_with_lines(one)) for one in fields.get("sidecars", ()))
    return Script(**_with_lines(fields))


def _with_lines(fields: dict[str, Any]) -> dict[str, Any]:
    return {**fields, "lines": _lines(fields["lines"])} if "lines" in fields else fields


def _lines(data: dict[str, Any] | list[list[Any]]) -> Lines:
    if isinstance(data, list):
        return tuple(Line(*one) for one in data)
    ((maker, arguments),) = data.items()
    return lines(*arguments) if maker == "lines" else MAKERS[maker](**arguments)


def _finite(at: float) -> float | None:
    return None if math.isinf(at) else at
