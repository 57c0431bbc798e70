"""S3, SQS and SES on this machine: moto's server, with what the sample needs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import boto3
import botocore
from moto.server import ThreadedMotoServer

ORDERS = ("1001", "1002")
KEY = "AKIACANARYCANARY0001"
SECRET = "canary/secret/0002"
SESSION = "canary-session-0003"
"""Credentials that no emulator checks, and that may be found nowhere."""


@dataclass(frozen=True)
class Emulator:
    """A running emulator.

    Attributes:
        url: Where.
    """

    url: str

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3's own
        """A client of it."""
        return boto3.client(  # type: ignore[call-overload]
            service,
            region_name="us-east-1",
            endpoint_url=self.url,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )

    @property
    def variables(self) -> dict[str, str]:
        """What has a batch call it."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_SESSION_TOKEN": SESSION,
            "BUCKET": "new-orders",
            "QUEUE": "warehouse",
        }

    def sent(self) -> int:
        """How many messages lie in the queue."""
        sqs = self.client("sqs")
        url = sqs.get_queue_url(QueueName="warehouse")["QueueUrl"]
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
        return int(attributes["Attributes"]["ApproximateNumberOfMessages"])


@contextmanager
def emulator() -> Iterator[Emulator]:
    """Runs one, with a bucket of two orders, a queue and a verified sender."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    started = Emulator(f"http://{host}:{port}")
    emptied = HTTPConnection(host, port)  # all servers of a process hold the same
    emptied.request("POST", "/moto-api/reset")
    assert emptied.getresponse().status == 200
    emptied.close()
    started.client("s3").create_bucket(Bucket="new-orders")
    for order in ORDERS:
        started.client("s3").put_object(Bucket="new-orders", Key=f"new/{order}", Body=f"order {order}".encode())
    started.client("sqs").create_queue(QueueName="warehouse")
    started.client("ses").verify_email_identity(EmailAddress="orders@example.com")
    try:
        yield started
    finally:
        server.stop()


def models(*services: str) -> dict[str, Path]:
    """botocore's data files that clients of these services read, by their names in its folder."""
    data = Path(botocore.__file__).parent / "data"
    shared = [path for path in data.iterdir() if path.is_file()]
    own = [path for service in services for path in (data / service).rglob("*") if path.is_file()]
    return {str(path.relative_to(data)): path for path in (*shared, *own)}
