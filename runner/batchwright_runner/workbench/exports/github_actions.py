"""Workflows of GitHub Actions: one for each batch. Pure.

The time zone stands beside the schedule (GitHub's documentation, "Workflow syntax", ``on.schedule``, 2026-11).
"""

import json
import shlex
from collections.abc import Mapping, Sequence

from batchwright_runner.contract.schedules.cron import ScheduleError
from batchwright_runner.contract.schedules.dialects import github
from batchwright_runner.contract.schedules.schedule import CronSchedule
from batchwright_runner.errors import RunnerError
from batchwright_runner.workbench.exports.files import Export, in_files
from batchwright_runner.workbench.exports.job import Job, counted, heading, started_by
from batchwright_runner.workbench.exports.morning import NAME as MISSED
from batchwright_runner.workbench.exports.morning import Morning

SCHEDULER = "github-actions"
CONFIGURE_AWS = "aws-actions/configure-aws-credentials@e6de054238d6b7531b4efff3b6587d9aade6a06c # v6.2.3"
"""The action that assumes the role, pinned to a commit. A test holds it to the repository's own workflows."""

_HOSTED_LIMIT = 360
"""Minutes that a job may take on a runner of GitHub's (GitHub's documentation, "Usage limits", 2026-11)."""
_STARTUP = 10
"""Minutes for what is around a run: installing, the start, the log's end."""
_SESSIONS = range(3600, 12 * 3600 + 1)
"""Seconds that a role's session may last (STS API reference, AssumeRoleWithWebIdentity, 2026-11)."""
_RUN_ID = "github/${{ github.run_id }}/${{ github.run_attempt }}"
_SCHEDULED = "${{ github.event_name == 'schedule' && github.run_attempt == '1' && 'scheduled' || '' }}"
"""Whether the schedule started a run; empty for one that is repeated later, or begun by hand."""


def host_of(settings: Mapping[str, str], stage: str, runner: str) -> Mapping[str, str]:
    """The workflows' surroundings: ``role``, whose ARN they assume, ``install``, a command, and ``runs_on``, a label.

    `settings`: ``[github-actions]`` of batchwright.toml, for the stage.
    """
    if "role" not in settings:
        raise RunnerError(
            f"{SCHEDULER} cannot run batches: batchwright.toml names no role for it to assume by OpenID Connect",
            hint=f'Write [{SCHEDULER}.stages.{stage}] and role = "arn:aws:iam::ACCOUNT:role/NAME"; '
            "platform.grant_run(role) gives it what it needs",
        )
    return {"install": f"pipx install {shlex.quote(runner)}", "runs_on": "ubuntu-24.04", **settings}


def exported(
    jobs: Sequence[Job], host: Mapping[str, str], project: str, stage: str, look: Morning | None = None
) -> Export:
    """The workflows of a stage, with that of the look for missed runs where there is one."""
    chosen = started_by(jobs, SCHEDULER)
    files = {f"{project}-{stage}-{job.name}.yml": _run(job, due, host) for job, due in chosen}
    if look is not None and chosen:
        files[f"{project}-{stage}-{MISSED}.yml"] = _look(look, host, chosen[0][0])
    long = [job.name for job, _ in chosen if _minutes(job) > _HOSTED_LIMIT]
    warning = (
        f". GitHub ends a job after {_HOSTED_LIMIT // 60} hours, and these may run longer: {', '.join(long)}; "
        "declare a shorter timeout, or runs_on a machine of your own"
        if long and host["runs_on"].startswith("ubuntu-")
        else ""
    )
    return in_files(files, heading(project, stage), counted(chosen, jobs, SCHEDULER, "workflow") + warning)


def _minutes(job: Job) -> int:
    """Minutes that a run may take, with all that is around it."""
    return -(-job.longest_seconds // 60) + _STARTUP


def _run(job: Job, due: CronSchedule, host: Mapping[str, str]) -> str:
    session = max(min(_minutes(job) * 60, _SESSIONS[-1]), _SESSIONS[0])
    options = "".join(f' -o {option.name}="$OPTION_{option.name}"' for option in job.options)
    return _workflow(
        job,
        due,
        host,
        title=f"{job.name} ({job.stage})",
        inputs=_inputs(job),
        concurrency=f"""
concurrency: # a second run waits for the first one's end
  group: {job.project}-{job.stage}-{job.name}
  cancel-in-progress: false
""",
        key="run",
        about=job.description,
        minutes=min(_minutes(job), _HOSTED_LIMIT) if host["runs_on"].startswith("ubuntu-") else _minutes(job),
        variables=f"{_variables(job)}      RUN_ID: {_RUN_ID}/{job.name}\n      SCHEDULED: {_SCHEDULED}\n",
        session=f"          role-duration-seconds: {session} # no longer than the role's own maximum\n",
        steps=f"""      - name: Run
        run: {job.command("batchwright")} --scheduled "$SCHEDULED" --run-id "$RUN_ID"{options}
      - name: Stop the task of a canceled job
        if: cancelled()
        run: batchwright stop "$RUN_ID" -s {job.stage}
""",
    )


def _look(look: Morning, host: Mapping[str, str], job: Job) -> str:
    """The look in the morning, by a batch of the stage: a workflow that fails where something was missed."""
    return _workflow(
        job,
        look.due,
        host,
        title=f"missed runs ({job.stage})",
        key="look",
        about="Fails if a batch was due and did not run",
        minutes=30,
        steps=f"      - name: Look\n        run: {look.command('batchwright', job.stage)}\n",
    )


def _workflow(
    job: Job,
    due: CronSchedule,
    host: Mapping[str, str],
    *,
    title: str,
    key: str,
    about: str,
    minutes: int,
    steps: str,
    inputs: str = "",
    concurrency: str = "",
    variables: str = "",
    session: str = "",
) -> str:
    try:
        fields = github(due)
    except ScheduleError as error:
        raise RunnerError(f"{job.name} cannot be exported: {error}") from error
    return f"""# {heading(job.project, job.stage)}
name: {_text(title)}

on:
  schedule:
    - cron: {_text(fields)}
      timezone: {_text(due.zone)}
  workflow_dispatch:{inputs}

permissions: {{}}
{concurrency}
jobs:
  {key}:
    name: {_text(about)}
    runs-on: {_text(host["runs_on"])}
    timeout-minutes: {minutes}
    permissions:
      id-token: write # to assume the role
    env:
      BATCHWRIGHT_PROJECT: {job.project}
{variables}    steps:
      - uses: {CONFIGURE_AWS}
        with:
          role-to-assume: {_text(host["role"])}
{session}          aws-region: {job.region}
      - name: Install
        run: {_text(host["install"])}
{steps}"""


def _inputs(job: Job) -> str:
    """The fields of the form that starts it by hand. A schedule fills in none."""
    lines = ["", "    inputs:"] if job.options else []
    for option in job.options:
        sentences = (option.description, f"One of {', '.join(option.values)}" if option.values else "")
        lines += [f"      {option.name}:", f"        description: {_text('. '.join(filter(None, sentences)))}"]
        lines += ["        type: string"]
    return "\n".join(lines)


def _variables(job: Job) -> str:
    return "".join(f"      OPTION_{option.name}: ${{{{ inputs.{option.name} }}}}\n" for option in job.options)


def _text(text: str) -> str:
    """A text as a quoted string of YAML, in which nothing is an expression of GitHub's."""
    return json.dumps(text.replace("${{", "$ {{"), ensure_ascii=False)
