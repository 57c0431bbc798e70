"""Which IAM actions an operation of an SDK needs: the action of its own name, or what this table says.

Source: Service Authorization Reference, and each service's API reference ("Permissions" of an operation), 2026-11.
Tests hold each entry to AWS's list of actions and to botocore's list of operations.
"""

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

_BUCKET = {
    "Accelerate": ("AccelerateConfiguration", "GP"),
    "Analytics": ("AnalyticsConfiguration", "GPDL"),
    "IntelligentTiering": ("IntelligentTieringConfiguration", "GPDL"),
    "Inventory": ("InventoryConfiguration", "GPDL"),
    "Metrics": ("MetricsConfiguration", "GPDL"),
}


def _bucket_settings() -> dict[str, str]:
    """Operations on settings of a bucket, whose actions leave a word out; deleting one is putting."""
    words = {"G": ("Get", "Get"), "P": ("Put", "Put"), "D": ("Delete", "Put"), "L": ("List", "Get")}
    return {
        f"{words[verb][0]}Bucket{name}Configuration{'s' if verb == 'L' else ''}": f"{words[verb][1]}{action}"
        for name, (action, verbs) in _BUCKET.items()
        for verb in verbs
    }


TABLE: dict[str, dict[str, str]] = {
    "S3": {
        **_bucket_settings(),
        "CompleteMultipartUpload": "PutObject",
        "CopyObject": "GetObject PutObject",
        "CreateBucketMetadataConfiguration": "CreateBucketMetadataTableConfiguration",
        "CreateMultipartUpload": "PutObject",
        "CreateSession": "s3express:CreateSession",
        "DeleteBucketCors": "PutBucketCORS",
        "DeleteBucketEncryption": "PutEncryptionConfiguration",
        "DeleteBucketLifecycle": "PutLifecycleConfiguration",
        "DeleteBucketMetadataConfiguration": "DeleteBucketMetadataTableConfiguration",
        "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
        "DeleteBucketReplication": "PutReplicationConfiguration",
        "DeleteBucketTagging": "PutBucketTagging",
        "DeleteObjects": "DeleteObject",
        "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
        "GetBucketEncryption": "GetEncryptionConfiguration",
        "GetBucketLifecycle": "GetLifecycleConfiguration",
        "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
        "GetBucketMetadataConfiguration": "GetBucketMetadataTableConfiguration",
        "GetBucketNotificationConfiguration": "GetBucketNotification",
        "GetBucketReplication": "GetReplicationConfiguration",
        "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
        "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
        "HeadBucket": "ListBucket",
        "HeadObject": "GetObject",
        "ListBuckets": "ListAllMyBuckets",
        "ListDirectoryBuckets": "s3express:ListAllMyDirectoryBuckets",
        "ListMultipartUploads": "ListBucketMultipartUploads",
        "ListObjectVersions": "ListBucketVersions",
        "ListObjects": "ListBucket",
        "ListObjectsV2": "ListBucket",
        "ListParts": "ListMultipartUploadParts",
        "PutBucketEncryption": "PutEncryptionConfiguration",
        "PutBucketLifecycle": "PutLifecycleConfiguration",
        "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
        "PutBucketNotificationConfiguration": "PutBucketNotification",
        "PutBucketReplication": "PutReplicationConfiguration",
        "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
        "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
        "SelectObjectContent": "GetObject",
        "UploadPart": "PutObject",
        "UploadPartCopy": "GetObject PutObject",
    },
    "ApiGatewayManagementApi": dict.fromkeys(
        ("DeleteConnection", "GetConnection", "PostToConnection"), "ManageConnections"
    ),
    "Bedrock Runtime": {
        "Converse": "InvokeModel",
        "ConverseStream": "InvokeModelWithResponseStream",
        "InvokeModelWithBidirectionalStream": "InvokeModel",
        "StartAsyncInvoke": "InvokeModel",
    },
    "DynamoDB": {"TransactGetItems": "GetItem"},
    "KMS": {"ReEncrypt": "ReEncryptFrom ReEncryptTo"},
    "Lambda": {
        "GetLayerVersionByArn": "GetLayerVersion",
        "Invoke": "InvokeFunction",
        "InvokeWithResponseStream": "InvokeFunction",
    },
    "SNS": {"PublishBatch": "Publish"},
    "SQS": {
        "ChangeMessageVisibilityBatch": "ChangeMessageVisibility",
        "DeleteMessageBatch": "DeleteMessage",
        "SendMessageBatch": "SendMessage",
    },
    # No permission is required for these (IAM user guide, "Comparing the AWS STS API operations", 2026-11); the last
    # two are not even signed.
    "STS": dict.fromkeys(
        ("GetCallerIdentity", "GetSessionToken", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"), ""
    ),
}
"""What the SDKs call a service, to operation, to actions: of the same service where none is named."""

ONE_OF: dict[str, dict[str, str]] = {
    "DynamoDB": {
        "BatchExecuteStatement": "PartiQLSelect PartiQLInsert PartiQLUpdate PartiQLDelete",
        "ExecuteStatement": "PartiQLSelect PartiQLInsert PartiQLUpdate PartiQLDelete",
        "ExecuteTransaction": "PartiQLSelect PartiQLInsert PartiQLUpdate PartiQLDelete",
        "TransactWriteItems": "PutItem UpdateItem DeleteItem ConditionCheckItem",
    },
}
"""Operations whose actions depend on what the request holds, which the SDKs do not report."""


def needs(service: str, operation: str) -> Needs:
    """What an operation needs.

    `service`: the service, as the SDKs call it: ``S3``.
    `operation`: the operation: ``ListObjectsV2``.
    """
    listed = by_id().get(service.casefold())
    if listed is None:
        return UNKNOWN
    name = next((id for id in listed.ids if id.casefold() == service.casefold()), service)
    if operation in TABLE.get(name, {}):
        return Needs(tuple(_full(listed.prefix, action) for action in TABLE[name][operation].split()))
    if operation in ONE_OF.get(name, {}):
        return Needs(one_of=tuple(_full(listed.prefix, action) for action in ONE_OF[name][operation].split()))
    same = next((level for level in listed.levels if level.casefold() == operation.casefold()), "")
    return Needs((f"{listed.prefix}:{same}",)) if same else UNKNOWN


def _full(prefix: str, action: str) -> str:
    return action if ":" in action else f"{prefix}:{action}"
