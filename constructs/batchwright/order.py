"""The order in which CloudFormation makes things, where names that are computed would not tell it."""

from collections.abc import Sequence
from typing import TypeVar

import jsii
from aws_cdk import CfnElement, CfnResource, IResolveContext, IStringProducer, Lazy, Stack
from constructs import Construct, IConstruct

Made = TypeVar("Made", CfnResource, Stack)


def name_after(resource: IConstruct, name: str) -> str:
    """The name of a resource, for what must be made after it.

    In the resource's own stack it is a reference, by which CloudFormation knows the order. Elsewhere it is the name, so
    that no stack needs another's exports.
    """
    return Lazy.uncached_string(_Name(resource, name))


def make_last(resource: CfnResource, of: Construct, *others: Construct, without: Sequence[Construct] = ()) -> None:
    """Has a resource made after all that a construct has by now, its later grants, and other constructs."""
    left_out = (resource, *without)  # by identity: an id would be two calls into Node for each child
    before = [child for child in of.node.children if all(child is not resource for resource in left_out)]
    resource.node.add_dependency(*before, *others)


def put_after(later: Made, earlier: Made) -> None:
    """Has CloudFormation make a resource after another one of its stack, or a stack after another one.

    What does this is called ``add_dependency`` in older versions of aws-cdk-lib, which newer ones warn of.
    """
    kind = "stack" if isinstance(later, Stack) else "resource"
    getattr(later, f"add_{kind}_dependency", later.add_dependency)(earlier)


@jsii.implements(IStringProducer)
class _Name:
    """What the CDK asks for the name whenever it resolves it."""

    def __init__(self, resource: IConstruct, name: str) -> None:
        self._resource = resource
        self._name = name

    def produce(self, context: IResolveContext) -> str:
        resource = self._resource
        if isinstance(resource, CfnElement) and Stack.of(context.scope).node.path == Stack.of(resource).node.path:
            return str(resource.ref) if isinstance(resource, CfnResource) else self._name
        return self._name
