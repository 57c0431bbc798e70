"""What is said of what a batch's own roles may do, and of who may run it. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from batchwright_runner.contract.access import Access, Caller, RoleAccess
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.workbench.diff.batch import Pair, Side
from batchwright_runner.workbench.diff.change import Gate, Kind, When
from batchwright_runner.workbench.diff.marks import rules_granted
from batchwright_runner.workbench.diff.permission_words import sentence
from batchwright_runner.workbench.diff.policies import compare
from batchwright_runner.workbench.diff.rules import Rule, Test
from batchwright_runner.workbench.diff.said import Said
from batchwright_runner.workbench.diff.spans import Span
from batchwright_runner.workbench.diff.template import Place
from batchwright_runner.workbench.diff.wording import shown
from batchwright_runner.workbench.permissions.words import CALLS

_SECRET_KEY = "kms:encryptioncontext:parameter_arn"  # noqa: S105 - a condition key
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


def access_changes(pair: Pair, said: Said) -> None:
    """Says what differs in a batch's access; nothing of a stage's callers, whose own roles are compared."""
    before, after = (Access.from_dict(one.raw.get("access") or {}) for one in (pair.before, pair.after))
    _rules(_of_role(before.task, pair.before), _of_role(after.task, pair.after), "", said)
    _managed(before.task, after.task, "", said)
    _execution(pair, before.execution, after.execution, said)
    _managed(before.execution, after.execution, f"{EXECUTION} ", said)
    _adopted(before, after, said)
    _callers(before.callers, after.callers, said)
    _starts(pair, said)


def _of_role(role: RoleAccess, side: Side) -> list[Rule]:
    return rules_granted(role.grants, Place(account=side.manifest.account, region=side.manifest.region))


def _rules(before: Sequence[Rule], after: Sequence[Rule], lead: str, said: Said) -> int:
    found = compare(before, after)
    for one in found:
        gates = [Gate.PERMISSIONS] if one.broader else []
        kind = Kind.BROADER if one.broader else Kind.NARROWER
        said.say(kind, f"{lead}{sentence(one)}", When.DEPLOY, gates=gates)
    return len(found)


def _execution(pair: Pair, before: RoleAccess, after: RoleAccess, said: Said) -> None:
    """What follows from the batch's own values, image and log is said with those."""
    old, new = _of_role(before, pair.before), _of_role(after, pair.after)
    told = _rules(_foreign(old, pair.before), _foreign(new, pair.after), f"{EXECUTION} ", said)
    if (
        not told
        and before.grants
        and [replace(one, at="", reason="") for one in old] != [replace(one, at="", reason="") for one in new]
    ):
        text = f"{EXECUTION} follows: it may start this batch with its own values, images and log, and nothing else new"
        said.say(Kind.NARROWER, text, When.DEPLOY)


def _foreign(rules: Iterable[Rule], side: Side) -> list[Rule]:
    """Rules without what is about the batch's own values, the project's images, and its own log."""
    own = _own(side.manifest)
    found = []
    for rule in rules:
        if rule.resources.all_but or rule.actions.all_but:
            found.append(rule)
            continue
        left = rule
        if set(rule.actions.patterns) <= _STARTING:
            resources = tuple(one for one in rule.resources.patterns if not own.match(one))
            if rule.actions.patterns == (_TOKEN,) or not resources:
                continue
            left = replace(left, resources=Span(resources))
        tests = tuple(_without(test, own) for test in left.tests)
        if any(not test.values for test in tests):
            continue
        found.append(replace(left, tests=tests))
    return found


def _without(test: Test, own: re.Pattern[str]) -> Test:
    if test.key.lower() != _SECRET_KEY:
        return test
    return Test(test.operator, test.key, frozenset(one for one in test.values if not own.match(one)))


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


def _managed(before: RoleAccess, after: RoleAccess, lead: str, said: Said) -> None:
    old, new = ([shown(one.arn) for one in role.managed] for role in (before, after))
    for arn in new:
        if arn not in old:
            text = f"{lead}may now also do what the managed policy {arn} allows, which is in the account and not here"
            said.say(Kind.BROADER, text, When.DEPLOY, gates=[Gate.PERMISSIONS])
    for arn in old:
        if arn not in new:
            said.say(Kind.NARROWER, f"{lead}no longer has the managed policy {arn}", When.DEPLOY)


def _adopted(before: Access, after: Access, said: Said) -> None:
    for name, old, new in (("task", before.task, after.task), ("execution", before.execution, after.execution)):
        if not old.adopted and new.adopted:
            text = f"may now do all that the given {name} role {shown(new.arn)} may, whose policies are in the account"
            said.say(Kind.BROADER, text, When.DEPLOY, gates=[Gate.PERMISSIONS])
        elif old.adopted and not new.adopted:
            text = f"no longer acts with the given {name} role {shown(old.arn)}, and has one of its own"
            said.say(Kind.NARROWER, text, When.DEPLOY)
        elif new.adopted and shown(old.arn) != shown(new.arn):
            text = f"may now do all that another given {name} role may: {shown(new.arn)} instead of {shown(old.arn)}"
            said.say(Kind.BROADER, text, When.DEPLOY, gates=[Gate.PERMISSIONS])


def _callers(before: Sequence[Caller], after: Sequence[Caller], said: Said) -> None:
    old, new = ({(one.who, one.grant) for one in ones if one.on == "batch"} for ones in (before, after))
    at = {(one.who, one.grant): one.at for one in after}
    for who, grant in sorted(new - old):
        where = f" (granted at {at[who, grant]})" if at[who, grant] else ""
        text = f"{who} may now {CALLS.get(grant, grant)} of this batch{where}"
        said.say(Kind.BROADER, text, When.DEPLOY, gates=[Gate.PERMISSIONS])
    for who, grant in sorted(old - new):
        text = f"{who} may no longer {CALLS.get(grant, grant)} of this batch"
        said.say(Kind.NARROWER, text, When.DEPLOY)


def _starts(pair: Pair, said: Said) -> None:
    """What a start of its machine may bring along, which then runs with the batch's role and secrets."""
    old, new = (tuple(map(str, one.raw.get("startable") or ())) for one in (pair.before, pair.after))
    for what in new:
        if what not in old:
            text = f"whoever may start its machine may now run any {what} with its role and secrets"
            said.say(Kind.BROADER, text, When.DEPLOY, gates=[Gate.PERMISSIONS])
    for what in old:
        if what not in new:
            said.say(Kind.NARROWER, f"whoever may start its machine runs its declared {what} alone", When.DEPLOY)
