"""What a batch may do, in words. Pure."""

from collections.abc import Callable, Iterable, Sequence

from batchwright_runner.contract.access import Access, Caller, RoleAccess
from batchwright_runner.contract.batch_file import unresolved
from batchwright_runner.workbench.permissions.actions import expand, is_wild, service_name
from batchwright_runner.workbench.permissions.statements import Permission, permissions_of, resource_of

_Head = Callable[[str, Sequence[Permission]], str]

_VERBS = {
    "Read": "read",
    "List": "list",
    "Write": "write",
    "Tagging": "tag",
    "Permissions management": "change who may do what",
}
_PURPOSES = {
    "ecr": "pull its images",
    "logs": "write its log",
    "ssm": "read its parameters and secrets",
    "secretsmanager": "read its secrets in Secrets Manager",
    "kms": "decrypt its secrets",
}
"""What an execution role's statements are for, by service."""

CALLS = {
    "grant_run": "start, follow and stop runs",
    "grant_operate": "set parameters and secrets, release images",
    "grant_verify": "check whether a run would work",
    "grant_assume": "take its task role for runs on their machine",
    "grant_start": "start its state machine",
}
"""What the grants to callers allow."""


NO_GRANTS = "reads= and writes= document, and grant nothing"
"""What is said of what a declaration names."""


def describe(access: Access, reads: Sequence[str] = (), writes: Sequence[str] = ()) -> str:
    """All of it, for a terminal."""
    parts = [
        *_role(f"Task role {_name(access.task.arn)}", "what the batch itself may do", access.task, _by_service),
        "",
        *_role(f"Execution role {_name(access.execution.arn)}", "what ECS needs to start it", access.execution, _why),
        "",
        *_callers(access.callers),
        *_declared(reads, writes),
    ]
    return "\n".join(parts)


def _role(title: str, what: str, role: RoleAccess, head: _Head) -> list[str]:
    lines = [f"{title}: {what}"]
    found = permissions_of(role.grants)
    groups: dict[str, list[Permission]] = {}
    for one in found:
        groups.setdefault(one.service, []).append(one)
    for service, ones in groups.items():
        lines += ["", f"  {head(service, ones)}"]
        for one in ones:
            lines += [f"    {line}" for line in permission_lines(one)]
    if not found and not role.managed:
        lines.append("  nothing" + ("" if role.adopted else ": grant it something, or call self.allow(…)"))
    for policy in role.managed:
        at = f"  ({policy.at})" if policy.at else ""
        lines += ["", f"  managed policy {_text(policy.arn)}{at}", "    what it allows is in the account, not here"]
    if role.adopted:
        lines += [
            "",
            "  This role was given to the batch, not made by it. Policies that it has in its account count too, and",
            "  cannot be seen here.",
        ]
    return lines


def _by_service(service: str, ones: Sequence[Permission]) -> str:
    return f"{service_name(service)}: {in_words(ones)}"


def _why(service: str, ones: Sequence[Permission]) -> str:
    return _PURPOSES.get(service, _by_service(service, ones))


def in_words(ones: Iterable[Permission]) -> str:
    """What permissions of one service allow: ``read, list``."""
    allowed = [one for one in ones if one.allowed]
    levels = {level for one in allowed for level in one.levels}
    verbs = [verb for level, verb in _VERBS.items() if level in levels]
    return ", ".join(verbs) or ("anything else" if any(one.but for one in allowed) else "see the actions")


def describe_machine(role: RoleAccess) -> str:
    """What a workflow's machine may do, for a terminal."""
    return "\n".join(_role(f"Role {_name(role.arn)}", "what its machine may do", role, _by_service))


def permission_line(one: Permission) -> str:
    """One permission in a line: ``S3: read, list on s3:sales (batches/report/batch.py:31)``."""
    where = dict.fromkeys(
        resource if resource.startswith("all but ") or not one.service else resource_of(one.service, resource)
        for resource in one.resources
    )
    what = in_words([one]) if one.allowed and not one.but else ", ".join(one.actions)
    verb = ("all but " if one.but else "") if one.allowed else _never(one)
    parts = [f"{service_name(one.service)}: {verb}{what}", f"on {', '.join(where)}" if where else ""]
    parts += [f"only if {condition}" for condition in one.conditions]
    parts += [f"because {one.reason}" if one.reason else "", f"({one.at})" if one.at else ""]
    return " ".join(part for part in parts if part)


def _never(one: Permission) -> str:
    """What comes before the actions of a denial; one of all but some leaves those to what allows them."""
    return "never anything but " if one.but else "never "


def permission_lines(one: Permission) -> list[str]:
    """One permission, as lines."""
    actions = [_marked_action(action) for action in one.actions]
    if one.but:
        lines = [f"but not {action}" for action in actions] if one.allowed else [f"{_never(one)}{', '.join(actions)}"]
    else:
        lines = actions if one.allowed else [f"{_never(one)}{action}" for action in actions]
    lines += [f"  on {_marked_resource(resource)}" for resource in one.resources]
    lines += [f"  only if {condition}" for condition in one.conditions]
    if one.reason:
        lines.append(f"  reason: {one.reason}")
    if one.at:
        lines.append(f"  granted at {one.at}")
    return lines


def _marked_action(action: str) -> str:
    if not is_wild(action):
        return action
    several = len(expand(action))
    counted = "1 action" if several == 1 else f"{several} actions"
    return f"{action}   [wildcard: {counted}]" if several else f"{action}   [wildcard]"


def _marked_resource(resource: str) -> str:
    if resource == "*":
        return "*   [wildcard: every resource]"
    return f"{resource}   [wildcard]" if is_wild(resource) else resource


def _callers(callers: Sequence[Caller]) -> list[str]:
    lines = ["Callers: who may do something with it, as far as this project grants it"]
    by_who: dict[str, list[Caller]] = {}
    for caller in callers:
        by_who.setdefault(caller.who, []).append(caller)
    for who, ones in by_who.items():
        lines += ["", f"  {who}"]
        for one in dict.fromkeys(ones):
            which = "of this batch" if one.on == "batch" else "of every batch of the stage"
            at = f"  ({one.at})" if one.at else ""
            lines.append(f"    {CALLS.get(one.grant, one.grant)}: {which}{at}")
    return lines if by_who else [*lines, "  no one"]


def _declared(reads: Sequence[str], writes: Sequence[str]) -> list[str]:
    if not reads and not writes:
        return []
    lines = ["", f"Declared: {NO_GRANTS}", ""]
    return lines + [f"  {verb} {one}" for verb, ones in (("reads", reads), ("writes", writes)) for one in ones]


def _name(arn: object) -> str:
    return _text(arn).rpartition("/")[2]


def _text(value: object) -> str:
    return f"<{unresolved(value)}>" if unresolved(value) else str(value)
