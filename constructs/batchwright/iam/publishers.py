"""What a publisher may do, and whom its role trusts, as plain JSON documents from pure functions.

A publisher is the CI of one branch, which pushes one image. IAM cannot tell an image's tags apart (``ecr:PutImage`` has
no condition key for them; Service Authorization Reference, Amazon ECR, 2026-11): whoever may push to a repository may
also move any stage's tag in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from batchwright.arns import Place
from batchwright.iam.policies import Document, allow, document, trust

WEB_IDENTITY = "sts:AssumeRoleWithWebIdentity"
"""How a token of OpenID Connect becomes a role's credentials."""

PUSH = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:CompleteLayerUpload",
    "ecr:DescribeImages",
    "ecr:GetDownloadUrlForLayer",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
)


@dataclass(frozen=True, slots=True)
class PublishingBranch:
    """Who may push: one branch, as its CI's tokens name it."""

    # The tokens' issuer, without ``https://``
    issuer: str
    audience: str
    subject: str
    # Whether the subject has no part that varies
    exact: bool

    def conditions(self) -> dict[str, dict[str, str]]:
        """The conditions of the role's trust.

        CircleCI's subject has a user and an origin before the branch. A branch may have slashes in its name, so one
        called ``x/vcs-ref/refs/heads/main`` would end as ``main`` does: a second ``vcs-ref`` is refused.
        """
        audience, subject = f"{self.issuer}:aud", f"{self.issuer}:sub"
        if self.exact:
            return {"StringEquals": {audience: self.audience, subject: self.subject}}
        return {
            "StringEquals": {audience: self.audience},
            "StringLike": {subject: self.subject},
            "StringNotLike": {subject: "*/vcs-ref/*/vcs-ref/*"},
        }


def push_trust(provider: str, source: PublishingBranch) -> Document:
    """The trust of a publisher's role: the source, by its CI's OIDC provider."""
    return trust({"Federated": provider}, source.conditions(), action=WEB_IDENTITY)


def push_policy(place: Place, name: str, release_roles: Sequence[str]) -> Document:
    """What a publisher may do: push to one repository, and become one of the roles that release."""
    statements = [
        # The token has no resource of its own.
        allow(["ecr:GetAuthorizationToken"], ["*"], sid="RegistryToken"),
        allow(PUSH, [place._repository(name)], sid="PushImages"),
    ]
    if release_roles:
        statements.append(allow(["sts:AssumeRole"], release_roles, sid="Release"))
    return document(statements)
