"""Compares what was reported and recorded in a night with what was promised. Pure; every complaint is a sentence."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import reduce

from batchwright_runner.contract.last import Last, RecordedEnd, after
from batchwright_runner.contract.moments import utc
from tests.alerting.soak.oracle import Decided, Promise, Promises, decided, promises
from tests.alerting.soak.plan import Batch, Night, Run
from tests.alerting.soak.play import Played, task_arn
from tests.alerting.soak.read import Report

OF_DUE = ("did not run", "is taking too long")
"""How messages begin that are of no run's end."""


def judge(night: Night, played: Played) -> list[str]:
    """All that is wrong; nothing for a good night."""
    wanted = promises(night, played.troubles)
    channels = ["sns", *sorted({slack_of(batch) for batch in night.batches.values()} - {""})]
    complaints = [*played.problems, *(f"in the dead letters: {letter}" for letter in played.letters)]
    for to in channels:
        messages = [message for message in played.reported if message.to == to]
        complaints += [f"{to}: {text}" for text in _channel(night, wanted, messages, to)]
    strange = {message.to for message in played.reported} - set(channels)
    complaints += [f"{to} was told something" for to in sorted(strange)]
    for batch in night.batches.values():
        complaints += [f"{batch.name}: {text}" for text in _record(night, batch, played)]
    return complaints


def slack_of(batch: Batch) -> str:
    """The Slack channel that gets the messages of a batch; empty where its owner is told elsewhere."""
    return {"finance": "slack #finance", "data": ""}.get("" if batch.removed else batch.owner, "slack #batches")


def _channel(night: Night, wanted: Promises, messages: Sequence[Report], to: str) -> Iterator[str]:
    """What is wrong with the messages of one channel."""
    got: Counter[tuple[str, str]] = Counter()
    named: dict[tuple[str, str], Counter[str]] = {}
    for message in messages:
        got[message.batch, message.words] += message.count
        if message.run and message.count == 1:
            named.setdefault((message.batch, message.words), Counter())[message.run] += 1
    for key in sorted({*wanted, *got}):
        batch = night.batches[key[0]]
        sent = to in ("sns", slack_of(batch))
        promise = wanted.get(key, Promise()) if sent else Promise()
        count = got[key]
        if count > promise.most:
            yield f"{key[0]} {key[1]!r} was told {count} times, at most {promise.most} are promised{_at(messages, key)}"
        if promise.least - promise.dropped > count:
            yield f"{key[0]} {key[1]!r} was told {count} times, {promise.least} are promised{_at(messages, key)}"
        if key[1] not in OF_DUE:
            strange = set(named.get(key, {})) - set(promise.runs)
            if strange:
                yield f"{key[0]} {key[1]!r} was told of runs {sorted(strange)}, of which nothing is promised"


def _at(messages: Sequence[Report], key: tuple[str, str]) -> str:
    ours = [message for message in messages if (message.batch, message.words) == key]
    return f": {', '.join(f'{utc(message.at)} {message.run} x{message.count}' for message in ours)}"


def _record(night: Night, batch: Batch, played: Played) -> Iterator[str]:
    """What is wrong with a batch's record, and with its metric."""
    ends = [end_of(end) for end in sorted(decided(night, batch), key=lambda end: end.ended)]
    ends_counted = [end for end in ends if not end.gave_way]
    whole = reduce(after, ends_counted, Last())
    text = played.lasts.get(batch.name, "{}")
    if json.loads(text) != json.loads(whole.to_json()):
        yield f"its record is {text}, and the history has {whole.to_json()}"
    counted = played.counted.get(batch.name, 0)
    lost = len(played.troubles)
    if not len(ends_counted) - lost <= counted <= len(ends_counted):
        yield f"its metric counts {counted} runs, and there were {len(ends_counted)}"


def end_of(end: Decided) -> RecordedEnd:
    """The end of a run, as its record has it."""
    run, manner = end.run, end.run.manner
    of_machine = run.starter == "machine" and run.last.manner != "good"
    return RecordedEnd(
        ended=utc(end.ended),
        verdict=manner.verdict,
        code=manner.means if not of_machine or manner.verdict != "Batchwright.Stopped" else 122,
        run=run.id,
        task=task_arn(run.last) if run.tasks and not _unsaid(run) else "",
        seconds=end.seconds,
        counts=manner.counts,
    )


def _unsaid(run: Run) -> bool:
    """Whether an execution ends without saying which its task was."""
    return run.starter == "machine" and run.manner.error in ("ABORTED", "TIMED_OUT") and run.last.manner != "good"


def figures(night: Night, played: Played, complaints: Sequence[str]) -> str:
    """Figures of a night."""
    told, came = sum(message.count for message in played.reported), len(night.deliveries)
    troubles = f"{len(played.troubles)} troubles, {len(complaints)} wrong"
    return f"{len(night.runs)} runs, {came} events, {told} told, {troubles}"
