"""Runs a workflow on this machine: images and values of all its steps first, then the steps."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from batchwright_runner.contract.batch_file import BatchFile
from batchwright_runner.contract.command_lines import option_words
from batchwright_runner.contract.options import DONE
from batchwright_runner.contract.schedules.cron import ScheduleError
from batchwright_runner.contract.schedules.due_variables import due_variables
from batchwright_runner.contract.schedules.zones import zone_of
from batchwright_runner.contract.variables import SCHEDULED_DATE, SCHEDULED_TIME
from batchwright_runner.contract.verdicts import Row, Verdict
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from batchwright_runner.contract.workflows.rules import (
    FAILED_VARIABLE,
    NOT_STARTED,
    PASSED_OVER,
    WorkflowVerdict,
    failed_steps,
    summary,
)
from batchwright_runner.contract.workflows.structure import WorkflowStep
from batchwright_runner.errors import RunnerError, UsageError
from batchwright_runner.host.runs.end import RunEnd, shell_line
from batchwright_runner.host.runs.options import option_variables
from batchwright_runner.host.runs.run_id import RunId
from batchwright_runner.host.runs.run_options import RunOptions
from batchwright_runner.host.runs.signals import Waiter
from batchwright_runner.host.runs.workflow_end import StepEnd, WorkflowEnd, stopped_on
from batchwright_runner.host.stage.session import Surroundings
from batchwright_runner.host.terminal.labeled import LabeledConsole
from batchwright_runner.host.workflows.lines import ShownLog
from batchwright_runner.workbench.local.request import ReadyRun
from batchwright_runner.workbench.local.run import Here, prepare_run
from batchwright_runner.workbench.local.workflows.loop import HeldOutput, LocalSteps, StepsLoop
from batchwright_runner.workbench.project.known_names import LOCAL


def run_workflow_here(
    options: RunOptions, workflow: WorkflowManifest, batches: Sequence[BatchFile], here: Here
) -> WorkflowEnd:
    """Runs a workflow to its end."""
    around, done = here.around, options.machine_input.get(DONE, {})
    due = due_of(workflow, options.scheduled, datetime.now(UTC))
    requests = requests_of(options, workflow, batches, due)
    ready = _ready({name: request for name, request in requests.items() if name not in done}, batches, here)
    with LocalSteps(around.console) as steps:

        def run(step: WorkflowStep, failed: str, waiter: Waiter) -> RunEnd:
            last = step in workflow.always
            return _run_step(step, failed, waiter, ready=ready[step.name], last=last, around=around, log=options.log)

        states = dict.fromkeys(done, PASSED_OVER)
        loop = StepsLoop(workflow, run, around.waiter, steps, options.parallelism or 1, states)
        verdict = loop.to_the_end()
    manifests = {batch.manifest.batch: batch.manifest for batch in batches}
    failed = manifests[requests[verdict.step].name] if verdict.step else None
    return replace(_end(workflow, loop, verdict, requests, done), failed=failed)


def due_of(workflow: WorkflowManifest, scheduled: str, now: datetime) -> dict[str, str]:
    """The variables that say when it was due: now, where no time is given.

    `scheduled`: the time, as a run of a batch takes it; empty for none.
    `now`: the time, with an offset.
    """
    said = due_variables(scheduled, workflow.schedule, now).get(SCHEDULED_TIME) if scheduled else None
    due = datetime.fromisoformat(said) if said else now
    try:
        there = due.astimezone(zone_of(workflow.zone))
    except ScheduleError:
        there = due  # no database of time zones here: the run is no worse for it
    return {SCHEDULED_TIME: said or there.isoformat(timespec="seconds"), SCHEDULED_DATE: there.date().isoformat()}


def requests_of(
    options: RunOptions, workflow: WorkflowManifest, batches: Sequence[BatchFile], due: Mapping[str, str]
) -> dict[str, RunOptions]:
    """Step to what is asked of its run, in declared order."""
    by_name = {batch.manifest.batch: batch for batch in batches}
    for step in workflow.all_steps:
        if step.batch not in by_name:
            raise RunnerError(
                f"{workflow.name} cannot run here: stage {options.stage} does not declare {step.batch}, the batch of "
                f"step {step.name}"
            )
    values = option_variables(workflow, options.options, {})
    containers = {
        step.name: [str(container.get("name")) for container in by_name[step.batch].containers]
        for step in workflow.all_steps
    }
    for option, names in (("--image", options.images), ("--without", options.without)):
        for name in names:
            if name and not any(name in there for there in containers.values()):
                raise UsageError(f"{option} {name} is refused: no step of {workflow.name} has a container {name}")
    requests = {}
    for step in workflow.all_steps:
        manifest, there = by_name[step.batch].manifest, containers[step.name]
        declared = {option.name for option in manifest.options}
        last = {FAILED_VARIABLE: ""} if step in workflow.always else {}
        requests[step.name] = replace(
            options,
            name=step.batch,
            run=RunId(f"{options.run.text}/{step.name}", given=False),
            environment={**due, **last},
            options={**{name: value for name, value in values.items() if name in declared}, **step.options},
            images={name: image for name, image in options.images.items() if not name or name in there},
            without=[name for name in options.without if name in there],
        )
    return requests


def _ready(requests: Mapping[str, RunOptions], batches: Sequence[BatchFile], here: Here) -> dict[str, ReadyRun]:
    """Step to its run, prepared: what keeps one from running is seen before the first one starts."""
    by_name = {batch.manifest.batch: batch for batch in batches}
    ready, steps_of = {}, dict[str, list[str]]()
    for name, request in requests.items():
        console = LabeledConsole(here.around.console, name, alone=True)
        alone = replace(here, around=replace(here.around, console=console))
        ready[name] = prepare_run(request, by_name[request.name], batches, alone)
        for note in ready[name].notes:
            steps_of.setdefault(note, []).append(name)
    for note, names in steps_of.items():
        here.around.tell.note(note if len(names) == len(requests) else f"{', '.join(names)}: {note}")
    return ready


def _run_step(
    step: WorkflowStep, failed: str, waiter: Waiter, *, ready: ReadyRun, last: bool, around: Surroundings, log: ShownLog
) -> RunEnd:
    output = around.output.labeled(f"{step.name} | ".encode())
    held = HeldOutput(output) if log != "all" else None
    console = LabeledConsole(around.console, step.name)
    own = replace(around, waiter=waiter, output=held or output, console=console)
    try:
        end = ready.start(own, {FAILED_VARIABLE: failed} if last else {})
        if held is not None and log == "failed" and not end.succeeded:
            held.show(waiter)
        return end
    finally:
        if held is not None:
            held.close()


def _end(
    workflow: WorkflowManifest,
    loop: StepsLoop,
    verdict: WorkflowVerdict,
    requests: Mapping[str, RunOptions],
    done: Mapping[str, str],
) -> WorkflowEnd:
    counted = summary(workflow, loop.states)
    decisive = loop.ends[verdict.step].verdict if verdict.step else None
    if decisive is not None:
        outcome = verdict.because(decisive)
    elif verdict.row is Row.SIGNAL:
        outcome = verdict.because(stopped_on(loop.waiter.signals[0], counted))
    else:
        outcome = verdict.because(Verdict(Row.OWN, 0, counted, "ask"))
    if outcome.again == "again":
        outcome = replace(outcome, again="ask")  # of a run on this machine nothing is kept that could be run again
    return WorkflowEnd(
        verdict=outcome,
        manifest=workflow,
        steps=[
            StepEnd.passed_over(step, done[step.name])
            if step.name in done
            else loop.ends.get(step.name) or StepEnd(step=step, state=loop.states[step.name])
            for step in workflow.all_steps
        ],
        incomplete="; ".join(f"{name}: {why}" for name, why in loop.incomplete.items()),
        on_failure=_left_out(workflow, loop, requests) if verdict.row is Row.SIGNAL and not verdict.step else (),
    )


def _left_out(workflow: WorkflowManifest, loop: StepsLoop, requests: Mapping[str, RunOptions]) -> list[str]:
    """The commands of the steps that always run, and do not after a stop."""
    failed = " ".join(failed_steps(workflow, loop.states))
    return [
        f"{step.name} was not run: {shell_line(_command(requests[step.name], failed))}"
        for step in workflow.always
        if loop.states[step.name] == NOT_STARTED
    ]


def _command(request: RunOptions, failed: str) -> list[str]:
    stage = [] if request.stage == LOCAL else ["-s", request.stage]
    due = ["--scheduled", request.environment[SCHEDULED_TIME], "-e", f"{FAILED_VARIABLE}={failed}"]
    return ["batchwright", "run", request.name, "--local", *stage, *option_words(request.options), *due]
