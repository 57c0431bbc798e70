"""``batchwright params diff | copy``: the values of two stages."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from batchwright_runner.contract.names import SHARED
from batchwright_runner.errors import RunnerError, UsageError
from batchwright_runner.host.params.between import ComparedPair, Side, compare_stages, matched
from batchwright_runner.host.params.change import put_value
from batchwright_runner.host.params.copies import Copied, Copy, Plan, plan_copies, source_path
from batchwright_runner.host.params.declared import DeclaredValue, Kind
from batchwright_runner.host.params.present import Texts, read_texts, read_visible
from batchwright_runner.host.params.values import Values, read_declared
from batchwright_runner.host.runs.signals import SignalWaiter, Waiter
from batchwright_runner.host.stage.protected import ask_first
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


def copy(console: Console, wish: Copy, *, yes: bool) -> int:
    """Copies values from one stage or batch to another, after a question.

    Returns the exit code: 1 if a value was asked for and could not be copied: it is not there, may not be read, or is a
    secret that was named and not asked for as one.
    """
    if wish.shared and wish.batch is not None:
        raise UsageError("nothing is copied: give a batch name, or --shared")
    if (wish.first, wish.batch) == (wish.second, wish.target_batch):
        raise UsageError(
            f"nothing is copied: source and target are both {wish.second}", hint="Name two stages, or --to"
        )
    with SignalWaiter(console.note) as waiter:
        source = _open(console, wish.first, waiter)
        target = source if wish.first == wish.second else _open(console, wish.second, waiter)
        for values in (source, target):
            values.check_any("nothing is copied")
        if wish.target_batch is not None:
            target.check_batch(wish.target_batch)
        with doing(console, f"reading the values of {wish.first} and {wish.second}"):
            plan = _plan(source, target, wish)
        for line in plan.lines():
            console.note(line)
        if not plan.puts:
            console.note("nothing is copied")
            return plan.code
        stage, protected = wish.second, target.protected
        question, not_done = f"Copy {plan.words()} into {stage}", "nothing was copied"
        ask_first(console, stage, question, not_done, protected=protected, yes=yes, always=True)
        _put(console, plan.puts, target)
        return plan.code


def _open(console: Console, stage: str, waiter: Waiter) -> Values:
    return read_declared(console, open_stage(stage, Surroundings.of(waiter, console)))


def _read(values: Values, side: Side, declared: Iterable[DeclaredValue | None]) -> Side:
    paths = [(value.path, value.kind) for value in declared if value and not value.out_of_reach]
    texts = _texts(values, paths, secrets=True)
    return replace(side, texts=texts.known, hidden=texts.hidden)


def _plan(source: Values, target: Values, wish: Copy) -> Plan:
    declared = wish.asked(target.declared.values(), target.stage.target)
    at, to = source.stage.target, target.stage.target
    paths = {value.path: source_path(value.path, to, at, wish) for value in declared}
    before = _texts(source, [(paths[value.path], value.kind) for value in declared], secrets=wish.secrets)
    after = _texts(target, [(value.path, value.kind) for value in declared], secrets=wish.secrets)
    return plan_copies(declared, paths, before, after, source.declared, wish)


def _texts(values: Values, paths: Sequence[tuple[str, Kind]], *, secrets: bool) -> Texts:
    """Reads parameters as everyone may who operates the stage; and secrets, if they are wanted, decrypted."""
    at = values.stage
    parameters, unseen = read_visible(at.aws, [path for path, kind in paths if kind == "parameter"], at.waiter)
    secret = read_texts(at.aws, [path for path, kind in paths if kind == "secret"] if secrets else [], at.waiter)
    plain = {path: parameter.value for path, parameter in parameters.items() if not parameter.encrypted}
    encrypted = parameters.keys() - plain.keys()
    return Texts({**plain, **secret.known}, unseen | secret.hidden | encrypted)


def _put(console: Console, puts: Sequence[Copied], target: Values) -> None:
    done = 0
    try:
        for put in puts:
            version = put_value(target.stage.aws, put.declared, put.text, target.stage.waiter)
            done += 1
            console.note(f"copied: {put.declared.path}, version {version}{put.declared.key_words}")
    except RunnerError:
        console.note(f"{done} of {len(puts)} values were copied; the same command copies the rest")
        raise
