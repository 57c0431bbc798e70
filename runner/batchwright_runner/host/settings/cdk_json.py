"""The cdk.json of the project that a folder is in, and what its context says of stages. Nothing is synthesized."""

import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from batchwright_runner.contract.checks import PLACE
from batchwright_runner.contract.gone import removed_key
from batchwright_runner.contract.json_text import parsed
from batchwright_runner.errors import RunnerError, UsageError
from batchwright_runner.host.settings.found_file import read_found
from batchwright_runner.host.terminal.text import did_you_mean

FILE = "cdk.json"
DEFAULT_PROJECT = "batches"
LOCAL = "local"


@dataclass(frozen=True, slots=True)
class CdkJson:
    """A cdk.json."""

    path: Path
    data: Mapping[str, Any]
    context: Mapping[str, Any]

    @property
    def is_ours(self) -> bool:
        """Whether it declares a project of batches: another CDK app may call something the same."""
        from batchwright_runner.contract.context_keys import STAGE_KEYS  # late: hosts of a scheduler have no cdk.json

        stages, registry = self.context.get("stages"), self.context.get("registry")
        tables = stages.values() if isinstance(stages, dict) else ()
        return any(isinstance(table, dict) and table.keys() & STAGE_KEYS for table in (*tables, registry))

    @property
    def project(self) -> str:
        """The project's name; empty where it is of another app."""
        named = self.context.get("project") or DEFAULT_PROJECT
        if not self.is_ours:
            return ""
        if not isinstance(named, str):
            raise RunnerError(f"{self.path} cannot be used: context.project must be a string")
        return named

    @property
    def stages(self) -> Mapping[str, Any]:
        """The stages that can be deployed; none where it is of another app."""
        stages = self.context.get("stages") if self.is_ours else None
        return {name: entry for name, entry in stages.items() if name != LOCAL} if isinstance(stages, dict) else {}

    def place(self, stage: str) -> Mapping[str, str]:
        """Account and region of a stage; empty where the project does not have it."""
        entry = self.stages.get(stage)
        return {} if entry is None else self._place(f"stages.{stage}", entry)

    @property
    def registry(self) -> Mapping[str, str]:
        """Account and region of the registry: its own, or those that all stages have; empty for none."""
        registry = self.context.get("registry")
        if registry is not None:
            return self._place("registry", registry)
        first, *others = [self.place(stage) for stage in self.stages] or [{}]
        return {} if any(place != first for place in others) else first

    def _place(self, name: str, entry: object) -> Mapping[str, str]:
        if not isinstance(entry, dict):
            raise RunnerError(f"{self.path} cannot be used: context.{name} must be an object")
        for key, pattern, allowed in PLACE:
            value = entry.get(key)
            if value is not None and not (isinstance(value, str) and pattern.fullmatch(value)):
                raise RunnerError(f"{self.path} cannot be used: context.{name}.{key} is {value!r}, not {allowed}")
        return {key: entry[key] for key in ("account", "region") if entry.get(key)}


def find_cdk_json(start: Path, environment: Mapping[str, str] = os.environ) -> CdkJson | None:
    """The nearest cdk.json in a folder or above it; none where there is none."""
    path = next((parent / FILE for parent in (start, *start.parents) if (parent / FILE).is_file()), None)
    if path is None:
        return None
    try:
        data = parsed(read_found(path, environment, beside=True))
    except (OSError, ValueError) as error:
        raise RunnerError(f"{path} cannot be read: {error}") from error
    if not isinstance(data, dict):
        raise RunnerError(f"{path} cannot be used: it is not an object", hint='Write {"app": …, "context": …}')
    context = data.get("context", {})
    if not isinstance(context, dict):
        raise RunnerError(f'{path} cannot be used: its "context" is not an object')
    file = CdkJson(path, data, context)
    if file.is_ours and (gone := removed_key(FILE, context)):
        raise UsageError(f"{path} cannot be used: context.{gone[0]} was removed", hint=gone[1])
    from batchwright_runner.contract.context_keys import misspelt  # late, as above

    if file.is_ours and (wrong := misspelt(context)):
        raise RunnerError(f"{path} cannot be used: unknown key context.{wrong[0]}", hint=f"Did you mean {wrong[1]}?")
    return file


def no_such_stage(stage: str, known: Iterable[str], files: Collection[str]) -> UsageError:
    """The error of a stage that the files do not have: in the same words wherever it is found. Pure."""
    have = "does not have it" if len(files) == 1 else "do not have it"
    return UsageError(f"no such stage {stage!r}: {' and '.join(files)} {have}", hint=did_you_mean(stage, known))
