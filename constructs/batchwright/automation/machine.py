"""The state machine of one batch, as Amazon States Language: a pure function of where its tasks run.

It has no rule: before each attempt it asks the stage's function whether to start, and with which request; after each it
asks what that end was, and what comes next. What it is answered it does, and keeps the memo that it does not read. All
its expressions are paths and comparisons; an answer that it does not know is no result, never a success.
"""

from dataclasses import dataclass, field
from typing import Any

from batchwright_runner.contract.machines import figures
from batchwright_runner.contract.machines.memo import NEVER, ExecutionSubject
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.names import HANDED_TYPE, StageNames
from batchwright_runner.contract.verdicts import Row

State = dict[str, Any]
TOO_LARGE = "States.DataLimitExceeded"
"""The error that ``States.ALL`` does not stand for (Step Functions user guide, "Error handling", 2026-11)."""
_FIELDS = (
    "Cluster",
    "Group",
    "NetworkConfiguration",
    "Overrides",
    "PlatformVersion",
    "PropagateTags",
    "TaskDefinition",
)
_CAPACITY, _LAUNCH = "CapacityProviderStrategy", "LaunchType"
CAUGHT = (TOO_LARGE, "States.ALL")
_AGAIN = {"ErrorEquals": ["States.ALL"], "BackoffRate": 2, "JitterStrategy": "FULL"}


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineFacts:
    """A batch, and what its machine calls. The strings may be CDK tokens."""

    manifest: BatchManifest
    # ARN of the stage's function
    function: str
    tags: dict[str, str] = field(default_factory=dict)
    command: bool = False
    # Whether the stage has alerts, which a failure is handed to
    alerts: bool = False

    @property
    def alone(self) -> bool:
        """Whether two runs may exclude one another: at all, or for one due time."""
        return not self.manifest.at_once.allowed or bool(self.manifest.schedule)


def machine(facts: MachineFacts) -> dict[str, Any]:
    """The definition."""
    manifest = facts.manifest
    return {
        "Comment": f"batchwright: {manifest.batch} of {manifest.project}, {manifest.stage}",
        "QueryLanguage": "JSONata",
        "TimeoutSeconds": figures.whole_seconds(manifest),
        "StartAt": "Begin",
        "States": {
            "Begin": _begin(facts),
            "Gate": _ask(facts, "gate", tries=figures.GATE_TRIES, following="Start?", **_told(facts)),
            "Start?": _choose(facts, {"start": "Run", "wait": "Hold", "judge": "Judge"}),
            "Hold": {"Type": "Wait", "Seconds": path("answer.seconds"), "Next": "Gate"},
            "Run": _run(manifest),
            "Judge": _ask(facts, "judge", tries=figures.JUDGE_TRIES, following="Next?", seen=path("seen")),
            "Next?": _choose(facts, {"ok": "Succeed", "again": "Hold", "look": "Look", "stop": "Stop"}),
            "Look": {"Type": "Wait", "Seconds": path("answer.seconds"), "Next": "Judge"},
            "Stop": _stop(),
            **_ends(facts),
        },
    }


def path(to: str) -> str:
    """An expression that is a path from a variable, or a comparison with a word."""
    return f"{{% ${to} %}}"


def _begin(facts: MachineFacts) -> State:
    """What holds until the function has answered: nothing was started, and an answer that is not known is no result."""
    subject = ExecutionSubject(facts.manifest.batch, facts.manifest.stage)
    never = subject.failure(Row.NEVER_STARTED, "the function that is asked before a start did not answer", attempt=1)
    unknown = subject.failure(Row.NO_RESULT, "the function's answer is not known to this machine", attempt=1)
    kind: State = {"Type": "Wait", "Seconds": figures.APPEARS_SECONDS} if facts.alone else {"Type": "Pass"}
    memo = {"protocol": figures.PROTOCOL, "lost": {"error": NEVER.error, "cause": never.cause}}
    assign = {"memo": memo, "seen": {}, "error": unknown.error, "cause": unknown.cause}
    return {**kind, "Assign": assign, "Next": "Gate"}


def _told(facts: MachineFacts) -> dict[str, bool]:
    """What the definition says of itself to the gate."""
    told = {"alone": facts.alone, "command": facts.command, "capacity": bool(facts.manifest.capacity)}
    return {name: True for name, holds in told.items() if holds}


def ask(function: str, question: str, *, tries: int, **more: Any) -> State:  # noqa: ANN401 - JSON
    """A question, which is asked again whatever goes wrong: from 2 s to 5 minutes, half of which counts."""
    asked = {"protocol": figures.PROTOCOL, "ask": question, "execution": path("states.context.Execution"), **more}
    pauses = {"IntervalSeconds": figures.SHORTEST, "MaxDelaySeconds": figures.LONGEST_PAUSE}
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": function, "Payload": asked},
        "TimeoutSeconds": figures.CALL_SECONDS,
        "Retry": [{**_AGAIN, **pauses, "MaxAttempts": tries}],
    }


def _ask(facts: MachineFacts, question: str, *, tries: int, following: str, **more: Any) -> State:  # noqa: ANN401 - JSON
    lost = {"error": path("memo.lost.error"), "cause": path("memo.lost.cause")}
    return {
        **ask(facts.function, question, tries=tries, **more, memo=path("memo")),
        "Catch": [{"ErrorEquals": [error], "Assign": lost, "Next": _failed(facts)} for error in CAUGHT],
        "Assign": {"answer": path("states.result.Payload"), "memo": path("states.result.Payload.memo")},
        "Next": following,
    }


def _choose(facts: MachineFacts, following: dict[str, str]) -> State:
    choices: list[State] = [
        {"Condition": path(f"answer.next = '{answer}'"), "Next": state} for answer, state in following.items()
    ]
    told = {"error": path("answer.error"), "cause": path("answer.cause")}
    failed = {"Condition": path("answer.next = 'fail'"), "Assign": told, "Next": _failed(facts)}
    return {"Type": "Choice", "Choices": [*choices, failed], "Default": _failed(facts)}


def _run(manifest: BatchManifest) -> State:
    """The task. The gate knows which of the two last fields the definition names."""
    fields = (*_FIELDS, _CAPACITY if manifest.capacity else _LAUNCH)
    seen = path("states.errorOutput")
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::ecs:runTask.sync",
        "Arguments": {name: path(f"answer.request.{name}") for name in fields},
        "TimeoutSeconds": manifest.timeout_seconds,
        "Assign": {"seen": path("states.result")},
        "Catch": [{"ErrorEquals": [error], "Assign": {"seen": seen}, "Next": "Judge"} for error in CAUGHT],
        "Next": "Judge",
    }


def _stop() -> State:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:ecs:stopTask",
        "Arguments": {name: path(f"answer.request.{name}") for name in ("Cluster", "Task", "Reason")},
        "TimeoutSeconds": figures.CALL_SECONDS,
        "Assign": {"seen": {}},
        "Catch": [
            {"ErrorEquals": [error], "Assign": {"seen": path("states.errorOutput")}, "Next": "Judge"}
            for error in CAUGHT
        ],
        "Next": "Judge",
    }


def _failed(facts: MachineFacts) -> str:
    return "Tell" if facts.alerts else "Fail"


def _ends(facts: MachineFacts) -> dict[str, State]:
    """The ends of a run. Where there are alerts a failed execution is handed to them first.

    An event of it is on its way, too; but for those of Step Functions AWS promises its best effort and no more.
    """
    output = {"code": 0, "task": path("answer.task"), "attempt": path("answer.attempt")}
    ends: dict[str, State] = {
        "Succeed": {"Type": "Succeed", "Output": output},
        "Fail": {"Type": "Fail", "Error": path("error"), "Cause": path("cause")},
    }
    return {"Tell": tell(StageNames.of(facts.manifest), "Fail"), **ends} if facts.alerts else ends


def tell(names: StageNames, following: str) -> State:
    """The state that hands an execution which is about to fail to the stage's alerts."""
    event = {
        "Source": names.handed_source,
        "DetailType": HANDED_TYPE,
        "Detail": {"execution": path("states.context.Execution.Id")},
    }
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::events:putEvents",
        "Arguments": {"Entries": [event]},
        "TimeoutSeconds": figures.CALL_SECONDS,
        "Retry": [{**_AGAIN, "IntervalSeconds": 5, "MaxAttempts": 4}],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": following}],
        "Next": following,
    }
