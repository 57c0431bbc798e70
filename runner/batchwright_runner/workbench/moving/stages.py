"""Which stage a name belongs to, and the values of several stages as one. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence

from batchwright_runner.workbench.scaffold.python import Call, OnlyIn, Raw, StageText, Value, call, line, parts_of
from batchwright_runner.workbench.scaffold.text import escaped

_ALIASES: Mapping[str, Sequence[str]] = {
    "production": ("prod", "prd"),
    "staging": ("stg", "stag"),
    "development": ("dev", "develop"),
}
"""What people call these stages in names, beside their own names."""

_BEFORE, _AFTER = r"(?<![A-Za-z0-9])", r"(?![A-Za-z0-9])"


def words_for(stage: str) -> tuple[str, ...]:
    """The names of a stage, the project's own first."""
    for name, aliases in _ALIASES.items():
        if stage == name or stage in aliases:
            return (stage, *(alias for alias in (name, *aliases) if alias != stage))
    return (stage,)


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


def usual(stages: Sequence[str]) -> str:
    """The stage whose values serve where a stage has none: the first that is not a production."""
    return next((stage for stage in stages if stage not in words_for("production")), stages[0])


def _names(stage: str) -> re.Pattern[str]:
    return re.compile(f"{_BEFORE}(?:{'|'.join(map(re.escape, words_for(stage)))}){_AFTER}", re.IGNORECASE)


def fold(by_stage: Mapping[str, Value]) -> Value:
    """The values of several stages as one: where they differ, the stage chooses."""
    first = next(iter(by_stage.values()))
    templates = [_template(value, stage) for stage, value in by_stage.items()]
    if templates[0] and all(template == templates[0] for template in templates):
        return Raw(templates[0])
    keyed = {stage: _keyed(value) for stage, value in by_stage.items()}
    first_keyed = next(iter(keyed.values()))
    if first_keyed and all(parts.keys() == first_keyed.keys() for parts in keyed.values()):
        return _with_parts(first, [fold({stage: parts[key] for stage, parts in keyed.items()}) for key in first_keyed])
    if all(value == first for value in by_stage.values()):
        return first
    default = by_stage[usual(list(by_stage))]
    differing = {stage: value for stage, value in by_stage.items() if value != default}
    return call("platform.choose", default=default, **differing)


def _template(value: Value, stage: str) -> str:
    """An f-string of a text that holds its stage's name; empty for anything else."""
    if not isinstance(value, StageText) or not stage or exchange(value, stage, "\0") == value:
        return ""
    parts = [escaped(part).replace('"', '\\"') for part in exchange(value, stage, "\0").split("\0")]
    return 'f"' + "{platform.stage}".join(part.replace("{", "{{").replace("}", "}}") for part in parts) + '"'


def _keyed(value: Value) -> dict[str, Value]:
    """The parts of a value, each by a key that is the same in every stage; empty where there is none.

    The calls of a list are keyed by their names and first arguments; the texts of one by their places.
    """
    if isinstance(value, str | int | Raw | OnlyIn):
        return {}
    opening, parts, _ = parts_of(value)
    keyed = {}
    for place, (before, part) in enumerate(parts):
        key = before or str(place)
        if opening == "[" and isinstance(part, Call):
            key = f"{part.name}({line(part.positional[0]) if part.positional else place}"
        elif opening == "[" and not isinstance(part, str):
            return {}
        keyed[f"{opening} {key}"] = part
    return keyed if len(keyed) == len(parts) else {}


def _with_parts(whole: Value, parts: Sequence[Value]) -> Value:
    """A value with other parts."""
    if isinstance(whole, Call):
        count = len(whole.positional)
        named = tuple((key, part) for (key, _), part in zip(whole.named, parts[count:], strict=True))
        return Call(whole.name, tuple(parts[:count]), named)
    return dict(zip(whole, parts, strict=True)) if isinstance(whole, Mapping) else parts
