"""Names of projects, stages and batches: which are allowed, and what is made of them. Pure."""

import keyword
import re
import unicodedata
from collections.abc import Iterable, Mapping

from batchwright_runner.contract.checks import ACCOUNT, NAME, NAME_LENGTHS, PROJECT, REGION, STAGE
from batchwright_runner.contract.names import RESERVED, TOGETHER
from batchwright_runner.contract.values import REFERENCE
from batchwright_runner.contract.workflows.file import DECLARATION as WORKFLOW
from batchwright_runner.errors import UsageError

LOCAL = "local"
LONGEST_OWNER = 80
"""Characters of an owner, so that the line that it is written into is not too long."""
_IMPORTED = frozenset({"BatchPlatform", "Construct", "Duration", "FargateBatch", "Schedule", "Workflow"})
_LONGEST = NAME_LENGTHS[-1]


def check_project(name: str) -> str:
    """The name of a project, as it was given."""
    if not PROJECT.fullmatch(name):
        expected = "2 to 20 of a-z and 0-9, a letter first, not beginning with aws or ssm"
        raise UsageError(f"{name!r} is not a name for a project", hint=f"Write {expected}")
    return name


def check_stage(name: str) -> str:
    """The name of a stage that is deployed, as it was given."""
    if name == LOCAL:
        raise UsageError(f"{LOCAL!r} is not a name for a stage: runs on one machine have it", hint="Choose another one")
    if not STAGE.fullmatch(name):
        raise UsageError(f"{name!r} is not a name for a stage", hint="Write 2 to 12 of a-z and 0-9, a letter first")
    return name


def check_account(account: str) -> str:
    """The number of an AWS account, as it was given."""
    if not ACCOUNT.fullmatch(account):
        raise UsageError(f"{account!r} is not an AWS account", hint="Write its 12 digits")
    return account


def check_region(region: str) -> str:
    """The name of an AWS region, as it was given."""
    if not REGION.fullmatch(region):
        raise UsageError(f"{region!r} is not an AWS region", hint="Write it as in ap-northeast-1")
    return region


def check_owner(owner: str) -> None:
    """Raises unless a declaration may name it as the owner."""
    hidden = any(unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp") for character in owner)
    if not owner.strip() or hidden or REFERENCE in owner or len(owner) > LONGEST_OWNER:
        expected = f"one line of up to {LONGEST_OWNER} characters is, without {REFERENCE}"
        raise UsageError(f"{owner!r} is not an owner: {expected}", hint="Write --owner TEAM")


def check_batch(
    name: str, *, project: str, stages: Iterable[str], known: Mapping[str, str], noun: str = "batch"
) -> None:
    """Raises unless it can name a new batch, or a new workflow."""
    _check_form(f"a {noun}", name)
    if name in RESERVED:
        raise UsageError(f"{name!r} is not a name for a {noun}: it is reserved", hint="Choose another")
    if name in known:
        kind = "workflow" if known[name].endswith(WORKFLOW) else "batch"
        raise UsageError(f"there is a {kind} {name!r} already: {known[name]} declares it", hint="Choose another name")
    for stage in stages:
        length = len(project) + len(stage) + len(name)
        if length > TOGETHER:
            raise UsageError(
                f"{name!r} is too long for a {noun}: with project {project} and stage {stage} it has {length} "
                f"characters, and the names of IAM roles leave {TOGETHER}",
                hint=f"Choose one that is {length - TOGETHER} shorter",
            )


def check_image(name: str) -> None:
    """Raises unless it can name an image of the project's registry."""
    _check_form("an image of the project's registry", name)


def is_name(name: str) -> bool:
    """Whether a batch or an image may be called so, as far as its form goes."""
    return NAME.fullmatch(name) is not None and len(name) in NAME_LENGTHS


def _check_form(noun: str, name: str) -> None:
    if is_name(name):
        return
    near = near_name(name)[:_LONGEST].rstrip("-")
    raise UsageError(
        f"{name!r} is not a name for {noun}: 2 to {_LONGEST} of a-z, 0-9 and single dashes are allowed, a letter first",
        hint=f"Did you mean {near}?" if is_name(near) else "",
    )


def near_name(name: str) -> str:
    """The name of a batch that is nearest to a text; it may be too long, or empty."""
    return re.sub(r"^[0-9-]+|-+$", "", re.sub(r"[^a-z0-9]+", "-", name.lower()))


def project_name(folder: str) -> str:
    """The name that a project gets from its folder's, or ``batches``."""
    name = re.sub(r"^[0-9]+", "", re.sub(r"[^a-z0-9]+", "", folder.lower()))[:20]
    return name if PROJECT.fullmatch(name) else "batches"


def folder_name(batch: str) -> str:
    """The package of a batch: its name, with underscores."""
    name = batch.replace("-", "_")
    return f"{name}_" if keyword.iskeyword(name) else name


def class_name(batch: str) -> str:
    """The class of a batch."""
    name = "".join(part.capitalize() for part in batch.split("-"))
    return f"{name}Job" if name in _IMPORTED or keyword.iskeyword(name) else name
