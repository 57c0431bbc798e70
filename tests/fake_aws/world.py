"""What the server knows: one account's clusters, tasks, log streams, parameters and schedules."""

import json
import math
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from tests.fake_aws.errors import AwsError
from tests.fake_aws.script import Script
from tests.fake_aws.services.image_store import ImageStore
from tests.fake_aws.services.roles import Role
from tests.fake_aws.services.streams import Stream
from tests.fake_aws.services.tasks import Task
from tests.fake_aws.services.vpc import Network

T = TypeVar("T")


@dataclass
class Family:
    """What a task definition family is scripted to do: the first task runs the first script; the last one repeats.

    Attributes:
        secrets: Container to variable to ``valueFrom``.
        image: What the main container runs.
        images: Container to what it runs, of those that run something else.
        roles: ``executionRoleArn`` and ``taskRoleArn``.
        tags: The tags of its task definitions.
    """

    scripts: list[Script]
    prefix: str = "run"
    log_group: str = ""
    container: str = "main"
    secrets: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    image: str = ""
    images: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    started: int = 0

    def next_script(self) -> Script:
        """The script for one more task."""
        script = self.scripts[min(self.started, len(self.scripts) - 1)]
        self.started += 1
        return script


@dataclass
class Parameter:
    """An SSM parameter."""

    name: str
    value: str
    type: str = "String"
    version: int = 1
    changed: float = 0.0


@dataclass
class World:
    """The state behind the operations. Whoever reads or changes it holds the server's lock.

    Attributes:
        clock: Seconds since the epoch.
        account: The account of all credentials but those that AssumeRole gave out.
        region: The region of all ARNs.
        history_group: Where the end of a task is recorded as EventBridge would; empty for nowhere.
        token_life: Seconds for which GetLogEvents takes a token that it has given; AWS's lives a day.
        checks_starts: A task starts only where all that it needs is there; what is not is its stop reason.
        checks_clock: Requests whose time is off by more than five minutes are refused.
        tags_guard_stop: StopTask needs the task's tags, as under an ``aws:ResourceTag`` condition.
        caller: The access key of the request that is being answered.
        expired: Access keys of temporary credentials that have expired.
        session: The name of the caller's session, in the ARN that GetCallerIdentity gives.
        keys: Key, by alias, to its state.
        secrets: ARN in Secrets Manager to when it is deleted; none for never.
        secret_texts: ARN in Secrets Manager and the label of a version to what it holds.
        role_life: Seconds that AssumeRole's credentials live; 0 for as long as asked for.
        assumed: How often a role was assumed.
        machines: ARN of a machine that is executed here to how it ends: status, error, cause.
        players: ARN of a machine that plays here to what plays an execution of it.
        playing: ARN of an execution to what plays it.
        machine_ends: Batch, or workflow, to the row that its machine ends with.
        stops_children: A stop of an execution stops those that it has started, as Step Functions does at its best.
        quotas: Code of a Fargate quota to the account's own value; the default where it is not here.
        vcpus: Class of Fargate's usage metric to the vCPUs that are in use.
        tables: Name to the table of DynamoDB.
        topics: ARNs of SNS's topics.
        published: What was published.
        unconfirmed: E-mail addresses that are subscribed to the topics, and have not confirmed it.
        queues: URL of a queue of SQS to the requests that sent to it.
        metrics: The measurements that CloudWatch was given.
        functions: Name of a function of Lambda to its ``FunctionError``, or nothing, and its answer.
        retention: Log group to the days for which it keeps its events; for ever where it is not here.
    """

    clock: Callable[[], float]
    account: str = "111111111111"
    region: str = "eu-west-1"
    history_group: str = ""
    tags_guard_stop: bool = False
    checks_starts: bool = False
    checks_clock: bool = False
    caller: str = ""
    expired: set[str] = field(default_factory=set)
    session: str = "test"
    token_life: float = math.inf
    clusters: set[str] = field(default_factory=set)
    families: dict[str, Family] = field(default_factory=dict)
    revisions: dict[str, str] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    tokens: dict[tuple[str, str], tuple[str, list[str]]] = field(default_factory=dict)
    groups: dict[str, dict[str, Stream]] = field(default_factory=dict)
    parameters: dict[str, Parameter] = field(default_factory=dict)
    versions: dict[str, list[Any]] = field(default_factory=dict)
    images: ImageStore = field(default_factory=ImageStore)
    network: Network = field(default_factory=Network)
    roles: dict[str, Role] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, float | None] = field(default_factory=dict)
    secret_texts: dict[tuple[str, str], str | bytes] = field(default_factory=dict)
    role_life: int = 0
    assumed: int = 0
    quotas: dict[str, float] = field(default_factory=lambda: {"L-3032A538": 100.0, "L-36FBB829": 100.0})
    vcpus: dict[str, float] = field(default_factory=dict)
    retention: dict[str, int] = field(default_factory=dict)
    capacity_providers: list[str] = field(default_factory=list)
    schedule_groups: set[str] = field(default_factory=lambda: {"default"})
    rules: dict[str, str] = field(default_factory=dict)
    targets: dict[str, list[str]] = field(default_factory=dict)
    schedules: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    executions: dict[str, Any] = field(default_factory=dict)
    machines: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    players: dict[str, Callable[[Any], Iterator[None]]] = field(default_factory=dict)
    playing: dict[str, Iterator[None]] = field(default_factory=dict)
    machine_ends: dict[str, Any] = field(default_factory=dict)
    stops_children: bool = True
    machine_states: dict[str, str] = field(default_factory=dict)
    tables: dict[str, Any] = field(default_factory=dict)
    topics: set[str] = field(default_factory=set)
    published: list[dict[str, Any]] = field(default_factory=list)
    unconfirmed: list[str] = field(default_factory=list)
    queues: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    metrics: list[dict[str, Any]] = field(default_factory=list)
    functions: dict[str, tuple[str, Any]] = field(default_factory=dict)
    _given: dict[tuple[str, str, str], float] = field(default_factory=dict)
    _unrecorded: list[Task] = field(default_factory=list)

    def arn(self, service: str, resource: str) -> str:
        """An ARN in this account and region."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"

    def add_task(self, task: Task, family: Family) -> None:
        """Keeps a new task and the log streams its containers will have."""
        self.tasks[task.id] = task
        self._unrecorded.append(task)
        if family.log_group:
            streams = self.groups.get(family.log_group, {})  # one that was deleted does not come back
            for container in task.containers:
                name = f"{family.prefix}/{container}/{task.id}"
                streams[name] = Stream(name, task.stream_at(container), task.rows(container))
                task.streams[container] = streams[name]

    def stream(self, group: str, name: str) -> Stream:
        """The named stream, once it exists."""
        if group not in self.groups:
            raise AwsError("ResourceNotFoundException", "The specified log group does not exist.")
        stream = self.groups[group].get(name)
        if stream is None or stream.exists_at > self.clock():
            raise AwsError("ResourceNotFoundException", "The specified log stream does not exist.")
        return stream

    def give_token(self, group: str, stream: str, token: str) -> str:
        """Remembers when a token of a stream was first given."""
        self._given.setdefault((group, stream, token), self.clock())
        return token

    def check_token(self, group: str, stream: str, token: str) -> None:
        """Refuses a token that is too old."""
        if token and self.clock() - self._given.get((group, stream, token), self.clock()) > self.token_life:
            raise AwsError("InvalidParameterException", "The specified nextToken is invalid.")

    def put_event(self, group: str, name: str, text: str, at: float | None = None) -> None:
        """Adds one event to a log stream, which is made when it is missing."""
        now = self.clock()
        stream = self.groups.setdefault(group, {}).setdefault(name, Stream(name, now, []))
        stream.put(now, now if at is None else at, text)

    def settle(self) -> None:
        """Does what time has brought: machines go on, schedules are due, tasks that have stopped are recorded."""
        for player in list(self.playing.values()):
            next(player, None)
        now = self.clock()
        for key, schedule in list(self.schedules.items()):
            if schedule["due"] is not None and schedule["due"] <= now:
                self.fire(*key)
        for task in [task for task in self._unrecorded if task.times.stopped <= now]:
            self._unrecorded.remove(task)
            if self.history_group:
                record = json.dumps(self._state_change(task), separators=(",", ":"))
                self.put_event(self.history_group, str(uuid.uuid4()), record, at=task.times.stopped)

    def clear(self) -> None:
        """Drops all tasks with what came of them; batches stay deployed and begin with their first script again."""
        self.tasks.clear()
        self.tokens.clear()
        self.schedules.clear()
        self._unrecorded.clear()
        self._given.clear()
        for streams in self.groups.values():
            streams.clear()
        for family in self.families.values():
            family.started = 0

    def forget_stopped(self) -> None:
        """Drops the tasks that have stopped, after recording them."""
        self.settle()
        now = self.clock()
        self.tasks = {name: task for name, task in self.tasks.items() if task.times.stopped > now}

    def fire(self, group: str, name: str) -> None:
        """Runs a schedule's target now, as the scheduler would: StopTask, without a look at tags."""
        schedule = self.schedules[group, name]
        if schedule["request"].get("ActionAfterCompletion") == "DELETE":
            del self.schedules[group, name]
        else:
            schedule["due"] = None
        sent = json.loads(schedule["request"]["Target"]["Input"])
        task = self.tasks.get(str(sent["Task"]).rpartition("/")[2])
        if task:
            task.stop(self.clock(), sent.get("Reason", ""), by="scheduler")

    def _state_change(self, task: Task) -> dict[str, Any]:
        """The EventBridge event of a task's end. It carries no tags."""
        at = task.times.stopped
        detail = task.describe(at, iso)
        detail |= {"updatedAt": iso(at), "version": detail["version"]}
        return {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": "ECS Task State Change",
            "source": "aws.ecs",
            "account": self.account,
            "time": datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": self.region,
            "resources": [task.arn],
            "detail": detail,
        }


def page_of(
    items: Sequence[T], body: Mapping[str, Any], most: int, token: str = "nextToken"
) -> tuple[Sequence[T], dict[str, str]]:
    """The page that a request asks for, of so many at most, and the token of the next one where there is one."""
    start = int(body.get(token, "0"))
    return items[start : start + most], {token: str(start + most)} if start + most < len(items) else {}


def iso(at: float) -> str:
    """A time as EventBridge writes it."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
