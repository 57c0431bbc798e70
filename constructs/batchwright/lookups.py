"""What the CDK puts in the place of a value that it has not looked up yet.

The CDK CLI synthesizes an app, looks up what was missing, and synthesizes it again: a first synthesis has to get to its
end. So such a value is an error annotation, as with the CDK's own constructs, and no exception. The CLI deploys no
stack that has one. The values are those of aws-cdk-lib 2.275 (``dummyValue`` in its sources, read 2026-11).
"""

import re

from aws_cdk import Annotations
from constructs import IConstruct

_ID = re.compile(r"(vpc|[ps])-(12345|67890)|sg-12345678(9012)?")
_TELLING = re.compile(r"dummy-value-for-[\w./-]+|\bDUMMY_ARN\b|\b1234abcd-12ab-34cd-56ef-1234567890ab\b")


def is_pending(value: object) -> bool:
    """Whether a value stands for one that is still to be looked up: an id of EC2, a parameter's value, an ARN."""
    return isinstance(value, str) and bool(_ID.fullmatch(value) or _TELLING.search(value))


def pending_in(text: str) -> list[str]:
    """The values in a text that stand for ones that are still to be looked up, but for ids, which look like others."""
    return sorted({match[0] for match in _TELLING.finditer(text)})


def annotate(construct: IConstruct, subject: str, values: list[str]) -> None:
    """Has the CDK CLI refuse to deploy a construct's stack while values of it are not looked up."""
    if values:
        text = (
            f"{subject}: {', '.join(values)} stands for a value that the CDK has not looked up yet; let the CDK CLI "
            "look it up, with credentials of the stage's account, and commit cdk.context.json"
        )
        Annotations.of(construct).add_error(text)
