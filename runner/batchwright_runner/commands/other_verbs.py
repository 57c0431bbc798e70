"""What is meant by verbs of other tools. Pure."""

from batchwright_runner.contract.command_lines import again_line

_AGAIN = frozenset({"again", "redrive", "repeat", "rerun", "restart", "retry"})


def meant_by(verb: str) -> str:
    """What is typed here, as a sentence; empty where nothing is known."""
    return f"A failed run is run again with {again_line('NAME', 'STAGE', 'latest')}" if verb in _AGAIN else ""
