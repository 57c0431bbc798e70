"""A setting: its value, who says so, and what that overrides. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SettingSource:
    """A value that something gives.

    Attributes:
        value: The value; empty where it gives none.
        source: What gives it: a variable's name, a file, ``default``.
    """

    value: str
    source: str


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting, as it holds.

    Attributes:
        name: Its name.
        value: Its value; empty where nothing gives one.
        source: What gives it; empty for nothing.
        overridden: What would have given another value.
    """

    name: str
    value: str = ""
    source: str = ""
    overridden: Sequence[SettingSource] = ()

    def beats(self, *sources: str) -> SettingSource | None:
        """What the first of these sources says instead; none where none of them says anything else."""
        return next((one for one in self.overridden if one.source in sources), None)


def first_said(name: str, *said: SettingSource) -> Setting:
    """The setting that comes of what several sources say, the one that wins first."""
    given = [one for one in said if one.value]
    if not given:
        return Setting(name)
    won = given[0]
    return Setting(name, won.value, won.source, tuple(one for one in given[1:] if one.value != won.value))
