"""``batchwright render-files``: writes a batch's config files into the volumes that its main container mounts.

The work of the container ``files``, which the construct library adds to a batch with ``files=``. It runs as root in the
runner's image, since the volumes of a task belong to root, and needs no permission on AWS.
"""

import os
from pathlib import Path

import click

from batchwright_runner.commands.options import pass_console
from batchwright_runner.contract.files_plan import ROOT
from batchwright_runner.host.config_files import render_into
from batchwright_runner.host.terminal.console import Console


@click.command("render-files", hidden=True)
@pass_console
def render_files(console: Console) -> int:
    """Renders a batch's config files inside its task.

    The container called files runs this; people do not need it. What to write is in BATCHWRIGHT_FILES.
    """
    render_into(Path(ROOT), os.environ, console)
    return 0
