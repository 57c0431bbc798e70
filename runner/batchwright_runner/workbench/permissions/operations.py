"""Which IAM actions an operation of an SDK needs: the action of its own name, or what this table says.

Source: Service Authorization Reference, and each service's API reference ("Permissions" of an operation), 2026-11.
Tests hold each entry to AWS's list of actions and to botocore's list of operations.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from batchwright_runner.workbench.permissions.actions import by_id


@dataclass(frozen=True, slots=True)
class Needs:
    """What an operation needs."""

    # The actions, all of which it needs; none for a call that every principal may make
    actions: tuple[str, ...] = ()
    # What it needs depends on what the request holds: at least one of these
    one_of: tuple[str, ...] = ()
    known: bool = True


UNKNOWN = Needs(known=False)

_BUCKET = (
    "AccelerateConfiguration=GP:AccelerateConfiguration "
    "AnalyticsConfiguration=GPDL:AnalyticsConfiguration Cors=D:BucketCORS "
    "Encryption=GPD:EncryptionConfiguration "
    "IntelligentTieringConfiguration=GPDL:IntelligentTieringConfiguration "
    "InventoryConfiguration=GPDL:InventoryConfiguration Lifecycle=GPD:LifecycleConfiguration "
    "LifecycleConfiguration=GP:LifecycleConfiguration "
    "MetricsConfiguration=GPDL:MetricsConfiguration "
    "NotificationConfiguration=GP:BucketNotification OwnershipControls=D:BucketOwnershipControls "
    "Replication=GPD:ReplicationConfiguration Tagging=D:BucketTagging"
)
"""Settings of a bucket to the verbs of their operations (get, put, delete, list), and the name of their actions."""


def _bucket_settings() -> Iterator[tuple[str, str]]:
    """Operations on settings of a bucket; listing them is getting, deleting one is putting."""
    words = {"G": ("Get", "Get"), "P": ("Put", "Put"), "D": ("Delete", "Put"), "L": ("List", "Get")}
    for name, verbs, action in (re.split("[=:]", setting) for setting in _BUCKET.split()):
        for operation, verb in map(words.__getitem__, verbs):
            yield f"{operation}Bucket{name}{'s' if operation == 'List' else ''}", f"{verb}{action}"


def _read(text: str) -> dict[str, str]:
    """Operation to actions: ``CopyObject=GetObject+PutObject HeadBucket=ListBucket``."""
    pairs = (pair.partition("=") for pair in text.split())
    return {operation: actions.replace("+", " ") for operation, _, actions in pairs}


TABLE: dict[str, dict[str, str]] = {
    "S3": dict(_bucket_settings())
    | _read(
        "CompleteMultipartUpload=PutObject CopyObject=GetObject+PutObject "
        "CreateBucketMetadataConfiguration=CreateBucketMetadataTableConfiguration "
        "CreateMultipartUpload=PutObject CreateSession=s3express:CreateSession "
        "DeleteBucketMetadataConfiguration=DeleteBucketMetadataTableConfiguration "
        "DeleteObjects=DeleteObject DeletePublicAccessBlock=PutBucketPublicAccessBlock "
        "GetBucketMetadataConfiguration=GetBucketMetadataTableConfiguration "
        "GetObjectLockConfiguration=GetBucketObjectLockConfiguration "
        "GetPublicAccessBlock=GetBucketPublicAccessBlock HeadBucket=ListBucket "
        "HeadObject=GetObject ListBuckets=ListAllMyBuckets "
        "ListDirectoryBuckets=s3express:ListAllMyDirectoryBuckets "
        "ListMultipartUploads=ListBucketMultipartUploads ListObjectVersions=ListBucketVersions "
        "ListObjects=ListBucket ListObjectsV2=ListBucket ListParts=ListMultipartUploadParts "
        "PutObjectLockConfiguration=PutBucketObjectLockConfiguration "
        "PutPublicAccessBlock=PutBucketPublicAccessBlock SelectObjectContent=GetObject "
        "UploadPart=PutObject UploadPartCopy=GetObject+PutObject"
    ),
    "ApiGatewayManagementApi": _read(
        "DeleteConnection=ManageConnections GetConnection=ManageConnections PostToConnection=ManageConnections"
    ),
    "Bedrock Runtime": _read(
        "Converse=InvokeModel ConverseStream=InvokeModelWithResponseStream "
        "InvokeModelWithBidirectionalStream=InvokeModel StartAsyncInvoke=InvokeModel"
    ),
    "DynamoDB": _read("TransactGetItems=GetItem"),
    "KMS": _read("ReEncrypt=ReEncryptFrom+ReEncryptTo"),
    "Lambda": _read(
        "GetLayerVersionByArn=GetLayerVersion Invoke=InvokeFunction InvokeWithResponseStream=InvokeFunction"
    ),
    "SNS": _read("PublishBatch=Publish"),
    "SQS": _read(
        "ChangeMessageVisibilityBatch=ChangeMessageVisibility DeleteMessageBatch=DeleteMessage "
        "SendMessageBatch=SendMessage"
    ),
    # No permission is required for these (IAM user guide, "Comparing the AWS STS API operations", 2026-11); the last
    # two are not even signed.
    "STS": _read("GetCallerIdentity= GetSessionToken= AssumeRoleWithSAML= AssumeRoleWithWebIdentity="),
}
"""What the SDKs call a service, to operation, to actions: of the same service where none is named."""

_PARTIQL = "PartiQLSelect PartiQLInsert PartiQLUpdate PartiQLDelete"
ONE_OF: dict[str, dict[str, str]] = {
    "DynamoDB": {
        **dict.fromkeys(("BatchExecuteStatement", "ExecuteStatement", "ExecuteTransaction"), _PARTIQL),
        "TransactWriteItems": "PutItem UpdateItem DeleteItem ConditionCheckItem",
    },
}
"""Operations whose actions depend on what the request holds, which the SDKs do not report."""


def _full(prefix: str, actions: str) -> tuple[str, ...]:
    return tuple(action if ":" in action else f"{prefix}:{action}" for action in actions.split())


def needs(service: str, operation: str) -> Needs:
    """What an operation needs.

    `service`: the service, as the SDKs call it: ``S3``.
    `operation`: the operation: ``ListObjectsV2``.
    """
    listed = by_id().get(service.casefold())
    if listed is None:
        return UNKNOWN
    name = next((id for id in listed.ids if id.casefold() == service.casefold()), service)
    all_of, one_of = (table.get(name, {}).get(operation) for table in (TABLE, ONE_OF))
    if all_of is not None or one_of is not None:
        return Needs(_full(listed.prefix, all_of or ""), _full(listed.prefix, one_of or ""))
    same = next((level for level in listed.levels if level.casefold() == operation.casefold()), "")
    return Needs((f"{listed.prefix}:{same}",)) if same else UNKNOWN
