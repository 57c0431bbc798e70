"""What the end of a workflow's run means, and how to come back to one that goes on."""

import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from urllib.parse import quote

from batchwright_runner.contract.command_lines import again_line, command_line, option_words
from batchwright_runner.contract.executions import RUNNING, Execution, verdict_of
from batchwright_runner.contract.judgment.ending import stop_request
from batchwright_runner.contract.schedules.zones import zone_of
from batchwright_runner.contract.verdicts import ROWS, Row, Verdict
from batchwright_runner.contract.workflows.again import told_done
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from batchwright_runner.contract.workflows.names import shown_id
from batchwright_runner.contract.workflows.rules import (
    FAILED_VARIABLE,
    NOT_STARTED,
    WAITING,
    WorkflowVerdict,
    decide,
    failed_steps,
    summary,
)
from batchwright_runner.contract.workflows.structure import WorkflowStep
from batchwright_runner.host.runs.workflow_end import StepEnd, WorkflowEnd, stopped_on
from batchwright_runner.host.workflows.follow import WorkflowFollower


def end_of(run: str, followed: WorkflowFollower) -> WorkflowEnd:
    """The end of a run that was followed. Pure."""
    workflow, arn = followed.workflow, followed.arn
    steps = in_declared_order(workflow, {name: step.end for name, step in followed.steps.items()}, followed.execution)
    verdict = _unseen(followed) if followed.execution is None else verdict_of_run(workflow, followed.execution, steps)
    unread = [f"{name}: {step.incomplete}" for name, step in followed.steps.items() if step.incomplete]
    counts = [end for end in steps if end.state.has_failed and end.step.on_failure != "ignore"]
    failed = next((end.step.name for end in counts if end.state.has_begun), "")  # the others have no log
    known = (followed.steps[end.step.name].manifest for end in counts if end.step.name in followed.steps)
    look = [f"see its log: {_command(workflow, 'logs', run, '--step', failed)}"] if failed else []
    last_runs = command_line("runs", workflow.name, workflow.stage)
    return WorkflowEnd(
        verdict=verdict,
        manifest=workflow,
        failed=next(known, None),
        steps=steps,
        incomplete="; ".join(unread),
        extra={"run_id": run, "execution": arn, "links": {"execution": execution_page(arn)}},
        on_failure=[*look, f"see the last runs: {last_runs}", *_by_hand(followed, steps)],
        goes_on=_goes_on(run, followed),
        whole_log=_command(workflow, "logs", run),
        again=again_line(workflow.name, workflow.stage, shown_id(run)),
    )


def _by_hand(followed: WorkflowFollower, steps: Sequence[StepEnd]) -> list[str]:
    """The commands of steps that always run and did not, since somebody has stopped the whole."""
    if followed.execution is None or followed.execution.status != "ABORTED":
        return []
    rest = {end.step.name for end in steps if end.state == NOT_STARTED}
    failed = " ".join(failed_steps(followed.workflow, {end.step.name: end.state for end in steps}))
    due = followed.execution.due
    with suppress(ValueError):  # of a batch without a schedule, the offset decides about the day
        due = datetime.fromisoformat(due).astimezone(zone_of(followed.workflow.zone)).isoformat()
    given = ["--scheduled", due, "-e", f"{FAILED_VARIABLE}={failed}"]
    return [
        f"{step.name} always runs, but not after a stop: "
        + command_line("run", step.batch, followed.workflow.stage, *option_words(step.options), *given)
        for step in followed.workflow.always
        if step.name in rest and any(end.state.has_begun for end in steps)
    ]


def in_declared_order(
    workflow: WorkflowManifest, by_step: Mapping[str, StepEnd], execution: Execution | None
) -> list[StepEnd]:
    """What has become of each step: in declared order, and then those that are not declared any more. Pure."""
    rest = WAITING if execution is None or execution.status == RUNNING else NOT_STARTED
    done = told_done(execution) if execution is not None else {}

    def end(step: WorkflowStep) -> StepEnd:
        if step.name in by_step:
            return replace(by_step[step.name], step=step)
        return StepEnd.passed_over(step, done[step.name]) if step.name in done else StepEnd(step=step, state=rest)

    ends = [end(step) for step in workflow.all_steps]
    declared = {step.name for step in workflow.all_steps}
    return [*ends, *(end for name, end in by_step.items() if name not in declared)]


def verdict_of_run(workflow: WorkflowManifest, execution: Execution, steps: Sequence[StepEnd]) -> Verdict:
    """What the end of a workflow's execution means. Pure.

    The machine's own verdict counts. Where the rules come to the same one, their words are used, which say more.
    """
    states = {end.step.name: end.state for end in steps}
    begun = any(state.has_begun for state in states.values())
    request = stop_request(execution.cause) if execution.status == "ABORTED" else None
    if request is not None and request.by == "signal":
        stopped = stopped_on(request.signal, summary(workflow, states), "safe")
        return WorkflowVerdict(Row.SIGNAL, stopped.code, begun=begun).because(stopped)
    verdict = verdict_of(execution)
    if verdict.code == 0:
        return replace(verdict, why=summary(workflow, states))
    decided = decide(workflow, {name: state for name, state in states.items() if state != NOT_STARTED}).verdict
    reason = next((end.verdict for end in steps if decided is not None and end.step.name == decided.step), None)
    by_itself = execution.status == "FAILED"
    if by_itself and decided is not None and reason is not None and decided.error == execution.error:
        return decided.because(reason)
    return WorkflowVerdict(verdict.row, verdict.code, begun=begun).because(verdict)


def _unseen(followed: WorkflowFollower) -> Verdict:
    """The verdict of a run whose end was not seen."""
    row, stop = Row.NO_RESULT, followed.stop
    if stop is not None and stop.sent_at is not None and followed.signal:
        return stopped_on(followed.signal, "its end was not waited for")
    if stop is not None and stop.sent_at is not None:
        return Verdict(row, ROWS[row].code, f"{ROWS[row].phrase} (it was stopped, and its end was not seen)", "ask")
    if stop is not None:
        problem = next(iter(stop.refused.values()), "the request is not known to have got through")
        why = f"it could not be stopped: {problem}"
    elif followed.signal:
        why = f"left on {signal.Signals(followed.signal).name}, the workflow goes on"
    else:
        why = f"its end was not seen: {followed.lost}"
    return Verdict(row, ROWS[row].code, f"{ROWS[row].phrase} ({why})", "ask")


def come_back(workflow: WorkflowManifest, run: str, status: str = "the run continues") -> list[str]:
    """How to come back to a run that is left."""
    follow, stop = (_command(workflow, verb, run) for verb in ("attach", "stop"))
    return [f"{status}: {workflow.name}@{shown_id(run)}", f"follow it: {follow}", f"stop it: {stop}"]


def _goes_on(run: str, followed: WorkflowFollower) -> Sequence[str]:
    """What may still be in progress: the run, or steps of one that has ended."""
    if followed.execution is None:
        was_left = followed.signal and followed.stop is None
        return come_back(followed.workflow, run, "the run continues" if was_left else "the run may still go on")
    going = {name: step for name, step in followed.steps.items() if step.goes_on}
    return [f"step {name} may still go on: {step.named}" for name, step in going.items()]


def execution_page(arn: str) -> str:
    """The page of an execution in AWS's console."""
    region = arn.split(":")[3]
    base = f"https://{region}.console.aws.amazon.com/states/home?region={region}"
    return f"{base}#/v2/executions/details/{quote(arn, safe=':')}"


def _command(workflow: WorkflowManifest, verb: str, run: str, *more: str) -> str:
    return command_line(verb, f"{workflow.name}@{shown_id(run)}", workflow.stage, *more)
