"""``batchwright params``: the values that batches take from SSM."""

import click

from batchwright_runner.commands.completion import complete_stage, complete_value
from batchwright_runner.commands.group import Verbs
from batchwright_runner.commands.options import (
    batch_argument,
    json_option,
    more,
    stage_option,
    with_console,
    yes_option,
)
from batchwright_runner.host.params.compare import BAD
from batchwright_runner.host.params.declared import Declared
from batchwright_runner.host.params.show import pairs_summary, print_pairs, print_rows, summary
from batchwright_runner.host.params.stages import diff
from batchwright_runner.host.params.values import read_declared
from batchwright_runner.host.params.verbs import get, split, unset, write
from batchwright_runner.host.stage.session import Stage, enter_stage
from batchwright_runner.host.terminal.console import Console
from batchwright_runner.host.terminal.doing import doing

PAGE = "docs/values-and-secrets.md"

value_argument = click.argument("words", metavar="[BATCH] NAME", nargs=-1, required=True, shell_complete=complete_value)
shared_option = click.option("--shared", is_flag=True, help="The values that the stage's batches share.")


@click.group(cls=Verbs)
def params() -> None:
    """List, set, check and compare parameters and secrets.

    A batch takes them at the start of its next run. No command here prints a secret.
    """


@params.command(
    "list",
    short_help="List declared and stored values",
    epilog=more(PAGE, "batchwright params list -s staging", "batchwright params list daily-report -s staging --json"),
)
@batch_argument(required=False)
@stage_option
@shared_option
@json_option
@with_console
def list_params(console: Console, batch: str | None, stage: str | None, shared: bool, as_json: bool) -> None:
    """List declared values against those that are stored: of a stage, or of one BATCH.

    "differs from declared" is a parameter that was set by hand: it holds until its declared value changes.
    """
    with enter_stage(console, stage) as at:
        values = read_declared(console, at, batch)
        with doing(console, f"reading the values of stage {stage}"):
            rows = values.rows(batch, shared=shared)
        print_rows(rows, console, as_json=as_json)


@params.command(
    "check",
    short_help="Check that all declared values are stored",
    epilog=more(PAGE, "batchwright params check -s production"),
)
@batch_argument(required=False)
@stage_option
@shared_option
@json_option
@with_console
def check_params(console: Console, batch: str | None, stage: str | None, shared: bool, as_json: bool) -> int:
    """Exit with 1 if a declared value is missing, or a secret is stored unencrypted; print only those."""
    with enter_stage(console, stage) as at:
        values = read_declared(console, at, batch)
        values.check_any("nothing was checked")
        with doing(console, f"reading the values of stage {stage}"):
            rows = values.rows(batch, shared=shared)
        bad = [row for row in rows if row.state in BAD]
        if bad or as_json:
            print_rows(bad, console, as_json=as_json)
        console.note(summary(rows, bad))
        return 1 if bad or (batch is None and values.unusable) else 0


@params.command(
    "get",
    short_help="Print a parameter's value",
    epilog=more(PAGE, "batchwright params get daily-report REPORT_TO -s staging"),
)
@value_argument
@stage_option
@shared_option
@with_console
def get_param(console: Console, words: tuple[str, ...], stage: str | None, shared: bool) -> None:
    """Print a parameter's value as it is now. Secrets are not printed."""
    get(console, *split(words, shared=shared), stage, shared=shared)


@params.command(
    "set",
    short_help="Set a declared parameter or secret",
    epilog=more(
        PAGE,
        "batchwright params set daily-report DB_PASSWORD -s staging",
        "pass show api-token | batchwright params set --shared API_TOKEN -s staging",
    ),
)
@value_argument
@stage_option
@shared_option
@click.option("--raw", is_flag=True, help="Keep a trailing newline of stdin.")
@yes_option
@with_console
def set_param(console: Console, words: tuple[str, ...], stage: str | None, shared: bool, raw: bool, yes: bool) -> None:
    """Set a declared parameter or secret. The value comes from stdin, or from a prompt on a terminal.

    A secret is encrypted under the stage's key; in the project's folder it can be set before the deployment that needs
    it. One trailing newline of stdin is dropped. No option takes a value: what is on a command line is seen by everyone
    on the machine, and kept in the shell's history.
    """
    write(console, *split(words, shared=shared), stage, shared=shared, raw=raw, yes=yes, here=_here)


def _here(stage: Stage) -> Declared | None:
    """What the project in this folder declares for a stage; none where there is no such project."""
    from batchwright_runner.workbench.project.assembly import declared_here
    from batchwright_runner.workbench.project.batches import variables_in

    batches = declared_here(stage)
    return None if batches is None else [(batch.manifest, variables_in(batch)) for batch in batches]


@params.command(
    "unset",
    short_help="Delete a secret, or what is not declared now",
    epilog=more(PAGE, "batchwright params unset daily-report OLD_TOKEN -s staging"),
)
@value_argument
@stage_option
@shared_option
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@with_console
def unset_param(console: Console, words: tuple[str, ...], stage: str | None, shared: bool, yes: bool) -> None:
    """Delete a secret, or a value that is no longer declared."""
    unset(console, *split(words, shared=shared), stage, shared=shared, yes=yes)


@params.command(
    "diff",
    short_help="Compare the values of two stages",
    epilog=more(
        PAGE, "batchwright params diff staging production", "batchwright params diff staging production daily-report"
    ),
)
@click.argument("first", metavar="STAGE", shell_complete=complete_stage)
@click.argument("second", metavar="STAGE", shell_complete=complete_stage)
@batch_argument(required=False)
@shared_option
@click.option("--all", "everything", is_flag=True, help="Print what is the same, too.")
@json_option
@with_console
def diff_params(
    console: Console, first: str, second: str, batch: str | None, shared: bool, everything: bool, as_json: bool
) -> int:
    """Compare the values of two stages; exit with 1 if they differ.

    Of secrets it says only whether they differ, which takes the right to decrypt them in both stages; without it they
    are not compared.
    """
    pairs = diff(console, first, second, batch, shared=shared)
    shown = [pair for pair in pairs if everything or pair.differs]
    print_pairs(shown, (first, second), console, as_json=as_json)
    console.note(pairs_summary(pairs, (first, second)))
    return 1 if any(pair.differs for pair in pairs) else 0
