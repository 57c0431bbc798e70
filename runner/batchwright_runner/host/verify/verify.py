"""Runs the checks of batches side by side, all to their end."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

from batchwright_runner.errors import RunnerError
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.finding import Finding
from batchwright_runner.host.runs.signals import Waiter, end_if_told
from batchwright_runner.host.verify.definition import check_cluster, check_definition, check_quota
from batchwright_runner.host.verify.image import check_image
from batchwright_runner.host.verify.look import UnseenError
from batchwright_runner.host.verify.network import check_groups, check_public_address, check_subnets
from batchwright_runner.host.verify.role import check_roles
from batchwright_runner.host.verify.stage import check_deadline, check_history, check_log, check_rules
from batchwright_runner.host.verify.start import check_start
from batchwright_runner.host.verify.starter import WORKFLOW_CHECKS, check_finished, check_starter
from batchwright_runner.host.verify.subject import Findings, Subject, WorkflowSubject
from batchwright_runner.host.verify.values import check_key, check_values

Check = Callable[[Subject], Iterable[Finding]]
"""Looks at one thing of a batch. It may raise an `ApiError`, `UnseenError` or `RunnerError`: it could not look."""
DEFINITION = "task definition"
CHECKS: Mapping[str, Check] = {
    "declaration": check_finished,
    DEFINITION: check_definition,
    "cluster": check_cluster,
    "image": check_image,
    "values": check_values,
    "log group": check_log,
    "key": check_key,
    "execution role": check_roles,
    "subnets": check_subnets,
    "security groups": check_groups,
    "public address": check_public_address,
    "start": check_start,
    "quota": check_quota,
    "history": check_history,
    "history rule": check_rules,
    "deadline": check_deadline,
    "schedule": check_starter,
}
"""All checks by name, in the order in which they are shown."""

AT_ONCE = 16
"""Checks that run at the same time; they wait for AWS."""


def verify(
    subjects: Sequence[Subject], checks: Mapping[str, Check], waiter: Waiter, workflows: Sequence[WorkflowSubject] = ()
) -> list[Finding]:
    """Looks at batches and workflows, and returns all findings: one by one, in the order of the checks."""
    jobs: list[tuple[Callable[[], Iterable[Finding]], Findings]] = []
    for subject in subjects:
        for name, check in checks.items():
            named = replace(subject, check=name)
            jobs.append((partial(check, named), named))
    for workflow in workflows:
        for name, check_workflow in WORKFLOW_CHECKS.items():
            flow = replace(workflow, check=name)
            jobs.append((partial(check_workflow, flow), flow))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        results = list(pool.map(lambda job: list(_looked(*job)), jobs))
    end_if_told(waiter)
    return [finding for findings in results for finding in findings]


def _looked(check: Callable[[], Iterable[Finding]], subject: Findings) -> Iterator[Finding]:
    """A check's findings; that it could not look is one, too."""
    try:
        yield from check()
    except UnseenError as error:
        yield subject.lacking(subject.unknown("not visible to this caller"), error.permission)
    except (ApiError, RunnerError) as error:
        if subject.check != DEFINITION and isinstance(error, ApiError) and error.code == "ClientException":
            return  # there is no task definition, which its own check says
        yield subject.unknown(f"it could not be looked at: {error}")
    except Exception as error:  # noqa: BLE001 - an answer that no one expected must not cost the other findings
        what = f"it could not be looked at, by a defect in the runner: {type(error).__name__}: {error}"
        yield subject.unknown(what, "Report it, with this line: the other checks are not concerned")
