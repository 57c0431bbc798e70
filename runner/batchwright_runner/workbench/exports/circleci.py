"""A configuration of CircleCI: a job and a scheduled workflow for each batch. Pure.

CircleCI's schedules are in UTC, and take no steps, and no ranges of days (CircleCI's documentation, "Scheduling a
workflow", 2026-11): all numbers are listed.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from batchwright_runner.contract.schedules import cron
from batchwright_runner.contract.schedules.schedule import CronSchedule
from batchwright_runner.contract.schedules.zones import UTC as UTC_NAME
from batchwright_runner.workbench.exports.chosen import Due, counted, heading, started_by
from batchwright_runner.workbench.exports.deliver import Export
from batchwright_runner.workbench.exports.github_actions import needed_role
from batchwright_runner.workbench.exports.job import Job
from batchwright_runner.workbench.exports.morning import KEY, Morning
from batchwright_runner.workbench.exports.morning import NAME as MISSED
from batchwright_runner.workbench.exports.settings import section
from batchwright_runner.workbench.exports.utc import has_fixed_offset, in_utc

SCHEDULER = "circleci"
_TOKEN_LIFE = 3600
"""Seconds for which a job's token is valid (CircleCI's documentation, "Using OpenID Connect tokens", 2026-11)."""
_STARTUP = 10
_ASSUME = '(umask 077 && printf %s "$CIRCLE_OIDC_TOKEN_V2" > "$AWS_WEB_IDENTITY_TOKEN_FILE")'


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """The jobs' surroundings.

    Attributes:
        role: ARN of the role that a job assumes by OpenID Connect, with the rights of ``grant_run``.
        context: A context, which a job needs to get a token.
        branch: The branch whose schedule counts.
        image: The image that a job runs in.
        install: The command that installs the runner.
        missed_schedule: When missed runs are looked for, as the five fields of a crontab; empty for eight in the
            morning, ``never`` for no such workflow.
    """

    role: str
    context: str = "aws"
    branch: str = "main"
    image: str = "cimg/python:3.13"
    install: str = "pip install batchwright"
    missed_schedule: str = ""


def host_of(said: object, stage: str, source: str) -> Host:
    """The surroundings, as ``[circleci]`` of batchwright.toml says them.

    Raises:
        RunnerError: The section cannot be used, or names no role.
    """
    found = section(said, SCHEDULER, stage, source)
    return Host(**{"role": needed_role(found, SCHEDULER, stage), **found})


def look_zone(zone: str, now: datetime) -> str:
    """The zone in which missed runs are looked for: the project's, or UTC where that one changes its clocks."""
    return zone if has_fixed_offset(zone, now) else UTC_NAME


def exported(
    jobs: Sequence[Job], host: Host, project: str, stage: str, now: datetime, look: Morning | None = None
) -> Export:
    """The configuration of a stage.

    Args:
        jobs: The batches.
        host: The jobs' surroundings.
        project: The project.
        stage: The stage.
        now: The time; with a zone.
        look: The look for missed runs; none for no such workflow.

    Raises:
        RunnerError: A schedule cannot be said in UTC.
    """
    chosen = started_by(jobs, SCHEDULER)
    long = [job.name for job, _ in chosen if job.longest_seconds > _TOKEN_LIFE]
    warning = (
        f". A job's token ends after an hour, and these may run longer: {', '.join(long)}; declare a shorter timeout"
        if long
        else ""
    )
    return Export(
        text=_config(chosen, host, heading(project, stage), now, look),
        files={},
        mark="",
        summary=counted(chosen, jobs, SCHEDULER, "workflow") + warning,
    )


def _config(chosen: Sequence[Due], host: Host, note: str, now: datetime, look: Morning | None) -> str:
    jobs = "".join(_job(job, host) for job, _ in chosen)
    workflows = "".join(_workflow(job.name, in_utc(due, job.name, "CircleCI", now), host) for job, due in chosen)
    if look is not None and chosen:
        jobs += _look(look, host, chosen[0][0])
        workflows += _workflow(MISSED, in_utc(look.due, KEY, "CircleCI", now), host)
    made = f"\njobs:\n{jobs}\nworkflows:\n{workflows}" if chosen else "\njobs: {}\nworkflows: {}\n"
    return f"# {note}\nversion: 2.1\n{made}"


def _job(job: Job, host: Host) -> str:
    silence = -(-job.longest_seconds // 60) + _STARTUP
    return f"""{_installed(job.name, job, host)}      - run:
          name: {_text(job.description)}
          no_output_timeout: {silence}m # the batch may print nothing until it ends
          command: |
            {_ASSUME}
            exec batchwright run {job.name} -s {job.stage}
"""


def _look(look: Morning, host: Host, one: Job) -> str:
    """The look in the morning: a job that fails where something was missed.

    Args:
        look: When it looks, and how far back.
        host: The surroundings.
        one: A batch of the stage.
    """
    return f"""{_installed(MISSED, one, host)}      - run:
          name: Fails if a batch was due and did not run
          command: |
            {_ASSUME}
            exec {look.command("batchwright", one.stage)}
"""


def _installed(name: str, job: Job, host: Host) -> str:
    return f"""  {_key(name)}:
    docker:
      - image: {_text(host.image)}
    environment:
      AWS_DEFAULT_REGION: {job.region}
      AWS_ROLE_ARN: {_text(host.role)}
      AWS_WEB_IDENTITY_TOKEN_FILE: /tmp/oidc-token
      BATCHWRIGHT_PROJECT: {job.project}
    steps:
      - run:
          name: Install
          command: {_text(host.install)}
"""


def _workflow(name: str, due: Sequence[CronSchedule], host: Host) -> str:
    schedules = "".join(
        f"""      - schedule:
          cron: {_text(_fields(one))} # UTC
          filters:
            branches:
              only: {_text(host.branch)}
"""
        for one in due
    )
    return f"""  {_key(name)}:
    triggers:
{schedules}    jobs:
      - {_key(name)}:
          context: {_text(host.context)}
"""


def _key(name: str) -> str:
    """A name as a key: YAML 1.1 reads some words as true or false."""
    return _text(name) if name in ("y", "n", "yes", "no", "on", "off", "true", "false", "null") else name


def _fields(due: CronSchedule) -> str:
    fields = [
        (due.minutes, cron.MINUTE.all),
        (due.hours, cron.HOUR.all),
        (due.days, cron.DAY.all),
        (due.months, cron.MONTH.all),
        (sorted(day % 7 for day in due.weekdays), tuple(range(7))),
    ]
    return " ".join("*" if tuple(given) == every else ",".join(map(str, given)) for given, every in fields)


def _text(text: str) -> str:
    """A text as a quoted string of YAML, in which nothing is a parameter of CircleCI's."""
    return json.dumps(text.replace("<<", "< <"), ensure_ascii=False)
