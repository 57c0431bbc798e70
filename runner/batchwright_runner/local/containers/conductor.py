"""Starts, watches and stops the containers of a task, in a thread of its own, as the ECS agent does.

The follow loop must not wait for anything but news, and calls to an engine take their time. So this thread does the
calls and decides; another per container waits for its end or asks how it is, and tells this one through a queue. What
the loop sees is a snapshot.
"""

import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from batchwright_runner.contract.ends import ENDED_BY_ITSELF, FAILED_TO_START, STOPPED_ON_REQUEST
from batchwright_runner.local.containers.container import Container
from batchwright_runner.local.containers.engine import ContainerEngine, EngineError, LogSocket
from batchwright_runner.local.containers.ground import Ground
from batchwright_runner.local.containers.handed import PROGRAM, Handed
from batchwright_runner.local.containers.health import Check, after
from batchwright_runner.local.containers.order import hopeless, next_limit, to_start, to_stop
from batchwright_runner.local.containers.relay.relay import Handlers, RelayError
from batchwright_runner.local.containers.task_plan import TaskPlan
from batchwright_runner.local.containers.watch import End, watch_end
from batchwright_runner.runs.duration import format_duration
from batchwright_runner.runs.task import TaskState

ESSENTIAL_EXITED = "Essential container in task exited"
SLOW = 2.0
"""Seconds after the main container's end from which it is said what else is waited for."""


@dataclass(frozen=True, slots=True)
class _Event:
    kind: str
    container: str = ""
    passed: bool = False
    age: float = 0.0
    text: str = ""
    end: End | None = None


class Conductor:
    """Conducts one task.

    Args:
        engine: The engine.
        plan: The task.
        shown: The containers whose log is wanted.
        news: Called after each change, from the conductor's threads.
        handlers: What is done with what the task's relay hands over; ``None`` where the plan has no relay.
        clock: A clock that never goes back, in seconds.
        wall: Seconds since 1970.

    Attributes:
        state: The task as it is.
        containers: Its containers by name.
        streams: Connections to the logs, which appear as the containers are made.
        ground: What they stand on: volumes and network.
        remarks: What a person should know.
        was_away: The engine did not answer for a time, so that lines of the log may be missing.
        over: Nothing of the task runs any more, and nothing will.
    """

    def __init__(
        self,
        engine: ContainerEngine,
        plan: TaskPlan,
        *,
        shown: "tuple[str, ...]",
        news: Callable[[], None],
        handlers: Handlers | None = None,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._engine = engine
        self._plan = plan
        self._shown = shown
        self._news = news
        self._clock = clock
        self._wall = wall
        self._events: queue.SimpleQueue[_Event] = queue.SimpleQueue()
        self._members = [one.member for one in plan.containers]
        self._halt = threading.Event()
        self._stop_code = self._reason = self._stopped_by = ""
        self._first_end = 0.0
        self._hurry = False
        self._slow_at = float("inf")
        self._times = {"createdAt": wall()}
        self.containers = {one.name: Container(one) for one in plan.containers}
        self.streams: dict[str, LogSocket] = {}
        self.remarks: list[str] = []
        self.ground = Ground(engine, plan, handlers, self.remarks)
        self.was_away = False
        self.over = False
        self.state = TaskState(status="PROVISIONING")
        self._thread = threading.Thread(target=self._run, name="conductor", daemon=True)

    def start(self) -> None:
        """Begins. Returns at once."""
        self._thread.start()

    def stop(self, reason: str) -> None:
        """Asks for a stop of the task. Returns at once."""
        self._events.put(_Event("stop", text=reason))

    def hurry(self) -> None:
        """Kills what still runs. Returns at once."""
        self._hurry = True
        self._events.put(_Event("hurry"))

    # Everything below runs in the conductor's thread, but for _wait_for and _probe.

    def _run(self) -> None:
        try:
            self._conduct()
        except RelayError as error:
            self._begin_stop(FAILED_TO_START, str(error))
        except EngineError as error:
            self._begin_stop(FAILED_TO_START if not self._began else "", f"the engine failed: {error}")
        except Exception as error:  # noqa: BLE001 - a thread that dies in silence would leave the loop waiting
            self._begin_stop("", f"a defect in the runner: {type(error).__name__}: {error}")
        finally:
            self._halt.set()
            self.ground.close()
            self.over = True
            self._times.setdefault("stoppedAt", self._wall())
            self._show()

    def _conduct(self) -> None:
        self.ground.prepare()
        self._show()
        while True:
            self._step()
            if self._stop_code and not any(container.runs for container in self.containers.values()):
                return
            self._take(self._next())

    def _step(self) -> None:
        while not self._stop_code and self._events.empty():
            seen = self._seen(self._clock())
            lost = hopeless(self._members, seen)
            ready = to_start(self._members, seen)
            if lost:
                self._failed(*next(iter(lost.items())))
            elif ready:
                self._start(ready[0])
            else:
                return
        if self._stop_code:
            self._stop_some()

    def _next(self) -> _Event | None:
        now = self._clock()
        due = min(
            min((container.kill_at for container in self.containers.values()), default=float("inf")),
            self._slow_at,
            now + next_limit(self._members, self._seen(now)),
        )
        try:
            return self._events.get(timeout=None if due == float("inf") else max(0.0, due - now))
        except queue.Empty:
            return None

    def _take(self, event: _Event | None) -> None:
        if event is None:
            self._tell_slow()
            return
        if event.kind == "stop":
            self._begin_stop(STOPPED_ON_REQUEST, event.text)
        elif event.kind == "hurry":
            self._begin_stop(STOPPED_ON_REQUEST, "the runner leaves")
        elif event.kind == "checked":
            container = self.containers[event.container]
            if container.plan.check is not None:
                container.health = after(container.plan.check, container.health, passed=event.passed, age=event.age)
        elif event.end is not None:
            self._ended(self.containers[event.container], event.end)
        self._show()

    def _tell_slow(self) -> None:
        """Says once which containers are waited for after the main one's end, and for how long at most."""
        now = self._clock()
        if now < self._slow_at:
            return
        self._slow_at = float("inf")
        left = [one for one in self.containers.values() if one.runs]
        if left and not self._hurry:
            longest = sum(one.kill_at - now if one.signaled else one.plan.stop_timeout for one in left)
            names, it = ", ".join(one.plan.name for one in left), "them" if len(left) > 1 else "it"
            self.remarks.append(
                f"{self._plan.main} has ended: waiting for {names}, {format_duration(longest)} at most. "
                f"Ctrl-C kills {it}, and --without leaves {it} out of the next run"
            )
            self._show()

    def _start(self, name: str) -> None:
        container = self.containers[name]
        try:
            if not container.id:
                body = self.ground.body_on(container.plan.body)
                container.id = self._engine.create(f"{self._plan.prefix}-{name}", body)
        except EngineError as error:
            self._failed(name, f"CannotCreateContainerError: {error}")
            return
        try:
            if name in self._shown:
                self.streams[name] = self._engine.attach(container.id)
            if container.plan.handed is None:
                self._engine.start(container.id)
            else:
                self._hand(container.id, container.plan.handed)
        except EngineError as error:
            self._failed(name, f"CannotStartContainerError: {error}")
            return
        container.started_at = self._clock()
        if name == self._plan.main:
            self._times["startedAt"] = self._wall()
        self._in_thread(self._wait_for, name, container.id)
        if container.plan.check is not None:
            self._in_thread(self._probe, name, container.id, container.plan.check, container.started_at)
        self._show()

    def _hand(self, container: str, handed: Handed) -> None:
        """Starts a container whose command and variables come through its stdin.

        Raises:
            EngineError: The command is not there, or the container cannot be started.
        """
        if not any(self._engine.has_program(container, path) for path in handed.programs):
            what = repr(handed.words[0]) if handed.words else "no command"
            raise EngineError(f"{what}: neither a file nor in PATH" if handed.words else f"{what} is declared")
        stdin = self._engine.hand(container)
        self._engine.start(container)
        with suppress(OSError):  # one that has ended already is seen by its end
            stdin.sendall(handed.frame())
            stdin.close()

    def _failed(self, name: str, reason: str) -> None:
        container = self.containers[name]
        container.cannot(reason)
        if name != self._plan.main and not any(need.container == name for one in self._members for need in one.needs):
            self.remarks.append(container.end)  # else it is said of what waits for it
        if name == self._plan.main or (container.plan.member.essential and not self._began):
            self._begin_stop(FAILED_TO_START, reason)
        elif container.plan.member.essential:
            self._begin_stop(ENDED_BY_ITSELF, ESSENTIAL_EXITED, by=container.end)

    def _ended(self, container: Container, end: End) -> None:
        name = container.plan.name
        if end.how == "lost":
            container.cannot(f"{name} was lost: {end.problem}")
            self._begin_stop(STOPPED_ON_REQUEST if not self._began else "", container.problem)
            return
        if end.how == "removed":
            container.cannot("removed through the engine")
        else:
            container.has_ended(end.state)
        if container.problem and name != self._plan.main:
            self.remarks.append(container.end)
        if name == self._plan.main:
            self._main_ended(container, end)
        elif container.plan.member.essential and self._begin_stop(ENDED_BY_ITSELF, ESSENTIAL_EXITED, by=container.end):
            self._first_end = container.finished_at

    def _main_ended(self, main: Container, end: End) -> None:
        self._times["executionStoppedAt"] = self._wall()
        self._slow_at = self._clock() + SLOW
        if self._stopped_by and main.finished_at and main.finished_at < self._first_end:
            self._stopped_by = ""  # it had ended before what seemed to end it
        if not self._stop_code:
            self._begin_stop(*self._why_ended(main, end))

    def _why_ended(self, main: Container, end: End) -> tuple[str, str]:
        """Stop code and reason of an end that this runner has not asked for: its own, or that of who stopped it."""
        name = main.plan.name
        if end.how == "removed":
            return STOPPED_ON_REQUEST, f"{name} was removed through the engine, and not by this runner"
        if end.away:
            return "", f"{name} ended while the engine did not answer: whether someone stopped it is not known"
        try:
            stopped = self._engine.was_stopped(main.id, main.plan.stop_signal)
        except EngineError as error:
            return "", f"whether someone stopped {name} is not known: {error}"
        if stopped:
            return STOPPED_ON_REQUEST, f"{name} was stopped through the engine, and not by this runner"
        return ENDED_BY_ITSELF, ESSENTIAL_EXITED

    def _begin_stop(self, code: str, reason: str, *, by: str = "") -> bool:
        """Remembers why the task is stopped; whether this is the first reason."""
        if self._stop_code:
            return False
        self._stop_code = code or "EngineFailed"
        self._reason = reason
        self._stopped_by = by
        self._times["stoppingAt"] = self._wall()
        for container in self.containers.values():
            container.stopped = container.stopped or container.started_at is None
        return True

    def _stop_some(self) -> None:
        now = self._clock()
        names = list(self.containers) if self._hurry else to_stop(self._members, self._seen(now))
        for container in [self.containers[name] for name in names if self.containers[name].runs]:
            if not container.signaled:
                container.signaled = True
                container.kill_at = now + container.plan.stop_timeout
                self._engine.kill(container.id, container.plan.stop_signal)
            if self._hurry or now >= container.kill_at:
                container.kill_at = float("inf")
                self._engine.kill(container.id, "SIGKILL")

    @property
    def _began(self) -> bool:
        return self.containers[self._plan.main].started_at is not None

    def _seen(self, now: float) -> dict[str, Any]:
        return {name: container.seen(now) for name, container in self.containers.items()}

    def _show(self) -> None:
        main = self.containers[self._plan.main]
        status = "PENDING"
        if self.over:
            status = "STOPPED"
        elif self._stop_code:
            status = "DEPROVISIONING" if main.stopped else "STOPPING"
        elif self._began:
            status = "RUNNING"
        reason = ": ".join(dict.fromkeys(part for part in (self._reason, main.problem) if part))
        self.state = TaskState(
            status=status,
            began=self._began,
            ended=bool(self._stop_code) and (main.stopped or self.over),
            exit_code=main.exit_code,
            stop_code=self._stop_code,
            reason=reason,
            stopped_by=self._stopped_by,
            image_digest=main.plan.digest,
            times=dict(self._times),
        )
        self._news()

    def _in_thread(self, target: Callable[..., None], *arguments: object) -> None:
        threading.Thread(target=target, args=arguments, daemon=True).start()

    def _wait_for(self, name: str, container: str) -> None:
        end = watch_end(self._engine, container, self._halt, self._clock, self._went_away)
        if end is not None:
            self._events.put(_Event("ended", name, end=end))

    def _went_away(self) -> None:
        self.was_away = True

    def _probe(self, name: str, container: str, check: Check, started_at: float) -> None:
        handed = self.containers[name].plan.handed
        command, said = (check.command, b"") if handed is None else ((PROGRAM, "exec"), handed.frame(check.command))
        while not self._halt.wait(check.interval):
            if self.containers[name].stopped:
                return
            age = self._clock() - started_at
            passed = self._engine.run_inside(container, command, check.timeout, said)
            self._events.put(_Event("checked", name, passed=passed, age=age))
