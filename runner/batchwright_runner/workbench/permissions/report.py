"""The comparison of what a batch did with what it may do, in words. Pure."""

from collections.abc import Iterable, Sequence
from typing import Any

from batchwright_runner.workbench.permissions.compare import Comparison, Used
from batchwright_runner.workbench.permissions.proposals import propose

SPEAK = "boto3 and the AWS CLI, Ruby, PHP, .NET 3, C++, Go v1, Java v1, JavaScript v2"
MUTE = "JavaScript v3, Go v2, Java v2, Rust, Kotlin, Swift"
"""Which SDKs report their calls, and which do not (AWS's SDK guides, "SDK metrics" or "client-side monitoring"; issue
1142 of aws-sdk-go-v2; 2026-11)."""

SILENCE = (
    "NOTHING WAS RECORDED. That does not mean that nothing was used: no AWS SDK reported a call.\n"
    f"These SDKs report: {SPEAK}.\nThese do not: {MUTE}. A program without an SDK does not either."
)
UNSEEN = "the role has policies of its account, which are not seen here: what they allow is missing above"


def report(found: Comparison) -> str:
    """The report, for a terminal."""
    if found.silent:
        return SILENCE + _ignored(found)
    runs = "1 run" if found.runs == 1 else f"{found.runs} runs"
    parts = [
        f"Recorded in {runs}, as reported by {', '.join(found.sdks) or 'SDKs that do not say their name'}",
        *_used("Used and allowed", found.allowed),
        *_used("Used and NOT allowed", found.missing),
        *_section("Allowed and never used", (_unused(one.action, one.at, one.hidden) for one in found.unused)),
        *_section(
            "Calls that could not be mapped to actions",
            (f"{operation}   {_times(count)}" for operation, count in found.unmapped.items()),
        ),
        *_section("Calls that need no permission", found.free),
        *_paste(found.missing),
    ]
    if found.unseen and found.missing:
        parts += ["", UNSEEN]
    return "\n".join(parts) + _ignored(found)


def summary(found: Comparison) -> str:
    """One line."""
    if found.silent:
        return "nothing was recorded"
    counts = {
        "used and allowed": found.allowed,
        "used and NOT allowed": found.missing,
        "allowed and never used": found.unused,
        "not mapped": found.unmapped,
    }
    return ", ".join(f"{len(ones)} {what}" for what, ones in counts.items() if ones or what != "not mapped")


def data(found: Comparison) -> dict[str, Any]:
    """The report, for ``--json``."""
    proposal = propose(found.missing)
    return {
        "recorded": not found.silent,
        "runs": found.runs,
        "sdks": list(found.sdks),
        "used_and_allowed": [_plain(one) for one in found.allowed],
        "used_and_not_allowed": [_plain(one) for one in found.missing],
        "allowed_and_never_used": [{"action": one.action, "at": one.at} for one in found.unused if not one.hidden],
        "allowed_and_not_visible": [{"action": one.action, "at": one.at} for one in found.unused if one.hidden],
        "not_mapped": [{"operation": operation, "count": count} for operation, count in found.unmapped.items()],
        "no_permission_needed": list(found.free),
        "proposal": {"imports": list(proposal.imports), "lines": list(proposal.lines)},
    }


def _plain(one: Used) -> dict[str, Any]:
    return {
        "action": one.action,
        "operations": list(one.operations),
        "count": one.count,
        "resources": list(one.resources),
        "granted_at": list(one.granted_at),
        "or": list(one.instead),
    }


def _used(title: str, ones: Sequence[Used]) -> list[str]:
    lines = []
    for one in ones:
        lines.append(f"{one.action}   {_times(one.count)}, {', '.join(one.operations)}")
        if one.instead:
            lines.append(f"  or {' or '.join(one.instead)}: that depends on what the requests held")
        lines += [f"  refused on {resource}" for resource in one.resources]
        lines += [f"  granted at {at}" for at in one.granted_at]
    return _section(title, lines, always=title == "Used and NOT allowed")


def _section(title: str, lines: Iterable[str], *, always: bool = False) -> list[str]:
    found = list(lines)
    if not found and not always:
        return []
    return ["", title, *(f"  {line}" for line in found or ["nothing"])]


def _unused(action: str, at: str, hidden: bool) -> str:
    where = f"   ({at})" if at else ""
    return f"{action}{where}{'   other services call it for the batch: not seen' if hidden else ''}"


def _paste(missing: Sequence[Used]) -> list[str]:
    if not missing:
        return []
    proposal = propose(missing)
    lines = [*proposal.imports, *([""] if proposal.imports else []), *proposal.lines]
    return [
        "",
        "To allow it, paste into the batch's __init__, with the real names:",
        "",
        *(f"    {line}".rstrip() for line in lines),
    ]


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _ignored(found: Comparison) -> str:
    if not found.ignored:
        return ""
    return f"\n\n{found.ignored} datagrams were no reports of this batch's SDKs, and were ignored"
