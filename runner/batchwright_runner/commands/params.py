"""``batchwright params``: the values that batches take from SSM."""

import click

from batchwright_runner.commands.options import json_option, pass_console, stage_option
from batchwright_runner.params.compare import BAD
from batchwright_runner.params.show import print_rows, summary
from batchwright_runner.params.values import values_of
from batchwright_runner.params.verbs import get, split, unset, write
from batchwright_runner.terminal.console import Console

shared_option = click.option("--shared", is_flag=True, help="The values that the stage's batches share.")


@click.group()
def params() -> None:
    """Lists, sets and checks parameters and secrets of a stage.

    A batch takes them at the start of its next run. No command here prints a secret.
    """


@params.command("list")
@click.argument("batch", required=False)
@stage_option
@shared_option
@json_option
@pass_console
def list_params(console: Console, batch: str | None, stage: str | None, shared: bool, as_json: bool) -> None:
    """Lists declared values against those that are there: of a stage, or of one BATCH.

    "differs from declared" is a parameter that was set by hand: it holds until its declared value changes.
    """
    with values_of(console, stage, batch) as values:
        print_rows(values.rows(batch, shared=shared), console, as_json=as_json)


@params.command("check")
@click.argument("batch", required=False)
@stage_option
@shared_option
@json_option
@pass_console
def check_params(console: Console, batch: str | None, stage: str | None, shared: bool, as_json: bool) -> int:
    """Ends with 1 if a declared value is missing, or a secret lies there unencrypted; prints only those."""
    with values_of(console, stage, batch) as values:
        rows = values.rows(batch, shared=shared)
        bad = [row for row in rows if row.state in BAD]
        if bad or as_json:
            print_rows(bad, console, as_json=as_json)
        console.note(summary(rows, bad))
        return 1 if bad else 0


@params.command("get")
@click.argument("words", metavar="[BATCH] NAME", nargs=-1, required=True)
@stage_option
@shared_option
@pass_console
def get_param(console: Console, words: tuple[str, ...], stage: str | None, shared: bool) -> None:
    """Prints a parameter's value as it is now. Secrets are not printed."""
    get(console, *split(words, shared=shared), stage, shared=shared)


@params.command("set")
@click.argument("words", metavar="[BATCH] NAME", nargs=-1, required=True)
@stage_option
@shared_option
@click.option("--raw", is_flag=True, help="Keep a trailing newline of stdin.")
@pass_console
def set_param(console: Console, words: tuple[str, ...], stage: str | None, shared: bool, raw: bool) -> None:
    """Sets a declared parameter or secret. The value comes from stdin, or from a prompt on a terminal.

    A secret is encrypted under the stage's key. One trailing newline of stdin is dropped. No option takes a value: what
    stands on a command line is seen by everybody on the machine, and kept in the shell's history.
    """
    write(console, *split(words, shared=shared), stage, shared=shared, raw=raw)


@params.command("unset")
@click.argument("words", metavar="[BATCH] NAME", nargs=-1, required=True)
@stage_option
@shared_option
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@pass_console
def unset_param(console: Console, words: tuple[str, ...], stage: str | None, shared: bool, yes: bool) -> None:
    """Deletes a secret, or a value that is no longer declared."""
    unset(console, *split(words, shared=shared), stage, shared=shared, yes=yes)
