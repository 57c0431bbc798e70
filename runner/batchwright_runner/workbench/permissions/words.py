"""What a batch may do, in words. Pure."""

from collections.abc import Iterable, Mapping, Sequence

from batchwright_runner.contract.access import Access, Caller, RoleAccess
from batchwright_runner.workbench.permissions.actions import expand, is_wild, service_name
from batchwright_runner.workbench.permissions.statements import ALL_BUT, Statement, permissions_of, resource_of, text_of

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
"""The remark on what a declaration names."""


def may_start(startable: Sequence[str]) -> str:
    """What a start of its machine may bring along, which runs with the batch's role and secrets."""
    return f"Whoever may start its machine may run any {' and '.join(startable)} with its task role and secrets"


def describe(
    access: Access,
    reads: Sequence[str] = (),
    writes: Sequence[str] = (),
    startable: Sequence[str] = (),
    function: str = "",
) -> str:
    """All of it, for a terminal.

    `function`: the function that its machine asks; empty where it has no machine.
    """
    task, execution = f"Task role {_name(access.task.arn)}", f"Execution role {_name(access.execution.arn)}"
    chooses = f"Whoever may update the code of the function {function} chooses the command that its machine starts"
    parts = [
        *_role(f"{task}: what the batch itself may do", access.task),
        "",
        *_role(f"{execution}: what ECS needs to start it", access.execution, _PURPOSES),
        "",
        *_callers(access.callers),
        *(["", f"  {may_start(startable)}"] if startable else []),
        *(["", f"  {chooses}"] if function else []),
        *_declared(reads, writes),
    ]
    return "\n".join(parts)


def _role(title: str, role: RoleAccess, purposes: Mapping[str, str] | None = None) -> list[str]:
    lines, permissions = [title], permissions_of(role.grants)
    for service in dict.fromkeys(permission.service for permission in permissions):
        group = [permission for permission in permissions if permission.service == service]
        head = (purposes or {}).get(service) or f"{service_name(service)}: {in_words(group)}"
        lines += ["", f"  {head}", *(f"    {line}" for permission in group for line in permission_lines(permission))]
    if not permissions and not role.managed:
        lines.append("  nothing" + ("" if role.adopted else ": grant it something, or call self.allow(…)"))
    for policy in role.managed:
        at = f"  ({policy.at})" if policy.at else ""
        lines += ["", f"  managed policy {text_of(policy.arn)}{at}"]
        lines += ["    what it allows is in the account, not here"]
    if role.adopted:
        lines += [
            "",
            "  This role was given to the batch, not made by it. Policies that it has in its account count too, and",
            "  cannot be seen here.",
        ]
    return lines


def in_words(permissions: Iterable[Statement]) -> str:
    """What permissions of one service allow: ``read, list``."""
    allowed = [permission for permission in permissions if permission.allowed]
    levels = {level for permission in allowed for level in permission.levels}
    verbs = [verb for level, verb in _VERBS.items() if level in levels]
    return ", ".join(verbs) or ("anything else" if any(permission.but for permission in allowed) else "see the actions")


def describe_machine(role: RoleAccess) -> str:
    """What a workflow's machine may do, for a terminal."""
    return "\n".join(_role(f"Role {_name(role.arn)}: what its machine may do", role))


def permission_line(permission: Statement) -> str:
    """One permission in a line: ``S3: read, list on s3:sales (batches/report/batch.py:31)``."""
    service = permission.service
    resources = dict.fromkeys(
        resource if resource.startswith(ALL_BUT) or not service else resource_of(service, resource)
        for resource in permission.resources
    )
    is_plain = permission.allowed and not permission.but
    actions = in_words([permission]) if is_plain else ", ".join(permission.actions)
    verb = (ALL_BUT if permission.but else "") if permission.allowed else _never(permission)
    parts = [f"{service_name(service)}: {verb}{actions}", f"on {', '.join(resources)}" if resources else ""]
    parts += [f"only if {condition}" for condition in permission.conditions]
    parts.append(f"because {permission.reason}" if permission.reason else "")
    parts.append(f"({permission.at})" if permission.at else "")
    return " ".join(part for part in parts if part)


def _never(permission: Statement) -> str:
    """What comes before the actions of a denial; one of all but some leaves those to what allows them."""
    return "never anything but " if permission.but else "never "


def permission_lines(permission: Statement) -> list[str]:
    """One permission, as lines."""
    actions = [_marked_action(action) for action in permission.actions]
    if permission.allowed:
        lines = [f"but not {action}" if permission.but else action for action in actions]
    else:
        denied = [", ".join(actions)] if permission.but else actions
        lines = [f"{_never(permission)}{action}" for action in denied]
    lines += [f"  on {_marked_resource(resource)}" for resource in permission.resources]
    lines += [f"  only if {condition}" for condition in permission.conditions]
    lines += [f"  reason: {permission.reason}"] if permission.reason else []
    return [*lines, *([f"  granted at {permission.at}"] if permission.at else [])]


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
    for who in dict.fromkeys(caller.who for caller in callers):
        lines += ["", f"  {who}"]
        for caller in dict.fromkeys(caller for caller in callers if caller.who == who):
            which = "of this batch" if caller.on == "batch" else "of every batch of the stage"
            at = f"  ({caller.at})" if caller.at else ""
            lines.append(f"    {CALLS.get(caller.grant, caller.grant)}: {which}{at}")
    return lines if callers else [*lines, "  no one"]


def _declared(reads: Sequence[str], writes: Sequence[str]) -> list[str]:
    if not reads and not writes:
        return []
    lines = ["", f"Declared: {NO_GRANTS}", ""]
    return [*lines, *(f"  reads {resource}" for resource in reads), *(f"  writes {resource}" for resource in writes)]


def _name(arn: object) -> str:
    return text_of(arn).rpartition("/")[2]
