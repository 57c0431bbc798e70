"""``batchwright verify``: would it work."""

import time
from collections.abc import Sequence
from dataclasses import replace

import click

from batchwright_runner.commands.options import batch_argument, json_option, more, stage_option, with_console
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.errors import DeniedError, UnusableManifestError, UsageError
from batchwright_runner.host.finding import Finding
from batchwright_runner.host.stage.all_manifests import Manifests, all_batches, all_manifests
from batchwright_runner.host.stage.pauses import pauses
from batchwright_runner.host.stage.session import UNKNOWN, Stage, enter_stage
from batchwright_runner.host.terminal.console import STDOUT, Console, line_width
from batchwright_runner.host.terminal.doing import doing
from batchwright_runner.host.verify.look import StageQuestions
from batchwright_runner.host.verify.show import HINT, entry_of, lines, of_manifest, summary
from batchwright_runner.host.verify.subject import Subject, WorkflowSubject
from batchwright_runner.host.verify.verify import CHECKS
from batchwright_runner.host.verify.verify import verify as look_at


@click.command(
    epilog=more(
        "docs/on-call.md", "batchwright verify -s production", "batchwright verify daily-report -s staging --json"
    )
)
@batch_argument(required=False)
@stage_option
@json_option
@with_console
def verify(console: Console, batch: str | None, stage: str | None, as_json: bool) -> int:
    """Say whether the batches of a stage would start, without starting any; of one BATCH, all that was looked at.

    The same of its workflows: machine, steps, pauses, who else starts a batch. Of one workflow, it and its batches.

    It reads and changes nothing, and says all at once. Exit 0: everything is ok, or a warning. Exit 1: a run would
    fail, or something could not be looked at; the missing permission is named.
    """
    with enter_stage(console, stage) as at, doing(console, f"checking {batch or f'the batches of stage {stage}'}"):
        findings: list[Finding] = []
        flows: list[str] = []
        try:
            subjects, workflows = _looked_at(at, batch, findings, flows)
        except DeniedError as error:
            findings.append(of_manifest(batch or "", error))
        else:
            findings += look_at(subjects, CHECKS, at.waiter, workflows)
    if as_json:
        console.print_json([entry_of(finding, flows) for finding in findings])
    else:
        everything, width = batch is not None and not flows, line_width(STDOUT)
        console.print("\n".join(lines(findings, everything=everything, workflows=flows, width=width)))
    console.note(summary(findings, flows))
    return 1 if any(finding.bad for finding in findings) else 0


def _looked_at(
    at: Stage, name: str | None, findings: list[Finding], flows: list[str]
) -> tuple[Sequence[Subject], Sequence[WorkflowSubject]]:
    """The batches and workflows that are looked at; the workflows' names are added to the last argument."""
    look, now = StageQuestions(at.aws, at.waiter, at.elsewhere), time.time()
    found = _manifests(at, name, findings)
    asked = name is not None and bool(found.workflows)  # of one workflow, it and its batches
    whole = all_manifests(at, hint=HINT) if asked else found
    manifests = whole.batches

    def others() -> Sequence[BatchManifest]:
        quietly = replace(at, aws=look, waiter=look.waiter)  # from a thread, and once for all batches
        return all_batches(quietly, hint=HINT, unusable={}) if name is not None and not asked else manifests

    steps = {step.batch for workflow in found.workflows for step in workflow.all_steps}
    subjects = [Subject(manifest, look, now, others=others) for manifest in manifests]
    flows += [*found.unusable_workflows, *(workflow.name for workflow in found.workflows)]
    paused = pauses(at) if found.workflows else {}
    batches = {manifest.batch: manifest for manifest in manifests}
    return (
        [subject for subject in subjects if not asked or subject.about in steps],
        [WorkflowSubject(workflow, look, batches, whole.workflows, paused) for workflow in found.workflows],
    )


def _manifests(at: Stage, name: str | None, findings: list[Finding]) -> Manifests:
    """What is looked at: one, or all of a stage. That a manifest cannot be used is a finding."""
    found = Manifests()
    if name is not None:
        try:
            found.add(at.find(name, hint=HINT))
        except UnusableManifestError as error:
            findings.append(of_manifest(name, error))
        return found
    at.check_account()
    try:
        found = all_manifests(at, hint=HINT)
    except DeniedError:
        at.say_where(at.target.account or UNKNOWN)
        raise
    findings += [of_manifest(about, error) for about, error in (found.unusable | found.unusable_workflows).items()]
    at.say_where(at.target.account or (found.batches[0].account if found.batches else UNKNOWN))
    if not found.batches and not findings:
        raise UsageError(f"nothing was verified: stage {at.target.stage} has no batches", hint=at.no_batches())
    return found
