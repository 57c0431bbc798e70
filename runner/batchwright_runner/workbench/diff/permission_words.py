"""A difference of two policies, as a sentence. Pure."""

from collections.abc import Sequence
from typing import Literal

from batchwright_runner.workbench.diff.policies import Difference, test_text
from batchwright_runner.workbench.diff.rules import EVERYONE, Rule
from batchwright_runner.workbench.diff.spans import Span
from batchwright_runner.workbench.permissions.actions import levels_of, service_name, service_of

Whose = Literal["identity", "trust", "resource"]
"""Whose policy it is: of a role or user, of a role about who may take it, or of a resource about who may use it."""

_VERBS = {
    "Read": "read",
    "List": "list",
    "Write": "write to",
    "Tagging": "tag",
    "Permissions management": "change who may use",
}


def sentence(found: Difference, where: Whose = "identity") -> str:
    """What is said of a difference, beginning with a verb: ``may now also read S3: s3:GetObject on …``.

    Args:
        found: The difference.
        where: Whose policy it is.
    """
    rule = found.rule
    begin = _begin(found, where)
    told = f"{begin}{_told(rule, where)}{_conditions(rule)}"
    return f"{told}{_before(found)}{_where(rule)}"


def _begin(found: Difference, where: Whose) -> str:
    if found.how == "denial":
        whom = f" to {_who(found.rule.principals)}" if where == "resource" and _is_named(found.rule) else ""
        return f"is no longer denied{whom}: " if found.broader else f"is now denied{whom}: "
    if where == "trust":
        return "can now also be taken by " if found.broader else "can no longer be taken by "
    who = "" if where == "identity" else f"{_who(found.rule.principals)} "
    also = " also" if found.how == "new" else ""
    return f"{who}may now{also} " if found.broader else f"{who}may no longer "


def _is_named(rule: Rule) -> bool:
    return rule.principals.patterns != (EVERYONE,)


def _told(rule: Rule, where: Whose) -> str:
    if where == "trust":
        actions = [one for one in rule.actions.patterns if one != "sts:assumerole"]
        how = f" ({_actions(rule)})" if actions or rule.actions.all_but else ""
        return f"{_who(rule.principals)}{how}"
    on = _listed(rule.resources, "every resource")
    verbs = _verbs(rule)
    return f"{verbs}{_actions(rule)} on {on}"


def _verbs(rule: Rule) -> str:
    """``read S3: ``; nothing where the actions are of several services, or not known."""
    if rule.actions.all_but:
        return ""
    services = {service_of(one) for one in rule.actions.patterns}
    levels = {level for one in rule.actions.patterns for level in levels_of(one)}
    verbs = [verb for level, verb in _VERBS.items() if level in levels]
    if len(services) != 1 or "" in services or not verbs or not rule.allowed:
        return ""
    return f"{_and(verbs)} {service_name(services.pop())}: "


def _actions(rule: Rule) -> str:
    written = [rule.written(one) for one in rule.actions.patterns]
    if rule.actions.all_but:
        return f"do everything but {_and(written)}"
    return "do everything" if written == ["*"] else _and(written)


def _listed(span: Span, everything: str) -> str:
    named = [everything if one == EVERYONE else one for one in span.patterns]
    return f"everything but {_and(named)}" if span.all_but else _and(named)


def _who(span: Span) -> str:
    named = [_principal(one) for one in span.patterns]
    return f"everyone but {_and(named)}" if span.all_but else _and(named)


def _principal(name: str) -> str:
    """A principal as people say it: ``the service ecs-tasks.amazonaws.com``."""
    if name == EVERYONE:
        return "everyone"
    kind, _, value = name.partition(":")
    if kind == "AWS" and value.endswith(":root"):
        return f"the account {value.split(':')[4]}" if value.count(":") == 5 else value
    return value if kind == "AWS" else f"the service {value}" if kind == "Service" else f"{kind} {value}"


def _named(other: str) -> str:
    """A principal of the other policy, or all but one."""
    plain = other.removeprefix("all but ")
    return _principal(plain) if plain == other else f"all but {_principal(plain)}"


def _conditions(rule: Rule) -> str:
    return f" only if {' and '.join(map(test_text, rule.tests))}" if rule.tests else ""


def _before(found: Difference) -> str:
    if not found.other:
        return ""
    if found.how == "principals":
        return f" ({'was' if found.broader else 'still'}: {_and([_named(one) for one in found.other])})"
    if found.how == "conditions":
        word = "without the condition" if found.broader else "because of the condition"
        return f" ({word} {_and(found.other)})"
    had = found.broader is (found.how != "denial")  # the nearest one is of before
    colon = "" if found.other[0].startswith("only if ") else ":"
    return f" ({'was' if had else 'still'}{colon} {_and(found.other)})"


def _where(rule: Rule) -> str:
    said = (f"granted at {rule.at}" if rule.at else "", f"reason: {rule.reason}" if rule.reason else "")
    told = "; ".join(one for one in said if one)
    return f" ({told})" if told else ""


def _and(texts: Sequence[str]) -> str:
    return texts[0] if len(texts) == 1 else ", ".join(texts[:-1]) + " and " + texts[-1]
