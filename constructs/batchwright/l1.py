"""Makes a resource of aws-cdk-lib's L1 classes as their own constructors do, without what these cost.

A generated constructor copies its arguments into an object of properties, and compares each with its type, twice. With
a dozen resources a batch that is a twentieth of a synthesis. What declarations give is checked before it comes here, by
checks that name the batch and the argument; the names and types of what is written here are mypy's.
"""

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar, cast

import jsii
from aws_cdk import CfnResource
from constructs import Construct

P = ParamSpec("P")
R = TypeVar("R", bound=CfnResource)


def l1(
    resource_class: Callable[Concatenate[Construct, str, P], R],
    scope: Construct,
    id: str,
    *_: P.args,
    **properties: P.kwargs,
) -> R:
    """Makes a resource.

    `jsii.create` is the last line of each generated constructor, in every version of the CDK; a test compares what
    comes of both ways, class by class.

    `resource_class`: the class, ``ssm.CfnParameter``.
    `properties`: the arguments of the class; ``None`` is left out.
    """
    kind = cast("type[R]", resource_class)
    resource = kind.__new__(kind)
    values = {camel_case(name): value for name, value in properties.items() if value is not None}
    jsii.create(kind, resource, [scope, id, values])
    return resource


def camel_case(name: str) -> str:
    """An argument's name as Node has it."""
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))
