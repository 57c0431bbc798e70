"""The installed command against a stand-in for AWS."""

import os
from collections.abc import Mapping
from pathlib import Path

from tests.fake_aws import AwsServer
from tests.kit.command import Done, call, environment

LONGEST = 90.0
"""Seconds that a command may take."""


def variables(aws: AwsServer, folder: Path, *, path: str = "", env: Mapping[str, str] | None = None) -> dict[str, str]:
    """The variables of a command in an account.

    Args:
        aws: The account.
        folder: The command's home.
        path: A folder with programs that are found before the machine's own.
        env: Further variables.
    """
    searched = f"{path}:{os.environ['PATH']}" if path else os.environ["PATH"]
    return {**environment(), **aws.environ(), "HOME": str(folder), "PATH": searched, **(env or {})}


def batchwright(
    aws: AwsServer,
    folder: Path,
    *words: str,
    stdin: bytes | None = None,
    path: str = "",
    env: Mapping[str, str] | None = None,
) -> Done:
    """Runs the installed command to its end."""
    return call(folder, *words, env=variables(aws, folder, path=path, env=env), stdin=stdin, seconds=LONGEST)
