"""``batchwright params diff``: the values of two stages."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from batchwright_runner.contract.names import SHARED
from batchwright_runner.errors import UsageError
from batchwright_runner.host.params.between import ComparedPair, Side, compare_stages, matched
from batchwright_runner.host.params.declared import DeclaredValue, Kind
from batchwright_runner.host.params.present import Texts, read_texts, read_visible
from batchwright_runner.host.params.values import Values, read_declared
from batchwright_runner.host.runs.signals import SignalWaiter, Waiter
from batchwright_runner.host.stage.session import Surroundings, open_stage
from batchwright_runner.host.terminal.console import Console
from batchwright_runner.host.terminal.doing import doing


def diff(console: Console, first: str, second: str, batch: str | None, *, shared: bool) -> list[ComparedPair]:
    """Compares what two stages' batches take: all of it, one batch's, or the shared values."""
    if first == second:
        raise UsageError(f"nothing is compared: {first} was given twice", hint="Name two stages")
    with SignalWaiter(console.note) as waiter:
        both = [_open(console, stage, waiter) for stage in (first, second)]
        for values in both:
            values.check_any("nothing is compared")
        if batch is not None and not any(batch in values.batches for values in both):
            both[0].check_batch(batch)
        sides = [Side(values.stage.target.stage, values.stage.target.project, values.declared) for values in both]

        def wanted(name: str, value: DeclaredValue) -> bool:
            return (batch is None or batch in value.users) and (not shared or name.startswith(f"{SHARED}/"))

        pairs = matched(sides[0], sides[1], wanted)
        with doing(console, f"reading the values of {first} and {second}"):
            sides = [_read(both[n], sides[n], [pair[n] for pair in pairs.values()]) for n in (0, 1)]
    return compare_stages(sides[0], sides[1], pairs)


def _open(console: Console, stage: str, waiter: Waiter) -> Values:
    return read_declared(console, open_stage(stage, Surroundings.of(waiter, console)))


def _read(values: Values, side: Side, declared: Iterable[DeclaredValue | None]) -> Side:
    paths = [(value.path, value.kind) for value in declared if value and not value.out_of_reach]
    texts = _texts(values, paths)
    return replace(side, texts=texts.known, hidden=texts.hidden)


def _texts(values: Values, paths: Sequence[tuple[str, Kind]]) -> Texts:
    """Reads parameters as everyone may who operates the stage; and secrets, decrypted."""
    at = values.stage
    parameters, unseen = read_visible(at.aws, [path for path, kind in paths if kind == "parameter"], at.waiter)
    secret = read_texts(at.aws, [path for path, kind in paths if kind == "secret"], at.waiter)
    plain = {path: parameter.value for path, parameter in parameters.items() if not parameter.encrypted}
    encrypted = parameters.keys() - plain.keys()
    return Texts({**plain, **secret.known}, unseen | secret.hidden | encrypted)
