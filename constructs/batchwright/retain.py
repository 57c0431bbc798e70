"""Resources that outlive their stack: logs, images, keys."""

from typing import TypeVar

from aws_cdk import CfnResource, RemovalPolicy

R = TypeVar("R", bound=CfnResource)


def retain(resource: R) -> R:
    """Keeps a resource when its stack is deleted, but not when the stack's first creation fails.

    So a failed first deployment leaves nothing behind that the second would stumble over. After a stack was destroyed,
    ``cdk deploy --import-existing-resources`` takes the kept ones in again.
    """
    resource.apply_removal_policy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)
    return resource
