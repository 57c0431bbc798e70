"""The values a batch gets as environment variables on this machine, and files of KEY=VALUE lines."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from batchwright_runner.contract.batch_file import BatchFile, unresolved
from batchwright_runner.errors import RunnerError
from batchwright_runner.workbench.local.stage_values import StageValues
from batchwright_runner.workbench.project.batches import main_container
from batchwright_runner.workbench.project.git import git_of

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class LocalValues:
    """The result."""

    # Variable to value, without those that the stage gives
    environment: dict[str, str]
    # Names in the values file that the batch does not declare
    unknown: tuple[str, ...]
    # Names in the values file whose values the stage gives
    unused: tuple[str, ...] = ()


def resolve(
    batch: BatchFile,
    overrides: Mapping[str, str],
    filed: Mapping[str, str],
    filed_in: str,
    before_writing: Callable[[], str],
    staged: StageValues | None = None,
) -> LocalValues:
    """Puts the environment together.

    What the command line gives wins, then what the stage gives, then the values file, then the declaration.

    `overrides`: what the command line gives with ``-e``: here it may be a declared parameter or secret too.
    `staged`: what was read of the stage; ``None`` where nothing was.
    """
    manifest = batch.manifest
    plain = {entry["name"]: entry.get("value", "") for entry in main_container(batch).get("environment", [])}
    declared = {**plain, **{name: batch.parameters.get(name, {}).get("value") for name in manifest.parameters}}
    environment: dict[str, str] = {}
    missing: dict[str, str] = {}
    main = {} if staged is None else staged.of(manifest.container)
    problems = {} if staged is None else staged.problems
    for name in (*declared, *manifest.secrets):
        if name in main or name in problems:  # of what is given nothing is read
            continue
        value = overrides.get(name, filed.get(name, declared.get(name)))
        if isinstance(value, str):
            environment[name] = value
        else:
            missing[name] = _kind(batch, name, value)
    if staged is not None and (missing or problems):
        raise _not_staged(batch, staged, {**missing, **problems})
    if missing:
        named = ", ".join(f"{name} ({kind})" for name, kind in missing.items())
        raise RunnerError(
            f"{manifest.batch} cannot run here: {named} {'has' if len(missing) == 1 else 'have'} "
            f"no value on this machine (looked in {filed_in})",
            hint=f"Add -e NAME=VALUE to a run of the batch, or write such lines into {filed_in}{before_writing()}",
        )
    for name, text in {**main, **environment}.items():
        if "\0" in text:
            raise RunnerError(f"{manifest.batch} cannot run here: {name} holds a NUL, which no variable can hold")
    unknown = tuple(name for name in filed if name not in environment and name not in main)
    return LocalValues({**environment, **overrides}, unknown, tuple(name for name in filed if name in main))


def _not_staged(batch: BatchFile, staged: StageValues, problems: Mapping[str, str]) -> RunnerError:
    """All that is missing or refused, at once."""
    name, stage = batch.manifest.batch, staged.stage
    lines = "\n".join(f"{variable}: {why}" for variable, why in problems.items())
    return RunnerError(
        f"{name} cannot run with the values of stage {stage}, and nothing was started:\n{lines}\n"
        "A value for this run alone is -e NAME=VALUE. To read the stage's, you yourself need ssm:GetParameters, "
        "secretsmanager:GetSecretValue for those of Secrets Manager, and kms:Decrypt on their keys"
    )


def _kind(batch: BatchFile, name: str, value: object) -> str:
    if name in batch.manifest.secrets:
        return "a secret"
    kind = "a parameter" if name in batch.manifest.parameters else "a variable"
    source = unresolved(value)
    return f"{kind} that only AWS knows: {source}" if source else kind


def read_env_file(path: Path, shown: str) -> dict[str, str]:
    """Reads a file of KEY=VALUE lines; nothing where there is no such file.

    Blank lines and lines that begin with ``#`` are skipped. One pair of quotes around a value is taken off; nothing
    else in a value has a meaning.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise RunnerError(f"{shown} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise RunnerError(f"{shown} cannot be read: it is not UTF-8", hint="Save it as UTF-8") from error
    values: dict[str, str] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        entry = line.strip()
        if entry and not entry.startswith("#"):
            name, value = _entry(entry, f"{shown}, line {number}")
            values[name] = value
    return values


def before_writing(path: Path) -> str:
    """What a person must do before secrets are written into a file, so that git does not get them.

    Returns the rest of a sentence that says to write into the file.
    """
    try:
        git = git_of(path.parent)
    except RunnerError:
        return f"; first make sure that git ignores it: .gitignore needs a line {path.name}"
    if git is None:
        return ""
    if git.has(path):
        return f"; first take it out of git (git rm --cached), and add a line {path.name} to .gitignore"
    if git.ignores(path):
        return ", which git ignores"
    return f"; first add a line {path.name} to .gitignore, since git does not ignore it yet"


def _entry(entry: str, place: str) -> tuple[str, str]:
    name, sign, value = entry.partition("=")
    name, value = name.strip(), value.strip()
    if not sign or not _NAME.fullmatch(name):
        # The line itself is not shown: it may hold a secret.
        raise RunnerError(
            f"{place} cannot be read: it is not KEY=VALUE", hint="Begin a comment with #, and leave out export"
        )
    if value[:1] in ("'", '"'):
        if len(value) < 2 or value[-1] != value[0]:
            raise RunnerError(f"{place} cannot be read: the quote around the value of {name} is not closed")
        value = value[1:-1]
    if "\0" in value:
        raise RunnerError(f"{place} cannot be read: the value of {name} holds a NUL, which no variable can hold")
    return name, value
