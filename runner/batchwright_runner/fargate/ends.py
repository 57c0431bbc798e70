"""The end that ECS shows of a run. Pure."""

from batchwright_runner.runs.task import TaskState
from batchwright_runner.runs.verdict import Ending


def ending_of(container: str, state: TaskState) -> Ending:
    """The end that a state shows, of a run that nobody here has stopped."""
    return Ending(
        container=container,
        ended=state.ended,
        began=state.began,
        exit_code=state.exit_code,
        stop_code=state.stop_code,
        reason=state.reason,
        temporary=state.temporary,
    )
