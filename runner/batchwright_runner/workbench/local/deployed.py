"""The deployed batch whose role or values a run on this machine gets, and where that is refused."""

from dataclasses import dataclass

from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.errors import UsageError
from batchwright_runner.host.runs.run_options import RunOptions
from batchwright_runner.host.stage.session import Stage, Surroundings, open_stage
from batchwright_runner.workbench.project.batches import DeclaredBatch
from batchwright_runner.workbench.project.known_names import LOCAL


@dataclass(frozen=True, slots=True)
class Deployed:
    """A deployed batch."""

    stage: Stage
    manifest: BatchManifest
    caller: str


def from_stage(request: RunOptions) -> list[str]:
    """The options given that reach into a deployed stage."""
    options = {"--use-task-role": request.use_task_role, "--use-values": request.use_values}
    return [option for option in options if options[option]]


def check_stage_options(request: RunOptions, batch: DeclaredBatch) -> None:
    """Refuses to reach into a stage that is not named or is protected, before AWS is asked."""
    for option in from_stage(request):
        if request.stage == LOCAL:
            subject = "a task role is" if option == "--use-task-role" else "values are"
            raise UsageError(f"{option} needs a stage: {subject} deployed in one", hint="Add -s STAGE")
        _refuse_protected(option, request.stage, protected=batch.manifest.protected)


def open_deployed(request: RunOptions, around: Surroundings) -> Deployed:
    """Finds the batch in its stage, by the developer's own rights."""
    stage = open_stage(request.stage, around)
    manifest = stage.find(request.name)
    for option in from_stage(request):
        _refuse_protected(option, request.stage, protected=manifest.protected)
    return Deployed(stage, manifest, str(stage.aws.call("sts", "get_caller_identity")["Arn"]))


def _refuse_protected(option: str, stage: str, *, protected: bool) -> None:
    if protected:
        raise UsageError(
            f"{option} is refused: stage {stage} is protected, and nothing of it comes to this machine",
            hint="Use a stage that is not protected",
        )
