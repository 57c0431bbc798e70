"""What AWS is asked before anything is deployed: minutes, and free."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from tests.on_aws.claims import BEFORE, Seen
from tests.on_aws.trial import Part, Trial, has_expired, judged, why

AT_ONCE = 4
"""Calls at once."""
WORDS = 250
"""Characters of evidence about one answer."""


class Row(NamedTuple):
    """One call, and what it should answer.

    Attributes:
        name: What is asked.
        expected: The answer.
        ask: Asks; gives the answer, and more words of AWS.
        control: Whether the others mean nothing where this one is not answered so.
    """

    name: str
    expected: object
    ask: Callable[[], tuple[object, str]]
    control: bool = False


def before(trial: Trial) -> Iterator[Seen]:
    """Asks all of it."""
    from tests.on_aws.questions import questions  # with CDK, which takes seconds
    from tests.on_aws.rows import rows

    trial.say("the tests are asked what they expect: a minute")
    for claim, ours in rows(trial, questions()).items():
        yield compared(trial, claim, ours)


CHECKS: tuple[Part, ...] = (Part(BEFORE, before),)


def compared(trial: Trial, claim: str, rows: Iterable[Row]) -> Seen:
    """Asks, and compares."""

    def one(row: Row) -> tuple[Row, object, str, bool]:
        trial.sleep(0)  # which ends here where the trial is over
        try:
            return (row, *row.ask(), True)
        except (ClientError, BotoCoreError) as error:
            if has_expired(error):
                raise
            return row, None, why(error), False

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = [*pool.map(one, rows)]
    wrong = [
        (row.control, _shorten(f"{row.name}: {answer}, not {row.expected}{words and f' ({words})'}"))
        for row, answer, words, asked in answers
        if asked and answer != row.expected
    ]
    unasked = [(row.control, words) for row, _, words, asked in answers if not asked]
    if refused := [words for control, words in unasked if control]:
        return Seen(claim, "cannot be seen here", refused[0])
    if controls := [text for control, text in wrong if control]:
        return Seen(claim, "cannot be seen here", f"the control fails: {controls[0]}")
    if unasked and not wrong:
        return Seen(
            claim, "cannot be seen here", f"{len(unasked)} of {len(answers)} were not answered: {unasked[0][1]}"
        )
    evidence = f"{len(wrong)} of {len(answers)} answers: {'; '.join(text for _, text in wrong[:2])}"
    return judged(claim, not wrong, evidence if wrong else f"{len(answers)} answers")


def _shorten(text: str) -> str:
    """A text whose middle is left out where it is long: its end says what was answered."""
    return text if len(text) <= WORDS else f"{text[: WORDS // 2]} … {text[-WORDS // 2 :]}"
