"""Starts, watches and stops the containers of a task, in a thread of its own, as the ECS agent does.

The follow loop must not wait for anything but news, and calls to an engine take their time. So this thread does the
calls and decides; others watch the containers, and report to this one through a queue. What the loop sees is a
snapshot.
"""

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from batchwright_runner.contract.duration import format_duration
from batchwright_runner.contract.ends import ENDED_BY_ITSELF, FAILED_TO_START, STOPPED_ON_REQUEST
from batchwright_runner.contract.judgment.state import TaskState
from batchwright_runner.workbench.local.containers.client import Engine
from batchwright_runner.workbench.local.containers.container import Stop, TaskContainer, state_of
from batchwright_runner.workbench.local.containers.engine import EngineError
from batchwright_runner.workbench.local.containers.ground import Ground
from batchwright_runner.workbench.local.containers.health import after
from batchwright_runner.workbench.local.containers.order import hopeless, next_limit, to_start, to_stop
from batchwright_runner.workbench.local.containers.task_plan import TaskPlan
from batchwright_runner.workbench.local.containers.watch import PAUSE, ContainerEnd, Watchers
from batchwright_runner.workbench.local.log_stream import LogStream

ESSENTIAL_EXITED = "Essential container in task exited"
"""ECS's reason for a task that ended by itself."""
KILLED = 137
PERHAPS_MEMORY = "killed: by its memory limit, if nobody stopped it"
"""Docker may lose the news of a kill for memory, and never gives it later (containerd issue 8893, read 2026-11). Of the
main container the advice for its exit code says the same."""
SLOW = 2.0
"""Seconds after the main container's end from which a remark names what else is waited for."""


class Conductor:
    """Conducts one task.

    `clock`: a clock that never goes back, in seconds.
    `ground`: what they stand on: volumes and network.
    """

    def __init__(
        self,
        engine: Engine,
        plan: TaskPlan,
        *,
        shown: "tuple[str, ...]",
        news: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._plan = plan
        self._news = news
        self._clock = clock
        self._events: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()
        self._watchers = Watchers(
            engine,
            lambda container, end: self._events.put(partial(self._ended, container, end)),
            lambda container, passed, age: self._events.put(partial(self._checked, container, passed=passed, age=age)),
            clock,
        )
        self._stop: Stop | None = None
        self._first_end = 0.0
        self._hurry = False
        self._again_at: float | None = None
        self._slow_at = float("inf")
        self._times = {"createdAt": time.time()}
        self.containers = {container.name: TaskContainer(container) for container in plan.containers}
        self.remarks: list[str] = []
        self.ground = Ground(engine, plan, self.remarks)
        self._shown = shown
        self.streams: dict[str, LogStream] = {}
        self.over = False
        self.state = TaskState(status="PROVISIONING")
        self._thread = threading.Thread(target=self._run, name="conductor", daemon=True)

    def start(self) -> None:
        """Begins. Returns at once."""
        self._thread.start()

    def stop(self, reason: str) -> None:
        """Asks for a stop of the task. Returns at once."""
        self._events.put(partial(self._begin_stop, STOPPED_ON_REQUEST, reason))

    def hurry(self) -> None:
        """Kills what still runs. Returns at once."""
        self._hurry = True
        self.stop("the runner leaves")

    @property
    def was_away(self) -> bool:
        """Whether the engine did not answer for a time, so that lines of the log may be missing."""
        return self._watchers.was_away

    # Everything below runs in the conductor's thread.

    def _run(self) -> None:
        try:
            self._conduct()
        except EngineError as error:
            self._begin_stop(FAILED_TO_START if not self._main.began else "", f"the engine failed: {error}")
        except Exception as error:  # noqa: BLE001 - a thread that dies in silence would leave the loop waiting
            self._begin_stop("", f"a defect in the runner: {type(error).__name__}: {error}")
        finally:
            self._watchers.halt.set()
            self.over = True
            self._times.setdefault("stoppedAt", time.time())
            self._show()

    def _conduct(self) -> None:
        self._check_init()
        if self._stop is None:
            self.ground.prepare()
        self._show()
        while True:
            self._step()
            if self._stop is not None and not any(container.runs for container in self.containers.values()):
                return
            event = self._next()
            if event is None:
                self._tell_slow()
            else:
                event()
                self._show()

    def _check_init(self) -> None:
        """Looks whether those that declare an init process can have one, before another container has run."""
        bodies = {name: container.plan.body for name, container in self.containers.items()}
        declaring = [name for name, body in bodies.items() if len(bodies) > 1 and body["HostConfig"].get("Init")]
        try:
            for name in declaring[:1]:
                self.ground.check_init(bodies[name]["Image"])
        except EngineError as error:
            for name in declaring:
                self._failed(name, f"CannotCreateContainerError: {error}")

    def _step(self) -> None:
        while self._stop is None and self._events.empty():
            lost = hopeless(self.containers, self._clock())
            ready = to_start(self.containers)
            if lost:
                self._failed(*next(iter(lost.items())))
            elif ready:
                self._start(ready[0])
            else:
                return
        if self._stop is not None:
            self._stop_some()

    def _next(self) -> Callable[[], object] | None:
        now = self._clock()
        due = min(
            min((container.kill_at for container in self.containers.values()), default=float("inf")),
            self._slow_at,
            now + next_limit(self.containers, now),
        )
        due = due if self._again_at is None else self._again_at
        try:
            return self._events.get(timeout=None if due == float("inf") else max(0.0, due - now))
        except queue.Empty:
            return None

    def _checked(self, container: TaskContainer, *, passed: bool, age: float) -> None:
        if container.plan.check is not None:
            container.health = after(container.plan.check, container.health, passed=passed, age=age)

    def _tell_slow(self) -> None:
        """Remarks once which containers are waited for after the main one's end, and for how long at most."""
        now = self._clock()
        if now < self._slow_at:
            return
        self._slow_at = float("inf")
        running = {name: container for name, container in self.containers.items() if container.runs}
        if running and not self._hurry:
            longest = sum(
                container.kill_at - now if container.signaled else container.plan.stop_timeout
                for container in running.values()
            )
            names, pronoun = ", ".join(running), "them" if len(running) > 1 else "it"
            self.remarks.append(
                f"{self._plan.main} has ended: waiting for {names}, {format_duration(longest)} at most. "
                f"Ctrl-C kills {pronoun}, and --without leaves {pronoun} out of the next run"
            )
            self._show()

    def _start(self, name: str) -> None:
        container = self.containers[name]
        try:
            self._make_and_start(container)
        except EngineError as error:
            reason = str(error)
            if name != self._plan.main or error.status:
                container.started_at = None
            elif container.began:  # without an answer it may have begun
                reason = f"whether {name} was started is not known: {reason.partition(': ')[2]}"
            self._failed(name, reason)
            return
        container.started_at = self._clock()
        if name == self._plan.main:
            self._times["startedAt"] = time.time()
        self._watchers.watch(container)
        self._show()

    def _make_and_start(self, container: TaskContainer) -> None:
        """Connects to the log before the start. The words for what cannot be done are ECS's."""
        name, error_name = container.plan.name, "CannotCreateContainerError"
        try:
            container.id = self.ground.create(name, self.ground.body_on(container.plan.body))
            error_name = "CannotStartContainerError"
            if name in self._shown:
                self.streams[name] = LogStream(self._engine.attach(container.id), time.time)
            container.started_at = self._clock()
            self._engine.start(container.id)
        except EngineError as error:
            raise EngineError(f"{error_name}: {error}", error.status) from error

    def _failed(self, name: str, reason: str) -> None:
        container = self.containers[name]
        container.cannot(reason)
        needed = {need.container for planned in self._plan.containers for need in planned.needs}
        if name not in (self._plan.main, *needed):
            self.remarks.append(container.end)  # else what waits for it names the reason
        if name == self._plan.main or (container.plan.essential and not self._main.began):
            self._begin_stop("" if container.began else FAILED_TO_START, reason)
        elif container.plan.essential:
            self._begin_stop(ENDED_BY_ITSELF, ESSENTIAL_EXITED, by=container.end)

    def _ended(self, container: TaskContainer, end: ContainerEnd) -> None:
        name = container.plan.name
        if end.outcome == "lost":
            container.cannot(f"{name} was lost: {end.problem}")
            self._begin_stop(STOPPED_ON_REQUEST if not self._main.began else "", container.problem)
            return
        if end.outcome == "removed":
            container.cannot("removed through the engine")
        else:
            container.has_ended(end.state)
        if name == self._plan.main:
            self._main_ended(container, end)
            return
        if container.exit_code == KILLED and not (container.problem or container.signaled):
            container.problem = PERHAPS_MEMORY
        if container.problem:
            self.remarks.append(container.end)
        if container.plan.essential and self._begin_stop(ENDED_BY_ITSELF, ESSENTIAL_EXITED, by=container.end):
            self._first_end = container.finished_at

    def _main_ended(self, main: TaskContainer, end: ContainerEnd) -> None:
        self._times["executionStoppedAt"] = time.time()
        self._slow_at = self._clock() + SLOW
        if self._stop is not None and main.finished_at and main.finished_at < self._first_end:
            self._stop = replace(self._stop, by="")  # it had ended before what seemed to end it
        if self._stop is None:
            self._begin_stop(*self._why_ended(main, end))

    def _why_ended(self, main: TaskContainer, end: ContainerEnd) -> tuple[str, str]:
        """Stop code and reason of an end that this runner has not asked for: its own, or that of who stopped it."""
        name = main.plan.name
        if end.outcome == "removed":
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
        if self._stop is not None:
            return False
        self._stop = Stop(code or "EngineFailed", reason, by)
        self._times["stoppingAt"] = time.time()
        for container in self.containers.values():
            container.stopped = container.stopped or not container.began
        return True

    def _stop_some(self) -> None:
        now = self._clock()
        names = list(self.containers) if self._hurry else to_stop(self.containers)
        self._again_at = None
        for container in [self.containers[name] for name in names if self.containers[name].runs]:
            if not container.signaled and self._sent(container, container.plan.stop_signal):
                container.signaled = True
                container.kill_at = now + container.plan.stop_timeout
            if (self._hurry or now >= container.kill_at) and self._sent(container, "SIGKILL"):
                container.kill_at = float("inf")

    def _sent(self, container: TaskContainer, signal: str) -> bool:
        """Sends a signal. Where the engine does not answer, it is sent again until that is lost, or back."""
        try:
            self._engine.kill(container.id, signal)
        except EngineError as error:
            if error.status:
                raise
            self._again_at = self._clock() + PAUSE
            return False
        return True

    @property
    def _main(self) -> TaskContainer:
        return self.containers[self._plan.main]

    def _show(self) -> None:
        self.state = state_of(self._main, self._stop, self._times, over=self.over)
        self._news()
