"""What the shell offers after a Tab: stages, batches, images and variables, without asking AWS.

Of the project in this folder they are known from its last synthesis; of a stage elsewhere, from what was read last.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from batchwright_runner.errors import RunnerError
from batchwright_runner.host.aws.config import find_stage
from batchwright_runner.host.settings.batchwright_toml import config_file
from batchwright_runner.host.stage.seen_names import SeenNames

if TYPE_CHECKING:
    from batchwright_runner.workbench.project.known_names import KnownNames

Items = list[CompletionItem]
OF_WORKFLOWS = frozenset({"run", "runs", "attach", "stop", "logs", "pause", "resume", "describe"})
"""The verbs that take a workflow where they take a batch."""


def complete_stage(_context: click.Context, _parameter: click.Parameter, begun: str) -> Items:
    """Stages of cdk.json and of batchwright.toml."""
    from batchwright_runner.workbench.project.known_names import known_names, stages_in

    stages = set(known_names(Path.cwd()).stages)
    try:
        path = config_file(folder=Path.cwd(), environment=os.environ)
    except RunnerError:
        path = None
    return _offered(stages | stages_in(path) if path is not None else stages, begun)


def complete_batch(context: click.Context, _parameter: click.Parameter, begun: str) -> Items:
    """Batches of the stage that is asked for, or of this project; workflows, for the verbs that take one."""
    names = _names(context)
    return _offered({*names.batches, *(names.workflows if context.info_name in OF_WORKFLOWS else ())}, begun)


def complete_run(context: click.Context, parameter: click.Parameter, begun: str) -> Items:
    """The last run of each batch: ``BATCH@latest``."""
    return _offered((f"{item.value}@latest" for item in complete_batch(context, parameter, "")), begun)


def complete_batch_or_run(context: click.Context, parameter: click.Parameter, begun: str) -> Items:
    """Batches, and the last run of each."""
    return complete_batch(context, parameter, begun) + complete_run(context, parameter, begun)


def complete_image(context: click.Context, _parameter: click.Parameter, begun: str) -> Items:
    """Images that batches run."""
    return _offered(_names(context).images, begun)


def complete_value(context: click.Context, _parameter: click.Parameter, begun: str) -> Items:
    """A batch, and then one of its variables; with --shared, any variable."""
    names, words = _names(context).batches, list(context.params.get("words") or ())
    if context.params.get("shared"):
        return _offered((variable for variables in names.values() for variable in variables), begun)
    return _offered(names.get(words[0], ()) if words else names, begun)


def _names(context: click.Context) -> "KnownNames":
    # Each command has completions, and none but the shell's call needs what they need.
    from batchwright_runner.workbench.project.known_names import LOCAL, KnownNames, known_names

    here, stage = known_names(Path.cwd()), context.params.get("stage") or os.environ.get("BATCHWRIGHT_STAGE")
    if not stage or stage == LOCAL or context.params.get("local"):
        return here
    try:
        target = find_stage(stage, folder=Path.cwd(), environment=os.environ)
    except RunnerError:
        return here
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    batches, images = SeenNames.below(cache).recall(target.project, stage)
    return KnownNames(here.stages, batches, images, here.workflows) if batches else here


def _offered(names: Iterable[str], begun: str) -> Items:
    return [CompletionItem(name) for name in sorted(set(names)) if name.startswith(begun)]
