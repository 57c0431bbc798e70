"""Reports of SDKs as they come on the wire."""

import json
from typing import Any

TOKEN = "batchwright-0123"


def reported(service: str = "S3", operation: str = "PutObject", **fields: Any) -> bytes:  # noqa: ANN401 - fields of JSON
    """A datagram as botocore sends it."""
    data = {
        "Version": 1,
        "ClientId": TOKEN,
        "Type": "ApiCall",
        "Service": service,
        "Api": operation,
        "Timestamp": 1764054000000,
        "AttemptCount": 1,
        "Region": "ap-northeast-1",
        "UserAgent": "Boto3/1.43.106 md/Botocore#1.43.106",
        "FinalHttpStatusCode": 200,
        "Latency": 12,
        "MaxRetriesExceeded": 0,
        **fields,
    }
    return json.dumps(data, separators=(",", ":")).encode()
