"""A protected stage: a person is asked before something in it is changed."""

from batchwright_runner.errors import UsageError
from batchwright_runner.host.terminal.ask import confirm
from batchwright_runner.host.terminal.console import Console, is_terminal


def ask_first(console: Console, stage: str, question: str, not_done: str, *, protected: bool, yes: bool) -> None:
    """Asks a person where a stage is protected.

    Args:
        console: Where the question goes.
        stage: The stage.
        question: What is about to be done, ``Release reports to production``.
        not_done: The same for an error, ``reports was not released``.
        protected: Whether the stage is.
        yes: Whether ``--yes`` answers already.

    Raises:
        UsageError: No one is there to be asked, or the answer was no.
        InterruptedEarlyError: Ctrl-C was pressed.
    """
    if not protected or yes:
        return
    if not is_terminal(0):
        problem = f"{not_done}: stage {stage} is protected, and stdin is not a terminal, so there is no one to ask"
        raise UsageError(problem, hint="Add --yes")
    if not confirm(console, f"Stage {stage} is protected. {question}?"):
        raise UsageError(f"{not_done}: the answer was no")
