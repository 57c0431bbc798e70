"""`Container`: what few batches say of their main container."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aws_cdk import Duration

from batchwright.arguments import checked_fields
from batchwright.errors import unknown, wrong
from batchwright.task.checks import check_stop_timeout, check_words
from batchwright.task.volumes import Volume, check_places, check_volumes, paths_of

DEFAULT_STOP_TIMEOUT = Duration.seconds(30)

ULIMITS = (
    *("core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice"),
    *("nofile", "nproc", "rss", "rtprio", "rttime", "sigpending", "stack"),
)
"""Limits that ECS knows (API reference, Ulimit, 2026-11)."""


@checked_fields
@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """How the main container runs: ``container=Container(user="1000:1000", read_only_root=True)``.

    Attributes:
        user: User, or user:group, that it runs as. Default: the image's.
        read_only_root: Whether its root file system is read-only.
        writable_paths: Absolute path to size in MiB, of directories in memory that are writable whatever the root file
            system is. They count against ``memory``. Default: none.
        ulimits: Limit to value, or to a pair of soft and hard value: ``{"nofile": 65536}``. Default: Fargate's.
        volumes: Name to absolute path, of directories that the containers of the task share; and absolute path to
            `Volume`, of file systems from elsewhere. Default: none.
        init_process: Whether an init process runs as PID 1, which passes signals on and reaps child processes.
        working_directory: Absolute path. Default: the image's.
        entry_point: The entry point, as a list of strings. Default: the image's.
        stop_timeout: How long it may take to end after SIGTERM, 2 to 120 seconds. Default: 30 seconds.
    """

    user: str | None = None
    read_only_root: bool = False
    writable_paths: Mapping[str, int] = field(default_factory=dict)
    ulimits: Mapping[str, int | tuple[int, int]] = field(default_factory=dict)
    volumes: Mapping[str, str | Volume] = field(default_factory=dict)
    init_process: bool = True
    working_directory: str | None = None
    entry_point: Sequence[str] | None = None
    stop_timeout: Duration = DEFAULT_STOP_TIMEOUT

    def _check(self, subject: str) -> None:
        """Raises unless ECS takes it.

        Raises:
            DeclarationError: A value of another type, a path that is not absolute, a limit that does not exist.
        """
        if self.user == "":
            raise wrong(subject, "user", self.user, 'a string, such as "1000:1000"')
        _check_writable_paths(subject, self.writable_paths)
        _check_ulimits(subject, self.ulimits)
        check_volumes(subject, self.volumes)
        check_places(subject, "writable_paths", self.writable_paths, paths_of(self.volumes))
        if self.working_directory is not None and not self.working_directory.startswith("/"):
            raise wrong(subject, "working_directory", self.working_directory, "an absolute path")
        check_words(subject, "entry_point", self.entry_point)
        check_stop_timeout(subject, self.stop_timeout)


def _check_writable_paths(subject: str, paths: Mapping[str, int]) -> None:
    if not isinstance(paths, Mapping):
        raise wrong(subject, "writable_paths", paths, 'absolute paths to sizes in MiB, such as {"/tmp": 64}')
    for path, size in paths.items():
        if not path.startswith("/"):
            raise wrong(subject, "writable_paths", path, "absolute paths to sizes in MiB")
        if type(size) is not int or size < 1:
            raise wrong(subject, f"writable_paths[{path!r}]", size, "a size in MiB, from 1")


def _check_ulimits(subject: str, ulimits: Mapping[str, int | tuple[int, int]]) -> None:
    if not isinstance(ulimits, Mapping):
        raise wrong(subject, "ulimits", ulimits, 'limits to values, such as {"nofile": 65536}')
    for name, limit in ulimits.items():
        if name not in ULIMITS:
            raise unknown(subject, "ulimits", name, ULIMITS)
        soft, hard = limit if isinstance(limit, tuple) and len(limit) == 2 else (limit, limit)
        if type(soft) is not int or type(hard) is not int or not 0 <= soft <= hard:
            allowed = "a number, or a pair of soft and hard limit, the soft one at most the hard one"
            raise wrong(subject, f"ulimits[{name!r}]", limit, allowed)
