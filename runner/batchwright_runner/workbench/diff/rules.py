"""Statements of two policies compared: what one allows and the other does not. Pure.

A statement is included in another one that has the same principals, the same conditions or none, and wildcards that
stand for its actions and resources. Nothing else is weighed: where several statements only together include one, or
``NotAction`` would have to be understood, it counts as not included.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

from batchwright_runner.contract.batch_file import mark, unresolved
from batchwright_runner.host.terminal.text import shorten
from batchwright_runner.workbench.diff.wording import LONGEST, listed, shown
from batchwright_runner.workbench.permissions.actions import levels_of, service_name, service_of
from batchwright_runner.workbench.permissions.statements import conditions_in_words, texts

Whose = Literal["identity", "trust", "resource"]
"""Whose policy it is: of a role or user, of a role about who may take it, or of a resource about who may use it."""
_EVERYONE = "everyone"
_WILD = {"*": ".*", "?": "[^*<>$]"}
_VERBS = {
    "Read": "read",
    "List": "list",
    "Write": "write to",
    "Tagging": "tag",
    "Permissions management": "change who may use",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A statement. What only a deployment knows of it, and what it says all but, is a text in ``<…>``."""

    allowed: bool
    actions: tuple[str, ...]
    # Its resources; an empty text for what is about none
    resources: tuple[str, ...]
    # The principals in words; everyone in the policy of an identity
    who: str = _EVERYONE
    # Its conditions as JSON, in which lists are sorted; empty for none
    conditions: str = ""
    whose: Whose = "identity"
    # The line that granted it; empty where that is not known
    at: str = ""
    reason: str = ""

    def includes(self, other: "Rule") -> bool:
        """Whether it says all that another one says, as far as is known."""
        alike = (self.allowed, self.who, self.whose) == (other.allowed, other.who, other.whose)
        small = ([action.lower() for action in rule.actions] for rule in (self, other))
        alike = alike and self.conditions in ("", other.conditions)
        return alike and _stand(self.resources, other.resources) and _stand(*small)

    def left_by(self, others: Sequence["Rule"]) -> Iterator["Rule"]:
        """What of it none of some other rules includes: actions, with the resources that are left."""
        remaining: dict[tuple[str, ...], list[str]] = {}
        for action in self.actions:
            parts = [replace(self, actions=(action,), resources=(resource,)) for resource in self.resources]
            parts = [part for part in parts if not any(rule.includes(part) for rule in others)]
            remaining.setdefault(tuple(part.resources[0] for part in parts), []).append(action)
        for resources, actions in remaining.items():
            if resources:
                yield replace(self, actions=tuple(actions), resources=resources)


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that one policy allows and the other does not."""

    # The new policy allows it; else the old one did
    broader: bool
    # The statement that says so, with what is concerned of it alone. One that denies has gone or come.
    rule: Rule
    # The conditions on which a statement of the other policy says the same; empty for none
    other: str = ""

    def __str__(self) -> str:
        """The sentence, beginning with a verb: ``may now also read S3: s3:GetObject on …``."""
        rule = self.rule
        origins = (f"granted at {rule.at}" if rule.at else "", f"reason: {rule.reason}" if rule.reason else "")
        end = f" ({'; '.join(filter(None, origins))})" if any(origins) else ""
        who = f"{rule.who} " if rule.whose == "resource" else ""
        if not rule.allowed:
            whom = f" to {who.strip()}" if who and rule.who != _EVERYONE else ""
            begin = f"is no longer denied{whom}: " if self.broader else f"is now denied{whom}: "
        elif rule.whose == "trust":
            begin = "can now also be taken by " if self.broader else "can no longer be taken by "
        else:
            begin = f"{who}may now also " if self.broader else f"{who}may no longer "
        otherwise = f" ({'before' if self.broader is rule.allowed else 'now'}{_only(self.other)})" if self.other else ""
        return f"{begin}{_what(rule)}{_only(rule.conditions)}{otherwise}{end}"


def compare(before: Sequence[Rule], after: Sequence[Rule]) -> list[Difference]:
    """What differs between two policies, the broader first."""
    return [
        Difference(broader, part, _on_conditions(part, others))
        for broader, old, new in ((True, before, after), (False, after, before))
        for allowed, rules, others in ((True, new, old), (False, old, new))
        for rule in dict.fromkeys(rules)
        if rule.allowed is allowed
        for part in rule.left_by(others)
    ]


def _on_conditions(part: Rule, others: Sequence[Rule]) -> str:
    return next((rule.conditions for rule in others if replace(rule, conditions="").includes(part)), "")


def managed(policy: str) -> Rule:
    """The rule of a managed policy that is attached, of which no more is known than its ARN."""
    action = f"<do what the managed policy {policy} allows, which is in the account and not here>"
    return Rule(allowed=True, actions=(action,), resources=("",))


def rules_of(statement: Any, whose: Whose = "identity", at: str = "", reason: str = "") -> list[Rule]:  # noqa: ANN401 - JSON
    """Reads a statement: one rule, or two where only a deployment knows whether it allows or denies."""
    known = statement
    if not _is_known(statement):
        known = {"Effect": "", "Action": f"<do what {' '.join(texts(statement))} says>", "Resource": ""}
    effect = known.get("Effect", "Allow")
    rule = Rule(
        allowed=True,
        actions=_element(known, "Action"),
        resources=_element(known, "Resource"),
        who=_who(known),
        conditions=_conditions(known.get("Condition")),
        whose=whose,
        at=at,
        reason=reason,
    )
    return [replace(rule, allowed=allowed) for allowed, other in ((True, "Deny"), (False, "Allow")) if effect != other]


def _element(statement: Mapping[str, Any], name: str) -> tuple[str, ...]:
    if f"Not{name}" in statement:
        return (f"<everything but {listed(sorted(texts(statement[f'Not{name}'])))}>",)
    return tuple(texts(statement.get(name))) or ("*",)  # a trust policy names no resource


def _who(statement: Mapping[str, Any]) -> str:
    principal = statement.get("NotPrincipal", statement.get("Principal"))
    kinds = principal.items() if _is_known(principal) else [("", principal)]
    names = sorted({_principal(kind, name) for kind, names in kinds for name in texts(names) or ["*"]})
    return f"everyone but {listed(names)}" if "NotPrincipal" in statement else listed(names)


def _principal(kind: str, name: str) -> str:
    """A principal as people say it: ``the service ecs-tasks.amazonaws.com``."""
    if kind in ("", "AWS") and name == "*":
        return _EVERYONE
    account = re.fullmatch(r"(?:arn:[a-z-]+:iam::)?(\d{12})(?::root)?", name)
    if kind == "AWS":
        return f"the account {account[1]}" if account else name
    return f"the service {name}" if kind == "Service" else f"{kind} {name}".strip()


def _conditions(condition: Any) -> str:  # noqa: ANN401 - JSON
    operators = condition if _is_known(condition) else {"conditions": condition} if condition else {}
    in_order = {
        operator: {key: _values(values) for key, values in keys.items()} if _is_known(keys) else mark(_text(keys))
        for operator, keys in operators.items()
    }
    return json.dumps(in_order, sort_keys=True, ensure_ascii=False) if in_order else ""


def _text(value: Any) -> str:  # noqa: ANN401 - JSON
    return " ".join(texts(value)).removeprefix("<").removesuffix(">")


def _values(values: Any) -> list[str]:  # noqa: ANN401 - JSON
    """The values of a condition, which may be written as texts or not: ``true``, ``"true"``."""
    return sorted({text.lower() if text in ("True", "False") else text for text in texts(values)})


def _only(conditions: str) -> str:
    """Conditions in words, `` only if aws:SourceAccount is 111111111111``; empty for none."""
    return f" only if {' and '.join(conditions_in_words(json.loads(conditions)))}" if conditions else ""


def _is_known(value: Any) -> bool:  # noqa: ANN401 - JSON
    return isinstance(value, Mapping) and not unresolved(value)


def _what(rule: Rule) -> str:
    actions = "do everything" if rule.actions == ("*",) else listed(map(_plain, rule.actions))
    if actions.startswith("everything but "):
        actions = f"do {actions}"
    if rule.whose == "trust" and rule.allowed:
        return rule.who if actions.lower() == "sts:assumerole" else f"{rule.who} ({actions})"
    resources = ("every resource" if resource == "*" else _plain(resource) for resource in rule.resources)
    return f"{_verbs(rule)}{actions}{f' on {listed(resources)}' if any(rule.resources) else ''}"


def _plain(text: str) -> str:
    """A text for people: what this module marks as a whole without its mark, what CloudFormation does shortened."""
    if text.startswith(("<do ", "<everything but ")):
        return shorten(text[1:-1], 2 * LONGEST)
    return shown(text) if text.startswith("<") else text


def _verbs(rule: Rule) -> str:
    """``read S3: ``; nothing where the actions are of several services, or not known."""
    services = {service_of(action) for action in rule.actions}
    levels = {level for action in rule.actions for level in levels_of(action)}
    verbs = [verb for level, verb in _VERBS.items() if level in levels]
    is_plain = len(services) == 1 and "" not in services and verbs and rule.allowed
    return f"{listed(verbs)} {service_name(services.pop())}: " if is_plain else ""


def _stand(wide: Sequence[str], narrow: Sequence[str]) -> bool:
    return all(any(stands_for(pattern, text) for pattern in wide) for text in narrow)


@lru_cache(maxsize=16384)
def stands_for(wide: str, narrow: str) -> bool:
    """Whether a pattern of ``*`` and ``?`` stands for all that another one stands for.

    What only a deployment knows, ``<Bucket.Arn>``, stands for itself.
    """
    return _expression(wide).fullmatch(narrow) is not None


@lru_cache(maxsize=4096)
def _expression(pattern: str) -> re.Pattern[str]:
    expression, depth = [], 0
    for character in pattern:
        depth += character == "<"
        expression.append(re.escape(character) if depth else _WILD.get(character, re.escape(character)))
        depth -= character == ">" and depth > 0
    return re.compile("".join(expression), re.DOTALL)
