"""Where the emulator keeps to itself what AWS tells: the end of a task is an event."""

import json
from importlib import import_module

from tests.e2e.emulator.patches import Data, Function, replaces


@replaces("ministack.services.ecs", "_mark_task_stopped", "(task_arn, task, reason, stop_code, exit_code=None)")
def end_told(mark: Function, task_arn: str, task: Data, reason: Data, stop_code: Data, exit_code: Data = None) -> Data:
    """The end of a task is put on the account's bus, as the task is then.

    ECS sends the end of a task to EventBridge, with the task as its detail (Amazon ECS developer guide, 'Amazon
    ECS task state change events', 2026-11). The emulator sends none.
    """
    stopped = mark(task_arn, task, reason, stop_code, exit_code)
    if stopped:
        ecs, eventbridge = (import_module(f"ministack.services.{name}") for name in ("ecs", "eventbridge"))
        event = {
            "Source": "aws.ecs",
            "DetailType": "ECS Task State Change",
            "Resources": [task_arn],
            "Detail": json.dumps(ecs._sanitize(task), default=str),
        }
        eventbridge._put_events({"Entries": [event]}, allow_aws_source=True)
    return stopped
