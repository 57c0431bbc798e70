"""Command lines that messages give people to type. Pure."""

import shlex
from collections.abc import Collection, Mapping

from batchwright_runner.contract.names import SHARED, StageNames


def command_line(verb: str, of: str, stage: str, *more: str) -> str:
    """A verb of a batch, a workflow or a run in a stage, as it is pasted into a shell."""
    return shlex.join(["batchwright", verb, of, "-s", stage, *more])


def again_line(name: str, stage: str, run: str) -> str:
    """What runs a run again, by its id or ``latest``: of a batch, or of a workflow the steps that did not succeed."""
    whole = run == "latest" or run.startswith(("arn:", f"{name}@"))
    return command_line("run", name, stage, "--again", run if whole else f"{name}@{run}")


def value_line(verb: str, path: str, project: str, stage: str, batches: Collection[str]) -> str:
    """What sets or unsets a value by its path in SSM: a batch's or the stage's; empty for what something else keeps."""
    owner, _, name = path.removeprefix(f"{StageNames(project, stage).path}/").partition("/")
    if not name or "/" in name or owner not in (SHARED, *batches):
        return ""
    return f"batchwright params {verb} {'--shared' if owner == SHARED else owner} {shlex.quote(name)} -s {stage}"


def option_words(options: Mapping[str, str]) -> list[str]:
    """The words that give a run its options."""
    return [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
