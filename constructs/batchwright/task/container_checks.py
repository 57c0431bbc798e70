"""What is checked of a task's containers when a batch is declared. Pure."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import get_args

from aws_cdk import Duration

from batchwright.errors import DeclarationError, unknown, wrong
from batchwright.names import check_variables
from batchwright.task.containers import MAIN, Condition, HealthCheck, MainContainer, Sidecar
from batchwright_runner.contract.checks import NAME, STOP_TIMEOUTS

ULIMITS = (
    *("core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice"),
    *("nofile", "nproc", "rss", "rtprio", "rttime", "sigpending", "stack"),
)
"""Limits that ECS knows (API reference, Ulimit, 2026-11)."""

HEALTH_RANGES = {
    "interval": range(5, 301),
    "timeout": range(2, 61),
    "retries": range(1, 11),
    "start_period": range(301),
}
"""ECS's bounds (API reference, HealthCheck, 2026-11); seconds, but for ``retries``."""


def whole_seconds(subject: str, argument: str, given: Duration, allowed: range, words: str) -> int:
    """A duration in seconds.

    Raises:
        DeclarationError: It is no `Duration`, no whole number of seconds, or not one of those allowed.
    """
    if not isinstance(given, Duration):
        raise wrong(subject, argument, given, f"a Duration of aws_cdk, {words}")
    whole, rest = divmod(round(_milliseconds(given)), 1000)
    if rest or whole not in allowed:
        raise wrong(subject, argument, f"{whole + rest / 1000:g} s", words)
    return whole


def seconds(given: Duration) -> int:
    """A duration that was checked, in seconds."""
    return round(_milliseconds(given)) // 1000


@lru_cache(maxsize=64)
def _milliseconds(duration: Duration) -> float:
    return duration.to_milliseconds()  # a call into Node; most batches have the same default


def check_stop_timeout(subject: str, given: Duration) -> int:
    """The stop timeout in seconds.

    Raises:
        DeclarationError: Fargate does not offer it.
    """
    return whole_seconds(
        subject, "stop_timeout", given, STOP_TIMEOUTS, f"{STOP_TIMEOUTS[0]} to {STOP_TIMEOUTS[-1]} seconds"
    )


def check_shares(subject: str, sidecars: Sequence[Sidecar], cpu: int, memory: int) -> None:
    """Raises unless the task has what its sidecars reserve, and something is left for the main container.

    Raises:
        DeclarationError: The sum of their ``cpu`` or ``memory`` is too large.
    """
    for sidecar in sidecars:
        for argument in ("cpu", "memory"):
            share = getattr(sidecar, argument)
            if share is not None and (type(share) is not int or share < 1):
                raise wrong(f"{subject}, sidecar {sidecar.name}", argument, share, "a number from 1, or None")
    for argument, whole in (("cpu", cpu), ("memory", memory)):
        reserved = sum(getattr(one, argument) or 0 for one in sidecars)
        if reserved >= whole:
            problem = f"the sidecars take {reserved} of the task's {whole}; allowed: less than all of it"
            raise DeclarationError(subject, argument, problem)


def check_main(subject: str, main: MainContainer) -> None:
    """Raises unless ECS takes the main container.

    Raises:
        DeclarationError: A command that is one string, a path that is not absolute, a limit that does not exist.
    """
    _check_words(subject, "command", main.command)
    _check_words(subject, "entry_point", main.entry_point)
    for path, size in main.writable_paths.items():
        if not path.startswith("/"):
            raise wrong(subject, "writable_paths", path, "absolute paths to sizes in MiB")
        if type(size) is not int or size < 1:
            raise wrong(subject, f"writable_paths[{path!r}]", size, "a size in MiB, from 1")
    if main.working_directory is not None and not main.working_directory.startswith("/"):
        raise wrong(subject, "working_directory", main.working_directory, "an absolute path")
    for name, limit in main.ulimits.items():
        if name not in ULIMITS:
            raise unknown(subject, "ulimits", name, ULIMITS)
        soft, hard = limit if isinstance(limit, tuple) and len(limit) == 2 else (limit, limit)
        if type(soft) is not int or type(hard) is not int or not 0 <= soft <= hard:
            raise wrong(
                subject,
                f"ulimits[{name!r}]",
                limit,
                "a number, or a pair of soft and hard limit, the soft one at most the hard one",
            )
    _check_volumes(subject, main.volumes)


def check_sidecars(subject: str, main: MainContainer, sidecars: Sequence[Sidecar], variables: Sequence[str]) -> None:
    """Raises unless the containers of a task fit together.

    Args:
        subject: Whose declaration it is.
        main: The main container.
        sidecars: The others.
        variables: The parameters and secrets that the batch declares.

    Raises:
        DeclarationError: A name twice, a secret the batch does not declare, a container that waits for one that is not
            there or for the health of one that has no check, or containers that wait for each other.
    """
    containers: dict[str, Mapping[str, Condition]] = {MAIN: main.waiting_for(sidecars)}
    for sidecar in sidecars:
        if not NAME.fullmatch(sidecar.name) or sidecar.name in containers:
            raise wrong(subject, "sidecars", sidecar.name, "names like metrics-agent, each once, and not main")
        containers[sidecar.name] = sidecar.depends_on
        _check_sidecar(f"{subject}, sidecar {sidecar.name}", sidecar, variables)
    with_check = {sidecar.name for sidecar in sidecars if sidecar.health_check}
    for name, depends_on in containers.items():
        for other, condition in depends_on.items():
            if other not in containers or other == name:
                raise unknown(subject, f"depends_on of {name}", other, containers.keys() - {name})
            if condition not in get_args(Condition):
                raise wrong(subject, f"depends_on of {name}", condition, ", ".join(get_args(Condition)))
            if condition == "HEALTHY" and other not in with_check:
                raise DeclarationError(
                    subject, f"depends_on of {name}", f"HEALTHY was given for {other}, which has no health_check"
                )
    if circle := _circle(containers):
        raise DeclarationError(subject, "depends_on", f"these containers wait for each other: {' -> '.join(circle)}")


def _check_sidecar(subject: str, sidecar: Sidecar, variables: Sequence[str]) -> None:
    _check_words(subject, "command", sidecar.command)
    _check_words(subject, "entry_point", sidecar.entry_point)
    _check_volumes(subject, sidecar.volumes)
    check_variables(subject, "environment", sidecar.environment)
    if isinstance(sidecar.secrets, str):
        raise wrong(subject, "secrets", sidecar.secrets, "a list of names")
    check_variables(subject, "secrets", sidecar.declared_secrets)
    for name, declared in sidecar.declared_secrets.items():
        if declared not in variables:
            raise unknown(subject, "secrets", declared, variables)
        if name in sidecar.environment:
            raise DeclarationError(subject, "secrets", f"{name!r} was given in environment too; allowed: each once")
    if sidecar.stop_timeout is not None:
        check_stop_timeout(subject, sidecar.stop_timeout)
    if sidecar.health_check:
        _check_health(subject, sidecar.health_check)


def _check_health(subject: str, check: HealthCheck) -> None:
    _check_words(subject, "health_check.command", check.command)
    if not check.command or check.command[0] not in ("CMD", "CMD-SHELL"):
        raise wrong(subject, "health_check.command", list(check.command), "CMD or CMD-SHELL first, then the words")
    for name, allowed in HEALTH_RANGES.items():
        given = getattr(check, name)
        if type(given) is not int or given not in allowed:
            raise wrong(subject, f"health_check.{name}", given, f"{allowed[0]} to {allowed[-1]}")


def _check_words(subject: str, argument: str, words: Sequence[str] | None) -> None:
    if isinstance(words, str) or not all(isinstance(word, str) for word in words or ()):
        raise wrong(subject, argument, words, 'a list of strings, such as ["python", "-m", "report"]')


def _check_volumes(subject: str, volumes: Mapping[str, str]) -> None:
    for name, path in volumes.items():
        if not NAME.fullmatch(name) or not path.startswith("/"):
            raise wrong(subject, "volumes", {name: path}, "names like work-files to absolute paths")


def _circle(containers: Mapping[str, Mapping[str, Condition]]) -> list[str]:
    def walk(name: str, path: list[str]) -> list[str]:
        if name in path:
            return [*path[path.index(name) :], name]
        found: list[str] = []
        for other in containers[name]:
            found = found or walk(other, [*path, name])
        return found

    return next((circle for name in containers if (circle := walk(name, []))), [])
