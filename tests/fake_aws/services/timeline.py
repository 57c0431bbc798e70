"""When what happens to a task: pure functions of its script, its creation and the stop somebody asked for."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from tests.fake_aws.script import Script, Term

NEVER = math.inf
KILLED = 137
EXITED = "Essential container in task exited"


@dataclass(frozen=True, kw_only=True)
class Stop:
    """A stop that was asked for, or that AWS made."""

    at: float
    reason: str
    code: str = "UserInitiated"


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """The times (seconds since the epoch; ``inf`` for never) and outcomes of one task.

    Attributes:
        created: RunTask.
        connected: The network interface is there.
        pull_started: The image pull begins.
        pulled: The image pull ends.
        started: The container starts.
        forced: The stop by somebody or by AWS; ``inf`` when the task ends by itself.
        ended: The main container's process ends.
        reported: ECS shows the main container STOPPED.
        execution_stopped: The last container ends.
        stopped: The task is STOPPED.
        exit_code: The main container's; none when ECS never reports one.
        stop_code: As in the task's ``stopCode``.
        reason: The task's ``stoppedReason``.
        container_reason: The main container's ``reason``.
        term: The SIGTERM that the container reacted to; ``inf`` for none.
        lines_end: After this the main container's own lines are not written any more.
        foretold: ECS shows that the task stops; ``inf`` where not before it shows the main container STOPPED.
    """

    created: float
    connected: float
    pull_started: float
    pulled: float
    started: float
    forced: float
    ended: float
    reported: float
    execution_stopped: float
    stopped: float
    exit_code: int | None
    stop_code: str
    reason: str
    container_reason: str = ""
    term: float = NEVER
    lines_end: float = NEVER
    foretold: float = NEVER

    @property
    def stopping(self) -> float:
        """From when on ECS shows that the task stops."""
        return min(self.forced, self.reported, self.foretold)

    def last_status(self, now: float) -> str:
        """The task's ``lastStatus``."""
        gone = max(self.reported, self.execution_stopped)
        steps = (
            (self.stopped, "STOPPED"),
            (gone, "DEPROVISIONING"),
            (self.stopping, "STOPPING"),
            (self.started, "RUNNING"),
            (self.connected, "PENDING"),
        )
        return next((status for since, status in steps if now >= since), "PROVISIONING")

    def desired_status(self, now: float) -> str:
        """The task's ``desiredStatus``."""
        return "STOPPED" if now >= self.stopping else "RUNNING"


def timeline(script: Script, created: float, stop: Stop | None = None) -> Timeline:
    """What becomes of a task that was created at ``created`` and perhaps stopped."""
    connected = created + script.provisioning
    pull_started = connected + script.pending
    pulled = pull_started + script.pull
    phases = {"provisioning": connected, "pending": pull_started, "pull": pulled}
    if failure := script.start_failure:
        failed = Stop(at=phases[failure.phase], reason=failure.reason, code="TaskFailedToStart")
        if stop is None or stop.at >= failed.at:
            return _not_started(script, created, phases, failed, failure.container_reason)
    if stop and stop.at < pulled:
        return _not_started(script, created, phases, stop, "")
    stops = [stop] if stop else []
    if cut := script.interruption:
        stops.append(Stop(at=pulled + cut.after, reason=cut.reason, code=cut.stop_code))
    ends = [sidecar.ends for sidecar in script.sidecars if sidecar.essential and sidecar.ends is not None]
    stops += [Stop(at=pulled + at, reason=EXITED, code="EssentialContainerExited") for at in ends]
    return _started(script, created, phases, min(stops, key=lambda stop: stop.at, default=None))


def _not_started(
    script: Script, created: float, phases: Mapping[str, float], stop: Stop, container_reason: str
) -> Timeline:
    connected, pull_started, pulled = (at if at <= stop.at else NEVER for at in phases.values())
    return Timeline(
        created=created,
        connected=connected,
        pull_started=pull_started,
        pulled=NEVER if stop.code == "TaskFailedToStart" else pulled,
        started=NEVER,
        forced=stop.at,
        ended=stop.at,
        reported=stop.at + script.report,
        execution_stopped=stop.at,
        stopped=stop.at + script.report + script.deprovisioning,
        exit_code=None,
        stop_code=stop.code,
        reason=stop.reason,
        container_reason=container_reason,
    )


def _started(script: Script, created: float, phases: Mapping[str, float], stop: Stop | None) -> Timeline:
    connected, pull_started, started = phases.values()
    natural = started + script.duration
    shown = natural + script.report if not script.hangs else NEVER
    forced = stop if stop and stop.at < shown else None
    ended, exit_code, term, lines_end = natural, script.exit_code, NEVER, natural
    if forced and forced.at < natural:
        term = forced.at
        ended, exit_code, lines_end = _terminated(script, term, natural)
    reported = ended + script.report
    if script.hangs:
        reported = forced.at + script.stop_timeout if forced else NEVER
        exit_code = None
    execution_stopped = max([ended, *(sidecar.end(started, ended) for sidecar in script.sidecars)])
    return Timeline(
        created=created,
        connected=connected,
        pull_started=pull_started,
        pulled=started,
        started=started,
        forced=forced.at if forced else NEVER,
        ended=ended,
        reported=reported,
        execution_stopped=execution_stopped,
        stopped=max(reported, execution_stopped) + script.deprovisioning,
        exit_code=exit_code,
        stop_code=forced.code if forced else "EssentialContainerExited",
        reason=forced.reason if forced else EXITED,
        container_reason=script.exit_reason if term == NEVER else "",
        term=term,
        lines_end=lines_end,
        foretold=ended if script.foretold else NEVER,
    )


def _terminated(script: Script, at: float, natural: float) -> tuple[float, int | None, float]:
    """End, exit code and end of the own lines of a container that got SIGTERM."""
    reaction: Term = script.term
    killed = at + script.stop_timeout
    if reaction.ignore:
        return (natural, script.exit_code, natural) if natural <= killed else (killed, KILLED, killed)
    ended = at + reaction.after
    return (ended, reaction.exit_code, at) if ended <= killed else (killed, KILLED, at)
