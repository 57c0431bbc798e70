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
    kept: dict[str, Any] = {key: job[key] for key in _KEPT if job.get(key)}
    kept |= {key: job[key] for key in _KEPT_IF_TRUE if job.get(key)}
    kept |= {key: job.get(key, True) for key in _TRUE_IF_ABSENT}
    kept |= {"description": job.get("description"), "loglevel": job.get("loglevel") or "INFO"}
    if "uuid" in kept:
        kept["id"] = kept["uuid"]
    if job.get("notification"):
        kept["notifyAvgDurationThreshold"] = job.get("notifyAvgDurationThreshold")
    if job.get("options"):
        kept["options"] = [_option(one) for one in job["options"]]
    if job.get("schedule"):
        kept["schedule"] = _schedule(job["schedule"])
    if job.get("nodefilters"):
        kept |= _nodes(job)
    sequence = job["sequence"]
    kept["sequence"] = {
        "keepgoing": sequence.get("keepgoing", False),
        "strategy": sequence.get("strategy", "node-first"),
        "commands": sequence["commands"],
        **({"pluginConfig": sequence["pluginConfig"]} if sequence.get("pluginConfig") else {}),
    }
    return kept


def _schedule(said: Mapping[str, Any]) -> dict[str, Any]:
    time = said["time"]
    day = said.get("dayofmonth", {}).get("day")
    days = {"dayofmonth": {"day": day}} if day and day != "?" else {"weekday": {"day": said["weekday"]["day"]}}
    return {
        "time": {key: time[key] for key in ("hour", "minute", "seconds")},
        "month": said.get("month", "*"),
        "year": said.get("year", "*"),
        **days,
    }


def _option(said: Mapping[str, Any]) -> dict[str, Any]:
    """``Option.fromMap`` and ``toMap``: what is empty or false is left out, values are sorted and have a delimiter."""
    left_out = ("values", "valuesListDelimiter", "dateFormat", "delimiter", "valueExposed")
    kept = {key: value for key, value in said.items() if value and key not in left_out}
    if said.get("values"):
        kept |= {
            "values": sorted(set(said["values"])),
            "valuesListDelimiter": said.get("valuesListDelimiter") or ",",
        }
    if said.get("isDate"):
        kept["dateFormat"] = said.get("dateFormat")
    if said.get("multivalued"):
        kept["delimiter"] = said.get("delimiter") or ","
    if said.get("secure") and said.get("valueExposed"):
        kept["valueExposed"] = True
    return kept


def _nodes(job: Mapping[str, Any]) -> dict[str, Any]:
    said = job["nodefilters"]
    dispatch = said.get("dispatch", {})
    return {
        "nodesSelectedByDefault": job.get("nodesSelectedByDefault", True),
        "nodefilters": {
            "filter": said["filter"],
            "dispatch": {
                "threadcount": dispatch.get("threadcount") or "1",
                "keepgoing": dispatch.get("keepgoing", False),
                "excludePrecedence": dispatch.get("excludePrecedence", True),
                "successOnEmptyNodeFilter": dispatch.get("successOnEmptyNodeFilter", False),
                "rankOrder": dispatch.get("rankOrder", "ascending"),
            },
        },
    }
