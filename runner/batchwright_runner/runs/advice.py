"""What a stop reason or an exit code asks a person to do. Pure."""

from batchwright_runner.contract.verdicts import ROWS, Row, Verdict
from batchwright_runner.runs.stop_reasons import EXIT_CODES, REASONS, Reason


def is_temporary(reason: str) -> bool:
    """Whether a start that failed for this reason may work on another try."""
    found = _meaning(reason)
    return found is not None and found.temporary


def advice(found: Verdict, reason: str) -> str:
    """What to do, as a sentence without its full stop; empty where nothing is known."""
    if found.row is Row.OWN and found.code == 0:
        return ""
    meaning = _meaning(reason)
    known = {"reason": meaning.advice if meaning is not None else "", "code": EXIT_CODES.get(found.code, "")}
    return next((known[key] for key in ROWS[found.row].advice if known[key]), "")


def _meaning(reason: str) -> Reason | None:
    text = reason.lower()
    return next((one for one in REASONS if all(part in text for part in one.parts)), None)
