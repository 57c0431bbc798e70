"""China and GovCloud: ARNs of their own partitions."""

import pytest

from batchwright_runner.contract.manifest import Deadline
from batchwright_runner.host.fargate.beside import schedule_request
from tests.kit.manifests import manifest


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_a_deadline_calls_ecs_in_the_partition_of_the_task(partition: str) -> None:
    task = f"arn:{partition}:ecs:somewhere-1:111111111111:task/batches-staging/{'a' * 32}"

    request = schedule_request(manifest(), Deadline(group="batches-staging", role="arn:role"), task, 0)

    assert request["Target"]["Arn"] == f"arn:{partition}:scheduler:::aws-sdk:ecs:stopTask"
