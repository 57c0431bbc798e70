"""Text that is meant as it stands, though CloudFormation's checks take part of it for a reference."""

import re
from collections.abc import Iterable, Mapping
from typing import TypeVar

import aws_cdk
from aws_cdk import CfnResource

R = TypeVar("R", bound=CfnResource)

_LOOKS_LIKE_A_REFERENCE = re.compile(r"\$\{(?!Token\[)")
_RULE = "CloudFormation-Validate::E1029"
"""``${NAME}`` outside of ``Fn::Sub`` (cfn-lint, E1029, as aws-cdk-lib's default rules have it; 2026-11)."""
_REASON = "The text is for a shell, or is a value: no reference to the template is meant"


def literal(resource: R, *values: object) -> R:
    """Takes ``${NAME}`` in values of a resource as it stands: a shell's variable in a command, say.

    CloudFormation itself leaves such text alone; the CDK's default rules, where it has them, refuse it.
    """
    validations = getattr(aws_cdk, "Validations", None)
    if validations and any(_LOOKS_LIKE_A_REFERENCE.search(text) for value in values for text in _texts(value)):
        validations.of(resource).acknowledge(aws_cdk.Acknowledgment(id=_RULE, reason=_REASON))
    return resource


def _texts(value: object) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for element in value.values():
            yield from _texts(element)
    elif isinstance(value, list | tuple):
        for element in value:
            yield from _texts(element)
