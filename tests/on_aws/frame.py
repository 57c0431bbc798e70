"""Runs the parts of a trial: as many at once as can be, on after one that fails, and to a table in the end."""

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from textwrap import wrap

from tests.on_aws.claims import CLAIMS, Answer, Claim, Seen
from tests.on_aws.trial import Over, Part, Trial, has_expired, why

ORDER: tuple[Answer, ...] = ("cannot be seen here", "seen", "not so")
OF_POLICIES = "no policy is evaluated here, so that it means nothing"


def ask_all(trial: Trial, parts: Sequence[Part], seen: dict[str, Seen]) -> dict[str, str]:
    """Asks all parts.

    Args:
        trial: The trial.
        parts: The parts.
        seen: Where the answers go, by claim, as they come.

    Returns:
        The parts that did not end well, and why.
    """
    done = {part.name: threading.Event() for part in parts}
    failed: dict[str, str] = {}
    try:
        with ThreadPoolExecutor(max(1, len(parts))) as pool:
            for part in parts:
                pool.submit(_ask, trial, part, done, failed, seen)
            try:
                while not all(event.wait(0.2) for event in done.values()):
                    pass
            except KeyboardInterrupt:
                trial.end("it was ended: Ctrl-C")
                raise
    finally:
        for claim in CLAIMS:
            if claim.part in done and claim.key not in seen:
                evidence = failed.get(claim.part, "its part did not ask it")
                seen[claim.key] = Seen(claim.key, "cannot be seen here", evidence)
    return failed


def _ask(
    trial: Trial, part: Part, done: Mapping[str, threading.Event], failed: dict[str, str], seen: dict[str, Seen]
) -> None:
    try:
        for name in (*part.after, *part.behind):
            while name in done and not done[name].wait(0.2):
                trial.sleep(0)
        broken = [f"the part {name} did not end well" for name in part.after if name in failed]
        broken += [f"{name} was not deployed: {trial.broken[name]}" for name in part.stacks if name in trial.broken]
        if broken:
            failed[part.name] = broken[0]
            return
        trial.say(f"{part.name} begins")
        for answer in part.ask(trial):
            seen[answer.claim] = answer
            trial.say(f"{part.name}: {answer.answer}: {answer.claim} ({answer.evidence})")
    except Over as over:
        failed[part.name] = str(over)
    except Exception as error:  # noqa: BLE001 - a part that fails keeps no other from being asked
        failed[part.name] = why(error)
        trial.say(f"{part.name} failed: {why(error)}")
        if has_expired(error):
            trial.end("the credentials have expired")
    finally:
        done[part.name].set()


def table(seen: Mapping[str, Seen], *, policies: bool) -> list[tuple[Claim, Seen]]:
    """Each claim with its answer.

    Args:
        seen: What the parts have answered.
        policies: Whether the account evaluates policies.
    """
    rows = []
    for claim in CLAIMS:
        missing = f"it needs {claim.needs}" if claim.needs else "it was not asked"
        answer = seen.get(claim.key, Seen(claim.key, "cannot be seen here", missing))
        if claim.policies and not policies and answer.answer != "cannot be seen here":
            answer = replace(answer, answer="cannot be seen here", evidence=f"{answer.evidence}; {OF_POLICIES}")
        rows.append((claim, answer))
    return rows


def as_text(rows: Sequence[tuple[Claim, Seen]], width: int) -> str:
    """The table for a terminal; what is not so is nearest to the prompt."""
    lines: list[str] = []
    for claim, answer in sorted(rows, key=lambda row: ORDER.index(row[1].answer)):
        lines.append(f"{answer.answer:<20} {claim.key}")
        facts = [("expected", claim.what), ("evidence", answer.evidence)]
        for name, text in [*facts, ("so", claim.otherwise)] if answer.answer == "not so" else facts:
            lines += wrap(text, width, initial_indent=f"{'':<21}{name + ':':<10}", subsequent_indent=" " * 31)
    counted = Counter(answer.answer for _, answer in rows)
    return "\n".join([*lines, ", ".join(f"{counted[answer]} {answer}" for answer in ORDER)])
