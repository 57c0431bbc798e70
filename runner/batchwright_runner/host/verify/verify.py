"""Runs the checks of batches side by side, all to their end."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.errors import InterruptedEarlyError, RunnerError
from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.finding import Finding, Status
from batchwright_runner.host.runs.signals import Waiter
from batchwright_runner.host.verify.definition import CLUSTER, DEFINITION, check_cluster, check_definition
from batchwright_runner.host.verify.file_systems import FILE_SYSTEMS, check_file_systems
from batchwright_runner.host.verify.image import IMAGE, check_image
from batchwright_runner.host.verify.look import StageQuestions, UnseenError
from batchwright_runner.host.verify.network import GROUPS, SUBNETS, check_groups, check_subnets
from batchwright_runner.host.verify.quota import QUOTA, check_quota
from batchwright_runner.host.verify.reach import WAY_OUT, check_way_out
from batchwright_runner.host.verify.role import ROLE, check_roles
from batchwright_runner.host.verify.rules import RULES, check_rules
from batchwright_runner.host.verify.stage import DEADLINE, HISTORY, LOG, check_deadline, check_history, check_log
from batchwright_runner.host.verify.starter import STARTER, check_starter
from batchwright_runner.host.verify.subject import Check, Findings, Subject, WorkflowSubject
from batchwright_runner.host.verify.values import KEY, VALUES, check_key, check_values
from batchwright_runner.host.verify.vpc import ACLS, DNS, check_acls, check_dns
from batchwright_runner.host.verify.workflow import WORKFLOW_CHECKS

QUICK: Mapping[str, Check] = {
    DEFINITION: check_definition,
    CLUSTER: check_cluster,
    IMAGE: check_image,
    VALUES: check_values,
    LOG: check_log,
}
"""What ``run --verify`` looks at: the commonest reasons for which no run starts."""

CHECKS: Mapping[str, Check] = {
    **QUICK,
    KEY: check_key,
    ROLE: check_roles,
    SUBNETS: check_subnets,
    GROUPS: check_groups,
    WAY_OUT: check_way_out,
    ACLS: check_acls,
    DNS: check_dns,
    FILE_SYSTEMS: check_file_systems,
    QUOTA: check_quota,
    HISTORY: check_history,
    RULES: check_rules,
    DEADLINE: check_deadline,
    STARTER: check_starter,
}
"""All checks by name, in the order in which they are shown."""

AT_ONCE = 16
"""Checks that run at the same time; they wait for AWS."""


def verify(
    manifests: Sequence[BatchManifest],
    checks: Mapping[str, Check],
    aws: Aws,
    waiter: Waiter,
    elsewhere: Callable[[str], Aws],
    workflows: Sequence[Callable[[StageQuestions], WorkflowSubject]] = (),
) -> list[Finding]:
    """Looks at batches and workflows, and returns all findings: one by one, in the order of the checks.

    Args:
        manifests: The batches.
        checks: What is looked at.
        aws: Calls AWS in the stage's account and region.
        waiter: Time and signals.
        elsewhere: Calls AWS in another region.
        workflows: The workflows, which still have to be given what asks AWS. Default: none.

    Raises:
        InterruptedEarlyError: A signal came.
    """
    look = StageQuestions(aws, waiter, elsewhere)
    at = time.time()
    subjects = [Subject(manifest, look, at) for manifest in manifests]
    jobs: list[tuple[str, Callable[[], Iterator[Finding]], Findings]] = [
        (name, partial(check, subject), subject) for subject in subjects for name, check in checks.items()
    ]
    for flow in (made(look) for made in workflows):
        jobs += [(name, partial(check_flow, flow), flow) for name, check_flow in WORKFLOW_CHECKS.items()]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(lambda job: list(_looked(*job)), jobs))
    if waiter.signals:
        raise InterruptedEarlyError(waiter.signals[0])
    return [finding for findings in found for finding in findings]


def _looked(name: str, check: Callable[[], Iterator[Finding]], subject: Findings) -> Iterator[Finding]:
    """A check's findings; that it could not look is one, too."""
    try:
        yield from check()
    except UnseenError as error:
        yield subject.lacking(subject.unknown(name, "not visible to this caller"), error.permission)
    except (ApiError, RunnerError) as error:
        if name != DEFINITION and isinstance(error, ApiError) and error.code == "ClientException":
            return  # there is no task definition, which its own check says
        yield subject.finding(name, Status.UNKNOWN, f"it could not be looked at: {error}")
    except Exception as error:  # noqa: BLE001 - an answer that nobody expected must not cost the other findings
        what = f"it could not be looked at, by a defect in the runner: {type(error).__name__}: {error}"
        yield subject.unknown(name, what, "Report it, with this line: the other checks are not concerned")
