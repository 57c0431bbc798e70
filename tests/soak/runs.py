"""The soak: runs of one batch under all trouble that there is. Pure: a seed and a number always give the same plan."""

import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random
from typing import Any

from tests.fake_aws.script import Line, Script, Sidecar, Term
from tests.soak import checks
from tests.soak.facts import Facts
from tests.soak.plan import Anchor, Batch, Command, Do, ErrMode, OutMode, Plan, Step
from tests.soak.play import seed_commands
from tests.soak.trouble import faults, interruption, quotas, start_failure
from tests.soak.truth import facts_of

Shape = tuple[Batch, Sequence[Command], list[Step]]
BATCH = "daily-report"
RUN_ID = "night"
LONG = (6.0, 25.0)
"""Seconds that a container runs where somebody is to interfere."""
STOP_TIMEOUT = 3
MOMENTS: tuple[Anchor, ...] = ("begin", "task", "started", "ended")
SIGNALS = (signal.SIGTERM, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)


def generate(seed: int, number: int) -> Plan:
    """The plan of a run."""
    chance = Random(f"{seed}/{number}")
    names, weights = zip(*((name, weight) for name, (weight, _) in SHAPES.items()), strict=True)
    shape = chance.choices(names, weights)[0]
    batch, commands, steps = SHAPES[shape][1](chance)
    return Plan(
        seed=seed,
        number=number,
        shape=shape,
        batches=[batch],
        commands=commands,
        faults=faults(chance, shape),
        quotas=quotas(chance),
        skew=chance.choice([-200.0, 30.0, 240.0, 1000.0]) if chance.random() < 0.08 else 0.0,
        token_life=2.0 if chance.random() < 0.15 else 0.0,
        guarded=chance.random() < 0.3,
        steps=[*steps, *_others(chance)],
    )


def _single(chance: Random) -> Shape:
    """One run, perhaps with a signal or a timeout."""
    steps, long = _interference(chance, "first")
    command = _run(chance, "first", given=chance.random() < 0.3)
    if chance.random() < 0.2:
        command, long = replace(command, timeout=chance.randint(1, 6)), True
    return _batch(chance, long=long), [command], [_start("first"), *steps]


def _joined(chance: Random) -> Shape:
    """A run id that is given twice: while it runs, after its end, and after ECS has forgotten it."""
    steps, long = _interference(chance, chance.choice(["first", "second"])) if chance.random() < 0.3 else ([], False)
    when = chance.choice([*MOMENTS, "exit", None])
    second = _run(chance, "second", given=True)
    if chance.random() < 0.2:
        second, long = replace(second, timeout=chance.randint(1, 6)), True
    if when is None:
        steps += [Step(anchor="stopped", at=4.0, do="forget"), _start("second", "stopped", 4.5)]
    else:
        steps += [_start("second", when, chance.uniform(0, 3))]
    commands = [_run(chance, "first", given=True), second]
    return _batch(chance, long=long), commands, [_start("first"), *steps]


def _killed(chance: Random) -> Shape:
    """A runner that is killed, and a second one that joins its run."""
    anchor = chance.choice(MOMENTS)
    kill = Step(anchor=anchor, at=chance.uniform(0.2, 3), do="kill", who="first")
    second = _start("second", "exit", chance.uniform(0, 4))
    more, _ = _interference(chance, "second") if chance.random() < 0.3 else ([], False)
    commands = [_run(chance, "first", given=True), _run(chance, "second", given=True)]
    steps = [_start("first"), kill, second, *more]
    return _batch(chance, long=chance.random() < 0.5), commands, steps


def _attached(chance: Random) -> Shape:
    """Someone who watches a run of someone else."""
    steps, long = _interference(chance, chance.choice(["first", "second"])) if chance.random() < 0.5 else ([], False)
    leaves = chance.random() < 0.6
    run = chance.choice([RUN_ID, ""])
    second = Command(
        name="second",
        verb="attach",
        batch=BATCH,
        run=run,
        more=["--on-signal", "leave" if leaves else "stop"],
        leaves=leaves,
        out=_out(chance),
        err=_err(chance),
    )
    first = _run(chance, "first", given=True, detach=False)
    steps += [_start("second", chance.choice(MOMENTS[2:]), chance.uniform(3, 6))]
    return _batch(chance, long=long), [first, second], [_start("first"), *steps]


def _forbidden(chance: Random) -> Shape:
    """Several runs of a batch that may run only once at a time."""
    names = ["first", "second", "third", "fourth"][: chance.randint(2, 4)]
    steps = [_start(name, "begin", chance.choice([0.0, chance.uniform(0, 8)])) for name in names]
    more, _ = _interference(chance, chance.choice(names)) if chance.random() < 0.2 else ([], False)
    batch = _batch(chance, long=False)
    lag = chance.choice([0.0, 0.0, 1.0, 2.0])
    scripts = [
        replace(script, provisioning=chance.uniform(12, 14), unlisted=lag, missing=min(lag, 1.0), start_failure=None)
        for script in batch.scripts
    ]
    commands = [_run(chance, name, given=False) for name in names]
    manifest = {**batch.manifest, "overlap": "forbid"}
    return replace(batch, scripts=scripts, manifest=manifest), commands, [*steps, *more]


def _retried(chance: Random) -> Shape:
    """A batch that is retried."""
    more, _ = _interference(chance, "first") if chance.random() < 0.2 else ([], False)
    scripts = [replace(_script(chance, attempt, long=False), start_failure=None) for attempt in range(4)]
    scripts = [replace(script, exit_code=chance.choice([0, 3, 3, 5]), interruption=None) for script in scripts]
    if chance.random() < 0.4:
        scripts[0] = replace(scripts[0], interruption=interruption(chance, 0, scripts[0].duration))
    scripts = _alike(scripts)
    manifest = {**_manifest(scripts), "retries": chance.randint(1, 3), "retry_on": (3, "interruption")}
    command = _run(chance, "first", given=chance.random() < 0.5)
    return Batch(scripts=scripts, manifest=manifest), [command], [_start("first"), *more]


def _shared(chance: Random) -> Shape:
    """A batch that is retried, whose run a second runner joins at some moment; the first one may be killed."""
    batch, _, _ = _retried(chance)
    second, steps = _start("second", chance.choice([*MOMENTS, "exit"]), chance.uniform(0, 12)), []
    if chance.random() < 0.5:
        steps += [Step(anchor=chance.choice(MOMENTS), at=chance.uniform(0.2, 12), do="kill", who="first")]
    more, _ = _interference(chance, "second") if chance.random() < 0.2 else ([], False)
    commands = [_run(chance, name, given=True, detach=False) for name in ("first", "second")]
    return batch, commands, [_start("first"), second, *steps, *more]


SHAPES: dict[str, tuple[float, Callable[[Random], Shape]]] = {
    "single": (42, _single),
    "joined": (14, _joined),
    "killed": (10, _killed),
    "attached": (10, _attached),
    "forbidden": (10, _forbidden),
    "retried": (8, _retried),
    "shared": (6, _shared),
}


def _batch(chance: Random, *, long: bool) -> Batch:
    """A batch without retries."""
    fails = chance.random() < 0.08
    scripts = [_script(chance, attempt, long=long) for attempt in range(3 if fails else 1)]
    if fails:
        passing = chance.random() < 0.6
        scripts[0] = replace(scripts[0], start_failure=start_failure(chance, passing=passing))
    scripts = _alike(scripts)
    return Batch(scripts=scripts, manifest=_manifest(scripts))


def _alike(scripts: Sequence[Script]) -> list[Script]:
    """The scripts with one task definition: a sidecar is essential in all attempts of a batch, or in none."""
    essential = {sidecar.name for script in scripts for sidecar in script.sidecars if sidecar.essential}
    return [
        replace(
            script, sidecars=tuple(replace(beside, essential=beside.name in essential) for beside in script.sidecars)
        )
        for script in scripts
    ]


def _manifest(scripts: Sequence[Script]) -> dict[str, Any]:
    essential = {sidecar.name for script in scripts for sidecar in script.sidecars if sidecar.essential}
    return {"essential": tuple(essential), "stop_timeout_seconds": STOP_TIMEOUT}


def _script(chance: Random, attempt: int, *, long: bool) -> Script:
    written = _lines(chance, f"attempt {attempt + 1} line")
    last = written[-1].at if written else 0.0
    runs = last + 0.01 + (chance.uniform(*LONG) if long else chance.choice([0.0, chance.uniform(0, 3)]))
    script = Script(
        lines=written,
        runs=runs,
        exit_code=chance.choice([0, 0, 0, 0, 1, 3, 7, 137, 143, 255, None]),
        provisioning=chance.uniform(0.05, 1.0),
        pending=chance.uniform(0.05, 0.5),
        pull=chance.uniform(0.05, 1.0),
        report=chance.choice([0.0, 0.1, 1.0]),
        deprovisioning=chance.choice([0.3, 1.0, 4.0]),
        term=_term(chance),
        stop_timeout=float(STOP_TIMEOUT),
        ingestion=chance.choice([0.0, 0.0, 0.5, 2.0]),
        batching=chance.choice([0.0, 0.0, 1.0]),
        stream_after=chance.choice([0.0, 0.0, 1.0]),
        missing=chance.choice([0.0, 0.0, 0.5, 2.0]),
        unlisted=chance.choice([0.0, 0.0, 0.5, 2.0]),
    )
    if chance.random() < 0.08:
        script = replace(script, interruption=interruption(chance, 0, runs))
    return replace(script, sidecars=_sidecars(chance, runs)) if chance.random() < 0.15 else script


def _lines(chance: Random, text: str) -> tuple[Line, ...]:
    count = chance.choice([0, 1, 20, 150, 1500])
    every = chance.choice([0.0, 0.001, 0.02]) if count > 200 else chance.choice([0.0, 0.01, 0.02])
    filled = chance.choice(["", "", "日本 ", "x" * 200])
    lateness = 1.0 if chance.random() < 0.1 else 0.0
    return tuple(
        Line(0.01 + n * every, f"{text} {n} {filled}".strip(), lateness if chance.random() < 0.1 else 0.0)
        for n in range(count)
    )


def _term(chance: Random) -> Term:
    return chance.choice(
        [
            Term(exit_code=0),
            Term(exit_code=0, after=chance.uniform(0.1, 2.0), lines=(Line(0.05, "cleaning up"),)),
            Term(),
            Term(exit_code=7, after=0.5),
            Term(ignore=True),
        ]
    )


def _sidecars(chance: Random, runs: float) -> tuple[Sidecar, ...]:
    essential = chance.random() < 0.6
    ends = chance.choice([None, chance.uniform(0, runs)])
    code = chance.choice([0, 1, 143])
    return (Sidecar(name="agent", exit_code=code, ends=ends, essential=essential, drain=chance.choice([0.0, 2.0])),)


def _interference(chance: Random, who: str) -> tuple[list[Step], bool]:
    """Signals to a command, and whether the container must run long for them."""
    if chance.random() < 0.45:
        return [], False
    anchor = chance.choices(MOMENTS, (1, 1, 3, 1))[0]
    after = chance.uniform(0.0, 2.5)
    number = int(chance.choice(SIGNALS))
    steps = [Step(anchor=anchor, at=after, do="signal", who=who, number=number)]
    if chance.random() < 0.35:
        again = after + chance.choice([0.02, chance.uniform(0.3, 3.0)])
        steps += [Step(anchor=anchor, at=again, do="signal", who=who, number=number)]
    return steps, anchor == "started" or chance.random() < 0.5


def _others(chance: Random) -> list[Step]:
    """What others do: someone stops the task, the deadline comes, a log group is deleted, or made again."""
    kinds: list[tuple[float, Do]] = [(0.05, "stop"), (0.03, "deadline"), (0.03, "delete group"), (0.03, "remake group")]
    return [
        Step(anchor=chance.choice(MOMENTS[1:3]), at=chance.uniform(0.0, 2.5), do=do)
        for probability, do in kinds
        if chance.random() < probability
    ]


def _start(who: str, anchor: Anchor = "begin", after: float = 0.0) -> Step:
    return Step(anchor=anchor, at=after, do="start", who=who)


def _run(chance: Random, name: str, *, given: bool, detach: bool | None = None) -> Command:
    leaves = chance.random() < 0.12
    detach = chance.random() < 0.03 if detach is None else detach
    return Command(
        name=name,
        batch=BATCH,
        run=RUN_ID if given else "",
        more=[*(["--on-signal", "leave"] if leaves else []), *(["--detach"] if detach else [])],
        leaves=leaves,
        out=_out(chance),
        err=_err(chance),
    )


def _out(chance: Random) -> OutMode:
    modes: Sequence[OutMode] = ("whole", "pipe", "slow", "pause", "gone", "closed", "full")
    return chance.choices(modes, (60, 12, 8, 8, 4, 4, 4))[0]


def _err(chance: Random) -> ErrMode:
    modes: Sequence[ErrMode] = ("whole", "slow", "pause", "closed", "full")
    return chance.choices(modes, (76, 8, 8, 4, 4))[0]


def judge(facts: Facts) -> list[str]:
    """All that is wrong; nothing for a good run."""
    (batch,) = facts.batches.values()
    judged = facts_of(facts, batch)
    commands = [replace(command, run=RUN_ID) if command.verb == "attach" else command for command in judged.commands]
    return [*facts.problems, *checks.judge(replace(judged, commands=commands))]


SOAK = seed_commands(name="soak", unit="run", count=200, at_once=10, generate=generate, judge=judge)

if __name__ == "__main__":
    sys.exit(SOAK.main())
