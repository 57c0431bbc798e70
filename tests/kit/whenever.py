"""Crontabs in the form of the gem whenever.

Its default job templates are those of javan/whenever, lib/whenever/setup.rb (2026-11).
"""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field

APP = "/srv/shop/current"
OUTPUTS = (
    "",
    ">> /srv/shop/shared/log/cron.log 2>&1",
    ">> log/cron.log 2>> log/error.log",
    ">> /dev/null 2>&1",
    "> cron.log 2>&1",
)
KINDS = ("rake", "runner", "command", "script", "output", "environment")


@dataclass(frozen=True)
class WheneverLine:
    """A line, and what it runs."""

    text: str
    words: list[str]
    variables: dict[str, str] = field(default_factory=dict)


def sixty_lines() -> Iterator[WheneverLine]:
    """Ten lines each of rake, runner, command, script, with ``:output`` and with ``:environment``."""
    for kind in KINDS:
        for number in range(10):
            stage = ("production", "staging")[number % 2] if kind == "environment" else "production"
            output = OUTPUTS[1 + number % 4] if kind == "output" else ""
            of = KINDS[number % 4] if kind in ("output", "environment") else kind
            yield _line(of, number, stage, output)


def _line(kind: str, number: int, stage: str, output: str) -> WheneverLine:
    variables = {"RAILS_ENV": stage} if kind in ("rake", "script") else {}
    before = f"cd {APP} && " if kind != "command" else ""
    before += "".join(f"{name}={value} " for name, value in variables.items())
    task, words = {
        "rake": (f"bundle exec rake reports:daily_{number} --silent", []),
        "runner": (
            f"bundle exec bin/rails runner -e {stage} 'Report.new(\"d {number}\").send!'",
            ["bundle", "exec", "bin/rails", "runner", "-e", stage, f'Report.new("d {number}").send!'],
        ),
        "command": (f"/usr/local/bin/backup perform --trigger db_{number}", []),
        "script": (f"bundle exec script/close_{number} --all", []),
    }[kind]
    job = " ".join(filter(None, (f"{before}{task}", output)))
    quoted = job.replace("'", "'\\''")
    line = f"{number} 2 * * * /bin/bash -l -c '{quoted}'".replace("%", r"\%")
    assert shlex.split(line)[-1] == job
    return WheneverLine(line, words or task.split(), variables)


def crontab() -> str:
    """The sixty lines as whenever writes them."""
    head = f"# Begin Whenever generated tasks for: {APP}/config/schedule.rb at: 2026-11-30 10:00:00 +0900"
    lines = "\n\n".join(line.text for line in sixty_lines())
    return f"PATH=/usr/local/bin:/usr/bin:/bin\n\n{head}\n{lines}\n\n{head.replace('Begin', 'End')}\n"
