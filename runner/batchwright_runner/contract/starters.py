"""Who has started a run, by its id. Pure."""

import re

from batchwright_runner.contract.workflows.names import first_id

_STARTERS = (
    (re.compile(r"rundeck/(?:.*/)?(\d+)"), r"Rundeck \1"),
    (re.compile(r"github/(?:[^/]+/)?([^/]+)/(\d+)/\d+/([^/]+)"), r"GitHub \1 \3"),
    (re.compile(r"github/.*"), "GitHub"),
    (re.compile(r"circleci/.*"), "CircleCI"),
    (re.compile(r"run-[0-9a-f]{12}/([^/]+)/([^/]+)"), r"\1@\2"),
    (re.compile(r"run-[0-9a-f]{12}|run-[0-9a-f]{32}"), "-"),
    (re.compile(r"[a-z][a-z0-9-]*-[0-9a-f]{32}"), "a workflow"),
    (re.compile(r"AWS Step Functions"), "Step Functions"),
    (re.compile(r"events-rule/(.*)"), r"rule \1"),
    (re.compile(r"chronos-schedule/(.*)"), r"schedule \1"),
)
"""Forms of run ids, and of what AWS's own services write there (ECS: the task's ``startedBy``, as seen 2026-11)."""


def who_started(started_by: str) -> str:
    """Who started a run, for people: a scheduler's execution, a CI job, ``user@host``; else the id itself."""
    first, number = first_id(started_by)
    for form, shown in _STARTERS:
        match = form.fullmatch(first)
        if match is not None:
            return match.expand(shown) + (f", again {number}" if number else "")
    return started_by or "-"
