"""Where the emulator differs from AWS when one machine starts others: its history, its branches, its waiting."""

import json
import threading
import time
from importlib import import_module

from tests.e2e.emulator.patches import Data, Function, replaces

STATES = "ministack.services.stepfunctions"
NOW = threading.local()
"""Of the branch that runs in this thread: what its task was asked for, and the event of that."""
EVENTS = threading.Lock()


@replaces(STATES, "_apply_jsonata_arguments", "(state_def, raw_input, ctx=None)")
def arguments_kept(apply: Function, state_def: Data, raw_input: Data, ctx: Data = None) -> Data:
    """What a task is asked for is remembered, for the event that says so.

    TaskScheduled has the parameters of the call, and later events of a task have previousEventId (Step
    Functions API reference, HistoryEvent, 2026-11). The emulator's have neither.
    """
    NOW.arguments = apply(state_def, raw_input, ctx)
    return NOW.arguments


@replaces(STATES, "_add_event", "(execution, event_type, details=None)")
def events_linked(add: Function, execution: Data, event_type: str, details: Data = None) -> Data:
    """An event of a task says what was asked for, or which event it follows; each number is given once.

    As above; and each event has a number of its own. The emulator counts without a lock.
    """
    with EVENTS:
        event = add(execution, event_type, details)
    if event_type == "TaskScheduled":
        NOW.scheduled = event["id"]
        event["taskScheduledEventDetails"]["parameters"] = json.dumps(NOW.arguments)
    elif event_type in ("TaskSucceeded", "TaskFailed"):
        event["previousEventId"] = NOW.scheduled
    return event


@replaces(STATES, "_run_parallel_branches", "(state_def, raw_input, execution, ctx)")
def branches_given(run: Function, state_def: Data, raw_input: Data, execution: Data, ctx: Data) -> Data:
    """The branches of a Parallel get its Arguments, and the next state gets its Output.

    Arguments are the input of a Parallel's branches, and Output is made of their result (Step Functions
    developer guide, Parallel, 2026-11). The emulator knows neither.
    """
    states = import_module(STATES)
    given = states._apply_jsonata_arguments(state_def, raw_input, ctx)
    result, following = run(state_def, given, execution, ctx)
    return states._apply_jsonata_output(state_def, raw_input, ctx, result=result, default=result), following


@replaces(STATES, "_apply_output_path", "(state_def, data, ctx=None)")
def succeeded_with_output(apply: Function, state_def: Data, data: Data, ctx: Data = None) -> Data:
    """An execution that succeeds ends with the Output of its last state.

    A Succeed state may have an Output (Step Functions developer guide, Succeed, 2026-11). The emulator's has
    none.
    """
    if state_def.get("Type") == "Succeed" and "Output" in state_def:
        return import_module(STATES)._apply_jsonata_output(state_def, data, ctx)
    return apply(state_def, data, ctx)


@replaces(STATES, "_invoke_nested_start_execution_sync", "(resource, input_data)")
def waited_for(_: Function, resource: str, input_data: Data) -> Data:
    """An execution that another one starts is as any other, and is waited for.

    startExecution.sync:2 starts a Standard execution, whose name is taken once and whose changes are events; a
    failed one is States.TaskFailed, with the execution as JSON (Step Functions developer guide, Start workflow
    executions from a task state, 2026-11). The emulator's is an Express one, which replaces one of its name.
    """
    del resource
    states = import_module(STATES)
    request = states._nested_start_execution_request(input_data)
    status, _headers, body = states._start_execution(request)
    answer = json.loads(body)
    if status >= 400:
        raise states._ExecutionError(f"StepFunctions.{answer['__type']}Exception", answer["message"])
    child = states._executions[answer["executionArn"]]
    while child["status"] == "RUNNING":
        time.sleep(0.2)
    shown = {key[:1].upper() + key[1:]: value for key, value in child.items() if isinstance(value, str)}
    if child["status"] != "SUCCEEDED":
        raise states._ExecutionError("States.TaskFailed", json.dumps(shown))
    return {**shown, "Output": json.loads(child["output"])}
