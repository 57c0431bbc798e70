"""Writes docs/reference/cli.md from the commands' own help; ``--check`` only says whether it is up to date.

python docs/generate_cli.py [--check]
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from batchwright_runner.cli import batchwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from docs.written import write

FILE = Path(__file__).parent / "reference" / "cli.md"
WIDTH = 100
HEAD = """# Commands

What `--help` says of each command. This page is generated: `python docs/generate_cli.py`.
"""


def page() -> str:
    """The whole page."""
    parts = [HEAD, *(f"## `{name}`\n\n```\n{text}\n```\n" for name, text in helps(batchwright, "batchwright", None))]
    return "\n".join(parts)


def helps(command: click.Command, name: str, parent: click.Context | None) -> Iterator[tuple[str, str]]:
    """Each command's path and help, groups before what is in them; none that is hidden."""
    context = click.Context(
        command,
        info_name=name,
        parent=parent,
        terminal_width=WIDTH,
        **{**command.context_settings, "max_content_width": WIDTH},
    )
    yield context.command_path, command.get_help(context)
    if isinstance(command, click.Group):
        for verb in command.list_commands(context):
            found = command.get_command(context, verb)
            if found is not None and not found.hidden:
                yield from helps(found, verb, context)


if __name__ == "__main__":
    sys.exit(write({FILE: page()}))
