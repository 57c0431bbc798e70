"""The options of one run: what was given against what the batch declares. Pure."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from batchwright_runner.contract.options import refused_options
from batchwright_runner.errors import UsageError

if TYPE_CHECKING:
    from batchwright_runner.contract.manifests import Manifest


def parse_options(entries: Iterable[str]) -> dict[str, str]:
    """Reads NAME=VALUE entries; the last of one name counts."""
    values: dict[str, str] = {}
    for entry in entries:
        name, sign, value = entry.partition("=")
        if not name or not sign:
            raise UsageError(
                f"-o {entry} cannot be read: it is not NAME=VALUE",
                hint="Write -o NAME=VALUE; an empty NAME= counts as not given",
            )
        values[name] = value
    return values


def option_variables(manifest: "Manifest", given: Mapping[str, str], variables: Mapping[str, str]) -> dict[str, str]:
    """The variables that options make. A blank value counts as none: a form gives all options, filled in or not.

    `variables`: what else is set for this run, by ``-e``.
    """
    declared = {option.name for option in manifest.options}
    for name in variables:
        if name in declared:
            raise UsageError(f"-e {name} is refused: {name} is a declared option", hint=f"Write -o {name}=…")
    problem, hint = refused_options(manifest.options, given)
    if problem:
        raise UsageError(problem, hint=hint)
    return {name: value for name, value in given.items() if value.strip()}
