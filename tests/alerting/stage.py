"""A stage with alerts: what AWS keeps of it, its queue, its chats, and the function that is given what happens."""

import json
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, Self

from batchwright_runner.contract.alerting.settings import VARIABLE, AlertSettings
from batchwright_runner.contract.last import Last
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.names import HANDED_TYPE, StageNames
from batchwright_runner.contract.tasks import execution_arn
from batchwright_runner.contract.watch import Watch
from tests.alerting.chats import POST_MESSAGE, Chats
from tests.alerting.function import Done, Function
from tests.fake_aws.server import AwsServer
from tests.fake_aws.world import World
from tests.runner.contract.alerting.support import NOW, SETTINGS, machine_of

SLACK = "xoxb-1"


class Stage:
    """The stage. Use it as a context manager.

    Attributes:
        aws: Its account.
        chats: Slack.
        function: The function, in a process of its own.
        settings: What the stack tells the function.
        now: The time there, in seconds since 1970; it stands still.
    """

    def __init__(self) -> None:
        self.now = NOW
        self.aws = AwsServer(clock=lambda: self.now)
        self.chats = Chats()

    def __enter__(self) -> Self:
        self.aws.start()
        self.chats.__enter__()
        self.function = Function(self.aws.environ())
        self.begin_anew()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.function.__exit__(kind, error, trace)
        self.chats.__exit__(kind, error, trace)
        self.aws.stop()

    def begin_anew(self, settings: AlertSettings = SETTINGS, **environment: str) -> None:
        """Empties everything, and makes what the stack makes.

        Args:
            settings: What the stack tells the function.
            environment: Further environment variables of the function.
        """
        self.now, self.settings = NOW, settings
        world = self.aws.world
        vars(world).update(vars(World(clock=world.clock, account=world.account, region=world.region)))
        self.aws.clear()
        self.chats.begin_anew()
        self.table = self.aws.put_table(settings.table)
        world.topics.add(settings.topic)
        world.queues[settings.dead_letters] = []
        world.clusters.add(settings.cluster)
        self.aws.put_secret("batches/slack", json.dumps({"token": SLACK}))
        self._heard = 0
        variables = {VARIABLE: settings.to_json(), "BATCHWRIGHT_SLACK_URL": self.chats.url}
        self.function.begin_anew({**variables, **environment})

    def deploy(self, manifest: BatchManifest, watch: Watch | None = None) -> None:
        """Puts a batch in place."""
        self.aws.deploy(manifest)
        if watch is not None:
            self.aws.put_parameter(StageNames.of(manifest).watch(manifest.batch), watch.to_json())

    def give(self, *bodies: object, received: int = 1) -> Done:
        """Gives the function messages of the queue, all in one call.

        Args:
            bodies: The events; a text is a body as it is.
            received: How often they were received, with this time.
        """
        return self.function({"Records": list(records(bodies, received))}, now=self.now)

    def tick(self, seconds: float = 0.0) -> Done:
        """Lets time pass, and the clock do its work."""
        self.now += seconds
        return self.give(tick())

    def ticks(self, seconds: float) -> None:
        """Lets so much time pass, with a tick each minute."""
        for _ in range(round(seconds / 60)):
            self.tick(60)

    def listen(self, received: int = 1) -> Done:
        """Gives the listener for Slack what the topic was given since, but for tests, as its subscription does."""
        new = self.aws.world.published[self._heard :]
        self._heard = len(self.aws.world.published)
        bodies = [json.loads(message["text"])["sqs"] for message in new if message["attributes"]["kind"] != "test"]
        return self.function({"Records": list(records(bodies, received))}, now=self.now, handler="handle_slack")

    @property
    def mails(self) -> list[str]:
        """The texts that the topic was given."""
        return [json.loads(message["text"])["email"] for message in self.aws.world.published]

    @property
    def titles(self) -> list[str]:
        """The first line of each of them."""
        return [text.partition("\n")[0] for text in self.mails]

    @property
    def posts(self) -> list[Any]:
        """What Slack has taken."""
        return self.chats.taken(POST_MESSAGE)

    @property
    def dead(self) -> list[tuple[str, str]]:
        """Body and reason of each dead letter."""
        letters = self.aws.world.queues[self.settings.dead_letters]
        return [
            (letter["MessageBody"], letter.get("MessageAttributes", {}).get("why", {}).get("StringValue", ""))
            for letter in letters
        ]

    def last(self, name: str = "daily-report") -> Last:
        """The record that readers read."""
        item = self.table.items.get(("record", name))
        return Last.from_text(item["last"]["S"]) if item else Last()


def records(bodies: Iterable[object], received: int = 1) -> Iterable[Mapping[str, Any]]:
    """Messages of SQS, as Lambda gives them (AWS Lambda developer guide, "Using Lambda with Amazon SQS", 2026-11)."""
    for number, body in enumerate(bodies):
        yield {
            "messageId": f"m-{number}",
            "receiptHandle": f"r-{number}",
            "body": body if isinstance(body, str) else json.dumps(body),
            "attributes": {"ApproximateReceiveCount": str(received), "SentTimestamp": "1764000000000"},
            "messageAttributes": {},
            "md5OfBody": "0" * 32,
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:eu-west-1:111111111111:batches-production-events",
            "awsRegion": "eu-west-1",
        }


def event(source: str, kind: str, detail: object) -> dict[str, Any]:
    """An event, as EventBridge gives it to a target."""
    return {
        "version": "0",
        "id": "00000000-0000-0000-0000-000000000000",
        "detail-type": kind,
        "source": source,
        "account": "111111111111",
        "time": "2026-11-24T02:40:00Z",
        "region": "eu-west-1",
        "resources": [],
        "detail": detail,
    }


def of_task(task: Mapping[str, Any]) -> dict[str, Any]:
    """The event of a task's end."""
    return event("aws.ecs", "ECS Task State Change", task)


def of_execution(detail: Mapping[str, Any]) -> dict[str, Any]:
    """The event of an execution's end."""
    return event("aws.states", "Step Functions Execution Status Change", detail)


def handed(name: str, batch_name: str = "daily-report") -> dict[str, Any]:
    """The event by which a machine hands over an execution."""
    arn = execution_arn(machine_of(batch_name), name)
    return event(StageNames("batches", "production").handed_source, HANDED_TYPE, {"execution": arn})


def tick() -> dict[str, Any]:
    """The event of the clock."""
    return event("aws.events", "Scheduled Event", {})
