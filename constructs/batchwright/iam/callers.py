"""Who was allowed to run batches, and by which line."""

from dataclasses import dataclass
from typing import Any

from aws_cdk import aws_iam as iam

from batchwright.origins import SourceLine
from batchwright.tokens import is_token


@dataclass(frozen=True, slots=True)
class GrantedCaller:
    """Someone who was granted something."""

    grantee: iam.IGrantable
    # The method that granted it: ``grant_run``
    grant: str
    origin: SourceLine | None

    @property
    def who(self) -> str:
        """The ARN, where that is known at synthesis; else where the project makes it."""
        principal: Any = self.grantee.grant_principal
        for attribute in ("role_arn", "user_arn", "group_arn", "arn"):
            arn = getattr(principal, attribute, None)
            if isinstance(arn, str) and not is_token(arn):
                return arn
        node = getattr(self.grantee, "node", None) or getattr(principal, "node", None)
        return f"{node.path}, made by this project" if node is not None else str(principal)
