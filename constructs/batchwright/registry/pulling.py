"""Whether an execution role that was there before can pull the project's images from another account."""

from collections.abc import Iterable

from aws_cdk import Annotations
from constructs import Construct

from batchwright.arns import Place, account_of
from batchwright.errors import DeclarationError
from batchwright.registry.registry import ImageRegistry
from batchwright.task.images import ResolvedImage
from batchwright.tokens import is_token

_WARNING = "batchwright:execution-role-may-not-pull"


def let_pull(
    batch: Construct,
    subject: str,
    images: Iterable[ResolvedImage],
    registry: ImageRegistry | None,
    role: str,
    place: Place,
) -> None:
    """Has the repositories of a batch's images let its existing execution role pull.

    In its own account a role's own policy is enough. In another one the repository's policy has to name the role.
    Where another app makes that, a warning says what to add.

    `registry`: the registry that this app deploys; ``None`` for one from elsewhere.
    """
    for image in images:
        theirs, ours = account_of(image.repository_arn or ""), account_of(role) or place.account
        if not image.reference.name or not theirs or theirs == ours or is_token(ours):
            continue
        if not account_of(role):
            problem = (
                f"the images are in account {theirs}, whose repositories must name the role, and CloudFormation "
                "chooses its name; allowed: a role with a role_name= of its own, or an imported one"
            )
            raise DeclarationError(subject, "execution_role", problem)
        if registry is None or not registry.let_pull(image.reference.name, role):
            text = (
                f"{subject}: the repository {image.repository_name} is in account {theirs}, and this app does not make "
                f"it: where it is made, let {role} pull (execution_roles of the registry), or no run can start"
            )
            Annotations.of(batch).add_warning_v2(_WARNING, text)
