"""The roles, users and groups of an assembly with all policies that are attached to them, from either side.

A policy may be attached from either side and from any stack. So they are read from the tree, when all is declared.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from constructs import IConstruct

from batchwright.errors import DeclarationError
from batchwright.iam.policies import Document, Statement
from batchwright.iam.run_policies import starts_runs
from batchwright.iam.sizes import ATTACHED, INLINE, MANAGED, documents

Key = tuple[str, str, str]
"""What tells an identity: a logical id and its stack, or a name and its account."""

_POLICIES = (iam.CfnPolicy, iam.CfnManagedPolicy)
_IDENTITIES = {"role": iam.CfnRole, "user": iam.CfnUser, "group": iam.CfnGroup}
_KINDS = tuple(_IDENTITIES)
_EXPORT = re.compile(r"(?P<stack>[^:]+):ExportsOutputRef(?P<id>\w+?)[0-9A-F]{8}")


@dataclass(slots=True)
class Policy:
    """A policy that is attached to an identity."""

    path: str
    document: Document
    managed: bool


@dataclass(slots=True)
class Identity:
    """A role, user or group."""

    # ``role``, ``user`` or ``group``
    kind: str
    # Its name, or the path of its construct where CloudFormation chooses the name
    name: str
    policies: list[Policy] = field(default_factory=list)
    # ARNs of managed policies that something else makes, resolved
    theirs: list[Any] = field(default_factory=list)

    @property
    def statements(self) -> list[Statement]:
        """The statements of all policies that this app makes."""
        return [statement for policy in self.policies for statement in policy.document["Statement"]]

    @property
    def runs_batches(self) -> bool:
        """Whether it may start tasks."""
        return any(map(starts_runs, self.statements))

    def faults(self, *, counted: bool) -> Iterator[DeclarationError]:
        """What of it IAM will not take. Pure.

        `counted`: whether the number of managed policies counts: an account may have raised it.
        """
        subject = f"{self.kind} {self.name}"
        inline = [policy for policy in self.policies if not policy.managed]
        total, most = documents([policy.document for policy in inline]), INLINE[self.kind]
        if total > most:
            problem = (
                f"{_inline(len(inline))} {total:,} characters; allowed: {most:,}, as IAM takes; "
                f"largest: {_largest(inline)}; {_REMEDY}"
            )
            yield DeclarationError(subject, "", problem)
        managed = [policy for policy in self.policies if policy.managed]
        for policy in managed:
            if documents([policy.document]) > MANAGED:
                problem = (
                    f"its managed policy {policy.path} has {documents([policy.document]):,} characters; allowed: "
                    f"{MANAGED:,}, as IAM takes; {_REMEDY}"
                )
                yield DeclarationError(subject, "", problem)
        number = len(managed) + len(self.theirs)
        if counted and number > ATTACHED:
            problem = f"it has {number} managed policies; allowed: {ATTACHED}, as IAM takes; {_REMEDY}"
            yield DeclarationError(subject, "", problem)


_REMEDY = (
    "let it run all batches with platform.grant_run(role), or grant all to one construct of it: then it gets one set "
    "of statements; an execution role of many batches is better left to each batch, or imported with mutable=False and "
    "given its rights where it is made"
)


def _inline(number: int) -> str:
    return "its inline policy has" if number == 1 else f"its {number} inline policies have"


def _largest(policies: Sequence[Policy]) -> str:
    measured = sorted(((documents([policy.document]), policy.path) for policy in policies), reverse=True)
    return ", ".join(f"{path} {length:,}" for length, path in measured[:3])


class Identities:
    """All identities that have a policy of an assembly.

    `untouched`: Role to its name, of roles that are not read unless a policy names them: the role's resource, or a
    construct whose first child that is.
    """

    def __init__(self, assembly: IConstruct, untouched: Mapping[IConstruct, str]) -> None:
        self._found: dict[Key, Identity] = {}
        self._by_name: dict[Key, Key] = {}
        tree = assembly.node.find_all()
        policies = [_read_policy(construct) for construct in tree if isinstance(construct, _POLICIES)]
        self._made = {self._key(policy.ref, policy.stack): policy.policy for policy in policies}
        named = {name for policy in policies for _, name in policy.attached if isinstance(name, str)}
        for before, construct in pairwise([assembly, *tree]):  # the walk goes from a construct to its first child
            name = untouched.get(construct) or untouched.get(before)
            if isinstance(construct, tuple(_IDENTITIES.values())) and name in {None, *named}:
                self._take(construct)
        for policy in policies:
            for kind, name in policy.attached:
                key = self._key(name, policy.stack)
                identity = self._found.setdefault(key, Identity(kind, name if isinstance(name, str) else key[2]))
                identity.policies.append(policy.policy)

    def __iter__(self) -> Iterator[Identity]:
        return iter(self._found.values())

    def of_role(self, role: iam.IRole) -> Identity:
        """A role's identity; an empty one where no policy is attached to it."""
        stack = Stack.of(role)
        key = self._key(stack.resolve(role.role_name), stack)
        return self._found.get(key, Identity("role", key[2]))

    def _take(self, resource: IConstruct) -> None:
        kind = next(kind for kind, types in _IDENTITIES.items() if isinstance(resource, types))
        stack = Stack.of(resource)
        values = _resolved(resource, "ref", f"{kind}_name", "policies", "managed_policy_arns")
        name = values.get(f"{kind}_name")
        path = resource.node.path.removesuffix("/Resource")
        key = self._key(values["ref"], stack)
        identity = self._found[key] = Identity(kind, name if isinstance(name, str) else path)
        identity.policies += [
            Policy(path, policy["policyDocument"], managed=False) for policy in values.get("policies", ())
        ]
        for arn in values.get("managed_policy_arns", ()):
            managed = self._made.get(self._key(arn, stack))
            if managed:
                identity.policies.append(managed)
            else:
                identity.theirs.append(arn)
        if isinstance(name, str):
            self._by_name["name", stack.account, name] = key

    def _key(self, name: Any, stack: Stack) -> Key:  # noqa: ANN401 - any JSON
        """What tells an identity, of its name as a template of a stack says it."""
        if isinstance(name, str):
            key: Key = ("name", stack.account, name)
            return self._by_name.get(key, key)
        export = _EXPORT.fullmatch(str(name.get("Fn::ImportValue", "")))
        if export:
            return ("id", export["stack"], export["id"])
        return ("id", stack.stack_name, name["Ref"]) if "Ref" in name else ("other", stack.stack_name, json.dumps(name))


def _resolved(resource: IConstruct, *properties: str) -> dict[str, Any]:
    """Properties of a resource that it has, as its template says them; one call into Node for all."""
    values: dict[str, Any] = Stack.of(resource).resolve({key: getattr(resource, key) for key in properties})
    return values


@dataclass(frozen=True, slots=True)
class _Attached:
    """A policy, and the kinds and names of the identities that it is attached to."""

    policy: Policy
    ref: Any
    stack: Stack
    attached: Sequence[tuple[str, Any]]


def _read_policy(resource: IConstruct) -> _Attached:
    values = _resolved(resource, "ref", "policy_document", "roles", "users", "groups")
    document = values.get("policy_document", {})
    attached = [(kind, name) for kind in _KINDS for name in values.get(f"{kind}s", ())]
    managed = isinstance(resource, iam.CfnManagedPolicy)
    policy = Policy(resource.node.path.removesuffix("/Resource"), document, managed)
    return _Attached(policy, values["ref"], Stack.of(resource), attached if document.get("Statement") else [])
