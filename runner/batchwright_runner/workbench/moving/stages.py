"""Which stage of the project a name is about. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence

_ALIASES: Mapping[str, Sequence[str]] = {
    "production": ("prod", "prd"),
    "staging": ("stg", "stag"),
    "development": ("dev", "develop"),
}
"""What people call these stages in names, beside their own names."""

_BEFORE, _AFTER = r"(?<![A-Za-z0-9])", r"(?![A-Za-z0-9])"


def words_for(stage: str) -> tuple[str, ...]:
    """What a stage may be called in a name: as the project calls it first."""
    for name, aliases in _ALIASES.items():
        if stage == name or stage in aliases:
            return (stage, *(alias for alias in (name, *aliases) if alias != stage))
    return (stage,)


def is_usual(word: str) -> bool:
    """Whether a word is what people usually call a stage."""
    return any(word.lower() in words_for(name) for name in _ALIASES)


def stage_in(text: str, stages: Iterable[str]) -> str:
    """The stage that a text names; empty for none, and for several."""
    found = [stage for stage in stages if _names(stage).search(text)]
    return found[0] if len(found) == 1 else ""


def first_stage(texts: Iterable[str], stages: Sequence[str]) -> str:
    """The stage that the first of some texts names which names one; empty where none does."""
    return next((stage for text in texts if (stage := stage_in(text, stages))), "")


def without(text: str, stage: str, put: str = "") -> str:
    """A name with its stage taken out, and with it one of the separators around it.

    Args:
        text: The name.
        stage: The stage; empty for none.
        put: What takes its place, between its separators.
    """
    if not stage:
        return text
    pattern = _names(stage)
    if put:
        return pattern.sub(put, text)
    return re.sub(r"[-_/. ]{2,}", lambda found: found[0][0], pattern.sub("", text)).strip("-_/. ")


def exchange(text: str, stage: str, other: str) -> str:
    """A text about one stage as a text about another."""
    return re.sub(f"{_BEFORE}{re.escape(stage)}{_AFTER}", other, text)


def is_named(text: str, stage: str) -> bool:
    """Whether a text has the stage's own name as a part."""
    return re.search(f"{_BEFORE}{re.escape(stage)}{_AFTER}", text) is not None


def usual(stages: Sequence[str]) -> str:
    """The stage whose values serve where a stage has none: the first that is not a production."""
    return next((stage for stage in stages if stage not in words_for("production")), stages[0])


def _names(stage: str) -> re.Pattern[str]:
    return re.compile(f"{_BEFORE}(?:{'|'.join(map(re.escape, words_for(stage)))}){_AFTER}", re.IGNORECASE)
