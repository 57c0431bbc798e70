"""The edges of a batch: what it reads and writes, as it declares and as its task role may. Pure.

AWS's access levels say which actions read and which write, but count what only asks about a resource,
``sqs:GetQueueUrl``, as reading. So the services that batches exchange data over have a table of their own (Service
Authorization Reference, 2026-11); of the others the levels count, and of those without data of their own nothing does.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from batchwright_runner.contract.access import Access, Grant
from batchwright_runner.contract.batch_file import BatchFile
from batchwright_runner.contract.edges import Direction, Edge
from batchwright_runner.workbench.permissions.actions import expand, levels_of, pattern, service_of
from batchwright_runner.workbench.permissions.statements import ALL_BUT, Statement, permissions_of, resource_of

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
_NAMES = (
    "acm application-autoscaling autoscaling backup batch cloudformation cloudfront cloudtrail "
    "cloudwatch codebuild ec2 ec2messages ecr ecr-public ecs elasticache elasticloadbalancing iam "
    "kms logs organizations rds scheduler servicequotas ssmmessages sts tag xray"
)
_WITHOUT_DATA = frozenset(_NAMES.split())
"""Services that a batch works with rather than on; ``logs`` and ``cloudwatch`` take what it reports about itself."""
_READING = frozenset({"Read", "List"})


def edges_of(batch: BatchFile) -> list[Edge]:
    """What a batch reads and writes: what is declared, and what its task role's grants show by themselves.

    What both say is one edge. A grant says what the batch may do, not what it does.

    Returns what it reads, then what it writes, each in the order of names.
    """
    reads = (Edge(direction="reads", resource=read, declared=True) for read in batch.reads)
    writes = (Edge(direction="writes", resource=write, declared=True) for write in batch.writes)
    return merged([*reads, *writes, *granted_edges(batch.access)])


def granted_edges(access: Access) -> list[Edge]:
    """The edges that the task role's grants show by themselves.

    A statement that allows every action, or all but some actions or resources, shows none, nor does a managed policy.
    What a statement without a condition denies is taken away.
    """
    return merged(_granted(access.task.grants))


def merged(edges: Iterable[Edge]) -> list[Edge]:
    """The same edges, each once, in order."""
    edges_by_key: dict[tuple[Direction, str], Edge] = {}
    for edge in edges:
        first = edges_by_key.get(key := (edge.direction, edge.resource), edge)
        declared, granted = first.declared or edge.declared, first.granted or edge.granted
        at = tuple(dict.fromkeys([*first.at, *edge.at]))
        edges_by_key[key] = replace(edge, declared=declared, granted=granted, at=at)
    return [edges_by_key[key] for key in sorted(edges_by_key)]


def _granted(grants: Sequence[Grant]) -> Iterator[Edge]:
    permissions = permissions_of(grants)
    denied = [part for part in permissions if not (part.allowed or part.but or part.condition)]
    for permission in permissions:
        if not permission.allowed or permission.but or not permission.service:
            continue
        for action in permission.actions:
            for resource in permission.resources:
                if resource.startswith(ALL_BUT) or any(_denies(deny, action, resource) for deny in denied):
                    continue
                for direction in directions(action):
                    name, at = resource_of(permission.service, resource), (permission.at,) if permission.at else ()
                    yield Edge(direction=direction, resource=name, granted=True, at=at)


def _denies(deny: Statement, action: str, resource: str) -> bool:
    return deny.covers(action) and any(pattern(arn).fullmatch(resource) for arn in deny.resources)


def directions(action: str) -> list[Direction]:
    """What an action of a policy does with data, ``s3:Get*``: reads it, writes it, both, or neither."""
    return sorted({way for name in expand(action) or [action] for way in _directions(name)})


def _directions(action: str) -> set[Direction]:
    service = service_of(action)
    if not service or service in _WITHOUT_DATA:
        return set()
    name = action.partition(":")[2]
    if service in _TABLE:
        reading, writing = (any(_is(name, listed) for listed in names.split()) for names in _TABLE[service])
    else:
        levels = set(levels_of(action))
        reading, writing = bool(levels & _READING), bool(levels - _READING)
    return {*(("reads",) if reading else ()), *(("writes",) if writing else ())}


def _is(name: str, listed: str) -> bool:
    """Whether an action is one of the table's; either may have wildcards."""
    return listed == _BOTH or pattern(name).fullmatch(listed) is not None
