"""Flags of the commands that start a task: ``--name value``, ``--name=value``, and those that take no value. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Flags:
    """The arguments of a command.

    Attributes:
        given: Flag to its values, in the order in which they stand; a flag without value has none.
        positional: All else.
    """

    given: Mapping[str, Sequence[str]] = field(default_factory=dict)
    positional: Sequence[str] = ()

    def one(self, *names: str) -> str:
        """The first value of a flag, by any of its names; empty where it is not given."""
        return next((self.given[name][0] for name in names if self.given.get(name)), "")

    def has(self, *names: str) -> bool:
        """Whether a flag is given."""
        return any(name in self.given for name in names)

    def others(self, known: Collection[str]) -> dict[str, str]:
        """What nobody reads: flag to its values, in one text."""
        return {name: " ".join(values) for name, values in self.given.items() if name not in known}


def read_flags(
    words: Sequence[str],
    *,
    lone: Collection[str] = (),
    many: Collection[str] = (),
    short: Mapping[str, str] | None = None,
) -> Flags:
    """Reads the words that follow a command.

    Args:
        words: The words.
        lone: Flags that take no value.
        many: Flags that take all words up to the next flag.
        short: Short flag to long one.
    """
    given: dict[str, list[str]] = {}
    positional: list[str] = []
    index = 0
    while index < len(words):
        word = words[index]
        index += 1
        if word == "--":
            positional += words[index:]
            break
        name, equals, value = word.partition("=")
        name = (short or {}).get(name, name)
        if not name.startswith("-") or name == "-":
            positional.append(word)
            continue
        values = given.setdefault(name, [])
        if equals:
            values.append(value)
        elif name in lone:
            continue
        elif name in many:
            while index < len(words) and not words[index].startswith("--"):
                values.append(words[index])
                index += 1
        elif index < len(words):
            values.append(words[index])
            index += 1
    return Flags(given, tuple(positional))
