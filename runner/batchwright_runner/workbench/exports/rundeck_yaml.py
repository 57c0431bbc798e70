"""Rundeck's own form of its job files: what it exports after an import is what was imported, byte for byte.

Its writer is SnakeYAML (rundeck/rundeck, ``JobYAMLFormat``, 2026-11): keys sorted, block style, lines of 80 characters,
several lines as a literal block, and quotes around each string that has a comma or looks like a number. PyYAML is the
same emitter in another language; three of these have to be set.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from batchwright_runner.errors import missing_package

_STRING = "tag:yaml.org,2002:str"
_FLOAT = "tag:yaml.org,2002:float"
_EXPONENT_WITHOUT_POINT = re.compile(r"[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+$")
"""A number to SnakeYAML, and not to PyYAML, which would leave such a string without its quotes."""


def to_yaml(jobs: Sequence[Mapping[str, Any]]) -> str:
    """The text of a job file."""
    try:
        import yaml
    except ModuleNotFoundError as error:
        raise missing_package("PyYAML", "Rundeck's jobs cannot be written") from error

    class Dumper(yaml.SafeDumper):
        """Writes as Rundeck does."""

        def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - PyYAML's signature
            return True

    def string(dumper: yaml.SafeDumper, data: object) -> yaml.ScalarNode:
        value = str(data)
        style = "|" if "\n" in value else "'" if "," in value else None
        return dumper.represent_scalar(_STRING, value, style=style)

    for kind in (str, date, datetime, time):  # TOML has dates and times; to Rundeck they are texts
        Dumper.add_representer(kind, string)
    Dumper.add_implicit_resolver(_FLOAT, _EXPONENT_WITHOUT_POINT, list("-+0123456789"))
    text: str = yaml.dump(
        [dict(job) for job in jobs],
        Dumper=Dumper,
        sort_keys=True,
        default_flow_style=False,
        allow_unicode=True,
        width=80,
    )
    return text
