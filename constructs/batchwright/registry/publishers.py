"""Publishers: roles with which a branch's CI pushes one image, without a key that anyone has to keep.

CI proves who it is by OpenID Connect: a token whose subject names repository and branch. Whoever may push to a
repository may also move any stage's tag in it (`batchwright.iam.publishers` says why), so a publisher is one
repository's one branch.
"""

import re
from collections.abc import Sequence
from typing import Any

from aws_cdk import aws_iam as iam
from constructs import Construct

from batchwright.arns import Place
from batchwright.errors import DeclarationError, wrong
from batchwright.iam.publishers import PublishingBranch, push_policy, push_trust
from batchwright.registry.room import RegistryRoom
from batchwright.retain import retain

GITHUB = "token.actions.githubusercontent.com"
CIRCLECI = "oidc.circleci.com/org/"
_ROLE_NAME = 64  # characters (IAM user guide, "IAM and STS quotas", 2026-11)

_BRANCH = r"(?P<branch>(?!refs/)[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*)"
_UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_GITHUB = re.compile(rf"github:(?P<repo>[\w-]+/[\w.-]+|[\w-]+@[0-9]+/[\w.-]+@[0-9]+)@{_BRANCH}", re.ASCII)
_CIRCLECI = re.compile(rf"circleci:(?P<org>{_UUID})/(?P<project>{_UUID})@{_BRANCH}")
_ALLOWED = (
    "github:ORG/REPO@BRANCH, github:ORG@ID/REPO@ID@BRANCH, or circleci:ORG-ID/PROJECT-ID@BRANCH; a branch such "
    "as main, without refs/heads/ and wildcards: whoever may push may release"
)
_PROVIDER = re.compile(r"arn:[a-z-]+:iam::[0-9]{12}:oidc-provider/(?P<issuer>.+)")


def parse_source(subject: str, pushed_by: str) -> PublishingBranch:
    """Reads which branch's CI may push.

    GitHub's tokens name a repository that was made or renamed since 15 July 2026 with the ids of owner and repository:
    ``github:acme@123/reports@456@main`` (GitHub changelog, "Immutable subject claims for GitHub Actions OIDC tokens",
    2026-04). CircleCI's names come from its token of version 2, the only one with a branch (CircleCI's aws-cli orb,
    pull request 130; read 2026-11).

    `pushed_by`: ``github:ORG/REPO@BRANCH`` or ``circleci:ORG-ID/PROJECT-ID@BRANCH``.
    """
    if isinstance(pushed_by, str):
        if parts := _GITHUB.fullmatch(pushed_by):
            name = f"repo:{parts['repo']}:ref:refs/heads/{parts['branch']}"
            return PublishingBranch(GITHUB, "sts.amazonaws.com", name, exact=True)
        if parts := _CIRCLECI.fullmatch(pushed_by):
            org, project = parts["org"], parts["project"]
            name = f"org/{org}/project/{project}/user/*/vcs-origin/*/vcs-ref/refs/heads/{parts['branch']}"
            return PublishingBranch(f"{CIRCLECI}{org}", org, name, exact=False)
    raise wrong(subject, "pushed_by", pushed_by, _ALLOWED)


def check_pushed_by(subject: str, pushed_by: str | None, *, in_registry: bool, elsewhere: bool) -> None:
    """Raises unless a batch may say whose CI pushes its image. Pure."""
    if pushed_by is None:
        return
    parse_source(subject, pushed_by)
    if not in_registry:
        problem = "the image is not in the project's registry, so no role can be made that pushes it; leave it out"
        raise DeclarationError(subject, "pushed_by", problem)
    if elsewhere:
        problem = (
            "another app deploys the registry, or nothing of ours does; say it where one is deployed: "
            "images={IMAGE: BRANCH}, or its cdk.json"
        )
        raise DeclarationError(subject, "pushed_by", problem)


def provider_issuers(providers: Sequence[str]) -> dict[str, str]:
    """Existing OIDC providers by their issuer."""
    by_issuer = {}
    for arn in providers:
        parts = _PROVIDER.fullmatch(arn) if isinstance(arn, str) else None
        if not parts:
            raise wrong("registry", "oidc_providers", arn, "arn:aws:iam::ACCOUNT:oidc-provider/ISSUER")
        by_issuer[parts["issuer"]] = arn
    return by_issuer


def role_arns(subject: str, argument: str, roles: Sequence[str]) -> Sequence[str]:
    """ARNs of roles, checked."""
    for role in roles:
        if not isinstance(role, str) or ":role/" not in role or "*" in role:
            raise wrong(subject, argument, role, "ARNs of roles, without wildcards")
    return roles


class Publishers:
    """Makes the publishers of a registry, and the OIDC providers that are missing (an account has one an issuer)."""

    def __init__(
        self,
        scope: Construct,
        project: str,
        place: Place,
        providers: Sequence[str],
        release_roles: Sequence[str],
        room: RegistryRoom,
    ) -> None:
        self._room = room
        self._scope = scope
        self._project = project
        self._place = place
        self._providers = provider_issuers(providers)
        self._release_roles = role_arns("registry", "release_roles", release_roles)
        self._pushed_by: dict[str, tuple[str, str]] = {}

    def add(self, image: str, pushed_by: str, subject: str, name: str) -> None:
        """Lets a branch's CI push an image."""
        parsed = parse_source(subject, pushed_by)
        before, by = self._pushed_by.setdefault(image, (pushed_by, subject))
        if before != pushed_by:
            problem = f"{pushed_by!r} was given for the image {image}, and {before!r} by {by}; allowed: one branch"
            raise DeclarationError(subject, "pushed_by", problem)
        role_name = f"{self._project}-{image}-push"
        if len(role_name) > _ROLE_NAME:
            raise DeclarationError(
                subject, "pushed_by", f"its role {role_name} has {len(role_name)} characters; allowed: {_ROLE_NAME}"
            )
        if self._scope.node.try_find_child(f"{image}-push"):
            return
        properties: dict[str, Any] = {
            "role_name": role_name,
            "path": f"/{self._project}/registry/",
            "description": f"Pushes {name}",
            "assume_role_policy_document": push_trust(self._provider(parsed, subject), parsed),
        }
        policy = push_policy(self._place, name, self._release_roles)
        properties["policies"] = [{"policyName": "batchwright", "policyDocument": policy}]
        self._room.take(subject, "AWS::IAM::Role", f"{self._scope.node.path}/{image}-push", properties)
        iam.CfnRole(self._scope, f"{image}-push", **properties)

    def _provider(self, source: PublishingBranch, subject: str) -> str:
        if source.issuer not in self._providers:
            self._room.take(subject, "AWS::IAM::OIDCProvider", source.issuer, {"url": source.issuer})
            self._providers[source.issuer] = make_provider(self._scope, source)
        return self._providers[source.issuer]


def make_provider(scope: Construct, source: PublishingBranch) -> str:
    """Makes the OIDC provider of a source's CI. It stays: other roles of the account may trust it."""
    provider = iam.CfnOIDCProvider(
        scope,
        f"oidc-{source.issuer.replace('/', '-')}",
        url=f"https://{source.issuer}",
        client_id_list=[source.audience],
    )
    return retain(provider).ref
