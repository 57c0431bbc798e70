"""Command lines that people are told to type. Pure."""

import shlex


def command_line(verb: str, of: str, stage: str, *more: str) -> str:
    """A verb of a batch, a workflow or a run in a stage, as it is pasted into a shell."""
    return shlex.join(["batchwright", verb, of, "-s", stage, *more])


def again_line(name: str, stage: str, run: str) -> str:
    """What runs a run again, by its id or ``latest``: of a batch, or of a workflow the steps that did not succeed."""
    return command_line("run", name, stage, "--again", run)
