"""Which actions of a service read data and which write it. Pure.

AWS's access levels say that too, but count what only asks about a resource, ``sqs:GetQueueUrl``, as reading. So the
services that batches exchange data over have a table of their own (Service Authorization Reference, 2026-11); of the
others the levels count, and of those without data of their own nothing does.
"""

from collections.abc import Mapping

from batchwright_runner.contract.edges import Direction
from batchwright_runner.workbench.permissions.actions import expand, is_wild, levels_of, pattern, service_of

_BOTH = "*"
_TABLE: Mapping[str, tuple[str, str]] = {
    "aoss": (_BOTH, _BOTH),
    "dynamodb": (
        "BatchGetItem ConditionCheckItem ExportTableToPointInTime GetItem GetRecords PartiQLSelect Query Scan",
        "BatchWriteItem DeleteItem PartiQLDelete PartiQLInsert PartiQLUpdate PutItem UpdateItem",
    ),
    "elasticfilesystem": ("ClientMount", "ClientWrite"),
    "es": ("ESHttpGet ESHttpHead", "ESHttpDelete ESHttpPatch ESHttpPost ESHttpPut"),
    "events": ("", "PutEvents"),
    "firehose": ("", "PutRecord PutRecordBatch"),
    "kafka-cluster": ("ReadData", "WriteData"),
    "kinesis": ("GetRecords SubscribeToShard", "PutRecord PutRecords"),
    "lambda": ("", "InvokeFunction"),
    "rds-data": (_BOTH, _BOTH),
    "rds-db": ("connect", "connect"),
    "redshift-data": (_BOTH, _BOTH),
    "s3": (
        "GetObject GetObjectVersion ListBucket ListBucketVersions",
        "DeleteObject DeleteObjectVersion PutObject ReplicateObject RestoreObject",
    ),
    "secretsmanager": ("BatchGetSecretValue GetSecretValue", "PutSecretValue UpdateSecret"),
    "ses": ("", "SendBulkEmail SendBulkTemplatedEmail SendEmail SendRawEmail SendTemplatedEmail"),
    "sns": ("", "Publish"),
    "sqs": ("ReceiveMessage", "PurgeQueue SendMessage"),
    "ssm": ("GetParameter GetParameterHistory GetParameters GetParametersByPath", "PutParameter"),
    "states": ("", "StartExecution StartSyncExecution"),
}
_WITHOUT_DATA = frozenset(
    {
        "acm",
        "application-autoscaling",
        "autoscaling",
        "backup",
        "batch",
        "cloudformation",
        "cloudfront",
        "cloudtrail",
        "cloudwatch",
        "codebuild",
        "ec2",
        "ec2messages",
        "ecr",
        "ecr-public",
        "ecs",
        "elasticache",
        "elasticloadbalancing",
        "iam",
        "kms",
        "logs",
        "organizations",
        "rds",
        "scheduler",
        "servicequotas",
        "ssmmessages",
        "sts",
        "tag",
        "xray",
    }
)
"""Services that a batch works with rather than on; ``logs`` and ``cloudwatch`` take what it says of itself."""
_READING = frozenset({"Read", "List"})


def directions(action: str) -> list[Direction]:
    """What an action of a policy does with data, ``s3:Get*``: reads it, writes it, both, or neither."""
    found: set[Direction] = set()
    for one in expand(action) or [action]:
        found |= _directions(one)
    return sorted(found)


def _directions(action: str) -> set[Direction]:
    service = service_of(action)
    if not service or service in _WITHOUT_DATA:
        return set()
    name = action.partition(":")[2]
    if service in _TABLE:
        reading, writing = (any(_is(name, one) for one in names.split()) for names in _TABLE[service])
    else:
        levels = set(levels_of(action))
        reading, writing = bool(levels & _READING), bool(levels - _READING)
    return {*(("reads",) if reading else ()), *(("writes",) if writing else ())}


def _is(name: str, listed: str) -> bool:
    """Whether an action is one of the table's; either may have wildcards."""
    if is_wild(name):
        return listed == _BOTH or pattern(name).fullmatch(listed) is not None
    return listed == _BOTH or name.lower() == listed.lower()
