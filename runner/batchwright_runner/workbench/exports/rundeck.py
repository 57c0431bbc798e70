"""A batch as a job of Rundeck. Pure.

The keys are those that Rundeck itself writes when it exports a job (rundeck/rundeck, ``ScheduledExecution.toMap``,
``WorkflowDataImpl.toMap``, 2026-11): what is imported comes out of an export as it went in.

Left out on purpose: ``retry``, which starts again after any code, so that a lost result would make a second copy;
retries are the declaration's. And ``timeout``, which is the batch's own, kept also when Rundeck's host is gone.

A file is what Rundeck exports after an import of it, byte for byte. Its writer is SnakeYAML (``JobYAMLFormat``,
2026-11): keys sorted, block style, lines of 80 characters, several lines as a literal block, and quotes around each
string that has a comma or looks like a number. PyYAML is the same emitter in another language; three of these are set.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any
from uuid import UUID, uuid5

from batchwright_runner.contract.options import RunOption
from batchwright_runner.contract.schedules.dialects import quartz
from batchwright_runner.contract.schedules.schedule import CronSchedule
from batchwright_runner.errors import RunnerError, missing_package
from batchwright_runner.workbench.exports.files import Export
from batchwright_runner.workbench.exports.job import NAME as MISSED
from batchwright_runner.workbench.exports.job import Job, Morning, fields_of
from batchwright_runner.workbench.exports.rundeck_settings import (
    RUNNER_JOB,
    RUNNER_SCHEDULE,
    RundeckSettings,
    runner_step,
)

SCHEDULER = "rundeck"
"""The name by which a declaration says that Rundeck starts a batch."""

DUE = " --scheduled ${job.executionType}"
"""How a command of an exported job says whether the schedule started it."""
_RUN = r"[A-Za-z0-9@:/._-]{1,200}"
"""A run as people name it: its id, a task's id, an ARN, ``nightly@latest``. No shell reads more into it."""
_OWN = {"AGAIN": "--again", "FROM": "--from", "DONE": "--done"}
"""A field of the form to the runner's own option; a blank one is as none."""
_NAMESPACE = UUID("a95b9de3-8d7e-4117-a450-d9bf79d9c234")  # must never change: all UUIDs would
_UNSAID = "?"
_FILTERS = [
    {"config": {}, "type": "render-datatype"},
    {"config": {"logData": "false", "regex": r"^RUNDECK:DATA:(.+?)\s*=\s*(.+)$"}, "type": "key-value-data"},
]
"""The log filters that read what ``run --rundeck`` prints."""


def rundeck_jobs(jobs: Iterable[Job], settings: RundeckSettings) -> list[dict[str, Any]]:
    """The jobs of a stage, in the order of their names."""
    entries = [rundeck_job(job, settings) for job in sorted(jobs, key=lambda job: job.name)]
    claimed: dict[str, str] = {}
    for entry in entries:
        name, uuid = entry["name"], entry["uuid"]
        claimant = claimed.setdefault(uuid, name)
        if claimant != name:
            raise RunnerError(
                f"{claimant} and {name} cannot be exported: both say that they are the job {uuid}",
                hint="rundeck_uuid is the UUID of one job: take it out of one of them",
            )
    return entries


def rundeck_job(job: Job, settings: RundeckSettings) -> dict[str, Any]:
    """One job, as the data of its file."""
    identity = job.rundeck_uuid or job_uuid(settings, job.project, job.stage, job.name)
    fields = {
        **_base(job.name, identity, _step(job, settings), settings),
        "description": description(job),
        "group": settings.group_for(job.project, job.stage, job.owner),
        "scheduleEnabled": job.schedule is None or job.started_by(SCHEDULER),
    }
    fields["options"] = [*map(_option, job.options), *_own_fields(job)]
    if not job.at_once.refused:
        fields["multipleExecutions"] = True
    if job.schedule is not None:
        fields |= {"schedule": schedule(job.schedule), "timeZone": job.schedule.zone}
    return fields


def runner_job(settings: RundeckSettings, project: str, stage: str) -> dict[str, Any]:
    """The job that pulls the runner's image, by schedule and by hand."""
    due = fields_of(settings.runner_schedule or RUNNER_SCHEDULE, "rundeck.runner_schedule", settings.zone)
    about = f"""Pulls the newest image of batchwright's runner. The next run of a batch uses it; nothing is restarted.

From `[rundeck]` of batchwright.toml, {mark(project, stage)}. Change it there: the next import replaces it."""
    return _own_job(RUNNER_JOB, runner_step(settings.runner_image), due, about, settings, project, stage)


def missed_job(settings: RundeckSettings, look: Morning, project: str, stage: str) -> dict[str, Any]:
    """The job that fails in the morning where a batch was due and did not run."""
    about = f"""Fails if a batch was due and did not run, takes longer than expected, or was begun twice.

Made by batchwright, {mark(project, stage)}. `[rundeck]` of batchwright.toml may say `missed_schedule`."""
    step = {"description": "look for missed runs", "exec": look.command(settings.command, stage)}
    return _own_job(MISSED, step, look.schedule, about, settings, project, stage)


def _own_job(
    name: str,
    step: Mapping[str, Any],
    due: CronSchedule,
    about: str,
    settings: RundeckSettings,
    project: str,
    stage: str,
) -> dict[str, Any]:
    """A job of the stage as a whole, not of a batch."""
    group = settings.group_for(project, stage, "batchwright")
    own = {"description": about, "group": group, "scheduleEnabled": True}
    own |= {"schedule": schedule(due), "timeZone": due.zone}
    return _base(name, job_uuid(settings, project, stage, name), step, settings) | own


def _base(name: str, identity: str, step: Mapping[str, Any], settings: RundeckSettings) -> dict[str, Any]:
    """What all jobs have in common."""
    fields: dict[str, Any] = {
        "defaultTab": "output",
        "executionEnabled": True,
        "id": identity,
        "loglevel": "INFO",
        "name": name,
        "nodeFilterEditable": False,
        "sequence": {"commands": [step], "keepgoing": False, "strategy": "node-first"},
        "uuid": identity,
    }
    if settings.nodes:
        dispatch = {"excludePrecedence": True, "keepgoing": False, "rankOrder": "ascending", "threadcount": "1"}
        dispatch["successOnEmptyNodeFilter"] = False
        fields |= {"nodefilters": {"dispatch": dispatch, "filter": settings.nodes}, "nodesSelectedByDefault": True}
    if settings.notification:
        fields |= {"notification": settings.notification, "notifyAvgDurationThreshold": None}
    return fields


def job_uuid(settings: RundeckSettings, project: str, stage: str, name: str) -> str:
    """The UUID of a job: the same in every export, whatever its group is called.

    Rundeck's project counts: a UUID that is in use in one project is refused in another.
    """
    return str(uuid5(_NAMESPACE, f"{settings.project}/{project}/{stage}/{name}"))


def _step(job: Job, settings: RundeckSettings) -> dict[str, Any]:
    step: dict[str, Any] = {"description": "run it on Fargate", "exec": command(job, settings)}
    if settings.show_result:
        step["plugins"] = {"LogFilter": _FILTERS}
    return step


def command(job: Job, settings: RundeckSettings) -> str:
    """The command of the job's one step.

    Rundeck puts quotes around an option's value where the shell needs them, and nothing in the place of one that was
    not filled in: to the runner, a blank option is as none. For which time it starts a job it does not say, but whether
    its clock does: ``user``, ``scheduled`` or ``user-scheduled`` (Rundeck's manual, "Context variables", 2026-11).
    """
    options = "".join(f" -o {option.name}=${{option.{option.name}}}" for option in job.options)
    own = "".join(_filled(str(field["name"])) for field in _own_fields(job))
    shown = " --rundeck" if settings.show_result else ""
    due = "" if job.schedule is None else DUE
    yes = " --yes" if job.steps else ""  # who fills the form in has been asked
    return f"{job.command(settings.command)}{due}{options}{own}{yes}{shown}"


def own_fields(command: str) -> list[str]:
    """The fields of the form that an exported job's command gives to the runner itself, and not to the batch."""
    return [name for name in _OWN if _filled(name) in command]


def _filled(name: str) -> str:
    return f" {_OWN[name]}=${{option.{name}}}"


def _own_fields(job: Job) -> list[dict[str, Any]]:
    """The fields by which a run is run again. A declared option of the same name takes the place of one."""
    again = RunOption(name="AGAIN", pattern=_RUN, description="Run this failed run again: its id, or latest")
    fields = [_option(again)]
    for name, purpose in (("FROM", "Run these steps and all that follows them"), ("DONE", "Take these steps as done")):
        field = _option(RunOption(name=name, values=job.steps, description=purpose))
        fields += [{**field, "multivalued": True, "delimiter": ","}] if job.steps else []
    declared = {option.name for option in job.options}
    return [field for field in fields if field["name"] not in declared]


def _option(option: RunOption) -> dict[str, Any]:
    """A field of the form. None is required: a schedule fills in nothing."""
    field: dict[str, Any] = {"name": option.name}
    if option.description:
        field["description"] = option.description
    if option.values:
        free = next((mark for mark in ",;|/" if not any(mark in value for value in option.values)), "\t")
        field |= {"enforced": True, "values": sorted(option.values), "valuesListDelimiter": free}
    if option.pattern:
        field["regex"] = option.pattern
    return field


def description(job: Job) -> str:
    """The job's description: one line that Rundeck lists, then Markdown that it shows on the job's page."""
    origin = f"Declared in `{job.declared_in}`" if job.declared_in else "Declared with batchwright"
    lines = [f"- Owner: {job.owner}", *([f"- Runbook: {job.runbook}"] if job.runbook else [])]
    note = f"{origin}, {mark(job.project, job.stage)}. Change it there: the next import replaces this job."
    return "\n".join([job.description, "", *lines, "", note])


def mark(project: str, stage: str) -> str:
    """What stands in the description of every job that was exported for a stage."""
    return f"project {project}, stage {stage}"


def schedule(due: CronSchedule) -> dict[str, Any]:
    """When a job is due, in the parts that Rundeck keeps it in."""
    fields = quartz(due)
    days = {"weekday": {"day": fields.weekday}} if fields.day == _UNSAID else {"dayofmonth": {"day": fields.day}}
    time = {"hour": fields.hour, "minute": fields.minute, "seconds": fields.second}
    return {**days, "month": fields.month, "time": time, "year": fields.year}


def exported(
    batches: Sequence[Job], settings: RundeckSettings, project: str, stage: str, look: Morning | None = None
) -> Export:
    """The jobs of a stage as files: one of all, and one for each as Rundeck's own export to git names them."""
    jobs = rundeck_jobs(batches, settings)
    jobs += [missed_job(settings, look, project, stage)] if look is not None else []
    jobs += [runner_job(settings, project, stage)] if settings.runner_image else []
    active = sum(1 for job in jobs if "schedule" in job and job["scheduleEnabled"])
    counted = "1 job" if len(jobs) == 1 else f"{len(jobs)} jobs"
    off = [job["name"] for job in jobs if "schedule" in job and not job["scheduleEnabled"]]
    unstarted = f"; schedule off, as something else or nobody starts it: {', '.join(off)}" if off else ""
    asleep = "" if active else f"; no batch of {stage} has a schedule and scheduler {SCHEDULER!r}"
    return Export(
        text=to_yaml(jobs),
        files={f"{job['group']}/{job['name']}-{job['uuid']}.yaml": to_yaml([job]) for job in jobs},
        mark=mark(project, stage),
        summary=f"{counted}, {active} with an active schedule{unstarted}{asleep}",
    )


_STRING = "tag:yaml.org,2002:str"
_FLOAT = "tag:yaml.org,2002:float"
_EXPONENT_WITHOUT_POINT = re.compile(r"[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+$")
"""A number to SnakeYAML, and not to PyYAML, which would leave such a string without its quotes."""


def to_yaml(jobs: Sequence[Mapping[str, Any]]) -> str:
    """The text of a job file."""
    try:
        import yaml
    except ModuleNotFoundError as error:
        raise missing_package("PyYAML", "Rundeck's jobs cannot be written") from error

    class Dumper(yaml.SafeDumper):
        """Writes as Rundeck does."""

        def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - PyYAML's signature
            return True

    def string(dumper: yaml.SafeDumper, data: object) -> yaml.ScalarNode:
        value = str(data)
        style = "|" if "\n" in value else "'" if "," in value else None
        return dumper.represent_scalar(_STRING, value, style=style)

    for kind in (str, date, datetime, time):  # TOML has dates and times; to Rundeck they are texts
        Dumper.add_representer(kind, string)
    Dumper.add_implicit_resolver(_FLOAT, _EXPONENT_WITHOUT_POINT, list("-+0123456789"))
    text: str = yaml.dump(
        [dict(job) for job in jobs],
        Dumper=Dumper,
        sort_keys=True,
        default_flow_style=False,
        allow_unicode=True,
        width=80,
    )
    return text
