"""The handler that AWS Lambda calls: one question of a state machine, one answer, and the same one when asked again."""

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any, Self, TypeVar

from batchwright_runner.alerting.clients import Call, FunctionClients, say
from batchwright_runner.contract.executions import RUNNING, Execution
from batchwright_runner.contract.in_progress import in_progress
from batchwright_runner.contract.machines.figures import OF_PROJECT, OF_STAGE, SPOKEN
from batchwright_runner.contract.machines.gate import GateFacts, gate, looks_for_executions, looks_for_tasks, own_tasks
from batchwright_runner.contract.machines.judge import JudgeFacts, doubted, judge, looks_for_own
from batchwright_runner.contract.machines.memo import Answer, ExecutionSubject, Memo
from batchwright_runner.contract.machines.seen import SyncResult
from batchwright_runner.contract.machines.workflow import PlanFacts, due_time, plan, run_of, step_end, sum_up
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.moments import show_in
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.options import DONE
from batchwright_runner.contract.records import RecordError
from batchwright_runner.contract.tasks import execution_arn
from batchwright_runner.contract.verdicts import Row
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from batchwright_runner.contract.workflows.names import child_name
from batchwright_runner.machines.reads import MachineReads, StaysUnseenError

OLDER = "the stage's function does not know this question: deploy the platform first"
ASKED = ("gate", "judge", "plan", "step", "sum")
_SHOWN = ("taskArn", "group", "startedBy", "createdAt", "lastStatus", "desiredStatus", "stopCode", "stoppedReason")


_Manifest = TypeVar("_Manifest", BatchManifest, WorkflowManifest)


class UnansweredError(Exception):
    """A question that has no answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a machine asks."""

    execution: Execution
    memo: Memo
    batch: str
    machine: str
    # All that was asked
    whole: Mapping[str, Any]

    @classmethod
    def of(cls, whole: Mapping[str, Any], names: StageNames, now: float) -> Self:
        """Reads a question."""
        if whole.get("protocol") not in SPOKEN or whole.get("ask") not in ASKED:
            raise UnansweredError(OLDER)
        arn, start = str(whole["execution"]["Id"]), whole["execution"].get("StartTime", now)
        machine = arn.replace(":execution:", ":stateMachine:", 1).rpartition(":")[0]
        batch = machine.rpartition(":")[2].removeprefix(f"{names.prefix}-")
        if not batch or not machine.endswith(f":stateMachine:{names.family(batch)}"):
            raise UnansweredError(f"{arn} is no execution of a machine of {names.prefix}")
        execution = Execution.of({"executionArn": arn, "status": RUNNING, "startDate": start})
        memo = Memo.of(whole["memo"]) if "memo" in whole else Memo()
        return cls(execution=execution, memo=memo, batch=batch, machine=machine, whole=whole)


class QuestionsFunction:
    """The function.

    `wall`: seconds since 1970.
    """

    def __init__(self, call: Call, names: StageNames, wall: Callable[[], float] = time.time) -> None:
        self._call, self._names, self._wall = call, names, wall

    def answer(self, whole: Mapping[str, Any]) -> dict[str, Any]:
        """Answers a question, and writes what it was answered by. What passes is raised: the machine asks again."""
        now, seen, question = self._wall(), dict[str, Any](), None
        try:
            question = Question.of(whole, self._names, now)
            ask = getattr(self, f"_{whole['ask']}")
            answer = ask(question, MachineReads(self._call), now, seen)
        except (UnansweredError, StaysUnseenError) as error:
            answer = self._failed(question, str(error))
        told = answer.to_dict() if isinstance(answer, Answer) else answer
        if whole.get("dry"):
            told.pop("request", None)
        asked = {name: whole.get(name) for name in ("ask", "protocol", "dry", "memo")}
        # A request, what steps are given and the cause of a refused input hold values.
        hidden = {"request", "handed", "names"}
        if told.get("error") == f"Batchwright.{Row.USAGE.value.title()}":
            hidden |= {"memo", "cause"}
        shown = {name: value for name, value in told.items() if name not in hidden}
        execution = whole.get("execution", {}).get("Id")
        say(json.dumps({"execution": execution, "now": now, **asked, **seen, "answer": shown}, default=str))
        return told

    def _gate(self, question: Question, reads: MachineReads, now: float, seen: dict[str, Any]) -> Answer:
        whole, memo, ours, others = question.whole, question.memo, question.execution, None
        if whole.get("alone") and not memo.behind:
            # The scarcest call is the first, so that no other is made in vain.
            others = reads.executions(ours, question.machine)
        text, pause = reads.batch(self._names, question.batch)
        manifest = _manifest(text, question, BatchManifest)
        show_in(lambda: manifest.timezone)
        facts = GateFacts(
            execution=ours,
            given=whole["execution"].get("Input"),
            memo=memo,
            now=now,
            manifest=manifest,
            takes_command=bool(whole.get("command")),
            names_capacity=bool(whole.get("capacity")),
            pause=pause,
        )
        if memo.behind and reads.goes_on(manifest, memo.behind, partial(in_progress, container=manifest.container)):
            facts = replace(facts, behind_goes_on=True)
        else:
            if looks_for_executions(manifest, memo, facts.due):
                others = reads.executions(ours, question.machine) if others is None else others
                twins = manifest.at_once.allowed
                facts = replace(facts, executions=reads.with_inputs(ours, others, facts.due) if twins else others)
            if looks_for_tasks(manifest, memo, facts.due):
                facts = replace(facts, tasks=reads.tasks(manifest.cluster, self._names.family(question.batch)))
        seen |= {
            "task_definition": manifest.task_definition,
            "paused": pause.words() if pause else "",
            "behind_goes_on": facts.behind_goes_on,
            "executions": [(found.arn, found.status, found.started, found.scheduled) for found in facts.executions],
            "tasks": [_shown(task) for task in facts.tasks],
        }
        return gate(facts)

    def _judge(self, question: Question, reads: MachineReads, now: float, facts: dict[str, Any]) -> Answer:
        memo, seen = question.memo, SyncResult.of(question.whole.get("seen"))
        terms, subject = memo.terms, ExecutionSubject(question.batch, self._names.stage, question.execution.name)
        if terms is None:
            raise UnansweredError(OLDER)
        known = JudgeFacts(subject=subject, memo=memo, terms=terms, seen=seen, now=now)
        own: list[Mapping[str, Any]] = []
        if memo.stopped or looks_for_own(memo, terms, seen):
            what = f"{doubted(known).doubt}: whether its task runs on cannot be seen"
            found = own_tasks(
                reads.tasks(terms.cluster, self._names.family(question.batch), what), subject.run, memo.attempt
            )
            own = sorted(found, key=lambda task: task.get("desiredStatus") == RUNNING)
        facts |= {
            "seen": {"error": seen.error, "cause": seen.cause if seen.task is None else ""},
            "task": _shown(seen.task or {}),
            "tasks": [_shown(task) for task in own],
        }
        return judge(replace(known, own=own))

    def _plan(self, question: Question, reads: MachineReads, now: float, seen: dict[str, Any]) -> dict[str, Any]:
        whole, memo, ours = question.whole, question.memo, question.execution
        given, others = whole["execution"].get("Input"), list[Execution]()
        goes_on = bool(memo.behind) and reads.runs(memo.behind)
        if not goes_on:
            others = reads.executions(ours, question.machine)
            if due := due_time(given):
                others += reads.with_inputs(ours, reads.ended_well(question.machine, due), due)
        text, pause = reads.batch(self._names, question.batch)
        workflow = _manifest(text, question, WorkflowManifest)
        show_in(lambda: workflow.zone)
        facts = PlanFacts(
            execution=ours,
            began=str(whole["execution"].get("StartTime", "")),
            given=given,
            memo=memo,
            now=now,
            workflow=workflow,
            steps=whole["steps"],
            longest=whole["longest"],
            pause=pause,
            executions=others,
            behind_goes_on=goes_on,
        )
        seen |= {"paused": pause.words() if pause else "", "behind_goes_on": goes_on}
        seen["executions"] = [(found.arn, found.status, found.started, found.scheduled) for found in others]
        return plan(facts)

    def _step(self, question: Question, reads: MachineReads, now: float, seen: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        whole, parent = question.whole, question.execution.arn
        step, batch = whole["step"], whole["batch"]
        machine = f"{question.machine.rpartition(':')[0]}:{self._names.family(batch)}"
        child, unseen = None, ""
        try:
            child = reads.execution(execution_arn(machine, child_name(step, parent)))
        except StaysUnseenError as error:
            unseen = str(error)
        seen |= {"step": step, "status": child.status if child else unseen, "error": whole["data"].get("error", "")}
        return {"data": step_end(step, child, whole["data"], stops=bool(whole.get("stops")))}

    def _sum(self, question: Question, reads: MachineReads, now: float, seen: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        whole, given = question.whole, question.whole["execution"].get("Input") or {}
        about = {"workflow": question.batch, "stage": self._names.stage, "run": run_of(given, question.execution)}
        return sum_up(about, whole, whole["ends"], given.get(DONE, {}))

    def _failed(self, question: Question | None, why: str) -> Answer:
        """Nothing is guessed: what was not answered is no result, after an attempt that has ended the end of that."""
        memo = question.memo if question else Memo()
        if question and question.whole["ask"] == "gate" and not memo.is_first:
            return Answer("fail", memo, failure=memo.before)
        run = question.execution.name if question else ""
        subject = ExecutionSubject(question.batch if question else "", self._names.stage, run)
        return Answer("fail", memo, failure=subject.failure(Row.NO_RESULT, why, attempt=memo.attempt))


def _manifest(text: str, question: Question, kind: type[_Manifest]) -> _Manifest:
    if not text:
        raise UnansweredError(f"the stage has no manifest of {question.batch}: deploy the batch")
    try:
        manifest = kind.from_json(text)
    except RecordError as error:
        raise UnansweredError(f"{error}; deploy the platform first, if it is older than the batch") from error
    if manifest.machine != question.machine:
        raise UnansweredError(f"the manifest of {question.batch} names another machine: {manifest.machine or 'none'}")
    return manifest


def _shown(task: Mapping[str, Any]) -> dict[str, Any]:
    """What of a task is judged; no values of its variables."""
    containers = [
        [container.get(name) for name in ("name", "lastStatus", "exitCode", "reason")]
        for container in task.get("containers") or ()
    ]
    told = {name: task[name] for name in _SHOWN if name in task}
    return {**told, "containers": containers} if told else {}


def handle(event: Mapping[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401, ARG001 - Lambda's own
    """Answers a question of one of the stage's machines."""
    return _function().answer(event)


@cache
def _function() -> QuestionsFunction:
    names = StageNames(os.environ[OF_PROJECT], os.environ[OF_STAGE])
    return QuestionsFunction(FunctionClients(attempts=1).call, names)
