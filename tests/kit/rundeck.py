"""What Rundeck makes of a job file: its format as a schema of our own, and what its import and export do to a job."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import yaml

SCHEMA = json.loads(Path(__file__).with_name("rundeck.schema.json").read_text(encoding="utf-8"))

_TRUE_IF_ABSENT = ("scheduleEnabled", "executionEnabled", "nodeFilterEditable")
_KEPT = ("name", "group", "uuid", "timeout", "retry", "timeZone", "defaultTab", "plugins", "notification")
_KEPT_IF_TRUE = ("multipleExecutions", "maxMultipleExecutions")


def read_jobs(text: str) -> list[dict[str, Any]]:
    """The jobs of a file.

    Raises:
        jsonschema.ValidationError: It is not one of jobs of Rundeck.
    """
    jobs: list[dict[str, Any]] = yaml.safe_load(text)
    jsonschema.Draft202012Validator(SCHEMA).validate(jobs)
    return jobs


def after_import(job: Mapping[str, Any]) -> dict[str, Any]:
    """A job as Rundeck exports it after it was imported (``ScheduledExecution.fromMap``, and then ``toMap``)."""
    fields: dict[str, Any] = {key: job[key] for key in _KEPT if job.get(key)}
    fields |= {key: job[key] for key in _KEPT_IF_TRUE if job.get(key)}
    fields |= {key: job.get(key, True) for key in _TRUE_IF_ABSENT}
    fields |= {"description": job.get("description"), "loglevel": job.get("loglevel") or "INFO"}
    if "uuid" in fields:
        fields["id"] = fields["uuid"]
    if job.get("notification"):
        fields["notifyAvgDurationThreshold"] = job.get("notifyAvgDurationThreshold")
    if job.get("options"):
        fields["options"] = [_option(option) for option in job["options"]]
    if job.get("schedule"):
        fields["schedule"] = _schedule(job["schedule"])
    if job.get("nodefilters"):
        fields |= _nodes(job)
    sequence = job["sequence"]
    fields["sequence"] = {
        "keepgoing": sequence.get("keepgoing", False),
        "strategy": sequence.get("strategy", "node-first"),
        "commands": sequence["commands"],
        **({"pluginConfig": sequence["pluginConfig"]} if sequence.get("pluginConfig") else {}),
    }
    return fields


def _schedule(schedule: Mapping[str, Any]) -> dict[str, Any]:
    time = schedule["time"]
    day = schedule.get("dayofmonth", {}).get("day")
    days = {"dayofmonth": {"day": day}} if day and day != "?" else {"weekday": {"day": schedule["weekday"]["day"]}}
    return {
        "time": {key: time[key] for key in ("hour", "minute", "seconds")},
        "month": schedule.get("month", "*"),
        "year": schedule.get("year", "*"),
        **days,
    }


def _option(option: Mapping[str, Any]) -> dict[str, Any]:
    """``Option.fromMap`` and ``toMap``: what is empty or false is left out, values are sorted and have a delimiter."""
    left_out = ("values", "valuesListDelimiter", "dateFormat", "delimiter", "valueExposed")
    fields = {key: value for key, value in option.items() if value and key not in left_out}
    if option.get("values"):
        fields |= {
            "values": sorted(set(option["values"])),
            "valuesListDelimiter": option.get("valuesListDelimiter") or ",",
        }
    if option.get("isDate"):
        fields["dateFormat"] = option.get("dateFormat")
    if option.get("multivalued"):
        fields["delimiter"] = option.get("delimiter") or ","
    if option.get("secure") and option.get("valueExposed"):
        fields["valueExposed"] = True
    return fields


def _nodes(job: Mapping[str, Any]) -> dict[str, Any]:
    filters = job["nodefilters"]
    dispatch = filters.get("dispatch", {})
    return {
        "nodesSelectedByDefault": job.get("nodesSelectedByDefault", True),
        "nodefilters": {
            "filter": filters["filter"],
            "dispatch": {
                "threadcount": dispatch.get("threadcount") or "1",
                "keepgoing": dispatch.get("keepgoing", False),
                "excludePrecedence": dispatch.get("excludePrecedence", True),
                "successOnEmptyNodeFilter": dispatch.get("successOnEmptyNodeFilter", False),
                "rankOrder": dispatch.get("rankOrder", "ascending"),
            },
        },
    }
