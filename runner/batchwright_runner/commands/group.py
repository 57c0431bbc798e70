"""A group of verbs, and what click says of a command line in the words of our own errors."""

import re

import click

from batchwright_runner.contract.command_lines import again_line
from batchwright_runner.contract.gone import COMMANDS
from batchwright_runner.host.terminal.text import did_you_mean, one_line

_AGAIN = frozenset({"again", "redrive", "repeat", "rerun", "restart", "retry"})
_NEAR = re.compile(r"\((Did you mean .*)\)$")
"""How click puts what it takes for meant, which our own errors say in a sentence."""


class Verbs(click.Group):
    """A group of verbs that knows what was meant by a mistyped one."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Finds the verb, or says which ones are near."""
        wrong = args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None
        if wrong and not ctx.resilient_parsing:  # the shell asks with that what it may offer
            if gone := _gone(ctx, args[0]):
                ctx.fail(gone)
            known = [name for name in self.list_commands(ctx) if not self.is_hidden(ctx, name)]
            ctx.fail(f"no such command {args[0]!r}. {meant_by(args[0]) or did_you_mean(args[0], known)}")
        return super().resolve_command(ctx, args)

    def is_hidden(self, ctx: click.Context, name: str) -> bool:
        """Whether a verb is left out of the list."""
        command = self.get_command(ctx, name)
        return command is not None and command.hidden


def meant_by(verb: str) -> str:
    """What is typed here for a verb of another tool, as a sentence; empty where nothing is known. Pure."""
    return f"A failed run is run again with {again_line('NAME', 'STAGE', 'latest')}" if verb in _AGAIN else ""


def why_refused(error: click.ClickException) -> str:
    """Why click refuses a command line: as our own errors begin and end, in one line. Pure."""
    word = ""
    if isinstance(error, click.NoSuchOption):
        word = error.option_name
    elif isinstance(error, click.BadParameter) and error.param:
        quoted = (error.message or "").split("'")[1:2]  # click quotes a value that is not among the choices first
        word = " ".join([error.param.opts[0], *quoted])
    if isinstance(error, click.UsageError) and error.ctx and (gone := _gone(error.ctx, word)):
        return gone
    text = _NEAR.sub(r"\1", error.format_message()).removesuffix(".")
    return one_line(text[:1].lower() + text[1:])


def _gone(ctx: click.Context, word: str) -> str:
    """What to do instead of a verb, an option or its value that was removed; empty where there was none."""
    command = f"{ctx.command_path} {word}".partition(" ")[2]
    return f"{command} was removed. {COMMANDS[command]}" if command in COMMANDS else ""
