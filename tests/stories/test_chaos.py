"""Seeded mixtures of odd scripts and trouble in every operation: always the right code, every line once, one task."""

from random import Random

from tests.fake_aws import Line, Script, faults
from tests.fake_aws.faults import Fault
from tests.stories.story import Scenario, Seen, scenario, stories

OPERATIONS = ("GetParameter", "RunTask", "DescribeTasks", "GetLogEvents", "CreateSchedule", "DeleteSchedule")


def script(chance: Random) -> Script:
    at, lines = 0.01, []
    for number in range(chance.choice([0, 1, 60, 400, 3000])):
        at += chance.choice([0.0, 0.001, 0.01])
        lines.append(Line(at, chance.choice(["", "x", "日本", "\x1b[1m"]) + str(number)))
    return Script(
        lines=tuple(lines),
        exit_code=chance.choice([0, 1, 7, 137]),
        ingestion=chance.choice([0.0, 1.0, 4.0]),
        batching=chance.choice([0.0, 2.0]),
        missing=chance.choice([0.0, 1.5]),
        stream_after=chance.choice([0.0, 1.0]),
    )


def trouble(chance: Random) -> list[Fault]:
    kinds = [
        lambda: faults.throttled(2, skip=chance.choice([0, 1])),
        lambda: faults.server_error(1),
        lambda: faults.cut(1, keep=chance.choice([0, 40, 400])),
        lambda: faults.lost_answer(1),
        lambda: faults.expired_token(1),
    ]
    chosen = [chance.choice(kinds)() for _ in range(chance.randint(0, 3))]
    # Credentials are looked up anew once: a second refusal of them ends a command, as it should.
    expired = [number for number, fault in enumerate(chosen) if fault.code.startswith("Expired")]
    return [fault for number, fault in enumerate(chosen) if number not in expired[1:]]


def seeded(seed: int) -> Scenario:
    chance = Random(seed)
    return scenario(script(chance), faults={operation: trouble(chance) for operation in OPERATIONS})


@stories({f"seed {seed}": seeded(seed) for seed in range(1, 7)})
def test_whatever_comes_the_code_is_right_and_no_line_is_lost(seen: Seen) -> None:
    [task] = seen.aws.tasks
    assert seen.code == task.script.exit_code
    assert seen.lines == [line.text for line in task.script.lines]
