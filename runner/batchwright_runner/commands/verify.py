"""``batchwright verify``: would it work."""

import json
import time
from collections.abc import Sequence
from dataclasses import replace

import click

from batchwright_runner.commands.options import (
    batch_argument,
    json_option,
    more,
    pass_console,
    quiet_option,
    stage_option,
)
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.errors import DeniedError, UnusableManifestError, UsageError, WorkflowNamedError
from batchwright_runner.host.finding import Finding
from batchwright_runner.host.stage.all_batches import Unusable, all_batches
from batchwright_runner.host.stage.all_workflows import all_workflows
from batchwright_runner.host.stage.pauses import pauses
from batchwright_runner.host.stage.session import UNKNOWN, Stage, enter_stage
from batchwright_runner.host.terminal.console import STDOUT, Console, line_width
from batchwright_runner.host.terminal.doing import doing
from batchwright_runner.host.verify.look import StageQuestions
from batchwright_runner.host.verify.show import HINT, RECORD, entry_of, lines, of_manifest, summary
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
@quiet_option
@pass_console
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
        console.print(json.dumps([entry_of(finding, flows) for finding in findings], indent=2))
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
    try:
        manifests, named = _manifests(at, name, findings), ""
    except WorkflowNamedError as error:
        manifests, named = all_batches(at, hint=HINT, unusable={}), error.workflow.name

    def others() -> Sequence[BatchManifest]:
        asked = replace(at, aws=look, waiter=look.waiter)  # from a thread, and once for all batches
        return all_batches(asked, hint=HINT, unusable={}) if name is not None and not named else manifests

    subjects = [Subject(manifest, look, now, others=others) for manifest in manifests]
    if not named and name is not None:
        return subjects, []
    unusable: Unusable = {}
    try:
        workflows = all_workflows(at, unusable)
    except DeniedError:
        if any(manifest.machine for manifest in manifests):
            raise
        return subjects, []  # most probably; only one that no project declares any more is left
    paused = pauses(at) if workflows else {}
    if not named:
        findings += [of_manifest(workflow, error, RECORD) for workflow, error in unusable.items()]
        flows += unusable
    chosen = [workflow for workflow in workflows if named in ("", workflow.name)]
    flows += [workflow.name for workflow in chosen]
    batches = {manifest.batch: manifest for manifest in manifests}
    steps = {step.batch for workflow in chosen for step in workflow.all_steps}
    return (
        [subject for subject in subjects if not named or subject.about in steps],
        [WorkflowSubject(workflow, look, batches, workflows, paused) for workflow in chosen],
    )


def _manifests(at: Stage, batch: str | None, findings: list[Finding]) -> list[BatchManifest]:
    """What is looked at: one batch, or all of a stage. That a manifest cannot be used is a finding."""
    if batch is not None:
        try:
            return [at.find(batch, hint=HINT)]
        except UnusableManifestError as error:
            findings.append(of_manifest(batch, error))
            return []
    at.check_account()
    unusable: Unusable = {}
    try:
        manifests = all_batches(at, hint=HINT, unusable=unusable)
    except DeniedError:
        at.say_where(at.target.account or UNKNOWN)
        raise
    findings += [of_manifest(name, error) for name, error in unusable.items()]
    at.say_where(at.target.account or (manifests[0].account if manifests else UNKNOWN))
    if not manifests and not findings:
        raise UsageError(f"nothing was verified: stage {at.target.stage} has no batches", hint=at.no_batches())
    return manifests
