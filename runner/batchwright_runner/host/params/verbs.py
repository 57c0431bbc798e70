"""``batchwright params get | set | unset``: one value."""

import sys
from collections.abc import Callable, Sequence
from functools import partial

from batchwright_runner.contract.batch_file import MARK
from batchwright_runner.contract.names import SHARED, StageNames
from batchwright_runner.contract.stop_reasons import REVERT
from batchwright_runner.contract.values import fingerprint
from batchwright_runner.errors import RunnerError, UsageError
from batchwright_runner.host.params.change import delete_value, put_value, read_value
from batchwright_runner.host.params.declared import Declared, DeclaredValue, folder
from batchwright_runner.host.params.present import read_values
from batchwright_runner.host.params.values import Values, read_declared
from batchwright_runner.host.stage.protected import ask_first
from batchwright_runner.host.stage.session import Stage, enter_stage
from batchwright_runner.host.terminal.ask import ask_hidden
from batchwright_runner.host.terminal.console import Console, Tell, is_terminal

_WORDS = {1: "NAME", 2: "BATCH NAME"}


def split(words: Sequence[str], *, shared: bool) -> tuple[str | None, str]:
    """The batch and the name among a command's words: NAME with --shared, else BATCH NAME.

    A word too many, or with ``=``, may hold a value that someone meant to set: it is not repeated.
    """
    expected = 1 if shared else 2
    assigned = any("=" in word for word in words)
    if len(words) == expected and not assigned:
        return (None, words[0]) if shared else (words[0], words[1])
    if len(words) > expected or assigned:
        hint = (
            "A value comes from stdin or the prompt, never from the command line. If one of the arguments was a "
            "secret, it is in the shell's history now: set another one"
        )
    else:
        hint = "Add --shared for a value that the stage's batches share"
    count = "1 argument was" if len(words) == 1 else f"{len(words)} arguments were"
    given = "NAME=VALUE was" if assigned else count
    raise UsageError(f"{_WORDS[expected]} is expected: {given} given", hint=hint)


def get(console: Console, batch: str | None, name: str, stage: str | None, *, shared: bool) -> None:
    """Prints a parameter's value."""
    with enter_stage(console, stage) as at:
        values = read_declared(console, at, batch, alone=not shared)
        declared = values.find(values.owner(batch, shared=shared), name)
        if declared.kind == "secret":
            raise UsageError(
                f"{name} is not printed: it is a secret",
                hint="params list shows whether it is set. AWS itself shows it to whoever may decrypt it",
            )
        present = read_values(at.aws, [declared.path], at.waiter).get(declared.path)
        if present is None:
            maker = "the stage's platform" if shared else "the batch"
            hint = f"Deploy {maker} ({REVERT}, if someone deleted it), or set it: batchwright params set"
            raise UsageError(f"{name} has no value: parameter {declared.path} does not exist", hint=hint)
        if present.encrypted:
            raise UsageError(f"{name} is not printed: {declared.path} is encrypted, though declared as a parameter")
        console.print(present.value)


def write(
    console: Console,
    batch: str | None,
    name: str,
    stage: str | None,
    *,
    shared: bool,
    raw: bool,
    yes: bool,
    here: Callable[[Stage], Declared | None],
) -> None:
    """Sets a value, and says which batches take it.

    `here`: what the project in this folder declares for the stage; it is asked for what is not deployed. None where
    there is no such project.
    """
    with enter_stage(console, stage) as at:
        values = read_declared(console, at, batch)
        path = StageNames.of(at.target).value(batch or SHARED, name)
        deployed = path in values.declared
        if not deployed:
            values = _joined(values, batch, name, here(at))
        declared = values.find(values.owner(batch, shared=shared), name)
        if not deployed:
            _check_settable(declared)
        ask_first(
            console,
            at.target.stage,
            f"Set {declared.path}, which is taken by {_takers(declared)}",
            f"{declared.path} was not set",
            protected=values.protected,
            yes=yes,
        )
        value = read_value(name, sys.stdin.buffer, terminal=is_terminal(0), ask=partial(ask_hidden, console), raw=raw)
        version = put_value(at.aws, declared, value, at.waiter)
        _say_set(console, declared, value, version, deployed=deployed)


def _joined(values: Values, batch: str | None, name: str, coming: Declared | None) -> Values:
    """The stage's values, and those that the project in this folder declares for it."""
    if coming is not None:
        return values.joined(coming)
    try:
        values.find(values.owner(batch, shared=batch is None), name)
    except UsageError as error:
        hint = "What is declared and not deployed yet is set in the folder of its project"
        stop = "" if error.hint.endswith("?") else "."
        raise UsageError(str(error.args[0]), hint=f"{error.hint}{stop} {hint}") from error
    return values


def _check_settable(declared: DeclaredValue) -> None:
    """Refuses what is not deployed yet and is not set from here before it is."""
    if declared.kind == "parameter":
        raise UsageError(
            f"{declared.name} is not set yet: the deployment makes this parameter, with its declared value",
            hint="Deploy, and then set it to another value",
        )
    if declared.key == MARK:
        raise RunnerError(
            f"{declared.name} is not set yet: an SSM parameter names the stage's key, which only a deployment reads",
            hint="Deploy the stage's first batch, and then set it",
        )


def unset(console: Console, batch: str | None, name: str, stage: str | None, *, shared: bool, yes: bool) -> None:
    """Deletes a value."""
    with enter_stage(console, stage) as at:
        values = read_declared(console, at, batch)
        owner = values.owner(batch, shared=shared)
        path = f"{folder(at.target, owner)}/{name}"
        declared = values.declared.get(path)
        if declared is None and values.unusable:
            raise RunnerError(
                f"{name} is not deleted: {', '.join(values.unusable)} may take it, which cannot be used",
                hint=next(iter(values.unusable.values())).hint,
            )
        if declared and declared.kind == "parameter":
            raise UsageError(
                f"{name} is not deleted: {_takers(declared)} could not start without it, as it is a declared parameter",
                hint="Take it out of batch.py and deploy; or set it to another value",
            )
        effect = f"without which {_takers(declared)} cannot start" if declared else "which no batch declares"
        ask_first(
            console,
            at.target.stage,
            f"Delete {path}, {effect}",
            f"{path} was not deleted",
            protected=values.protected,
            yes=yes,
            always=True,
        )
        if not delete_value(at.aws, path, at.waiter):
            raise UsageError(f"{name} was not deleted: parameter {path} does not exist")
        missing = f". Until it is set again, {_takers(declared)} cannot start" if declared else ""
        console.note(f"deleted: {path}{missing}")


def _say_set(tell: Tell, declared: DeclaredValue, value: str, version: int, *, deployed: bool) -> None:
    key = f", encrypted with {declared.key or 'the AWS-managed key'}" if declared.kind == "secret" else ""
    tell.note(f"set: {declared.path}, version {version}{key}")
    when = "at the next run" if deployed else "once this is deployed"
    tell.note(f"taken {when} by: {_takers(declared)}")
    if declared.fingerprint and fingerprint(value) != declared.fingerprint:
        tell.note("overrides the declared value until a deployment changes that value")


def _takers(declared: DeclaredValue) -> str:
    return ", ".join(declared.users)
