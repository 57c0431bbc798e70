"""The function in this process, against the stand-in for AWS, with a clock and a web server of the test's own."""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from batchwright_runner.alerting.clients import FunctionClients
from batchwright_runner.alerting.handler import AlertsFunction
from batchwright_runner.contract.alerting.names import alerts_table, events_dead_letters
from batchwright_runner.contract.alerting.settings import AlertSettings, Service
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.names import manifest_path
from tests.fake_aws.fixtures import ACCOUNT, REGION, sample_manifest
from tests.fake_aws.server import AwsServer
from tests.runner.contract.alerting.support import NOW

STAGE = "staging"
TABLE = alerts_table("batches", STAGE)
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:batches-staging-messages"
DEAD_LETTERS = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{events_dead_letters('batches', STAGE)}"
SETTINGS = AlertSettings(
    project="batches",
    stage=STAGE,
    region=REGION,
    account=ACCOUNT,
    cluster="batches-staging",
    table=TABLE,
    dead_letters=DEAD_LETTERS,
    topic=TOPIC,
)
SLACK = Service(to="#batches", secret="batches/slack")


class World:
    """A stage and its function.

    Attributes:
        aws: The stand-in.
        now: The time, in seconds since 1970.
    """

    def __init__(self, aws: AwsServer, settings: AlertSettings = SETTINGS) -> None:
        self.aws = aws
        self.now = NOW
        self.settings = settings
        aws.put_table(TABLE)
        aws.world.topics.add(TOPIC)
        aws.world.queues[DEAD_LETTERS] = []
        self.deploy(sample_manifest())
        self.begin()

    def begin(self, settings: AlertSettings | None = None) -> None:
        """A cold start."""
        self.settings = settings or self.settings
        self.function = AlertsFunction(FunctionClients(), self.settings, lambda: self.now)

    def deploy(self, manifest: BatchManifest) -> None:
        """Publishes a manifest."""
        self.aws.put_parameter(manifest_path("batches", STAGE, manifest.batch), manifest.to_json())

    def receive(self, *bodies: object, count: int = 1) -> list[str]:
        """Has messages treated; the indexes of those that are received again later."""
        records = [
            {
                "messageId": str(at),
                "body": body if isinstance(body, str) else json.dumps(body),
                "attributes": {"ApproximateReceiveCount": str(count)},
            }
            for at, body in enumerate(bodies)
        ]
        failures = self.function.handle({"Records": records})["batchItemFailures"]
        return [failure["itemIdentifier"] for failure in failures]

    def tick(self, seconds: float = 60) -> None:
        """Lets time pass, and the clock do its work."""
        self.now += seconds
        assert self.receive({"source": "aws.events"}) == []

    @property
    def subjects(self) -> list[str]:
        """What the topic got."""
        return [str(message["subject"]) for message in self.aws.world.published]

    @property
    def buried(self) -> list[str]:
        """Why things are in the dead letters."""
        return [message["MessageAttributes"]["why"]["StringValue"] for message in self.aws.world.queues[DEAD_LETTERS]]

    def items(self, kind: str) -> Sequence[dict[str, Any]]:
        """The table's items of a kind."""
        return [item for (found, _), item in self.aws.world.tables[TABLE].items.items() if found == kind]


def of_task(task: dict[str, Any]) -> dict[str, Any]:
    """The event of a task's end, in the sample's stage."""
    text = json.dumps(task).replace("batches-production", "batches-staging")
    return {"source": "aws.ecs", "detail-type": "ECS Task State Change", "detail": json.loads(text)}


@contextmanager
def web(*answers: tuple[int, dict[str, Any]]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A web server that gives these answers in turn, the last one for ever: its address, and what it was sent."""
    left, got = list(answers), []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers["Content-Length"])
            got.append({"path": self.path, "headers": dict(self.headers), "body": json.loads(self.rfile.read(size))})
            code, answer = left.pop(0) if len(left) > 1 else left[0]
            self.send_response(code)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", got
    finally:
        server.shutdown()
        server.server_close()
