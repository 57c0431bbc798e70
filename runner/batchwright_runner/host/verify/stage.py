"""What a run needs of the stage beside its network: log groups, what fills the history, and the deadlines' group."""

from collections.abc import Iterable, Iterator

from batchwright_runner.contract.ends import NO_DEADLINE
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.stop_reasons import PLATFORM_AGAIN
from batchwright_runner.host.finding import Finding
from batchwright_runner.host.terminal.text import sentence
from batchwright_runner.host.verify.subject import Subject, as_a_run

NO_LOG_GROUP = as_a_run("the specified log group does not exist")


def check_log(subject: Subject) -> Iterator[Finding]:
    """Whether its log group is there, and for how long it keeps what a run says."""
    yield from _group(subject, subject.manifest.log_group, NO_LOG_GROUP)


def check_history(subject: Subject) -> Iterable[Finding]:
    """Whether the ends of runs are kept: ECS itself forgets them after an hour."""
    name = subject.manifest.history_log_group
    if not name:
        return [subject.warn("the stage keeps none: how a run has ended is forgotten after an hour or so")]
    return _group(subject, name, sentence(PLATFORM_AGAIN))


def _group(subject: Subject, name: str, advice: str) -> Iterator[Finding]:
    groups = subject.look.pages("logs", "describe_log_groups", "logGroups", logGroupNamePrefix=name)
    found = next((group for group in groups if group["logGroupName"] == name), None)
    if found is None:
        yield subject.fail(f"{name} does not exist", advice)
    elif not found.get("retentionInDays"):
        yield subject.warn(f"{name} keeps everything forever, which costs", "Set a retention")
    else:
        yield subject.ok(f"{name} keeps {found['retentionInDays']} days")


def check_deadline(subject: Subject) -> Iterable[Finding]:
    """Whether a run that loses its runner is stopped in time."""
    deadline = subject.manifest.deadline
    if deadline is None:
        return [subject.warn(f"the stage keeps none: {NO_DEADLINE}")]
    group = subject.look.find("ResourceNotFoundException", "scheduler", "get_schedule_group", Name=deadline.group)
    if group is None:
        what = f"there is no group {deadline.group}: {NO_DEADLINE}"
        return [subject.fail(what, sentence(PLATFORM_AGAIN))]
    if group.get("State") == "ACTIVE":
        return [subject.ok(f"{deadline.group} is active")]
    return [subject.fail(f"{deadline.group} is {group.get('State')}", sentence(PLATFORM_AGAIN))]


ON = ("ENABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS")
"""States of a rule that is matched (EventBridge API reference, DescribeRule, 2026-11)."""


def check_rules(subject: Subject) -> Iterator[Finding]:
    """Whether the platform's rules are there, on, and keep what they match: of tasks, and of a machine's executions.

    A stage without a history has no rule, as the check of the history says; a history that something else made has
    rules whose names are not known here.
    """
    manifest = subject.manifest
    at = StageNames.of(manifest)
    if not manifest.history_log_group:
        return
    if manifest.history_log_group != at.history_log_group:
        yield subject.ok(f"what fills {manifest.history_log_group} is not the platform's, and was not looked at")
        return
    names = [at.runs_rule, *([at.executions_rule] if manifest.machine else [])]
    off = (finding for name in names for finding in _rule(subject, name))
    yield from subject.or_ok(off, f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} on")


def _rule(subject: Subject, name: str) -> Iterator[Finding]:
    """What is wrong with a rule."""
    lost = "how runs end is not kept"
    rule = subject.look.find("ResourceNotFoundException", "events", "describe_rule", Name=name)
    if rule is None:
        yield subject.fail(f"{name} does not exist: {lost}", sentence(PLATFORM_AGAIN))
        return
    state = rule.get("State")
    if state not in ON:
        yield subject.fail(f"{name} is {state}: {lost}", f"aws events enable-rule --name {name}")
        return
    group = subject.manifest.history_log_group
    targets = [
        str(Target["Arn"]) for Target in subject.look.call("events", "list_targets_by_rule", Rule=name)["Targets"]
    ]
    if not any(_is_group(arn, group) for arn in targets):
        others = f"sends it to {', '.join(sorted(targets))}, not to {group}" if targets else "sends it nowhere"
        yield subject.fail(f"{name} {others}: {lost}", sentence(PLATFORM_AGAIN))


def _is_group(arn: str, group: str) -> bool:
    """Whether a target is a log group: its ARN, with or without what stands for its streams."""
    return arn.partition(":log-group:")[2].removesuffix(":*") == group
