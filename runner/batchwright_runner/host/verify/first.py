"""``run --verify``: what is looked at before a start."""

from collections.abc import Callable

from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.errors import StartError
from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.finding import Status
from batchwright_runner.host.runs.signals import Waiter
from batchwright_runner.host.terminal.console import Tell
from batchwright_runner.host.verify.verify import QUICK, verify


def refuse_what_would_fail(
    manifest: BatchManifest, aws: Aws, waiter: Waiter, elsewhere: Callable[[str], Aws], tell: Tell
) -> None:
    """Ends a run before its start, where one of the quick checks fails. What cannot be looked at is only said.

    Raises:
        StartError: It would not start. All reasons have been said; the error is the first.
        InterruptedEarlyError: A signal came.
    """
    findings = verify([manifest], QUICK, aws, waiter, elsewhere)
    for finding in findings:
        if finding.status in (Status.WARN, Status.UNKNOWN):
            tell.note(finding.said)
    failed = [finding for finding in findings if finding.status is Status.FAIL]
    for one in failed[1:]:
        tell.note(one.said)
    if failed:
        first = failed[0]
        problem = f"{manifest.batch} was not started: {first.name}: {first.what}"
        raise StartError(problem, hint=first.advice, again="useless")
