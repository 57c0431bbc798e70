"""A statement of a policy, as a whole or in parts, and what its ARNs name. Pure."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple, Self

from batchwright_runner.contract.access import Grant
from batchwright_runner.contract.batch_file import PLUS, unresolved
from batchwright_runner.host.terminal.text import listed
from batchwright_runner.workbench.permissions.actions import is_wild, levels_of, pattern, service_of

EITHER = "allows or denies"
"""What a statement does that only a deployment knows."""
ALL_BUT = "everything but "
_EFFECTS = {"Allow": "allows", "Deny": "denies"}
_KINDS_OF_WHO = {"AWS": "", "Service": "the service "}


class Statement(NamedTuple):
    """What someone may do, or may not: a statement of a policy, a part of one, or what else lets someone in."""

    # Whose it is, where those of several are compared: ``role batches-staging-report-task``
    holder: str
    # ``allows``, ``denies``; of what is no policy ``is``, ``lets``, ``may``
    verb: str
    actions: tuple[str, ...]
    # The ARNs; ``<Queue.Arn>`` for one that only a deployment knows
    resources: tuple[str, ...] = ()
    # The principals; none in the policy of an identity
    who: tuple[str, ...] = ()
    # The conditions as JSON; empty for none
    condition: str = ""
    # It is about everything but its actions
    but: bool = False
    # The line that granted it; empty where that is not known
    at: str = ""
    reason: str = ""

    @classmethod
    def of(cls, statement: object, holder: str = "", at: str = "", reason: str = "") -> Self:
        """Reads a statement of a policy."""
        if not isinstance(statement, Mapping) or unresolved(statement):
            return cls(holder, EITHER, (f"what {text_of(statement)} says",), at=at, reason=reason)
        condition = settled(statement.get("Condition") or {})
        not_on = listed(sorted(texts(statement.get("NotResource"))))
        return cls(
            holder=holder,
            verb=_EFFECTS.get(str(statement.get("Effect")), EITHER),
            actions=tuple(texts(statement.get("Action")) or texts(statement.get("NotAction"))),
            resources=(*texts(statement.get("Resource")), *([f"{ALL_BUT}{not_on}"] if not_on else [])),
            who=tuple(_principals(statement)),
            condition=json.dumps(condition, sort_keys=True) if condition else "",
            but="NotAction" in statement,
            at=at,
            reason=reason,
        )

    @property
    def service(self) -> str:
        """IAM's prefix of the service that it is about; empty for several."""
        return "" if self.but else _service(self.actions[0])

    @property
    def allowed(self) -> bool:
        """Whether it allows, and does not deny."""
        return self.verb != "denies"

    @property
    def counts(self) -> bool:
        """Whether its end may let someone do more."""
        return self.verb in ("denies", EITHER)

    @property
    def conditions(self) -> list[str]:
        """Its conditions in words: ``aws:SourceAccount is 111111111111``."""
        return conditions_in_words(json.loads(self.condition)) if self.condition else []

    @property
    def levels(self) -> list[str]:
        """AWS's access levels of its actions."""
        return [] if self.but else levels_of(*self.actions)

    def covers(self, action: str) -> bool:
        """Whether it is about an action: ``s3:GetObject``."""
        return any(pattern(text).fullmatch(action) for text in self.actions) is not self.but

    def parts(self) -> Iterator[Self]:
        """Each of its actions on each of its resources for each of its principals; without its place."""
        actions = [f"{ALL_BUT}{listed(sorted(self.actions))}"] if self.but else self.actions
        for action, resource, who in product(actions or [""], self.resources or [""], self.who or [""]):
            yield self._replace(actions=(action,), resources=(resource,), who=(who,), but=False, at="", reason="")

    def by_service(self) -> Iterator[Self]:
        """The same for each service that it is about."""
        for service in dict.fromkeys([""] if self.but else map(_service, self.actions)):
            yield self._replace(actions=tuple(act for act in self.actions if self.but or _service(act) == service))

    def to_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "service": self.service,
            "allowed": self.allowed,
            "actions": list(self.actions),
            "but": self.but,
            "resources": list(self.resources),
            "conditions": self.conditions,
            "levels": self.levels,
            "wildcards": [text for text in (*self.actions, *self.resources) if is_wild(text)],
            "at": self.at,
            "reason": self.reason,
        }


def _service(action: str) -> str:
    return "" if " " in action else service_of(action)  # of what only a deployment knows nothing is known


def permissions_of(grants: Sequence[Grant]) -> list[Statement]:
    """What grants say, each statement once for each service that it is about; the same thing once."""
    statements = (Statement.of(grant.statement, at=grant.at, reason=grant.reason) for grant in grants)
    return list(dict.fromkeys(part for statement in statements for part in statement.by_service()))


def texts(value: Any) -> list[str]:  # noqa: ANN401 - a policy's element has either form
    """The values of an element of a statement."""
    return [*map(text_of, value if isinstance(value, list) else [] if value is None else [value])]


def text_of(value: object) -> str:
    """A value as a text; what only a deployment knows is ``<Bucket.Arn>/*``."""
    return str(settled(value)) if unresolved(value) else str(value)


def settled(value: Any) -> Any:  # noqa: ANN401 - JSON
    """A value in which lists are sorted, and what only a deployment knows is a text."""
    if unresolved(value):
        name, _, rest = unresolved(value).partition(PLUS)
        return f"<{name}>{rest}"
    if isinstance(value, Mapping):
        return {key: settled(item) for key, item in value.items()}
    return sorted(map(settled, value), key=json.dumps) if isinstance(value, list) else value


def _principals(statement: Mapping[str, Any]) -> Iterator[str]:
    if "NotPrincipal" in statement:
        yield f"everyone but {listed(sorted(_named(statement['NotPrincipal'])))}"
    yield from _named(statement.get("Principal"))


def _named(principal: object) -> Iterator[str]:
    kinds = principal if isinstance(principal, Mapping) and not unresolved(principal) else {"AWS": principal}
    for kind, value in kinds.items():
        lead = _KINDS_OF_WHO.get(kind, f"{kind} ")
        yield from ("everyone" if name == "*" else f"{lead}{name}" for name in texts(value))


_WORDS = {"StringEquals": "is", "ArnEquals": "is", "StringLike": "is like", "ArnLike": "is like", "Bool": "is"}
_NULL = {"true": "is not given", "false": "is given"}
_QUANTIFIERS = {"ForAnyValue": "one of ", "ForAllValues": "each of "}


def conditions_in_words(condition: object) -> list[str]:
    """The conditions of a statement, of which what only a deployment knows is a text."""
    if not isinstance(condition, Mapping):
        return [str(condition)]
    words = []
    for operator, tests in condition.items():
        if not isinstance(tests, Mapping):
            words.append(f"{operator} {tests}")
            continue
        quantifier, _, plain = operator.rpartition(":")
        for key, value in tests.items():
            given = _NULL.get(" ".join(texts(value)), "") if plain == "Null" else ""
            tested = given or f"{_WORDS.get(plain, plain)} {' or '.join(texts(value))}"
            words.append(f"{_QUANTIFIERS.get(quantifier, '')}{key} {tested}")
    return words


_ARN = re.compile(r"arn:[^:]*:([^:]*):[^:]*:[^:]*:(.+)", re.DOTALL)
_MARKED = re.compile(r"<(.*)>[^<>]*", re.DOTALL)
_SUFFIX = re.compile(r"-(?:[A-Za-z0-9]{6}|\?{6})$")
"""What Secrets Manager appends to a secret's name in its ARN."""
_KINDS = {"elasticfilesystem": "efs", "events": "eventbridge", "states": "step-functions"}
"""What people call a service whose prefix is not its name."""
_TYPES = re.compile(
    r"^(?:accesspoint|collection|cluster|database|dbuser|deliverystream|domain|event-bus|file-system|function|identity"
    r"|stateMachine|stream|table|topic|workgroup)[/:]"
)
"""The type that stands before a name."""


def resource_of(service: str, arn: str) -> str:
    """What an ARN in a statement names: kind and name.

    `arn`: the ARN; may have wildcards; ``<Queue.Arn>`` where only a deployment knows it, with what is inside of it,
    ``<Bucket.Arn>/*``.
    """
    if marked := _MARKED.fullmatch(arn):
        return f"{_KINDS.get(service, service)}:<{'-'.join(marked[1].split())}>"
    parts = _ARN.fullmatch(arn)
    if parts is None or parts[1] in ("", "*"):
        return f"{_KINDS.get(service, service)}:*"
    return f"{_KINDS.get(parts[1], parts[1])}:{_name(parts[1], parts[2])}"


def _name(service: str, rest: str) -> str:
    """The name in the last part of an ARN, without its type and without what is inside of it."""
    if service == "secretsmanager":
        return _SUFFIX.sub("", rest.removeprefix("secret:"))
    if service == "ssm":
        return rest.removeprefix("parameter")
    name = _TYPES.sub("", rest, count=1)
    if service in ("s3", "dynamodb", "es"):
        return name.partition("/")[0]
    return name.partition(":")[0] if service == "lambda" else name
