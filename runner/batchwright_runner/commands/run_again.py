"""What ``--again``, ``--from`` and ``--done`` make of a run, before it is started."""

from dataclasses import replace

from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.options import ASKED_BY, DONE
from batchwright_runner.contract.workflows.again import AgainRequest, done_of
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from batchwright_runner.errors import UsageError
from batchwright_runner.host.again.before import Before, check_steps, planned, tell
from batchwright_runner.host.runs.caller import this_caller
from batchwright_runner.host.runs.run_id import RunId
from batchwright_runner.host.runs.run_options import RunOptions
from batchwright_runner.host.stage.protected import ask_first
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.terminal.console import Console


def again_of_workflow(options: RunOptions, console: Console, stage: Stage, workflow: WorkflowManifest) -> RunOptions:
    """The command line of a workflow's run of which steps are left out."""
    steps = _steps(options, workflow)
    if options.again.strip():
        from batchwright_runner.host.again.workflow import run_again

        _refuse_what_run_says(options, workflow.name, run_id=True)
        again = run_again(stage, workflow, options.again.strip(), steps)
        plans, by = again.plans, {ASKED_BY: steps.by}
        options = _as_before(options, again)
    else:
        plans, by = planned(workflow, steps), {}
    tell(console.note, plans)
    if not options.dry_run:
        ask_first(
            console,
            workflow.stage,
            f"Run these steps of {workflow.name}",
            f"{workflow.name} was not started",
            protected=workflow.protected,
            yes=options.yes,
        )
    return replace(options, machine_input={DONE: done_of(plans), **by})


def again_here(options: RunOptions, console: Console, workflow: WorkflowManifest) -> RunOptions:
    """The same of a workflow's run on this machine, where nothing is known of other runs."""
    plans = planned(workflow, _steps(options, workflow))
    tell(console.note, plans)
    return replace(options, machine_input={DONE: done_of(plans)})


def again_of_batch(options: RunOptions, stage: Stage, manifest: BatchManifest) -> RunOptions:
    """The command line of a batch's run again, with the options and the time of the run before."""
    from batchwright_runner.host.again.batch import batch_again

    refuse_steps(options, manifest.batch)
    _refuse_what_run_says(options, manifest.batch)
    own_id = options.run.text if options.run.given else ""
    return _as_before(options, batch_again(stage, manifest, options.again.strip(), own_id))


def refuse_steps(options: RunOptions, batch: str) -> None:
    """Refuses steps of a batch."""
    if options.begin or options.done:
        raise UsageError(f"--from and --done cannot be given to {batch}: it is a batch, and has no steps")


def _as_before(options: RunOptions, before: Before) -> RunOptions:
    return replace(
        options,
        run=RunId(before.run, given=True),
        options=before.options,
        scheduled=before.scheduled,
        backfill=before.backfill,
        environment={**before.of_workflow, **options.environment},
    )


def _steps(options: RunOptions, workflow: WorkflowManifest) -> AgainRequest:
    if options.due:
        raise UsageError(
            "--again, --from and --done cannot be combined with --due: it runs what did not succeed",
            hint="Leave one of them out",
        )
    check_steps(workflow, [*options.begin, *options.done])
    return AgainRequest(by=this_caller(), begin=options.begin, done=options.done)


def _refuse_what_run_says(options: RunOptions, name: str, *, run_id: bool = False) -> None:
    given = {
        "--run-id": run_id and options.run.given,
        "--scheduled": options.scheduled,
        "--due": options.due,
        "-o": [option for option, value in options.options.items() if value.strip()],
    }
    refused = [option for option in given if given[option]]
    if refused:
        own = "its own id, and " if run_id else ""
        raise UsageError(
            f"{', '.join(refused)} cannot be combined with --again: the new run of {name} has {own}the options and the "
            "time of the one before",
            hint="Leave it out, or leave out --again for a run of its own",
        )
