"""Which stage a name belongs to, and the values of several stages as one. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence

from batchwright_runner.workbench.scaffold.python import Call, Raw, StageText, Value, call, escaped

_ALIASES: Mapping[str, Sequence[str]] = {
    "production": ("prod", "prd"),
    "staging": ("stg", "stag"),
    "development": ("dev", "develop"),
}
"""What people call these stages in names, beside their own names."""

_BEFORE, _AFTER = r"(?<![A-Za-z0-9])", r"(?![A-Za-z0-9])"


def words_for(stage: str) -> tuple[str, ...]:
    """The names of a stage, the project's own first."""
    groups = ((name, *aliases) for name, aliases in _ALIASES.items())
    return (stage, *(word for group in groups if stage in group for word in group if word != stage))


def is_usual(word: str) -> bool:
    """Whether a word is what people usually call a stage."""
    return any(word.lower() in words_for(name) for name in _ALIASES)


def stage_in(text: str, stages: Iterable[str]) -> str:
    """The stage that a text names; empty for none, and for several."""
    named = [stage for stage in stages if _names(stage).search(text)]
    return named[0] if len(named) == 1 else ""


def first_stage(texts: Iterable[str], stages: Sequence[str]) -> str:
    """The stage that the first of some texts names which names one; empty where none does."""
    return next((stage for text in texts if (stage := stage_in(text, stages))), "")


def without(text: str, stage: str, put: str = "") -> str:
    """A name with its stage taken out, and with it one of the separators around it.

    `stage`: the stage; empty for none.
    """
    if not stage:
        return text
    pattern = _names(stage)
    if put:
        return pattern.sub(put, text)
    return re.sub(r"[-_/. ]{2,}", lambda separators: separators[0][0], pattern.sub("", text)).strip("-_/. ")


def exchange(text: str, stage: str, other_stage: str) -> str:
    """A text about one stage as a text about another."""
    return re.sub(f"{_BEFORE}{re.escape(stage)}{_AFTER}", other_stage, text)


def _names(stage: str) -> re.Pattern[str]:
    return re.compile(f"{_BEFORE}(?:{'|'.join(map(re.escape, words_for(stage)))}){_AFTER}", re.IGNORECASE)


def with_stage(value: Value, stage: str) -> Value:
    """A value of one stage, in which a path that holds the stage's name says which stage it is."""
    if isinstance(value, StageText):
        parts = exchange(value, stage, "\0").split("\0") if stage else [value]
        texts = [escaped(part).replace('"', '\\"').replace("{", "{{").replace("}", "}}") for part in parts]
        return Raw('f"' + "{platform.stage}".join(texts) + '"') if len(parts) > 1 else value
    if isinstance(value, Call):
        named = tuple((key, with_stage(part, stage)) for key, part in value.named)
        return Call(value.name, tuple(with_stage(part, stage) for part in value.positional), named)
    if isinstance(value, Mapping):
        return {key: with_stage(part, stage) for key, part in value.items()}
    return value if isinstance(value, str | int | Raw) else [with_stage(part, stage) for part in value]


def choose(value: Value, others: Mapping[str, Value]) -> Value:
    """A value of the stage that is read, and of each other one: where they differ, the stage chooses."""
    differing = {stage: other for stage, other in others.items() if other != value}
    maps = [other for other in others.values() if isinstance(other, Mapping)]
    if isinstance(value, Mapping) and len(maps) == len(others) and all(each.keys() == value.keys() for each in maps):
        return {
            key: choose(part, {stage: each[key] for stage, each in zip(others, maps, strict=True)})
            for key, part in value.items()
        }
    return call("platform.choose", default=value, **differing) if differing else value
