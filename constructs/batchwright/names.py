"""Checks of names where they are declared, so that no deployment is the first to meet AWS's limits."""

from collections.abc import Collection, Iterable

from batchwright.errors import DeclarationError, wrong
from batchwright_runner.contract.checks import NAME, NAME_LENGTHS, PROJECT, STAGE, VARIABLE
from batchwright_runner.contract.names import RESERVED, TAG_PREFIX, TOGETHER

TAG_OWNER = f"{TAG_PREFIX}owner"
"""The key of the tag by which costs are known by team; the runner does not read it."""

LOCAL = "local"
"""The stage of runs on an engineer's machine. It is never deployed."""


def registry_stack(project: str) -> str:
    """The stack of the project's ECR repositories."""
    return f"{project}-registry"


def check_project(project: str) -> None:
    """Raises unless ``project`` can begin the names of everything else."""
    if not PROJECT.fullmatch(project):
        raise wrong("project", "name", project, "2 to 20 of a-z and 0-9, a letter first, not beginning with aws or ssm")


def check_stage(stage: str) -> None:
    """Raises unless ``stage`` can name a stage."""
    if not STAGE.fullmatch(stage):
        raise wrong("stage", "name", stage, "2 to 12 of a-z and 0-9, a letter first")


def check_batch(batch: str, project: str, stages: Collection[str], kind: str = "batch") -> None:
    """Raises unless ``batch`` can name a batch or a workflow of the project, in each of its stages."""
    subject = f"{kind} {batch}"
    if not isinstance(batch, str) or not NAME.fullmatch(batch) or len(batch) not in NAME_LENGTHS:
        raise wrong(subject, "name", batch, "2 to 40 of a-z, 0-9 and single dashes between them, a letter first")
    if batch in RESERVED:
        raise DeclarationError(
            subject, "name", f"{batch!r} is reserved; so are {', '.join(sorted(RESERVED - {batch}))}"
        )
    for stage in stages:
        length = len(project) + len(stage) + len(batch)
        if length > TOGETHER:
            raise DeclarationError(
                subject,
                "name",
                f"project {project!r}, stage {stage!r} and {kind} {batch!r} have {length} characters together; "
                f"allowed: {TOGETHER}, so that the names of the IAM roles fit into 64",
            )


def check_image(subject: str, image: str) -> None:
    """Raises unless ``image`` can name an image of the registry."""
    if not isinstance(image, str) or not NAME.fullmatch(image) or len(image) not in NAME_LENGTHS:
        allowed = (
            "2 to 40 of a-z, 0-9 and single dashes between them, a letter first; BatchImage.from_uri for any other"
        )
        raise wrong(subject, "image", image, allowed)


def check_variables(subject: str, argument: str, variables: Iterable[str]) -> None:
    """Raises unless all of ``variables`` can name environment variables."""
    for variable in variables:
        if not isinstance(variable, str) or not VARIABLE.fullmatch(variable):
            raise wrong(subject, argument, variable, "names of letters, digits and underscores, no digit first")
