"""Imports all that the sample's calls import, also what botocore imports when it is used."""

import os
from contextlib import suppress

import boto3
import botocore.config
import botocore.exceptions

NOWHERE = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "endpoint_url": "http://127.0.0.1:9"}
ONCE = botocore.config.Config(retries={"max_attempts": 1}, connect_timeout=1)

os.environ.pop("AWS_PROFILE", None)
for service, call in {"s3": "list_buckets", "sqs": "list_queues", "ses": "list_identities"}.items():
    client = boto3.client(service, region_name="us-east-1", config=ONCE, **NOWHERE)  # type: ignore[call-overload]
    with suppress(botocore.exceptions.BotoCoreError):
        getattr(client, call)()
