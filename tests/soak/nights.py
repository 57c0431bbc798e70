"""The nights: several batches of one stage at once. Pure: a seed and a number always give the same night."""

import signal
import sys
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import TYPE_CHECKING, Any

from tests.fake_aws.script import Script, Term, lines
from tests.soak.between import judge
from tests.soak.plan import SERVICES, Batch, Blip, Command, Foreign, Plan, Step, Verb
from tests.soak.play import seed_commands
from tests.soak.trouble import interruption, start_failure, while_it_lasts

if TYPE_CHECKING:
    from tests.kit.scripted_ecs import Sync

SHARED = "night"
"""The run id that the batches share."""
NAMES = ("daily-report", "import", "cleanup", "mailer")
STOP_TIMEOUT = 3
SIGNALS = (signal.SIGTERM, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
FIRST = 10.0
"""Seconds after a command's start in which services fail."""
LONG = (74.0, 80.0)
"""Seconds that a container runs whose deadline is to be seen made."""
DIFFERS = ("-e", "DAY=2")
"""What no other run of the id is given."""
WATCHED: tuple[Verb, ...] = ("attach", "attach", "attach", "stop", "logs", "runs")


@dataclass
class _Draft:
    """A night that is being made."""

    chance: Random
    commands: list[Command] = field(default_factory=list)
    starts: dict[str, float] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    shared: list[str] = field(default_factory=list)

    def add(self, verb: Verb, at: float, **more: Any) -> Command:  # noqa: ANN401 - a command's fields
        command = Command(name=f"c{len(self.commands)}", verb=verb, **more)
        if self.chance.random() < 0.3 and not command.foreign:
            command = replace(command, renewed=True, lives=self.chance.choice([400.0, 3600.0]))
        self.commands.append(command)
        self.starts[command.name] = at
        self.steps.append(Step(at=at, do="start", who=command.name))
        return command


def generate(seed: int, number: int) -> Plan:
    """The plan of a night."""
    chance = Random(f"night {seed}/{number}")
    batches = [_batch(chance, name) for name in chance.sample(NAMES, chance.choice([2, 2, 3]))]
    long = chance.random() < 0.16
    if long:
        batches[0] = _long(chance, batches[0])
    draft = _Draft(chance)
    for batch in batches:
        _runs(draft, batch)
    for _ in range(chance.choice([1, 2, 2, 3])):
        _observer(draft, chance.choice(batches))
    if chance.random() < 0.2:
        _pause(draft, chance.choice(batches))
    if chance.random() < 0.4:
        _foreign(draft, batches[-1])
    waiting = {batch.name for batch in batches if batch.manifest["overlap"] == "wait"}
    _interfere(draft, waiting)
    _renew(draft, waiting)
    return Plan(
        seed=seed,
        number=number,
        forked=True,
        batches=batches,
        commands=draft.commands,
        last=_last(draft, batches),
        steps=sorted(draft.steps, key=lambda step: step.at),
        blips=_blips(draft, long=long),
        quotas={"CreateSchedule": (chance.uniform(0.2, 2.0), 1)} if chance.random() < 0.15 else {},
    )


def _batch(chance: Random, name: str) -> Batch:
    overlap = chance.choices(["allow", "forbid", "wait"], (6, 2.5, 1.5))[0]
    retries = chance.choice([0, 0, 1, 2])
    scripts = [_script(chance, f"{name} attempt {attempt + 1}", overlap) for attempt in range(retries + 2)]
    manifest: dict[str, Any] = {"stop_timeout_seconds": STOP_TIMEOUT, "overlap": overlap}
    if retries:
        scripts = [replace(script, exit_code=chance.choice([0, 3, 3, 5])) for script in scripts]
        manifest |= {"retries": retries, "retry_on": (3, "interruption")}
    if chance.random() < 0.12:
        manifest["timeout_seconds"] = chance.randint(4, 9)
    if chance.random() < 0.12:
        manifest["deadline"] = None
    sync: Sync = chance.choice(["any", "essential", "stops", "never"])
    return Batch(name=name, manifest=manifest, scripts=scripts, machine=chance.random() < 0.45, sync=sync)


def _script(chance: Random, text: str, overlap: str) -> Script:
    late = overlap != "allow"
    count = chance.choice([0, 1, 5, 40])
    every = chance.choice([0.0, 0.05])
    script = Script(
        lines=lines(*(f"{text} line {n}" for n in range(count)), every=every),
        runs=count * every + chance.choice([0.5, chance.uniform(1, 5), chance.uniform(5, 18)]),
        exit_code=chance.choice([0, 0, 0, 1, 3, 7, 143, None]),
        provisioning=chance.uniform(12.0, 14.0) if late else chance.uniform(0.1, 2.0),
        pull=chance.uniform(0.1, 1.0),
        report=chance.choice([0.0, 0.5]),
        deprovisioning=chance.choice([0.3, 2.0]),
        term=chance.choice([Term(exit_code=0), Term(exit_code=0, after=1.0), Term(), Term(ignore=True)]),
        stop_timeout=float(STOP_TIMEOUT),
        ingestion=chance.choice([0.0, 0.0, 1.0]),
        unlisted=chance.choice([0.0, 0.0, 0.5, 1.5]),
        missing=chance.choice([0.0, 0.0, 0.5]),
    )
    if chance.random() < 0.08:
        script = replace(script, interruption=interruption(chance, 0.1, 3.0))
    if chance.random() < 0.06 and not late:
        script = replace(script, start_failure=start_failure(chance, passing=chance.random() < 0.6))
    return script


def _long(chance: Random, batch: Batch) -> Batch:
    """A batch whose run takes so long that its deadline must have been made, whatever Scheduler did at first."""
    script = Script(
        lines=lines(f"{batch.name} begins"),
        runs=chance.uniform(*LONG),
        exit_code=chance.choice([0, 3]),
        term=Term(exit_code=0),
        stop_timeout=float(STOP_TIMEOUT),
    )
    manifest = {"stop_timeout_seconds": STOP_TIMEOUT, "overlap": "allow"}
    return replace(batch, manifest=manifest, scripts=[script], machine=False)


def _runs(draft: _Draft, batch: Batch) -> None:
    """The runs of a batch: by its machine or by runners, most under the id that all share."""
    chance = draft.chance
    if batch.machine and chance.random() < 0.7:
        for _ in range(chance.choice([1, 1, 2])):
            taken = batch.name in draft.shared
            named = SHARED if not taken and chance.random() < 0.6 else str(uuid.UUID(int=chance.getrandbits(128)))
            draft.shared += [batch.name] if named == SHARED else []
            draft.steps.append(Step(at=chance.uniform(0, 6), do="execute", who=batch.name, run=named))
    if batch.name not in draft.shared:
        draft.shared.append(batch.name)
        draft.add("run", chance.uniform(0, 6), batch=batch.name, run=SHARED, **_how(chance))
        if chance.random() < 0.35:
            how = {"more": DIFFERS} if chance.random() < 0.25 else _how(chance)
            draft.add("run", chance.uniform(2, 12), batch=batch.name, run=SHARED, **how)
    if chance.random() < 0.3:
        own = chance.choice(["", f"own-{batch.name}"])
        draft.add("run", chance.uniform(0, 10), batch=batch.name, run=own, **_how(chance))


def _how(chance: Random) -> dict[str, Any]:
    kind = chance.random()
    if kind < 0.1:
        return {"more": ["--detach"]}
    return {"more": ["--on-signal", "leave"], "leaves": True} if kind < 0.2 else {}


def _observer(draft: _Draft, batch: Batch) -> None:
    chance = draft.chance
    verb, at = chance.choice(WATCHED), chance.uniform(3, 16)
    if verb == "runs":
        draft.add("runs", at, batch=chance.choice(["", batch.name]), more=["--json"])
        return
    run, leaves = chance.choices([SHARED, ""], (8, 2))[0], verb == "attach"
    if leaves and chance.random() < 0.3:
        draft.add("attach", at, batch=batch.name, run=run, more=["--on-signal", "stop"])
    else:
        draft.add(verb, at, batch=batch.name, run=run, leaves=leaves)


def _pause(draft: _Draft, batch: Batch) -> None:
    at = draft.chance.uniform(0, 3)
    draft.add("pause", at, batch=batch.name, more=["--reason", "moving"])
    draft.add("resume", at + draft.chance.uniform(6, 12), batch=batch.name)


def _foreign(draft: _Draft, batch: Batch) -> None:
    kind: Foreign = draft.chance.choice(["settings", "project", "link"])
    at = draft.chance.uniform(0, 10)
    if kind == "project":
        draft.add("list", at, foreign=kind)
    else:
        draft.add("run", at, batch=batch.name, run=f"beside-{kind}", foreign=kind)


def _interfere(draft: _Draft, waiting: Collection[str]) -> None:
    """Signals to those who follow, and runners that are killed: none that waits."""
    chance = draft.chance
    for command in draft.commands:
        at = draft.starts[command.name] + chance.uniform(1, 15)
        if command.follows and chance.random() < 0.2:
            number = int(chance.choice(SIGNALS))
            draft.steps.append(Step(at=at, do="signal", who=command.name, number=number))
        elif command.verb == "run" and command.batch not in waiting and chance.random() < 0.1:
            draft.steps.append(Step(at=at, do="kill", who=command.name))


def _renew(draft: _Draft, waiting: Collection[str]) -> None:
    """New credentials, some late: not those of a run that waits and gets a signal."""
    chance = draft.chance
    signaled = {step.who for step in draft.steps if step.do == "signal"}
    for command in draft.commands:
        for _ in range(chance.choice([1, 2]) if command.renewed else 0):
            at = draft.starts[command.name] + chance.uniform(0.5, 14)
            if chance.random() < 0.5 or (command.name in signaled and command.batch in waiting):
                draft.steps.append(Step(at=at, do="renew", who=command.name))
            else:
                draft.steps.append(Step(at=at, do="late", who=command.name))
                draft.steps.append(Step(at=at + chance.uniform(1, 6), do="in time", who=command.name))


def _blips(draft: _Draft, *, long: bool) -> Sequence[Blip]:
    """Services that fail in the first ten seconds of a command, or of the night."""
    chance = draft.chance
    services = [chance.choice([*SERVICES]) for _ in range(chance.choice([1, 2, 3, 4]))]
    blips = []
    for service in ["scheduler", *services] if long else services:
        begin = chance.choice([0.0, *draft.starts.values()])
        at = begin + chance.uniform(0, FIRST - 2)
        seconds = min(chance.uniform(0.5, 6), begin + FIRST - at)
        blips.append(Blip(service=service, at=at, seconds=seconds, fault=while_it_lasts(chance)))
    if long:
        blips[0] = replace(blips[0], at=0.0, seconds=chance.uniform(8, FIRST))
    return blips


def _last(draft: _Draft, batches: Sequence[Batch]) -> Sequence[Command]:
    """Who asks in the end: for each batch's run of the shared id, for a last run, and for all runs."""
    wanted = [*((name, SHARED) for name in draft.shared), (batches[0].name, "")]
    attaching = [
        Command(name=f"last{n}", verb="attach", batch=batch, run=run, leaves=True)
        for n, (batch, run) in enumerate(wanted)
    ]
    return [*attaching, Command(name=f"last{len(attaching)}", verb="runs", more=["--json"])]


NIGHTS = seed_commands(name="nights", unit="night", count=25, at_once=13, generate=generate, judge=judge)

if __name__ == "__main__":
    sys.exit(NIGHTS.main())
