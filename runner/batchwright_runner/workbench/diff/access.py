"""The changes of what a batch's own roles may do, and of who may run it. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from batchwright_runner.contract.access import Access, Caller, RoleAccess
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.workbench.diff.batch import BatchPair, BatchSide
from batchwright_runner.workbench.diff.change import ChangeList
from batchwright_runner.workbench.diff.rules import Difference, Rule, compare, managed, rules_of
from batchwright_runner.workbench.diff.wording import shown
from batchwright_runner.workbench.permissions.statements import texts
from batchwright_runner.workbench.permissions.words import CALLS

_SECRET_KEY = "kms:EncryptionContext:PARAMETER_ARN"  # noqa: S105 - a condition key
_STARTING = frozenset(
    {
        "ecr:getauthorizationtoken",
        "ecr:batchchecklayeravailability",
        "ecr:batchgetimage",
        "ecr:getdownloadurlforlayer",
        "logs:createlogstream",
        "logs:putlogevents",
        "ssm:getparameters",
    }
)
_TOKEN = "ecr:getauthorizationtoken"  # noqa: S105 - an action
EXECUTION = "its execution role"


def access_changes(pair: BatchPair, changes: ChangeList) -> dict[str, list[Difference]]:
    """Adds what differs in a batch's access; nothing of a stage's callers, whose own roles are compared.

    Returns the names of the batch's two roles, each with all that differs of it in the file, also what is not added.
    """
    before, after = (Access.from_dict(side.raw.get("access") or {}) for side in (pair.before, pair.after))
    task = compare(_rules(before.task), _rules(after.task))
    execution = compare(_rules(before.execution), _rules(after.execution))
    foreign = compare(_rules(before.execution, pair.before), _rules(after.execution, pair.after))
    for lead, differences in (("", task), (f"{EXECUTION} ", foreign)):
        for difference in differences:
            changes.permission(f"{lead}{difference}", broader=difference.broader)
    if execution and not foreign and before.execution.grants:
        text = f"{EXECUTION} follows: it may start this batch with its own values, images and log, and nothing else new"
        changes.permission(text, broader=False)
    _adopted(before, after, changes)
    _callers(before.callers, after.callers, changes)
    _starts(pair, changes)
    roles = [
        (role, differences)
        for access in (before, after)
        for role, differences in ((access.task, task), (access.execution, execution))
    ]
    return {shown(role.arn).rpartition("/")[2]: differences for role, differences in roles if role.arn}


def _rules(role: RoleAccess, starting: BatchSide | None = None) -> list[Rule]:
    """The rules of a role; where it starts a batch, without those for what is the batch's own."""
    granted = [
        rule
        for grant in role.grants
        for statement in (_foreign(grant.statement, starting) if starting else (grant.statement,))
        for rule in rules_of(statement, at=grant.at, reason=grant.reason)
    ]
    return [*granted, *(managed(shown(policy.arn)) for policy in role.managed)]


def _foreign(statement: Mapping[str, Any], side: BatchSide) -> Iterator[Mapping[str, Any]]:
    """A statement without what is about the batch's own values, the project's images, and its own log."""
    own = _own(side.manifest)
    actions = {action.lower() for action in texts(statement.get("Action"))}
    if actions and actions <= _STARTING and "Resource" in statement:
        resources = [resource for resource in texts(statement["Resource"]) if not own.match(resource)]
        if actions == {_TOKEN} or not resources:
            return
        statement = {**statement, "Resource": resources}
    condition = statement.get("Condition") or {}
    keys = condition.get("StringEquals") or {}
    values = texts(keys.get(_SECRET_KEY)) if isinstance(keys, Mapping) else []
    foreign = [value for value in values if not own.match(value)]
    if foreign or not values or not actions:
        rest = {**condition, "StringEquals": {**keys, _SECRET_KEY: foreign}} if values else condition
        yield {**statement, "Condition": rest}


def _own(manifest: BatchManifest) -> re.Pattern[str]:
    """What the ARNs begin with of all that a batch needs to start."""
    account, project = re.escape(manifest.account), re.escape(manifest.project)
    path = f"{project}/{re.escape(manifest.stage)}/{re.escape(manifest.batch)}"
    image = re.escape(manifest.image.name or manifest.batch)
    return re.compile(
        rf"arn:[a-z-]+:ssm:[a-z0-9-]+:{account}:parameter/{path}/"
        rf"|arn:[a-z-]+:logs:[a-z0-9-]+:{account}:log-group:/{path}:"
        rf"|arn:[a-z-]+:ecr:[a-z0-9-]+:[0-9]+:repository/{project}/{image}$"
    )


def _adopted(before: Access, after: Access, changes: ChangeList) -> None:
    for name, old, new in (("task", before.task, after.task), ("execution", before.execution, after.execution)):
        was, now = shown(old.arn), shown(new.arn)
        if not old.adopted and new.adopted:
            text = f"may now do all that the given {name} role {now} may, whose policies are in the account"
            changes.permission(text, broader=True)
        elif old.adopted and not new.adopted:
            changes.permission(
                f"no longer acts with the given {name} role {was}, and has one of its own", broader=False
            )
        elif new.adopted and was != now:
            changes.permission(
                f"may now do all that another given {name} role may: {now} instead of {was}", broader=True
            )


def _callers(before: Sequence[Caller], after: Sequence[Caller], changes: ChangeList) -> None:
    old, new = (
        {(caller.who, caller.grant) for caller in callers if caller.on == "batch"} for callers in (before, after)
    )
    at = {(caller.who, caller.grant): caller.at for caller in after}
    for who, grant in sorted(new - old):
        place = f" (granted at {at[who, grant]})" if at[who, grant] else ""
        changes.permission(f"{who} may now {CALLS.get(grant, grant)} of this batch{place}", broader=True)
    for who, grant in sorted(old - new):
        changes.permission(f"{who} may no longer {CALLS.get(grant, grant)} of this batch", broader=False)


def _starts(pair: BatchPair, changes: ChangeList) -> None:
    """What a start of its machine may bring along, which then runs with the batch's role and secrets."""
    old, new = (tuple(map(str, side.raw.get("startable") or ())) for side in (pair.before, pair.after))
    for part in new:
        if part not in old:
            changes.permission(
                f"whoever may start its machine may now run any {part} with its role and secrets", broader=True
            )
    for part in old:
        if part not in new:
            changes.permission(f"whoever may start its machine runs its declared {part} alone", broader=False)
