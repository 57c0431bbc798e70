"""What is said of a quota that AWS does not measure."""

from collections.abc import Mapping
from typing import Any

from batchwright_runner.host.verify.definition import check_quota
from batchwright_runner.host.verify.look import StageQuestions
from batchwright_runner.host.verify.subject import Subject
from tests.fake_aws.fixtures import sample_manifest


class Unmeasured(StageQuestions):
    """An account that says how many vCPUs it may have, and not how many are in use."""

    def __init__(self) -> None:
        """It asks no one."""

    def call(self, service: str, operation: str, **parameters: object) -> Mapping[str, Any]:
        del service, operation, parameters
        return {"taskDefinition": {"cpu": "256"}, "Quota": {"Value": 6}}


def test_without_a_metric_it_is_unknown() -> None:
    (finding,) = check_quota(Subject(sample_manifest(), Unmeasured()))

    said = "what is in use of the account's 6 vCPUs on FARGATE: AWS names no metric of it"
    assert (finding.status, finding.what) == ("unknown", said)
