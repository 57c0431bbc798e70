"""How often and for how long a batch's machine tries. The figures are the runner's, or say why they are not."""

from batchwright_runner.contract.ends import STARTS
from batchwright_runner.contract.manifest import BatchManifest

PROTOCOL = 1
"""The newest protocol of questions and answers. A function speaks it and the one before."""
SPOKEN = (PROTOCOL,)
OF_PROJECT, OF_STAGE = "BATCHWRIGHT_PROJECT", "BATCHWRIGHT_STAGE"
"""The variables by which the function knows whose it is."""

APPEARS_SECONDS = 3
"""Seconds before the first look for other runs: ListTasks and ListExecutions are eventually consistent."""
OVERLAP_SECONDS, OVERLAP_SHARE, OVERLAP_LONGEST = 30, 60, 1800
"""Seconds between two looks whether the run before has ended, at least; a sixtieth of the time that was waited; and at
most. So 14 days take 1,000 looks of nine events each: an execution may have 25,000."""
RESTART_SECONDS = 15
"""Seconds after a start that failed before the container ran."""
REFUSED_SECONDS, REFUSALS = 20, 15
"""Seconds after a start that AWS refused for a moment, and how often it is tried again: five minutes, as the runner."""
LOST_PAUSES = (10, 20, 40, 80, 160, 320)
"""Seconds between the looks for the task of a start whose end is unknown: ten minutes in all."""
LOST_STARTS = 3
"""How often an attempt is started whose task cannot be found: a blip of ECS must not cost the night."""
STOPS, STOP_SECONDS = 4, 30
"""How often a task is asked to stop where that fails, and seconds between two of them."""
CALL_SECONDS = 60
"""Seconds that a call of a machine may take."""
GATE_TRIES, JUDGE_TRIES, SHORTEST, LONGEST_PAUSE = 30, 580, 2, 300
"""How often the function is asked again whatever went wrong, and seconds between two tries, at first and at most. By
chance half of them count: an hour before a start, where a batch is late then; a day after it, for a mended function."""
CAUSE_LIMIT = 1500
"""Characters of a failure's cause that are kept of what AWS says: a memo with it is below 4 KB."""
JOIN_SECONDS, JOINS, DENIALS = 30, 20, 4
"""Seconds before a step of a workflow is started again whose end is unknown, under the same name; how often that is
done; and how often where the start is denied, which a new role's rights may pass."""
WORKFLOW_WAIT = 24 * 3600
"""Seconds that a workflow's run waits for another one's end, where it does not say."""
LONGEST = 365 * 24 * 3600 - 3600
"""Seconds that an execution may take: a year (Step Functions user guide, "Quotas", 2026-11), and an hour less."""


def whole_seconds(manifest: BatchManifest) -> int:
    """Seconds that a run may take with all attempts, pauses, and hours without an answer of the function."""
    lost = LOST_STARTS * sum(LOST_PAUSES) + STOPS * STOP_SECONDS
    asked = (GATE_TRIES + JUDGE_TRIES) * (CALL_SECONDS + LONGEST_PAUSE)
    attempt = manifest.timeout_seconds + REFUSALS * REFUSED_SECONDS + lost + RESTART_SECONDS + asked
    waits = manifest.at_once.longest if manifest.at_once.waits else 0
    delays = manifest.retries * manifest.retry_delay_seconds
    return min(LONGEST, (manifest.retries + 1) * (STARTS * attempt + waits) + delays)
