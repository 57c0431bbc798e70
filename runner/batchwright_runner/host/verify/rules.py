"""The rules that keep how runs end, which ECS and Step Functions forget."""

from collections.abc import Iterator

from batchwright_runner.contract.names import executions_rule, history_log_group, runs_rule
from batchwright_runner.contract.stop_reasons import PLATFORM_AGAIN
from batchwright_runner.host.finding import Finding
from batchwright_runner.host.terminal.text import sentence
from batchwright_runner.host.verify.subject import Subject

RULES = "history rule"
ON = ("ENABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS")
"""States of a rule that is matched (EventBridge API reference, DescribeRule, 2026-11)."""


def check_rules(subject: Subject) -> Iterator[Finding]:
    """Whether the platform's rules are there, on, and keep what they match: of tasks, and of a machine's executions.

    A stage without a history has no rule, which is said of the history; a history of another's making has rules
    whose names nobody here knows.
    """
    manifest = subject.manifest
    at = manifest.project, manifest.stage
    if not manifest.history_log_group:
        return
    if manifest.history_log_group != history_log_group(*at):
        yield subject.ok(RULES, f"what fills {manifest.history_log_group} is not the platform's, and was not looked at")
        return
    names = [runs_rule(*at), *([executions_rule(*at)] if manifest.machine else [])]
    off = (finding for name in names for finding in _rule(subject, name))
    yield from subject.or_ok(RULES, off, f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} on")


def _rule(subject: Subject, name: str) -> Iterator[Finding]:
    """What is wrong with a rule."""
    lost = "how runs end is not kept"
    rule = subject.look.find("ResourceNotFoundException", "events", "describe_rule", Name=name)
    if rule is None:
        yield subject.fail(RULES, f"{name} does not exist: {lost}", sentence(PLATFORM_AGAIN))
        return
    state = rule.get("State")
    if state not in ON:
        yield subject.fail(RULES, f"{name} is {state}: {lost}", f"aws events enable-rule --name {name}")
        return
    group = subject.manifest.history_log_group
    targets = [
        str(Target["Arn"]) for Target in subject.look.ask("events", "list_targets_by_rule", Rule=name)["Targets"]
    ]
    if not any(_is_group(arn, group) for arn in targets):
        others = f"sends it to {', '.join(sorted(targets))}, not to {group}" if targets else "sends it nowhere"
        yield subject.fail(RULES, f"{name} {others}: {lost}", sentence(PLATFORM_AGAIN))


def _is_group(arn: str, group: str) -> bool:
    """Whether a target is a log group: its ARN, with or without what stands for its streams."""
    return arn.partition(":log-group:")[2].removesuffix(":*") == group
