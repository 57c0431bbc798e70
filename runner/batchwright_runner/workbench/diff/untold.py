"""What a template says of a batch's roles beside what the batch's file has told already. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from batchwright_runner.workbench.diff.rules import Difference, Rule

_MARK = re.compile(r"<([^<>]*)>")
"""What only a deployment knows."""


def untold(difference: Difference, told: Iterable[Difference], paths: Mapping[str, str]) -> Difference | None:
    """A difference of the template with the resources that the file has not told of; none where it has told of all.

    Args:
        difference: The difference.
        told: The differences that the file has told of.
        paths: Logical id to path, of the stack's resources.
    """
    rule = difference.rule
    known = [_as_in_file(of_file.rule, paths) for of_file in told if of_file.broader is difference.broader]
    alone = {resource: _as_in_file(replace(rule, resources=(resource,)), paths) for resource in rule.resources}
    left = tuple(resource for resource, part in alone.items() if any(part.left_by(known)))
    return replace(difference, rule=replace(rule, resources=left)) if left else None


def _as_in_file(rule: Rule, paths: Mapping[str, str]) -> Rule:
    """A rule whose texts are the same, read from a file and from a template."""
    actions, resources = (tuple(_plain(text, paths) for text in texts) for texts in (rule.actions, rule.resources))
    conditions = _MARK.sub(lambda mark: _plain(mark[0], paths), rule.conditions)
    return replace(rule, actions=actions, resources=resources, conditions=conditions)


def _plain(text: str, paths: Mapping[str, str]) -> str:
    """``<report/Sales.Arn>/*``; where it does not begin with what only a deployment knows, a file has that alone."""
    marks = _MARK.findall(text)
    if not marks:
        return text
    names = ", ".join(_name(name, paths) for mark in marks for name in mark.split(", "))
    follows = text.partition(">")[2] if len(marks) == 1 and text.startswith("<") else ""
    return f"<{names}>{follows}"


def _name(name: str, paths: Mapping[str, str]) -> str:
    id, dot, attribute = name.removeprefix("Ref ").removeprefix("Fn::").partition(".")
    return f"{paths.get(id, id)}{dot}{attribute}"
