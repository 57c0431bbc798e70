"""The walk against a script: where AWS answers as these pages say, each claim is seen, and so is each other answer."""

# ruff: noqa: E501 - a table of answers, one a line
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.on_aws.claims import BEFORE, CLAIMS, Seen
from tests.on_aws.frame import ask_all
from tests.on_aws.scripted import Then, refusal, scripted
from tests.on_aws.trial import Part
from tests.on_aws.walk import WALK

PARTS = {part.name: part for part in WALK}
GONE = refusal("GetRole", "NoSuchEntity")
DENIED = refusal("RunTask", "AccessDeniedException", "is not authorized")
QUEUE = {"QueueUrl": "https://sqs/1/trial-probe-events"}


def containers(main: int = 0, agent: int = 143) -> list[dict[str, Any]]:
    return [{"name": "main", "exitCode": main}, {"name": "agent", "exitCode": agent}]


def task(**changed: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """A task that has ended as it should; a `timedelta` is a time from now."""
    variables = [{"name": "BATCHWRIGHT_RUN_ID", "value": "good-1"}]
    tags = [{"key": "batchwright:stage", "value": "staging"}, {"key": "batchwright:batch", "value": "nightly"}]
    shown = {
        "taskArn": "arn:task/1",
        "lastStatus": "STOPPED",
        "stopCode": "UserInitiated",
        "stoppedReason": "The Task state in AWS Step Functions execution [stopped] was aborted",
        "createdAt": timedelta(seconds=-90),
        "startedAt": timedelta(seconds=-60),
        "pullStartedAt": timedelta(seconds=-70),
        "pullStoppedAt": timedelta(seconds=-65),
        "executionStoppedAt": timedelta(),
        "containers": containers(),
        "tags": tags,
        "overrides": {"containerOverrides": [{"name": "main", "environment": variables}]},
        **changed,
    }
    now = datetime.now(UTC)
    return {name: now + value if isinstance(value, timedelta) else value for name, value in shown.items()}


def answered(**changed: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {"tasks": [task(**changed)]}


def running() -> dict[str, Any]:
    """The tasks of all executions, as they run."""
    names = ("good-1", "stopped-1", "limit-1", "last-1")
    return {"tasks": [task(lastStatus="RUNNING", group=name, taskArn=f"arn:task/{name}") for name in names]}


def described(**changed: Any) -> Any:  # noqa: ANN401
    """DescribeTasks: of several tasks, as an execution is looked for, those that run; of one, as it has ended."""
    return lambda request: running() if len(request["tasks"]) > 1 else answered(**changed)


def execution(**ends: Any) -> Any:  # noqa: ANN401
    """DescribeExecution, by the execution's name."""
    ends_by_name: dict[str, Any] = {
        "second-1": {"status": "FAILED", "error": "Batchwright.Overlap"},
        "at-once-2-1": {"status": "FAILED", "error": "Batchwright.Overlap"},
        "stopped-1": {"status": "ABORTED", "cause": "batchwright stop: a trial"},
        "limit-1": {"status": "FAILED", "error": "Batchwright.Timeout"},
        "last-1": {"status": "ABORTED"},
        **{name.replace("_", "-"): end for name, end in ends.items()},
    }
    return lambda request: {"input": "{}", "status": "SUCCEEDED", **ends_by_name.get(request["executionArn"], {})}


def asked(*branches: Any) -> Any:  # noqa: ANN401
    """What the machine that asks has answered."""
    return execution(asks_1={"output": json.dumps(branches)})


CHILD = {"ExecutionArn": "arn:execution:1"}
NO = {"Error": "ECS.AccessDeniedException", "Cause": "User is not authorized to perform: ecs:RunTask on resource"}
SYNC = [
    {"type": "TaskSucceeded", "taskSucceededEventDetails": {"resource": "runTask.sync", "output": '{"TaskArn": "1"}'}}
]
TICK = {"name": "uuid", "status": "SUCCEEDED", "input": '{"scheduled": "2026-11-28T02:30:00Z"}'}
TICKED = {**TICK, "startDate": datetime(2026, 11, 28, 2, 30, 40, tzinfo=UTC)}
STARTED = {"containerOverrides": [{"environment": [{"name": "BATCHWRIGHT_RUN_ID"}]}]}
ENDED = {"taskArn": "1", "stopCode": "EssentialContainerExited", "containers": [{"exitCode": 3}]}
EVENT = {"detail": {**ENDED, "overrides": STARTED}}
END = {"source": "aws.states", "detail": {"status": "FAILED"}}


def history(of_batch: Any = EVENT, end: Any = END) -> Any:  # noqa: ANN401
    def answer(request: Any) -> dict[str, Any]:  # noqa: ANN401
        event = end if "aws.states" in request["filterPattern"] else of_batch
        return {"events": [{"message": json.dumps(event)}] if event else []}

    return answer


def ok(text: str = "", result: Any = None, code: int = 0, err: str = "batchwright: ended") -> tuple[Any, ...]:  # noqa: ANN401
    return code, text, err, {"task": "arn:task/1", **(result or {})}


def alarms(*states: str, action: str = "Successfully executed action") -> Any:  # noqa: ANN401
    """DescribeAlarmHistory: what an alarm's action did, and the states of the clock's."""

    def answer(request: Any) -> dict[str, Any]:  # noqa: ANN401
        of_clock = [f"Alarm updated from INSUFFICIENT_DATA to {state}" for state in states or ("OK",) if state]
        shown = [action] if request["HistoryItemType"] == "Action" else of_clock
        return {"AlarmHistoryItems": [{"HistorySummary": text} for text in shown if text]}

    return answer


RULES = [f"arn:aws:events:eu-west-1:111111111111:rule/trial-probe-events-{name}" for name in ("tasks", "clock")]


def policy(arns: Any, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """A queue's policy."""
    allow = {"Effect": "Allow", "Condition": {"ArnEquals": {"aws:SourceArn": arns}}, **more}
    return {"Attributes": {"Policy": json.dumps({"Statement": [allow, {"Effect": "Deny"}]})}}


VALUES = "both secrets are there\nthe task role is there\n"
REQUEST = json.dumps({"overrides": {"containerOverrides": [{"name": "main", "environment": []}]}})
LEFT = json.dumps(
    [{"run_id": f"{name}-1", "task": "1", "code": 124, "result": "timeout"} for name in ("left", "two-stops")]
)
GOOD: dict[str, Any] = {
    "iam.get_role": GONE,
    "sts.assume_role": {"Credentials": {"AccessKeyId": "a", "SecretAccessKey": "b", "SessionToken": "c"}},
    "ecs.describe_tasks": described(),
    "ecs.list_tasks": {"taskArns": ["arn:task/good-1", "2"]},
    "ecs.run_task": DENIED,
    "batchwright run values -s probe --dry-run": ok(REQUEST),
    "batchwright run values": ok(VALUES, code=3),
    "batchwright run values -s probe -e": ok(code=2),
    "batchwright run drain": ok(code=3),
    "batchwright run scratch -s probe --dry-run": ok(REQUEST),
    "batchwright run scratch": ok("uid=10001 gid=10001\nx\ntouch: /tmp/b: Read-only file system\n"),
    "batchwright run deadline": ok(code=125),
    "batchwright runs deadline": ok(LEFT),
    "scheduler.list_schedules": Then([{"Schedules": [{"Name": "1"}]}, {"Schedules": []}]),
    "stepfunctions.start_execution": lambda request: {"executionArn": request["name"]},
    "stepfunctions.describe_execution": execution(),
    "stepfunctions.get_execution_history": {"events": SYNC},
    "batchwright run chain": ok(err="scratch succeeded 20s\nvalues exit 3 10s\nbatchwright: exit 0"),
    "logs.filter_log_events": history(),
    "dynamodb.get_item": {"Item": {"last": {"S": '{"verdict":"Batchwright.Exit3"}'}}},
    "cloudwatch.list_metrics": {"Metrics": [{}]},
    "cloudwatch.set_alarm_state": {},
    "cloudwatch.describe_alarm_history": alarms(),
    "sqs.get_queue_url": QUEUE,
    "sqs.get_queue_attributes": policy(RULES),
    "stepfunctions.delete_state_machine": {},
    "stepfunctions.describe_state_machine": {"status": "DELETING"},
    "logs.delete_log_group": {},
    "batchwright image list": ok('[{"digest": "sha256:1"}]'),
    "logs.describe_log_groups": {"logGroups": [{}]},
}
OF_PART: dict[str, dict[str, Any]] = {
    "drain": {
        "logs.filter_log_events": lambda _: {"events": [{"message": "done", "timestamp": time.time() * 1000}]},
        "ecs.describe_tasks": described(executionStoppedAt=timedelta(seconds=31)),
    },
    "figures": {
        "batchwright run scratch": Then(
            [ok(), ok(), ok(), ok("x" * 250_000), ok(code=137, result={"reason": "OutOfMemoryError"})]
        )
    },
    "stops": {"ecs.describe_tasks": answered(lastStatus="RUNNING")},
    "size": {"ecs.run_task": Then([{"tasks": [{"taskArn": "1"}]}, DENIED])},
    "schedule": {
        "stepfunctions.list_executions": {"executions": [{"executionArn": "ticked"}, {"executionArn": "paused"}]},
        "stepfunctions.describe_execution": execution(
            ticked=TICKED, paused={"status": "FAILED", "error": "Batchwright.Paused"}
        ),
        "batchwright logs": ok("due 2026-11-28T02:30:00Z"),
    },
    "joined": {"stepfunctions.describe_execution": asked(CHILD, CHILD, NO)},
    "again": {
        "ecs.describe_tasks": described(stopCode="EssentialContainerExited"),
        "batchwright run values": Then([ok(code=126), ok(VALUES, code=3)]),
    },
}
# fmt: off
OTHERWISE: dict[str, tuple[str, Any]] = {
    "service-linked-role": ("cdk deploy trial-probe-platform", Then([ok(code=1), ok()])),
    "secrets-by-alias": ("batchwright run values", ok(code=126)),
    "trust-of-roles": ("batchwright run values", ok("both secrets are there\n", code=3)),
    "grant-operate": ("batchwright run values", ok(VALUES, code=125)),
    "tag-twice": ("ecs.describe_tasks", described(tags=[{"key": "batchwright:batch", "value": "a"}])),
    "exit-before-sidecar": ("batchwright run drain", ok(code=125)),
    "exit-to-result": ("ecs.describe_tasks", described(executionStoppedAt=timedelta(seconds=-20))),
    "long-line": ("batchwright run scratch", Then([ok(), ok(), ok(), ok("x" * 249_999), ok()])),
    "memory": ("batchwright run scratch", Then([ok(), ok(), ok(), ok(), ok(code=137, result={"reason": "Essential"})])),
    "directory-in-memory": ("batchwright run scratch", ok("uid=0 gid=0\nx\ntouch: Read-only\n")),
    "deadline": ("batchwright runs deadline", ok(LEFT.replace("124", "0"))),
    "second-stop": ("batchwright stop", Then([ok(), ok(code=1, err="not authorized")])),
    "plain-variable-of-a-secret": ("ecs.run_task", {"tasks": [{"taskArn": "1"}]}),
    "largest-size": ("ecs.run_task", {"tasks": [{"taskArn": "1"}]}),
    "machine-taken": ("stepfunctions.describe_execution", execution(good_1={"status": "FAILED", "error": "Batchwright.NoResult"})),
    "pascal-case": ("stepfunctions.get_execution_history", {"events": json.loads(json.dumps(SYNC).replace("TaskArn", "taskArn"))}),
    "sync-sidecar-143": ("stepfunctions.describe_execution", execution(good_1={"status": "FAILED", "error": "Batchwright.Exit0"})),
    "describe-shows": ("stepfunctions.describe_execution", lambda request: {**execution()(request), "input": ""}),
    "overlap": ("stepfunctions.describe_execution", execution(at_once_2_1={"status": "SUCCEEDED", "error": None})),
    "stop-of-execution": ("stepfunctions.describe_execution", execution(stopped_1={"status": "ABORTED", "cause": None})),
    "stop-conditions": ("ecs.describe_tasks", described(stoppedReason="batchwright stop")),
    "stop-at-time-limit": ("ecs.describe_tasks", described(stoppedReason="timeout")),
    "schedule": ("batchwright logs", ok("due")),
    "schedule-name": ("stepfunctions.describe_execution", execution(ticked={**TICKED, "startDate": datetime(2026, 11, 29, tzinfo=UTC)}, paused={"status": "FAILED", "error": "Batchwright.Paused"})),
    "workflow": ("batchwright run chain", ok(code=125)),
    "child-events": ("batchwright run chain", ok(err="scratch  not started  -\nbatchwright: exit 0")),
    "joined": ("stepfunctions.describe_execution", asked(CHILD, {"Error": "StepFunctions.ExecutionAlreadyExists"}, NO)),
    "denied-cause": ("stepfunctions.describe_execution", asked(CHILD, CHILD, {"Error": "A", "Cause": "denied"})),
    "history": ("logs.filter_log_events", {"events": []}),
    "filter-pattern": ("logs.filter_log_events", Then([{"events": [{}]}, *[{"events": []}] * 9])),
    "event-overrides": ("logs.filter_log_events", history({"detail": {**ENDED, "overrides": {"containerOverrides": [{}]}}})),
    "first-event": ("logs.filter_log_events", history({"detail": {**ENDED, "stopCode": "", "overrides": STARTED}})),
    "list-tasks": ("ecs.list_tasks", lambda request: {"taskArns": ["1", "2"] if "startedBy" not in request else []}),
    "event-without-cause": ("logs.filter_log_events", history(end={"detail": {"status": "FAILED", "cause": "why"}})),
    "events-reach": ("dynamodb.get_item", {"Item": {"last": {"S": '{"verdict":"Batchwright.NoResult"}'}}}),
    "queue-from-rule": ("sqs.get_queue_attributes", {"Attributes": {}}),
    "alarms": ("cloudwatch.describe_alarm_history", alarms(action="")),
    "deleted-machine": ("ecs.describe_tasks", described(stopCode="UserInitiated")),
    "revert-drift": ("logs.describe_log_groups", {"logGroups": []}),
    "import-existing": ("cdk deploy --require-approval never --concurrency 4 --no-notices --ci --all", ok(code=1, err="it exists already")),
    "kept-key": ("batchwright run values", ok(VALUES, code=3)),
}
# fmt: on
OF_WALK = [claim for claim in CLAIMS if claim.part not in ("", BEFORE)]


def ask(part: Part, folder: Path, **changed: Any) -> dict[str, Seen]:  # noqa: ANN401
    """The answers of a part."""
    script = {**GOOD, **OF_PART.get(part.name, {}), **changed}
    fresh = {name: Then(answer) if isinstance(answer, Then) else answer for name, answer in script.items()}
    return {answer.claim: answer for answer in part.ask(scripted(fresh, folder))}


def test_each_claim_of_the_walk_has_another_answer_here() -> None:
    assert {claim.key for claim in OF_WALK} == {*OTHERWISE}
    assert {claim.part for claim in OF_WALK} <= {*PARTS}


@pytest.mark.parametrize("part", PARTS.values(), ids=lambda part: part.name)
def test_as_these_pages_say_each_claim_is_seen(part: Part, tmp_path: Path) -> None:
    seen = ask(part, tmp_path)

    assert {key: answer.answer for key, answer in seen.items()} == {
        claim.key: "seen" for claim in OF_WALK if claim.part == part.name
    }, seen


@pytest.mark.parametrize("claim", OF_WALK, ids=lambda claim: claim.key)
def test_the_other_answer_is_seen(claim: Any, tmp_path: Path) -> None:  # noqa: ANN401
    name, otherwise = OTHERWISE[claim.key]

    answer = ask(PARTS[claim.part], tmp_path, **{name: otherwise})[claim.key]

    assert answer.answer == "not so", answer
    assert answer.evidence.strip()


ELSEWHERE = "arn:aws:events:eu-west-1:111111111111:rule/of-others"
LIES: list[tuple[str, str, Any]] = [
    ("import-existing", "batchwright image list", ok("[]")),
    ("import-existing", "batchwright image list", ok(code=1)),
    ("deadline", "ecs.describe_tasks", described(stopCode="EssentialContainerExited")),
    ("queue-from-rule", "sqs.get_queue_attributes", policy([*RULES, ELSEWHERE])),
    ("queue-from-rule", "sqs.get_queue_attributes", policy(f"{RULES[0]}*")),
    ("queue-from-rule", "sqs.get_queue_attributes", policy([], Condition={"Bool": {"aws:SecureTransport": "true"}})),
    ("events-reach", "dynamodb.get_item", {"Item": {"last": {"S": '{"verdict": "Batchwright.Exit33"}'}}}),
    ("events-reach", "dynamodb.get_item", {"Item": {"last": {"S": '{"cause": "Batchwright.Exit3"}'}}}),
    ("events-reach", "dynamodb.get_item", {}),
    ("alarms", "cloudwatch.describe_alarm_history", alarms("ALARM", "OK")),
    ("alarms", "cloudwatch.describe_alarm_history", alarms("OK", "INSUFFICIENT_DATA")),
]
"""Answers that show nothing, or the opposite, beside others that are as they should be."""
UNSEEN: list[tuple[str, str, Any]] = [
    ("exit-before-sidecar", "ecs.describe_tasks", described()),
    ("second-stop", "batchwright stop", Then([ok(), ok(err="it has ended already")])),
    ("sync-sidecar-143", "ecs.describe_tasks", described(containers=containers(agent=0))),
    ("denied-cause", "stepfunctions.describe_execution", asked(CHILD, CHILD, {"TaskArn": "1"})),
    ("event-without-cause", "logs.filter_log_events", history(end={"detail": {"status": "SUCCEEDED"}})),
    ("alarms", "cloudwatch.describe_alarm_history", alarms("")),
    ("deleted-machine", "stepfunctions.describe_execution", refusal("DescribeExecution", "ExecutionDoesNotExist")),
]
"""Answers in which what was to be seen did not come about."""


@pytest.mark.parametrize(("key", "name", "answer"), [*LIES, *UNSEEN])
def test_an_answer_that_shows_nothing_is_not_taken_for_one(key: str, name: str, answer: Any, tmp_path: Path) -> None:  # noqa: ANN401
    (part,) = [PARTS[claim.part] for claim in OF_WALK if claim.key == key]

    expected = "cannot be seen here" if (key, name, answer) in UNSEEN else "not so"
    assert ask(part, tmp_path, **{name: answer})[key].answer == expected


def test_a_stack_that_is_not_deployed_costs_its_own_claims(tmp_path: Path) -> None:
    script = {**GOOD, "cdk deploy trial-probe-chain": ok(code=1, err="it is refused"), "batchwright stop": ok()}
    trial, seen = scripted(script, tmp_path), dict[str, Seen]()
    chosen = [PARTS[name] for name in ("deploy", "image", "by-hand", "workflow", "joined", "again")]

    failed = ask_all(trial, chosen, seen)

    why = "trial-probe-chain was not deployed: cdk deploy ended with 1: it is refused"
    assert failed == dict.fromkeys(("workflow", "joined", "again"), why)
    assert seen["joined"] == Seen("joined", "cannot be seen here", why)
    assert seen["service-linked-role"].answer == seen["plain-variable-of-a-secret"].answer == "seen"


def test_without_its_platform_no_part_is_asked(tmp_path: Path) -> None:
    trial = scripted({**GOOD, "cdk deploy": ok(code=1, err="it is refused")}, tmp_path)

    assert {*ask_all(trial, [PARTS["deploy"], PARTS["image"], PARTS["values"]], {})} == {"deploy", "image", "values"}
