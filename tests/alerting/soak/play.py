"""Plays a night: what happens reaches the function, in the order of the night's own time."""

import heapq
import io
import json
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from batchwright_runner.alerting.clients import CallError
from batchwright_runner.alerting.handler import RECEIVES, AlertsFunction
from batchwright_runner.alerting.slack import Slack, SlackError
from batchwright_runner.contract.alerting.forms import received
from batchwright_runner.contract.alerting.message import Message
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.moments import utc
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.pauses import Pause
from batchwright_runner.contract.variables import RUN_ID, SCHEDULED_TIME
from batchwright_runner.contract.watch import Watch
from tests.alerting import direct
from tests.alerting.soak.plan import MANNERS, Attempt, Batch, Delivery, Night, Run
from tests.alerting.soak.read import Report, report
from tests.alerting.stage import handed, of_execution, of_task, records, tick
from tests.fake_aws.script import Script
from tests.fake_aws.server import AwsServer
from tests.fake_aws.services import states
from tests.fake_aws.services.tasks import Task
from tests.fake_aws.services.timeline import NEVER, Timeline
from tests.runner.contract.alerting import support

SETTINGS = replace(support.SETTINGS, owners={"finance": "#finance", "data": ""})
VISIBILITY, TOGETHER = 180.0, 5
"""Seconds until a message is received again, and messages of one call, as the stack makes them."""
FORGETS = 3600
"""Seconds after its end for which ECS knows a task, about."""


@dataclass
class Played:
    """What came of a night.

    Attributes:
        reported: The ends that messages reported.
        lasts: Batch to the record that readers read, as JSON.
        counted: Batch to how many runs its metric counts.
        letters: Dead letters, but for what Slack was not told.
        troubles: Moments at which the table did not do what it was asked.
        log: The function's log.
        problems: What cannot be read.
    """

    reported: list[Report] = field(default_factory=list)
    lasts: dict[str, str] = field(default_factory=dict)
    counted: dict[str, int] = field(default_factory=dict)
    letters: list[str] = field(default_factory=list)
    troubles: list[float] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def read(self, to: str, at: float, message: Message) -> None:
        """Reads which ends a message tells of."""
        try:
            self.reported.append(report(to, at, message.title, dict(message.facts)))
        except ValueError as error:
            self.problems.append(str(error))


class NightSlack(Slack):
    """Slack: what it takes is read as people read it.

    Args:
        night: What is out of order.
        played: Where it is kept.
        now: The night's time.
    """

    def __init__(self, night: Night, played: Played, now: Callable[[], float]) -> None:
        super().__init__(lambda *_args, **_more: {}, SETTINGS)
        self._night, self._played, self._now = night, played, now

    def post(self, message: Message, channel: str) -> None:
        """Takes a message, or not."""
        if self._night.during("slack", self._now(), self._now()):
            raise SlackError("out of order")
        self._played.read(f"slack {channel}", self._now(), message)


class Player:
    """Plays one night."""

    def __init__(self, night: Night) -> None:
        self.night, self.played = night, Played()
        self.now = float(night.begin)
        self._aws = AwsServer(clock=lambda: self.now)
        self._chance = Random(night.seed)
        self._function = AlertsFunction(self._call, SETTINGS, lambda: self.now)
        self._function._slack = NightSlack(night, self.played, lambda: self.now)
        self._for_slack: list[tuple[float, int, str]] = []
        self._heard = 0
        self._runs = {attempt.id: run for run in night.runs for attempt in run.attempts}
        self._tasks: dict[str, Task] = {}
        self._executions: dict[str, states.Execution] = {}

    def play(self) -> Played:
        """Plays it to its end."""
        log = io.StringIO()
        with redirect_stdout(log):
            self._deploy()
            self._play()
        self._end()
        self.played.log = log.getvalue().splitlines()
        return self.played

    def _play(self) -> None:
        waiting = [(delivery.at, place, 1, delivery) for place, delivery in enumerate(self.night.deliveries)]
        happens = sorted(self._happens(), key=lambda event: -event[0])
        heapq.heapify(waiting)
        place = len(waiting)
        while waiting:
            at = math.floor(waiting[0][0])
            together: list[tuple[float, int, int, Delivery]] = []
            while waiting and math.floor(waiting[0][0]) == at and len(together) < TOGETHER:
                together.append(heapq.heappop(waiting))
            moment = together[-1][0]
            while happens and happens[-1][0] <= moment:
                self.now, what = happens.pop()
                what()
            self.now = moment
            print(f"--- {utc(moment)} {', '.join(f'{item[3].what} {item[3].of[:8]}'.strip() for item in together)}")
            for times, delivery in self._give([(item[2], item[3]) for item in together]):
                place += 1
                if times < RECEIVES:
                    heapq.heappush(waiting, (self.now + VISIBILITY, place, times + 1, delivery))
                else:
                    self.played.letters.append(f"{delivery} was received {RECEIVES} times")

            self._listen()

    def _call(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any shape
        """A call of the function, which reaches the stand-in without a network."""
        if service == "dynamodb" and self.night.during("table", self.now, self.now):
            self.played.troubles.append(self.now)
            raise CallError(f"{service} {operation}: out of order", self._chance.choice(["", "InternalServerError"]))
        if service == "sns" and self.night.during("sns", self.now, self.now):
            raise CallError(f"{service} {operation}: out of order", "InternalError")
        if operation == "transact_write_items" and self._chance.random() < 0.02:
            raise CallError("conflict", "TransactionCanceledException", ("None", "TransactionConflict"))
        answer = direct.call(self._aws.world, service, operation, **parameters)
        if service == "dynamodb" and operation != "query" and self._chance.random() < 0.001:
            self.played.troubles.append(self.now)
            raise CallError(f"{service} {operation}: the answer was lost")
        return answer

    def _listen(self) -> None:
        """Has the topic's mails read, and gives the listener what it was given, and what Slack refused before."""
        new = self._aws.world.published[self._heard :]
        self._heard += len(new)
        bodies = [str(json.loads(message["text"])["sqs"]) for message in new]
        for body in bodies:
            self.played.read("sns", self.now, received(body))
        due = [item for item in self._for_slack if item[0] <= self.now] + [(self.now, 1, body) for body in bodies]
        self._for_slack = [item for item in self._for_slack if item[0] > self.now]
        for _, times, body in due:
            (message,) = records([body], times)
            if not self._function.listen({"Records": [message]}, lambda: 30.0)["batchItemFailures"]:
                continue
            if times < RECEIVES:
                self._for_slack.append((self.now + VISIBILITY, times + 1, body))
            else:  # its dead letter rings
                told = received(body)
                self.played.read(f"slack {SETTINGS.owners.get(told.owner, SETTINGS.slack)}", self.now, told)

    def _give(self, messages: list[tuple[int, Delivery]]) -> Iterator[tuple[int, Delivery]]:
        """Gives the function messages in one call; those that are to be given again."""
        waiting = []
        for number, (times, delivery) in enumerate(messages):
            (message,) = records([self._body(delivery)], times)
            waiting.append({**message, "messageId": f"{number}"})
        answer = self._function.handle({"Records": waiting})
        for failed in answer["batchItemFailures"]:
            yield messages[int(failed["itemIdentifier"])]

    def _body(self, delivery: Delivery) -> dict[str, Any]:
        if delivery.what == "tick":
            return tick()
        run = self._runs[delivery.of]
        if delivery.what == "task":
            task = self._tasks[delivery.of]
            return of_task(task.describe(task.times.stopped, utc))
        if delivery.what == "handed":
            return handed(run.id, run.batch)
        execution = self._executions[run.id]
        dates = {"startDate": int(execution.started * 1000), "stopDate": int(execution.stopped * 1000)}
        return of_execution({**execution.shown(), **dates, "input": execution.given})

    def _end(self) -> None:
        world = self._aws.world
        for letter in world.queues[SETTINGS.dead_letters]:
            self.played.letters.append(letter["MessageBody"][:300])
        for (kind, name), item in world.tables[SETTINGS.table].items.items():
            if kind == "record":
                self.played.lasts[name] = item["last"]["S"]
            elif kind == "pending":
                self.played.problems.append(f"{kind} {name} was left: {item['body']['S'][:300]}")
        for datum in world.metrics:
            of = {dimension["Name"]: dimension["Value"] for dimension in datum.get("Dimensions", ())}
            if datum["MetricName"] == "Runs":
                self.played.counted[of["batch"]] = self.played.counted.get(of["batch"], 0) + 1

    # What AWS has of the stage.

    def _deploy(self) -> None:
        world = self._aws.world
        self._aws.put_table(SETTINGS.table)
        world.queues[SETTINGS.dead_letters] = []
        world.topics.add(SETTINGS.topic)
        world.clusters.add(SETTINGS.cluster)
        for batch in self.night.batches.values():
            if not batch.removed:
                self._aws.deploy(manifest_of(batch))
                self._aws.put_parameter(
                    StageNames("batches", "production").watch(batch.name), watch_of(batch).to_json()
                )
        for run in self.night.runs:
            for attempt in run.tasks:
                self._tasks[attempt.id] = task_of(run, attempt)
                if MANNERS[attempt.manner].begins and attempt.manner != "good":
                    group, stream = f"/batches/production/{run.batch}", f"run/main/{attempt.id}"
                    self._aws.put_event(group, stream, f"log of {run.id}")

    def _happens(self) -> Iterator[tuple[float, Any]]:
        """When what becomes true in AWS."""
        world = self._aws.world
        for run in self.night.runs:
            for attempt in run.tasks:
                task = self._tasks[attempt.id]
                yield attempt.begin, lambda task=task: world.tasks.update({task.id: task})
                yield attempt.stopped + FORGETS, lambda task=task: world.tasks.pop(task.id)
            if run.starter == "machine":
                machine = support.machine_of(run.batch)
                began = float(run.attempts[0].begin)
                execution = states.Execution(states.arn_of(machine, run.id), machine, began)
                execution.given = json.dumps({"scheduled": utc(run.due)} if run.due else {})
                self._executions[run.id] = execution
                yield execution.started, lambda execution=execution: world.executions.update({execution.arn: execution})
                yield run.last.stopped + 1, lambda execution=execution, run=run: end(execution, run)
        names = StageNames("batches", "production")
        for span in self.night.spans:
            if span.what == "pause":
                path = names.paused(span.of)
                text = Pause(reason="known", since=utc(span.begin), until=utc(span.end)).to_json()
                yield span.begin, lambda path=path, text=text: self._aws.put_parameter(path, text)


def end(execution: states.Execution, run: Run) -> None:
    """Ends an execution as its run does."""
    manner = run.manner
    status, error = execution_end(run)
    execution.status, execution.error, execution.stopped = status, error, float(run.last.stopped + 1)
    if status == "FAILED":
        task = {"task": task_arn(run.last)} if run.tasks else {}
        execution.cause = json.dumps({"why": manner.reason, "batch": run.batch, **task})


def execution_end(run: Run) -> tuple[str, str]:
    """Status and error of an execution."""
    manner = run.manner
    if run.last.manner == "good":
        return "SUCCEEDED", ""
    if manner.error in ("ABORTED", "TIMED_OUT"):
        return manner.error, ""
    return "FAILED", manner.error or manner.verdict


def task_arn(attempt: Attempt) -> str:
    """The ARN of a task."""
    return f"arn:aws:ecs:{support.PLACE}:task/batches-production/{attempt.id}"


def task_of(run: Run, attempt: Attempt) -> Task:
    """A task of ECS, with its life."""
    manner = MANNERS[attempt.manner]
    variables = [] if run.starter == "rule" else [{"name": RUN_ID, "value": run.id}]
    variables += [{"name": SCHEDULED_TIME, "value": utc(run.due)}] if run.due else []
    request = {"startedBy": run.id, "overrides": {"containerOverrides": [{"name": "main", "environment": variables}]}}
    if run.starter == "machine":
        request |= {"startedBy": "AWS Step Functions", "group": run.id}
    started = attempt.begin + 20 if manner.begins else NEVER
    task = Task(
        arn=task_arn(attempt),
        cluster_arn=f"arn:aws:ecs:{support.PLACE}:cluster/batches-production",
        request=request,
        definition=f"arn:aws:ecs:{support.PLACE}:task-definition/batches-production-{run.batch}:7",
        script=Script(),
        container="main",
        created=float(attempt.begin),
    )
    task.times = Timeline(
        created=float(attempt.begin),
        connected=attempt.begin + 5.0,
        pull_started=attempt.begin + 6.0,
        pulled=started,
        started=started,
        forced=NEVER,
        ended=float(attempt.end),
        reported=float(attempt.end),
        execution_stopped=float(attempt.end),
        stopped=float(attempt.stopped),
        exit_code=manner.code,
        stop_code=manner.stop,
        reason=manner.reason.format(attempt.host),
        container_reason=manner.own,
    )
    return task


def manifest_of(batch: Batch) -> BatchManifest:
    """The manifest of a batch."""
    machine = {"machine": support.machine_of(batch.name)} if batch.starter == "machine" else {}
    return support.batch(
        batch.name,
        owner=batch.owner,
        retries=batch.retries,
        retry_on=[3, 75] if batch.retries else [],
        retry_delay_seconds=batch.pause,
        overlap=batch.overlap,
        **machine,
    )


def watch_of(batch: Batch) -> Watch:
    """What is watched of a batch."""
    ask: dict[str, Any] = {"off": True} if batch.off else {}
    ask |= {"after_failures": batch.after_failures} if batch.after_failures > 1 else {}
    return Watch(
        schedule=batch.times.crontab if batch.times is not None else "",
        scheduler={"machine": "aws", "rundeck": "rundeck"}.get(batch.starter, "") if batch.times is not None else "",
        expected_seconds=batch.expected,
        alerts=ask,
    )
