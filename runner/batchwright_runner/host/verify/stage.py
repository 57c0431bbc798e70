"""What a run needs of the stage beside its network: log groups, and the deadlines' group."""

from collections.abc import Iterator

from batchwright_runner.contract.ends import NO_DEADLINE
from batchwright_runner.contract.stop_reasons import PLATFORM_AGAIN
from batchwright_runner.host.finding import Finding
from batchwright_runner.host.terminal.text import sentence
from batchwright_runner.host.verify.subject import Subject, as_a_run

LOG = "log group"
HISTORY = "history"
DEADLINE = "deadline"

NO_LOG_GROUP = as_a_run("the specified log group does not exist")


def check_log(subject: Subject) -> Iterator[Finding]:
    """Whether its log group is there, and for how long it keeps what a run says."""
    yield from _group(subject, LOG, subject.manifest.log_group, NO_LOG_GROUP)


def check_history(subject: Subject) -> Iterator[Finding]:
    """Whether the ends of runs are kept: ECS itself forgets them after an hour."""
    name = subject.manifest.history_log_group
    if not name:
        yield subject.warn(HISTORY, "the stage keeps none: how a run has ended is forgotten after an hour or so")
        return
    yield from _group(subject, HISTORY, name, sentence(PLATFORM_AGAIN))


def _group(subject: Subject, check: str, name: str, advice: str) -> Iterator[Finding]:
    groups = subject.look.pages("logs", "describe_log_groups", "logGroups", logGroupNamePrefix=name)
    found = next((group for group in groups if group["logGroupName"] == name), None)
    if found is None:
        yield subject.fail(check, f"{name} does not exist", advice)
    elif not found.get("retentionInDays"):
        yield subject.warn(check, f"{name} keeps everything forever, which costs", "Set a retention")
    else:
        yield subject.ok(check, f"{name} keeps {found['retentionInDays']} days")


def check_deadline(subject: Subject) -> Iterator[Finding]:
    """Whether a run that loses its runner is stopped in time."""
    deadline = subject.manifest.deadline
    if deadline is None:
        yield subject.warn(DEADLINE, f"the stage keeps none: {NO_DEADLINE}")
        return
    group = subject.look.find("ResourceNotFoundException", "scheduler", "get_schedule_group", Name=deadline.group)
    if group is None:
        what = f"there is no group {deadline.group}: {NO_DEADLINE}"
        yield subject.fail(DEADLINE, what, sentence(PLATFORM_AGAIN))
    elif group.get("State") == "ACTIVE":
        yield subject.ok(DEADLINE, f"{deadline.group} is active")
    else:
        yield subject.fail(DEADLINE, f"{deadline.group} is {group.get('State')}", sentence(PLATFORM_AGAIN))
