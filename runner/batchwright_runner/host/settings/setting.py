"""A setting: its value, who says so, and what that overrides. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SettingSource:
    """A value that something gives."""

    # The value; empty where it gives none
    value: str
    # What gives it: a variable's name, a file, ``default``
    source: str


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting, as it holds."""

    name: str
    # Its value; empty where nothing gives one
    value: str = ""
    # What gives it; empty for nothing
    source: str = ""
    overridden: Sequence[SettingSource] = ()


def first_said(name: str, *sources: SettingSource) -> Setting:
    """The setting that comes of what several sources say, the one that wins first."""
    giving = [source for source in sources if source.value]
    if not giving:
        return Setting(name)
    won = giving[0]
    return Setting(name, won.value, won.source, tuple(source for source in giving[1:] if source.value != won.value))
