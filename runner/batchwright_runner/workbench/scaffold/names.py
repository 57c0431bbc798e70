"""Names of projects, stages and batches: which are allowed, what is made of them, and which a project has."""

import ast
import keyword
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from batchwright_runner.contract import batch_file
from batchwright_runner.contract.checks import ACCOUNT, NAME, NAME_LENGTHS, PROJECT, REGION, STAGE
from batchwright_runner.contract.names import RESERVED, TOGETHER
from batchwright_runner.contract.values import REFERENCE
from batchwright_runner.contract.workflows import file as workflow_file
from batchwright_runner.contract.workflows.file import DECLARATION as WORKFLOW
from batchwright_runner.errors import UsageError
from batchwright_runner.host.settings.project import Project
from batchwright_runner.workbench.project.known_names import known_names

LOCAL = "local"
LONGEST_OWNER = 80
"""Characters of an owner, so that the line that it is written into is not too long."""
_IMPORTED = frozenset({"BatchPlatform", "Construct", "Duration", "FargateBatch", "Schedule", "Workflow"})
_LONGEST = NAME_LENGTHS[-1]


def _check(pattern: re.Pattern[str], text: str, noun: str, expected: str) -> str:
    if not pattern.fullmatch(text):
        raise UsageError(f"{text!r} is not {noun}", hint=f"Write {expected}")
    return text


def check_project(name: str) -> str:
    """The name of a project, as it was given."""
    return _check(
        PROJECT, name, "a name for a project", "2 to 20 of a-z and 0-9, a letter first, not beginning with aws or ssm"
    )


def check_stage(name: str) -> str:
    """The name of a stage that is deployed, as it was given."""
    if name == LOCAL:
        raise UsageError(f"{LOCAL!r} is not a name for a stage: runs on one machine have it", hint="Choose another one")
    return _check(STAGE, name, "a name for a stage", "2 to 12 of a-z and 0-9, a letter first")


def check_account(account: str) -> str:
    """The number of an AWS account, as it was given."""
    return _check(ACCOUNT, account, "an AWS account", "its 12 digits")


def check_region(region: str) -> str:
    """The name of an AWS region, as it was given."""
    return _check(REGION, region, "an AWS region", "it as in ap-northeast-1")


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


_ARGUMENTS = frozenset(
    {"container", "environment", "existing", "fargate", "image", "options", "parameters", "schedule", "secrets", "tags"}
    | {"files", "timeout", "overlap", "command"}
)
"""Arguments of a batch that a row may have, which are no batches."""


def declared_batches(project: Project) -> dict[str, str]:
    """The batches that a project declares, as far as is known without a synthesis, and the folder of each."""
    synthesized = {batch: f"batches/{folder_name(batch)}" for batch in known_names(project.root).batches}
    return {**synthesized, **_declared(project.root, batch_file.DECLARATION)}


def declared_names(project: Project) -> dict[str, str]:
    """The same with its workflows, and the file of each: both have one namespace."""
    workflows = _declared(project.root, workflow_file.DECLARATION)
    files = {name: f"{folder}/{workflow_file.DECLARATION}" for name, folder in workflows.items()}
    return {**declared_batches(project), **files}


def _declared(root: Path, file: str) -> dict[str, str]:
    """What files of this name declare, as their text says, and the folder of each."""
    folders: dict[str, str] = {}
    for path in sorted(root.glob(f"batches/*/{file}")):
        with suppress(OSError):
            folders |= dict.fromkeys(declarations(path.read_bytes()), f"batches/{path.parent.name}")
    return folders


def declarations(source: str | bytes) -> Iterator[str]:
    """The names of the batches and workflows of a source.

    The keys of tables whose values are rows are as near as one gets to names. A source that is no Python has none.
    """
    try:
        tree = ast.parse(source)
    except (ValueError, SyntaxError):
        return
    has_tables = any(isinstance(part, ast.FunctionDef) and part.name == "batches" for part in tree.body)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _makes(node.func):
            yield from (str(word.value) for word in node.args[1:2] if isinstance(word, ast.Constant))
        rows = zip(node.keys, node.values, strict=True) if has_tables and isinstance(node, ast.Dict) else ()
        for key, row in rows:
            if isinstance(key, ast.Constant) and isinstance(row, ast.Dict | ast.Tuple | ast.Call):
                name = str(key.value)
                if NAME.fullmatch(name) and name not in _ARGUMENTS:
                    yield name


def _makes(called: ast.expr) -> bool:
    """Whether what is called makes a batch."""
    name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
    return name in ("__init__", "FargateBatch")
