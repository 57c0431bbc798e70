"""What a batch did, beside what it may do, in words; and what AWS refused, with the line that mends each. Pure."""

from collections.abc import Iterable, Sequence
from typing import Any

from batchwright_runner.contract.access import RoleAccess
from batchwright_runner.workbench.permissions.actions import known, pattern
from batchwright_runner.workbench.permissions.compare import Comparison, UnusedAction, UsedAction
from batchwright_runner.workbench.permissions.datagrams import ReportedCall
from batchwright_runner.workbench.permissions.operations import needs
from batchwright_runner.workbench.permissions.proposals import propose
from batchwright_runner.workbench.permissions.statements import ALL_BUT, Statement, permissions_of

SPEAK = "boto3 and the AWS CLI, Ruby, PHP, .NET 3, C++, Go v1, Java v1, JavaScript v2"
MUTE = "JavaScript v3, Go v2, Java v2, Rust, Kotlin, Swift"
"""Which SDKs report their calls, and which do not (AWS's SDK guides, "SDK metrics" or "client-side monitoring"; issue
1142 of aws-sdk-go-v2; 2026-11)."""

SILENCE = (
    "NOTHING WAS RECORDED. That does not mean that nothing was used: no AWS SDK reported a call.\n"
    f"These SDKs report: {SPEAK}.\nThese do not: {MUTE}. A program without an SDK does not either."
)
MOST = 5
"""Refusals that are shown: what comes after the first ones is often their consequence."""
UNSEEN = "the role has policies of its account, which are not seen here: what they allow is missing above"


def report(comparison: Comparison) -> str:
    """The report, for a terminal."""
    if comparison.silent:
        return SILENCE + _ignored(comparison)
    runs = "1 run" if comparison.runs == 1 else f"{comparison.runs} runs"
    unmapped = (f"{operation}   {_times(count)}" for operation, count in comparison.unmapped.items())
    parts = [
        f"Recorded in {runs}, as reported by {', '.join(comparison.sdks) or 'SDKs that do not say their name'}",
        *_used("Used and allowed", comparison.allowed),
        *_used("Used and NOT allowed", comparison.missing),
        *_section("Allowed and never used", map(_unused, comparison.unused)),
        *_section("Calls that could not be mapped to actions", unmapped),
        *_section("Calls that need no permission", comparison.free),
        *_paste(comparison.missing),
    ]
    if comparison.unseen and comparison.missing:
        parts += ["", UNSEEN]
    return "\n".join(parts) + _ignored(comparison)


def summary(comparison: Comparison) -> str:
    """One line."""
    if comparison.silent:
        return "nothing was recorded"
    allowed, missing, unused = map(len, (comparison.allowed, comparison.missing, comparison.unused))
    unmapped = f", {len(comparison.unmapped)} not mapped" if comparison.unmapped else ""
    return f"{allowed} used and allowed, {missing} used and NOT allowed, {unused} allowed and never used{unmapped}"


def data(comparison: Comparison) -> dict[str, Any]:
    """The report, for ``--json``."""
    proposal = propose(comparison.missing)
    return {
        "recorded": not comparison.silent,
        "runs": comparison.runs,
        "sdks": list(comparison.sdks),
        "used_and_allowed": [_plain(action) for action in comparison.allowed],
        "used_and_not_allowed": [_plain(action) for action in comparison.missing],
        **{
            title: [{"action": action.name, "at": action.at} for action in comparison.unused if action.hidden is hidden]
            for title, hidden in (("allowed_and_never_used", False), ("allowed_and_not_visible", True))
        },
        "not_mapped": [{"operation": operation, "count": count} for operation, count in comparison.unmapped.items()],
        "no_permission_needed": list(comparison.free),
        "proposal": {"imports": list(proposal.imports), "lines": list(proposal.lines)},
    }


def _plain(action: UsedAction) -> dict[str, Any]:
    lists = {name: list(getattr(action, name)) for name in ("operations", "resources", "granted_at")}
    return {"action": action.name, "count": action.count, **lists, "or": list(action.instead)}


def _used(title: str, actions: Sequence[UsedAction]) -> list[str]:
    lines = []
    for action in actions:
        lines.append(f"{action.name}   {_times(action.count)}, {', '.join(action.operations)}")
        if action.instead:
            lines.append(f"  or {' or '.join(action.instead)}: that depends on what the requests held")
        lines += [f"  refused on {resource}" for resource in action.resources]
        lines += [f"  granted at {at}" for at in action.granted_at]
    return _section(title, lines, always=title == "Used and NOT allowed")


def _section(title: str, lines: Iterable[str], *, always: bool = False) -> list[str]:
    listed = list(lines)
    if not listed and not always:
        return []
    return ["", title, *(f"  {line}" for line in listed or ["nothing"])]


def _unused(action: UnusedAction) -> str:
    place = f"   ({action.at})" if action.at else ""
    return f"{action.name}{place}{'   other services call it for the batch: not seen' if action.hidden else ''}"


def _paste(missing: Sequence[UsedAction]) -> list[str]:
    if not missing:
        return []
    proposal = propose(missing)
    lines = ["", *proposal.imports, *([""] if proposal.imports else []), *proposal.lines]
    what = "To allow it, paste into the batch's __init__, with the real names:"
    return ["", what, *(f"    {line}".rstrip() for line in lines)]


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _ignored(comparison: Comparison) -> str:
    ignored = f"\n\n{comparison.ignored} datagrams were no reports of this batch's SDKs, and were ignored"
    return ignored if comparison.ignored else ""


def refusals_in_words(role: RoleAccess, refused: Sequence[ReportedCall], declaration: str) -> str:
    """The refusals of one run in words, the first one first.

    `refused`: the calls that AWS refused, in the order in which they came; at least one.
    """
    permissions = permissions_of(role.grants)
    lines = [f"AWS refused the task role {'a call' if len(refused) == 1 else f'{len(refused)} different calls'}"]
    for at, call in enumerate(refused[:MOST]):
        actions = _lacked(call)
        on = f" on {call.resource}" if call.resource else ""
        named = " and ".join(actions) or "an action that AWS did not name"
        lines += ["", f"{'first' if at == 0 else 'then'}: {call.service}.{call.operation}, for {named}{on}"]
        lines += _mends(permissions, call, actions, declaration)
    if len(refused) > MOST:
        lines += ["", f"and {len(refused) - MOST} more, which may be their consequences"]
    return "\n".join(lines)


def _lacked(call: ReportedCall) -> tuple[str, ...]:
    """The actions, one or all of which a call lacked: what AWS named, else what the operation needs."""
    need = needs(call.service, call.operation)
    action = known(call.action) or call.action
    return (action,) if action else (*need.actions, *need.one_of[:1])


def _reaches(permission: Statement, resource: str) -> bool:
    """Whether a statement is about a resource. One that only a deployment knows, or with a condition, may be."""
    return any(
        arn.startswith(("<", ALL_BUT)) or pattern(arn).fullmatch(resource) is not None for arn in permission.resources
    )


def _lines(permissions: Sequence[Statement]) -> str:
    return ", ".join(dict.fromkeys(permission.at or "the declaration" for permission in permissions))


def _mends(permissions: Sequence[Statement], call: ReportedCall, actions: Sequence[str], declaration: str) -> list[str]:
    about = [part for part in permissions if part.allowed and any(map(part.covers, actions))]
    here = [permission for permission in about if not call.resource or _reaches(permission, call.resource)]
    if here:
        return [
            f"  {_lines(here)} allows it. Deploy the batch, if that is not deployed yet; else a policy of the",
            "  organization, of the resource or of its key denies it, or a condition does not hold",
        ]
    resources = (call.resource,) if call.resource else ()
    proposal = propose([UsedAction(action, (call.operation,), 1, resources) for action in actions])
    known_at = [f"  {_lines(about)} allows it on other resources"] if about else []
    if not proposal.lines:
        return known_at
    lines = [*proposal.imports, *proposal.lines]
    return [*known_at, f"  paste into {declaration}, in __init__, and deploy:", *(f"    {line}" for line in lines)]
