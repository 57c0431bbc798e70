"""The result of a run as Rundeck's log filters read it. Pure.

The filter *Render Formatted Data* shows what stands between its two markers, *Key Value Data* makes ``${data.NAME}`` of
a line ``RUNDECK:DATA:NAME = VALUE`` for later steps and notifications. Both read only what is written to stdout
(rundeck/docs, ``docs/manual/log-filters``; rundeck/rundeck, ``RenderDatatypeFilterPlugin``, 2026-11).
"""

from collections.abc import Iterator

from batchwright_runner.commands.result_file import RunResult
from batchwright_runner.contract.duration import format_duration

_BEGIN = "#BEGIN:RUNDECK:DATATYPE:text/x-markdown"
_END = "#END:RUNDECK:DATATYPE"
_DATA = "RUNDECK:DATA:"


def rundeck_result(result: RunResult) -> str:
    """The lines, with a newline at their end."""
    rows = [f"| {_cell(name)} | {_cell(value)} |" for name, value in _table(result)]
    data = [f"{_DATA}batchwright_{name} = {_one_line(value)}" for name, value in _data(result) if value]
    head = ["| result | " + _cell(result.verdict.said) + " |", "| --- | --- |"]
    return "\n".join([_BEGIN, *head, *rows, _END, *data]) + "\n"


def _table(result: RunResult) -> Iterator[tuple[str, str]]:
    details, again = result.details, result.details.get("run_again", "")
    yield "workflow" if "steps" in details else "batch", f"{result.batch}, stage {result.stage}"
    for step in details.get("steps", ()):
        yield f"step {step['step']}", step["word"]
    for due in details.get("due", ()):
        yield f"due {due['due']}", due["word"]
    phases = ", ".join(f"{name} {format_duration(took)}" for name, took in details.get("phases", {}).items())
    for name, value in (
        ("time", phases),
        ("reason", details.get("reason", "")),
        ("advice", details.get("advice", "")),
        ("run again", ": ".join(filter(None, (result.verdict.again, again))) if result.verdict.code else ""),
        ("run", result.run),
    ):
        if value:
            yield name, value
    for name, link in details.get("links", {}).items():
        yield name, f"[{name}]({link})"


def _data(result: RunResult) -> Iterator[tuple[str, str]]:
    """Names of letters and underscores alone: Rundeck strips other characters."""
    verdict = result.verdict
    yield "code", str(verdict.code)
    yield "result", verdict.row.value
    yield "why", verdict.why
    yield "retry", verdict.again if verdict.code else ""
    yield "run", result.run
    yield "run_again", result.details.get("run_again", "")
    yield "task", result.details.get("task", "")
    for name, link in result.details.get("links", {}).items():
        yield f"{name}_link", link


def _cell(text: str) -> str:
    return _one_line(text).replace("|", "\\|")


def _one_line(text: str) -> str:
    return " ".join(text.split())
