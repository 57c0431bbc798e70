"""The half of ``batchwright run`` that runs a batch on Fargate, and hands a workflow on to that of workflows."""

from dataclasses import replace
from functools import partial

from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.moments import zone
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from batchwright_runner.host.fargate.beside import Deadlines
from batchwright_runner.host.fargate.request import RunPlan, check_plan
from batchwright_runner.host.fargate.run import FargateRun
from batchwright_runner.host.runs.end import End, RunEnd
from batchwright_runner.host.runs.options import option_variables
from batchwright_runner.host.runs.run_options import RunOptions
from batchwright_runner.host.runs.variables import refuse_declared
from batchwright_runner.host.stage.session import Stage, Surroundings, open_stage


def run_on_fargate(options: RunOptions, around: Surroundings) -> End | None:
    """Starts it on AWS, and follows it to its end.

    Returns the end; ``None`` where the request was only to be printed.
    """
    options.refuse_only_local()
    stage = open_stage(options.stage, around)
    match stage.find(options.name):
        case WorkflowManifest() as workflow:
            from batchwright_runner.commands.run_workflow import run_workflow  # few names are a workflow's

            return run_workflow(options, around, stage, workflow)
        case BatchManifest() as manifest:
            return _run_batch(options, around, stage, manifest)


def _run_batch(options: RunOptions, around: Surroundings, stage: Stage, manifest: BatchManifest) -> End | None:
    if options.leaves_out:
        from batchwright_runner.commands.run_again import again_of_batch

        options = again_of_batch(options, stage, manifest)
    if not options.due and options.dry_run:
        around.console.print_json(_plan(options, manifest).request())
        return None
    if options.command and not options.due:
        from batchwright_runner.host.stage.protected import ask_first  # only who replaces the command is asked

        ask_first(
            around.console,
            manifest.stage,
            f"Run {' '.join(options.command)} as {options.name}, with its rights and secrets",
            f"{options.name} was not started",
            protected=manifest.protected,
            yes=options.yes,
        )
    if options.due:
        from batchwright_runner.commands.run_due import run_due  # few runs are of a backfill

        begin = partial(_follow, stage=stage, manifest=manifest)
        return run_due(
            options, around, manifest, begin, lambda run_options: _plan(run_options, manifest).request(), stage
        )
    return _follow(options, around, stage=stage, manifest=manifest)


def _follow(options: RunOptions, around: Surroundings, *, stage: Stage, manifest: BatchManifest) -> RunEnd:
    """Starts one run, or joins it, and follows it to its end."""
    stage = replace(stage, waiter=around.waiter, tell=around.console)
    plan = _plan(options, manifest)
    if options.timestamps or not around.console.live:
        zone()  # which may ask AWS: not while a run is followed
    return FargateRun(options, stage, around.output, around.console, Deadlines(stage.aws, stage.tell)).run(plan)


def _plan(options: RunOptions, manifest: BatchManifest) -> RunPlan:
    refuse_declared(options.environment, manifest.parameters, manifest.secrets)
    plan = RunPlan(
        manifest=manifest,
        run=options.run,
        nonce=options.nonce,
        timeout=options.timeout or manifest.timeout_seconds,
        environment={
            **options.variables(manifest.schedule),
            **option_variables(manifest, options.options, options.environment),
        },
        command=options.command,
        cpu=options.cpu,
        memory=options.memory,
    )
    check_plan(plan)
    return plan
