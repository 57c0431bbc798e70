"""What ``batchwright runs`` says last: how to run again what has failed and has not been made good since."""

from collections.abc import Sequence

from batchwright_runner.contract.command_lines import again_line
from batchwright_runner.contract.run import Run
from batchwright_runner.host.aws.retry import PatientAws
from batchwright_runner.host.fargate.executions import again_of
from batchwright_runner.host.stage.session import Stage

SAID = 3
"""Batches and workflows whose command is shown."""


def say_again(stage: Stage, runs: Sequence[Run]) -> None:
    """Says the commands that run again what failed last, of runs in their order: those in progress, then the newest."""
    newest: dict[str, Run] = {}
    for run in runs:
        newest.setdefault(run.subject.name, run)
    failed = [run for run in newest.values() if run.verdict is not None and run.verdict.may_improve]
    aws = PatientAws(stage.aws, "of which workflow it is a step cannot be seen", stage.waiter, stage.tell)
    commands = [again_of(aws, run) for run in failed[:SAID]]
    for command in dict.fromkeys(commands):
        stage.tell.note(f"run it again: {command}")
    if len(failed) > SAID:
        stage.tell.note(f"and {len(failed) - SAID} more likewise: {again_line('BATCH', stage.target.stage, 'ID')}")
