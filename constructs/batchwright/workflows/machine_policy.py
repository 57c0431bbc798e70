"""How often and for how long a workflow's machine tries, as data."""

from collections.abc import Mapping, Sequence
from typing import Any

LOOKS: Sequence[Mapping[str, Any]] = (
    {
        "ErrorEquals": ["States.ALL"],
        "IntervalSeconds": 5,
        "BackoffRate": 2,
        "MaxAttempts": 4,
        "JitterStrategy": "FULL",
    },
)
"""A look changes nothing, so that it is repeated whatever went wrong. Nothing else has a ``Retry``: after a start that
failed it is decided what comes next, and ``States.TaskFailed`` would start a batch again for each exit code."""
LOOK_SECONDS = 60
"""Seconds that a look may take."""

EXECUTIONS = 200
"""How many are listed at once: one has up to 600 bytes, and more than 256 KB are `TOO_LARGE`."""
TOO_LARGE = "States.DataLimitExceeded"
"""The error that ``States.ALL`` does not stand for (Step Functions user guide, "Error handling", 2026-11)."""
APPEARS_SECONDS = 3
"""Seconds until a look finds a task or an execution that was started just before: ListTasks and ListExecutions are
eventually consistent."""
OVERLAP_SECONDS, OVERLAP_SHARE, OVERLAP_LONGEST = 30, 60, 1800
"""Seconds between two looks whether the run before has ended, at least; a sixtieth of the time that was waited; and at
most. So 14 days take 1,000 looks of 11 events each: an execution may have 25,000."""
JOIN_SECONDS, JOINS = 30, 20
"""Seconds before a step is started again whose end is unknown, under the same name, and how often that is done."""
WORKFLOW_WAIT = 24 * 3600
"""Seconds that a workflow's run waits for another one's end, where it does not say."""
CAUSE_LIMIT = 2000
"""Characters of a failure's cause that are kept of what AWS says."""

LONGEST = 365 * 24 * 3600 - 3600
"""Seconds that an execution may take: a year (Step Functions user guide, "Quotas", 2026-11), and an hour less."""
