"""The project's ECR repositories: one for each image, shared by the stages and their accounts."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_ecr as ecr
from constructs import Construct

from batchwright.arguments import checked_arguments
from batchwright.arns import Place, account_of, partition
from batchwright.errors import wrong
from batchwright.iam.policies import Document, pull_policy
from batchwright.names import check_image, check_project, check_stage
from batchwright.registry.entries import ImageEntry, check_repositories, check_unmanaged, read_entry
from batchwright.registry.publishers import Publishers, role_arns
from batchwright.registry.room import RegistryRoom
from batchwright.retain import retain
from batchwright_runner.contract.checks import ACCOUNT
from batchwright_runner.contract.names import STAGE_TAGS, image_tag, previous_image_tag, repository

KEPT = 30
"""Images that a repository keeps beside those that a stage's tags point at."""

_RULES = 50  # of a lifecycle policy (Amazon ECR user guide, "Amazon ECR service quotas", 2026-11)

STAGES = (_RULES - 1) // 2
"""Stages that a lifecycle policy has rules for: two each, and one for all other images."""


class ImageRegistry(Construct):
    """The ECR repositories of a project.

    Attributes:
        project: The project's name.
        place: Account and region.
        repositories: Image to repository, of those made so far.
        named: Image to repository, of those that are not ``{project}/{image}``: a name, or a URI from elsewhere.
    """

    @checked_arguments("registry")
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        project: str = "batches",
        stages: Sequence[str] = (),
        accounts: Collection[str] = (),
        images: Sequence[str] | Mapping[str, str | Mapping[str, Any] | None] = (),
        oidc_providers: Sequence[str] = (),
        release_roles: Sequence[str] = (),
        execution_roles: Sequence[str] = (),
    ) -> None:
        """Makes the registry. Batches that are declared on a platform with this registry add their images to it.

        Args:
            scope: The stack of the registry.
            id: The construct's id.
            project: Name of the project.
            stages: Names of the stages, whose images no lifecycle rule may expire.
            accounts: AWS accounts of the stages; those other than the registry's own may pull, by their batches'
                execution roles. Default: only the registry's own account pulls.
            images: Images to make repositories for at once; or image to the branch whose CI may push it,
                ``github:ORG/REPO@BRANCH`` or ``circleci:ORG-ID/PROJECT-ID@BRANCH``, and which gets the role
                ``{project}-{image}-push``; or to a mapping with ``pushed_by`` for that branch, ``repository`` for
                another name than ``{project}/{image}``, and ``managed``, which is false for a repository that
                something else makes: then nothing is made. Default: none.
            oidc_providers: ARNs of OIDC providers that the account has. Default: those that are needed are made.
            release_roles: ARNs of roles that these CI roles may assume to release to a stage. Default: none.
            execution_roles: ARNs of existing execution roles of other accounts that may pull too. Those of batches on a
                platform with this registry are known. Default: none.

        Raises:
            DeclarationError: A name or an account has a wrong form, or there are more than 24 stages.
        """
        super().__init__(scope, id)
        check_project(project)
        for stage in stages:
            check_stage(stage)
        if len(stages) > STAGES:
            raise wrong(
                "registry", "stages", len(stages), f"{STAGES} at most, as a lifecycle policy has {_RULES} rules"
            )
        for account in accounts:
            if not isinstance(account, str) or not ACCOUNT.fullmatch(account):
                raise wrong("registry", "accounts", account, "accounts of 12 digits")
        stack = Stack.of(self)
        self.project = project
        self.place = Place(stack.account, stack.region)
        self.repositories: dict[str, ecr.CfnRepository] = {}
        self._path = self.node.path  # two calls into Node, and every image's room is measured with it
        self._stages = stages
        self._accounts = set(accounts)
        self._pulled_by: dict[str, set[str]] = {}
        self._execution_roles = set(role_arns("registry", "execution_roles", execution_roles))
        self._room = RegistryRoom()
        self._publishers = Publishers(self, project, self.place, oidc_providers, release_roles, self._room)
        entries = images if isinstance(images, Mapping) else dict.fromkeys(images)
        for image in entries:
            check_image("registry", image)
        self._entries = {image: read_entry(f"the registry's image {image}", entry) for image, entry in entries.items()}
        check_repositories("registry", project, self._entries)
        self.named = {image: entry.repository for image, entry in self._entries.items() if entry.repository}
        for image, entry in self._entries.items():
            self.add_image(image, pushed_by=entry.pushed_by)

    @checked_arguments("registry")
    def add_image(self, image: str, *, pushed_by: str | None = None, declared_by: str = "") -> ecr.CfnRepository | None:
        """The repository of an image, made at the first call; none for one that something else manages.

        Args:
            image: The image's name.
            pushed_by: The branch whose CI may push it, ``github:ORG/REPO@BRANCH`` or
                ``circleci:ORG-ID/PROJECT-ID@BRANCH``. IAM cannot tell pushing from releasing. Default: none.
            declared_by: Who says so, for messages. Default: the registry.

        Raises:
            DeclarationError: The name or the branch has a wrong form, another branch was given before, or something
                else manages the repository.
        """
        check_image("registry", image)
        whose = declared_by or f"the registry's image {image}"
        if image not in self._entries:
            check_repositories("registry", self.project, {**self._entries, image: ImageEntry()})
        if not self._entries.get(image, ImageEntry()).managed:
            check_unmanaged(whose, pushed_by)
            return None
        if pushed_by is not None:
            name = self.named.get(image) or repository(self.project, image)
            self._publishers.add(image, pushed_by, whose, name)
        if image not in self.repositories:
            self.repositories[image] = self._repository(image, whose)
        return self.repositories[image]

    def let_pull(self, image: str, role: str) -> bool:
        """Lets an existing execution role pull an image: its name is not one that all repositories know.

        Args:
            image: The image; a batch has added it.
            role: ARN of the role.

        Returns:
            Whether it can: the repository is made here, or in the role's own account.
        """
        account = account_of(role)
        if account == self.place.account:
            return True
        if image not in self.repositories:
            return False
        self._pulled_by.setdefault(image, set()).add(role)
        self.repositories[image].repository_policy_text = self._pulled(image)
        return True

    def _pulled(self, image: str) -> Document | None:
        """The policy of an image's repository; none where no other account pulls."""
        roles = sorted({*self._execution_roles, *self._pulled_by.get(image, ())})
        accounts = sorted({*self._accounts, *map(account_of, roles)} - {self.place.account})
        elsewhere = [role for role in roles if account_of(role) != self.place.account]
        return pull_policy(self.project, accounts, partition(self.place.region), elsewhere) if accounts else None

    def _repository(self, image: str, subject: str) -> ecr.CfnRepository:
        movable = {
            "imageTagMutabilityExclusionFilterType": "WILDCARD",
            "imageTagMutabilityExclusionFilterValue": f"{STAGE_TAGS}*",
        }
        rules = json.dumps(lifecycle(self._stages), separators=(",", ":"))
        properties: dict[str, Any] = {
            "repository_name": self.named.get(image) or repository(self.project, image),
            "image_tag_mutability": "IMMUTABLE_WITH_EXCLUSION",
            "image_tag_mutability_exclusion_filters": [movable],
            "image_scanning_configuration": {"scanOnPush": True},
            "lifecycle_policy": {"lifecyclePolicyText": rules},
            "repository_policy_text": self._pulled(image),
        }
        self._room.take(subject, "AWS::ECR::Repository", f"{self._path}/{image}", properties)
        return retain(ecr.CfnRepository(self, image, **properties))


def lifecycle(stages: Sequence[str]) -> dict[str, Any]:
    """The lifecycle policy: never what a stage's tag points at, and of the others the newest 30.

    An image that a rule of higher priority matches cannot be expired by a lower one, even where the higher one expires
    nothing (Amazon ECR user guide, "Lifecycle policy evaluation rules", read 2026-11). So each movable tag has a rule
    that keeps the one image it points at, and the last rule counts the rest.
    """
    tags = [tag for stage in stages for tag in (image_tag(stage), previous_image_tag(stage))]
    keep = [
        _rule(n, f"keep what {tag} points at", {"tagStatus": "tagged", "tagPatternList": [tag]}, 1)
        for n, tag in enumerate(tags, start=1)
    ]
    return {"rules": [*keep, _rule(len(keep) + 1, f"keep {KEPT} others", {"tagStatus": "any"}, KEPT)]}


def _rule(priority: int, description: str, selection: dict[str, Any], count: int) -> dict[str, Any]:
    return {
        "rulePriority": priority,
        "description": description,
        "selection": {**selection, "countType": "imageCountMoreThan", "countNumber": count},
        "action": {"type": "expire"},
    }
