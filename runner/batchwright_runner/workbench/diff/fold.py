"""Changes that are the same in several stages, put together. Pure."""

import re
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from batchwright_runner.workbench.diff.change import Change
from batchwright_runner.workbench.diff.read import Assembly

STAGE = "STAGE"
ACCOUNT = "ACCOUNT"
"""What stands for a stage's name and account where a sentence is about several."""


def fold(changes: Sequence[Change], accounts: Mapping[str, str], stages: Sequence[str] = ()) -> list[Change]:
    """The changes, with those put together that are the same, or differ in their stage alone.

    Where the sentences differ in the stage's name or account, ``STAGE`` and ``ACCOUNT`` stand for those.
    """
    order = {stage: place for place, stage in enumerate(stages)}
    changes = sorted(changes, key=lambda change: [order.get(stage, len(order)) for stage in change.stages])
    said = [_key(change, change.text) for change in changes]
    meant = [_key(change, general(change, accounts)) for change in changes]
    as_said, as_meant = Counter(said), Counter(meant)
    groups: dict[object, list[Change]] = {}
    for change, text, sense in zip(changes, said, meant, strict=True):
        groups.setdefault(text if as_said[text] >= as_meant[sense] else sense, []).append(change)
    return [_folded(group, accounts) for group in _by_word(list(groups.values()), accounts)]


def _key(change: Change, text: str) -> Hashable:
    return change.about, change.kind, text, change.when, change.gates


def _by_word(groups: Sequence[list[Change]], accounts: Mapping[str, str]) -> list[list[Change]]:
    """The groups, with those put together that differ in their stage's name as a word by itself."""
    merged: dict[object, list[Change]] = {}
    for group in groups:
        first = group[0]
        alone = len(first.stages) == 1 and len(group) == 1
        key = _key(first, general(first, accounts, words=True))
        merged.setdefault(key if alone else id(group), []).extend(group)
    return list(merged.values())


def accounts_of(*assemblies: Assembly) -> dict[str, str]:
    """Stage to account, of all stages of assemblies."""
    accounts: dict[str, str] = {}
    for assembly in assemblies:
        for (stage, _), side in assembly.batches.items():
            accounts.setdefault(stage, side.manifest.account)
    return accounts


def general(change: Change, accounts: Mapping[str, str], *, words: bool = False) -> str:
    """A change's sentence with its stage's name and account taken out."""
    text = change.text
    for stage in change.stages:
        account = accounts.get(stage)
        if account:
            text = text.replace(account, ACCOUNT)
        text = _in_names(stage).sub(STAGE, text)
        if words:
            text = re.sub(rf"\b{re.escape(stage)}\b", STAGE, text)
    return text


@lru_cache(maxsize=64)
def _in_names(stage: str) -> re.Pattern[str]:
    """A stage's name as a part of another: between dashes, slashes and so on, and not as a word by itself."""
    name, joint = re.escape(stage), "[-/:._]"
    return re.compile(rf"(?<={joint}){name}(?![A-Za-z0-9])|(?<![A-Za-z0-9]){name}(?={joint}[A-Za-z0-9*])")


def _folded(group: Sequence[Change], accounts: Mapping[str, str]) -> Change:
    first = group[0]
    texts = {change.text for change in group}
    alike = len({general(change, accounts) for change in group}) == 1
    return replace(
        first,
        text=first.text if len(texts) == 1 else general(first, accounts, words=not alike),
        stages=tuple(dict.fromkeys(stage for change in group for stage in change.stages)),
        commands=tuple(dict.fromkeys(command for change in group for command in change.commands)),
    )
