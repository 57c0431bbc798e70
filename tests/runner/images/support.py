"""What the tests of images share: a stage and a registry."""

from tests.fake_aws import AwsServer
from tests.fake_aws.services.image_store import Repository

REGISTRY = "333333333333.dkr.ecr.eu-west-1.amazonaws.com"
RECORD = "/batches/staging/releases/reports"


def reports(aws: AwsServer) -> Repository:
    """The repository of the image that the sample batches run."""
    return aws.world.images.repository("batches/reports")
