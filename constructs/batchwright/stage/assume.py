"""Who may take the task roles of a stage's batches, for runs on their own machine."""

import re
from collections.abc import Sequence
from typing import Any

from aws_cdk import aws_iam as iam

from batchwright.errors import DeclarationError, wrong
from batchwright.iam import policies
from batchwright.tokens import is_token

_PERSON = re.compile(r"arn:[a-z-]+:iam::[0-9]{12}:(role|user)/(?!\*$)[^\s:]+")
_ALLOWED = (
    "the ARN of a role or user, or a pattern of it, such as "
    "arn:aws:iam::111111111111:role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_Developer_*"
)


class Assumable:
    """A stage's task roles, and who may assume them. Roles and people come in any order."""

    def __init__(self, subject: str) -> None:
        self._subject = subject
        self._roles: list[iam.Role] = []
        self._people: list[str] = []

    def add(self, role: iam.Role) -> None:
        """Takes a batch's own task role in."""
        self._roles.append(role)
        if self._people:
            self._allow(role, self._people)

    def grant(self, people: Sequence[object], *, protected: bool | str) -> None:
        """Lets people assume all of them, those that come later too."""
        if isinstance(protected, str):
            problem = "whether the stage is protected is known to its own app; allowed: from_deployed(protected=False)"
            raise DeclarationError(self._subject, "grant_assume", problem)
        if protected:
            problem = "the stage is protected; allowed: people in other stages, such as staging"
            raise DeclarationError(self._subject, "grant_assume", problem)
        if not people:
            raise wrong(self._subject, "grant_assume", "nobody", _ALLOWED)
        arns = [self._arn(person) for person in people]
        self._people += arns
        for role in self._roles:
            self._allow(role, arns)

    def _arn(self, person: object) -> str:
        arn = person if isinstance(person, str) else getattr(person, "role_arn", getattr(person, "user_arn", None))
        if not isinstance(arn, str) or not (is_token(arn) or _PERSON.fullmatch(arn)):
            raise wrong(self._subject, "grant_assume", person, _ALLOWED)
        return arn

    def _allow(self, role: iam.Role, people: Sequence[str]) -> None:
        assert role.assume_role_policy is not None  # noqa: S101 - a role that is made here has one
        statement = policies.assumed_by(people, own=role.stack.account, partition=role.stack.partition)
        role.assume_role_policy.add_statements(iam.PolicyStatement.from_json(statement))


def grantees(people: Sequence[Any]) -> list[iam.IGrantable]:
    """People as what can be granted something."""
    return [iam.ArnPrincipal(person) if isinstance(person, str) else person for person in people]
