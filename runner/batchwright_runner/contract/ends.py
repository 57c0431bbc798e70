"""What ECS says of a task's end, for both halves: the runner judges by it, and so does a machine."""

FAILED_TO_START = "TaskFailedToStart"
ENDED_BY_ITSELF = "EssentialContainerExited"
STOPPED_ON_REQUEST = "UserInitiated"
ENDED_BY_AWS = frozenset({"SpotInterruption", "TerminationNotice", "InfrastructureHealth"})
"""Stop codes of ends that AWS decided (ECS API reference, Task.stopCode, 2026-11)."""
MAINTENANCE = "performing maintenance on the underlying infrastructure"
"""In the reason of a retired task, whatever its stop code (ECS developer guide, task maintenance, 2026-11)."""
OVER = ("DEPROVISIONING", "STOPPED")
"""Where all containers have ended (ECS developer guide, "Task lifecycle", 2026-11); the first lasts up to a minute."""

BY_SIGNAL = (137, 143)
"""Exit codes of a container that SIGKILL or SIGTERM ended."""
OUT_OF_MEMORY = "OutOfMemory"
"""In the reason of a container that the memory limit has killed (ECS developer guide, exit codes; 2026-11)."""

DEADLINE_REASON = "batchwright: the deadline has passed"
"""The stop reason that a deadline schedule gives."""
NO_DEADLINE = "the timeout holds only while the runner runs"
"""What it means that a deadline schedule could not be made."""
MACHINE_TIMEOUT = "batchwright: the machine's timeout has passed"
"""Our reason for a task that its machine stopped at the timeout; ECS gives every stop by a machine the same one."""
OURS = "batchwright"
"""How each stop reason begins that batchwright gives, whoever asks: a runner, a person's command, a deadline."""
RUNNER_SIGNAL = "batchwright: the runner was told to stop by {}"
RUNNER_TIMEOUT = "batchwright: the timeout of {} has passed"
RUNNER_OVERLAP = "batchwright: run {} is in progress"
RUNNER_UNSEEN = "batchwright: whether another run is in progress cannot be seen"
"""The stop reasons that a runner gives, by which each of them is known afterwards."""
AT_A_TERMINAL = " at a terminal"
ON_HOST = " on {}"
"""What follows the signal's name: whether a person sits at the runner, and its host. Runners before had neither."""

SAME_DUE = "for the same due time"
"""In the reason of a machine whose run gave way since another one has done its work, or is about to."""

STARTS = 3
"""How often a start is tried whose task failed before its container ran, for a reason that passes."""

STOP_REASON = "batchwright stop"
"""How the reason begins of what was stopped by hand."""
STEP_FUNCTIONS = "AWS Step Functions"
"""``startedBy`` of a task that a machine has started (LocalStack's recorded answers of AWS; read 2026-11)."""
