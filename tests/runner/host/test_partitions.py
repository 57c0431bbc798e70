"""China and GovCloud: ARNs of their own partitions, and endpoints of their own domains."""

import pytest

from batchwright_runner.contract.manifest import Deadline
from batchwright_runner.host.fargate.beside import schedule_request
from batchwright_runner.host.verify.role import decrypt_context
from tests.kit.manifests import manifest


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_a_deadline_calls_ecs_in_the_partition_of_the_task(partition: str) -> None:
    task = f"arn:{partition}:ecs:somewhere-1:111111111111:task/batches-staging/{'a' * 32}"

    request = schedule_request(manifest(), Deadline(group="batches-staging", role="arn:role"), task, 0)

    assert request["Target"]["Arn"] == f"arn:{partition}:scheduler:::aws-sdk:ecs:stopTask"


@pytest.mark.parametrize(
    ("region", "via"),
    [("cn-north-1", "ssm.cn-north-1.amazonaws.com.cn"), ("us-gov-west-1", "ssm.us-gov-west-1.amazonaws.com")],
)
def test_a_secret_is_decrypted_by_the_endpoint_of_the_region(region: str, via: str) -> None:
    context = decrypt_context(manifest(region=region), "arn:parameter")

    assert {"ContextKeyName": "kms:ViaService", "ContextKeyValues": [via], "ContextKeyType": "string"} in context
