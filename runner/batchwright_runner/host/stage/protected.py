"""A person is asked before something is changed, in a protected stage above all."""

from batchwright_runner.errors import UsageError
from batchwright_runner.host.terminal.ask import confirm
from batchwright_runner.host.terminal.console import Console, is_terminal


def ask_first(
    console: Console, stage: str, question: str, not_done: str, *, protected: bool, yes: bool, always: bool = False
) -> None:
    """Asks a person before something is changed in a protected stage.

    `question`: what is about to be done, ``Release reports to production``.
    `not_done`: the same for an error, ``reports was not released``.
    `yes`: whether ``--yes`` answers already.
    """
    if yes or not (protected or always):
        return
    why = f"stage {stage} is protected" if protected else ""
    if not is_terminal(0):
        problem = f"{why}, and stdin" if why else "stdin"
        raise UsageError(f"{not_done}: {problem} is not a terminal, so there is no one to ask", hint="Add --yes")
    if not confirm(console, f"{why.capitalize()}. {question}?" if why else f"{question}?"):
        raise UsageError(f"{not_done}: the answer was no")
