"""What is known of one run, as a document and as JSON. Pure."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from batchwright_runner.contract.duration import format_duration
from batchwright_runner.contract.stop_reasons import advice
from batchwright_runner.contract.task_size import Size
from batchwright_runner.contract.verdicts import Row
from batchwright_runner.host.cost.cost import NOT_IN_IT, Cost, billed, of_run, total
from batchwright_runner.host.fargate.end import log_link, task_link
from batchwright_runner.host.fargate.find_run import short_id
from batchwright_runner.host.fargate.known_run import KnownRun
from batchwright_runner.host.fargate.run_entry import entry_of
from batchwright_runner.host.fargate.task import task_id
from batchwright_runner.host.runs.phases import phases
from batchwright_runner.workbench.page.batch import may_be_spot
from batchwright_runner.workbench.page.document import Commands, Document, Fact, Facts, Link, Section, Table

MOMENTS = {
    "createdAt": "asked for",
    "pullStartedAt": "pull begun",
    "startedAt": "started",
    "stoppingAt": "stop begun",
    "executionStoppedAt": "containers ended",
    "stoppedAt": "ended",
}
"""ECS's moments, in the words that are shown."""


def document_of(run: KnownRun, now: datetime, attempts: Sequence[KnownRun] = ()) -> Document:
    """A run on one page.

    Args:
        run: The run, as its newest task shows it, or the task that was asked for.
        now: Now, with a time zone.
        attempts: All its tasks, the first one first. Default: it has no other.
    """
    manifest = run.manifest
    sections = [
        Section("How it went", (Facts(tuple(_result(run, now))),)),
        Section("When", (Facts(tuple(_moments(run))), *_phases(run, now))),
        Section("What ran", (Facts(tuple(_what(run, now, attempts or [run]))),)),
        *_containers(run),
        Section("What to do", (Commands(tuple(_commands(run))),)),
    ]
    head = [
        Fact("batch", manifest.batch),
        Fact("run id", run.started_by or "none"),
        Fact("started by", str(entry_of(run, now.timestamp())["by"])),
        Fact("owner", manifest.owner),
        *([Fact("runbook", Link("", manifest.runbook))] if manifest.runbook else []),
        Fact("known from", _known_from(run)),
    ]
    name = short_id(run.arn) if run.has_task else run.started_by
    return Document(f"Run {name} of {manifest.batch} in {manifest.stage}", tuple(head), tuple(sections))


def data_of(run: KnownRun, now: datetime, attempts: Sequence[KnownRun] = ()) -> dict[str, Any]:
    """A run as ``--json`` prints it.

    Args:
        run: The run, as its newest task shows it, or the task that was asked for.
        now: Now, with a time zone.
        attempts: All its tasks, the first one first. Default: it has no other.
    """
    tasks = attempts or [run]
    found, cost = run.result, cost_of(tasks, now)
    size = _size(run)
    return {
        **entry_of(run, now.timestamp()),
        "stage": run.manifest.stage,
        "task_arn": run.arn if run.has_task else "",
        "execution": run.execution,
        "exit_code": run.state.exit_code,
        "stop_code": run.state.stop_code,
        "why": found.why if found else "",
        "advice": advice(found, run.state.reason) if found else "",
        "image_digest": run.state.image_digest,
        "times": dict(run.state.times),
        "phases": {name: round(took, 3) for name, took in _took(run, now).items()},
        "size": None if size is None else asdict(size),
        "overrides": _overrides(run),
        "attempts": [one.arn for one in tasks if one.has_task],
        "cost": {**cost.to_dict(), "source": cost.source, "not_in_it": NOT_IN_IT},
        "in_ecs": run.in_ecs,
        "links": _links(run),
    }


def cost_of(attempts: Sequence[KnownRun], now: datetime) -> Cost:
    """What a run has cost, or costs until now, with all its attempts."""
    ran = [(one, billed(one.state.times, None if one.state.ended else now.timestamp())) for one in attempts]
    costs = [of_run(_size(one), one.manifest.region, took) for one, took in ran if took is not None]
    return total(costs) if costs else Cost(None, "nothing was billed: no image pull had begun")


def _size(run: KnownRun) -> Size | None:
    return Size.of(run.task, architecture=run.manifest.architecture, spot=may_be_spot(run.manifest))


def _known_from(run: KnownRun) -> str:
    if not run.has_task:
        return "Step Functions: it has no task"
    return "ECS, which knows it for an hour after its end" if run.in_ecs else "the stage's history"


def _result(run: KnownRun, now: datetime) -> Iterator[Fact]:
    found, entry = run.result, entry_of(run, now.timestamp())
    seconds = entry["seconds"]
    yield Fact("result", f"exit {found.code}: {found.why}" if found else _in_progress(run))
    if isinstance(seconds, float):
        yield Fact("took" if run.state.ended else "takes until now", format_duration(seconds))
    if run.state.reason:
        yield Fact("reason", run.state.reason)
    word = advice(found, run.state.reason) if found else ""
    if word:
        yield Fact("advice", word)
    if found and (found.row is not Row.OWN or found.code):
        yield Fact("run again", {"safe": "safe", "ask": "ask: it had begun", "useless": "useless"}[found.again])


def _in_progress(run: KnownRun) -> str:
    return f"in progress: {run.state.status.lower()}{', being stopped' if run.stopping else ''}"


def _moments(run: KnownRun) -> Iterator[Fact]:
    for name, shown in MOMENTS.items():
        if name in run.state.times:
            yield Fact(shown, f"{datetime.fromtimestamp(run.state.times[name]).astimezone():%Y-%m-%d %H:%M:%S%z}")


def _took(run: KnownRun, now: datetime) -> dict[str, float]:
    return phases(run.state.times, None if run.state.ended else now.timestamp())


def _phases(run: KnownRun, now: datetime) -> Sequence[Table]:
    rows = tuple((name, format_duration(took)) for name, took in _took(run, now).items())
    return (Table(("WHERE THE TIME WENT", ""), rows),) if rows else ()


def _what(run: KnownRun, now: datetime, attempts: Sequence[KnownRun]) -> Iterator[Fact]:
    manifest, image = run.manifest, run.manifest.image
    digest = run.state.image_digest
    yield Fact("image", f"{image.repository}@{digest}" if digest and image.repository else digest or "not known")
    size = _size(run)
    yield Fact("size", size.words if size is not None else "not known")
    cost = cost_of(attempts, now)
    of_all = f", of all {len(attempts)} attempts" if len(attempts) > 1 else ""
    yield Fact("cost", f"{cost.words}{of_all}. Fargate only: {NOT_IN_IT}" if cost.dollars is not None else cost.words)
    if of_all:
        number = [one.arn for one in attempts].index(run.arn) + 1
        yield Fact("attempts", f"{len(attempts)}; this is number {number}: {', '.join(map(_short, attempts))}")
    given = _overrides(run)
    if given["command"]:
        yield Fact("command", shlex.join(given["command"]))
    options = {one.name for one in manifest.options}
    for name, value in given["environment"].items():
        # Whoever gave it with -e may have given what is nobody else's business.
        yield Fact(f"-o {name}" if name in options else f"-e {name}", value if name in options else "given")
    definition = str(run.task.get("taskDefinitionArn", ""))
    if definition:
        yield Fact("task definition", definition.rpartition("/")[2])
    for name, shown in (("availabilityZone", "zone"), ("platformVersion", "platform")):
        if run.task.get(name):
            yield Fact(shown, str(run.task[name]))
    for name, url in _links(run).items():
        yield Fact(name, Link("", url))


def _short(run: KnownRun) -> str:
    return short_id(run.arn) or task_id(run.arn)


def _overrides(run: KnownRun) -> dict[str, Any]:
    """What was given to this run: its command, and its variables but for those of the runner itself."""
    found = (run.task.get("overrides") or {}).get("containerOverrides") or []
    main: Mapping[str, Any] = next((one for one in found if one.get("name") == run.manifest.container), {})
    given = {str(one.get("name")): str(one.get("value", "")) for one in main.get("environment") or []}
    own = {name: value for name, value in given.items() if not name.startswith("BATCHWRIGHT_")}
    options = {one.name for one in run.manifest.options}
    return {
        "command": [str(one) for one in main.get("command") or []],
        "environment": {name: value if name in options else "" for name, value in own.items()},
    }


def _containers(run: KnownRun) -> Sequence[Section]:
    rows = [
        (str(one.get("name")), str(one.get("lastStatus", "")).lower(), _code(one), str(one.get("reason", "")))
        for one in run.task.get("containers") or []
    ]
    if len(rows) < 2:
        return ()
    return (Section("Containers", (Table(("CONTAINER", "STATUS", "EXIT CODE", "REASON"), tuple(rows)),)),)


def _code(container: Mapping[str, Any]) -> str:
    return "-" if container.get("exitCode") is None else str(container["exitCode"])


def _links(run: KnownRun) -> dict[str, str]:
    if not run.has_task:
        return {}
    return {"task": task_link(run.manifest, run.arn), "log": log_link(run.manifest, run.arn)}


def _commands(run: KnownRun) -> Iterator[str]:
    manifest = run.manifest
    name = task_id(run.arn) if run.has_task else run.started_by
    if run.has_task:
        yield shlex.join(["batchwright", "logs", name, "-s", manifest.stage])
    if run.state.ended:
        yield shlex.join(["batchwright", "run", manifest.batch, "-s", manifest.stage])
        return
    yield shlex.join(["batchwright", "attach", name, "-s", manifest.stage])
    yield shlex.join(["batchwright", "stop", name, "-s", manifest.stage])
