"""The server as tests see it."""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from types import TracebackType
from typing import Any, Self

from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from tests.fake_aws.dispatch import Call, Dispatcher
from tests.fake_aws.faults import Fault
from tests.fake_aws.listener import Listener
from tests.fake_aws.rights import Rights
from tests.fake_aws.script import Script
from tests.fake_aws.services import machines
from tests.fake_aws.services.dynamodb import DynamoTable
from tests.fake_aws.services.roles import Role
from tests.fake_aws.services.tasks import Task
from tests.fake_aws.world import Family, Parameter, World
from tests.kit.iam import Statement


class AwsServer:
    """One AWS account on a loopback port. Use it as a context manager, or `start` and `stop` it.

    Args:
        account: The account of all credentials but those that AssumeRole gives out.
        region: The region of all ARNs.
        clock: Seconds since the epoch.
    """

    def __init__(
        self, *, account: str = "111111111111", region: str = "eu-west-1", clock: Callable[[], float] = time.time
    ) -> None:
        self.world = World(clock=clock, account=account, region=region)
        self.dispatcher = Dispatcher(self.world)
        self._lock = self.dispatcher.lock

    @cached_property
    def _listener(self) -> Listener:
        """What listens; made when it is wanted, as it holds sockets."""
        return Listener(self.dispatcher.respond)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> Self:
        """Listens on a free port."""
        self._listener.start()
        return self

    def stop(self) -> None:
        """Ends all connections."""
        self._listener.stop()

    @property
    def url(self) -> str:
        """For ``AWS_ENDPOINT_URL``."""
        return f"http://127.0.0.1:{self._listener.port}"

    def environ(self, **more: str) -> dict[str, str]:
        """The variables that send a subprocess's AWS calls here, and nothing of this machine's own AWS set-up."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "AKIATEST",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_DEFAULT_REGION": self.world.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/nonexistent",
            "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
            **more,
        }

    # What there is.

    def deploy(
        self,
        manifest: BatchManifest,
        *scripts: Script,
        text: str = "",
        secrets: Mapping[str, Mapping[str, str]] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """Puts a batch in place, as a deployment does: manifest, cluster, task definition, log group and the rest.

        Args:
            manifest: The batch.
            scripts: What its tasks do.
            text: The manifest's text. Default: as the library writes it.
            secrets: Container to variable to ``valueFrom``, as the task definition says them. Default: none.
            tags: Tags of the task definition. Default: none.
        """
        with self._lock:
            world = self.world
            world.parameters[manifest.path] = Parameter(
                manifest.path, text or manifest.to_json(), changed=world.clock()
            )
            world.clusters.add(manifest.cluster.rpartition("/")[2])
            world.revisions[manifest.task_definition] = "ACTIVE"
            world.groups.setdefault(manifest.log_group, {})
            if manifest.history_log_group:
                world.history_group = manifest.history_log_group
                world.groups.setdefault(manifest.history_log_group, {})
                for rule in ("runs", "executions"):
                    name = f"{manifest.project}-{manifest.stage}-{rule}"
                    world.rules.setdefault(name, "ENABLED")
                    world.targets.setdefault(name, [world.arn("logs", f"log-group:{manifest.history_log_group}")])
            if manifest.deadline:
                world.schedule_groups.add(manifest.deadline.group)
            family = manifest.task_definition.rpartition("/")[2].partition(":")[0]
            world.families[family] = Family(
                list(scripts) or [Script()],
                manifest.log_stream_prefix,
                manifest.log_group,
                manifest.container,
                secrets or {},
                manifest.image.uri,
                roles=self._roles(manifest),
                tags=tags or {},
            )
            world.retention.setdefault(manifest.log_group, 30)
            world.retention.setdefault(manifest.history_log_group, 30)
            world.keys.setdefault(manifest.key, "Enabled")

    def deploy_workflow(self, workflow: WorkflowManifest, manifests: Sequence[BatchManifest]) -> None:
        """Puts a workflow in place: its record, its machine, and those of its batches, which all play.

        Args:
            workflow: The workflow.
            manifests: Its batches, each with a machine, which are deployed already.
        """
        own = {manifest.batch: manifest.machine for manifest in manifests}
        with self._lock:
            world = self.world
            world.parameters[workflow.path] = Parameter(workflow.path, workflow.to_json(), changed=world.clock())
            for manifest in manifests:
                world.players[manifest.machine] = partial(machines.batch, world, manifest)
            world.players[workflow.machine] = partial(machines.workflow, world, workflow, own)

    def _roles(self, manifest: BatchManifest) -> dict[str, str]:
        names = {kind: f"{manifest.project}-{manifest.stage}-{manifest.batch}-{kind}" for kind in ("exec", "task")}
        for name in names.values():
            self.world.roles.setdefault(name, Role())
        path = f"arn:aws:iam::{self.world.account}:role/{manifest.project}/{manifest.stage}"
        return {"executionRoleArn": f"{path}/{names['exec']}", "taskRoleArn": f"{path}/{names['task']}"}

    def script(self, manifest: BatchManifest, *scripts: Script) -> None:
        """Scripts the next tasks of a deployed batch: one each, the last one for all further ones."""
        family = manifest.task_definition.rpartition("/")[2].partition(":")[0]
        with self._lock:
            scripted = self.world.families[family]
            scripted.scripts, scripted.started = list(scripts), 0

    def deregister(self, task_definition: str) -> None:
        """Makes a revision inactive."""
        with self._lock:
            self.world.revisions[task_definition] = "INACTIVE"

    def put_parameter(self, name: str, value: str, kind: str = "String") -> None:
        """Sets a parameter."""
        with self._lock:
            self.world.parameters[name] = Parameter(name, value, kind, changed=self.world.clock())

    def put_secret(self, arn: str, value: str | bytes) -> None:
        """Sets the current version of a secret of Secrets Manager."""
        with self._lock:
            self.world.secrets.setdefault(arn, None)
            self.world.secret_texts[arn, "AWSCURRENT"] = value

    def put_table(self, name: str, *items: Mapping[str, Any]) -> DynamoTable:
        """Makes a table as alerts have it, keyed by ``kind`` and ``name``, in the place of one that is there.

        Args:
            name: Its name.
            items: What it holds: attribute to text or number.
        """
        table = DynamoTable(("kind", "name"))
        for item in items:
            typed = {key: {"S": value} if isinstance(value, str) else {"N": str(value)} for key, value in item.items()}
            table.items[table.key(typed)] = typed
        with self._lock:
            self.world.tables[name] = table
        return table

    def parameter(self, name: str) -> str:
        """An SSM parameter's value; empty where there is none."""
        with self._lock:
            return self.world.parameters[name].value if name in self.world.parameters else ""

    def put_event(self, group: str, stream: str, text: str, at: float | None = None) -> None:
        """Adds an event to a log stream; group and stream are made when they are missing."""
        with self._lock:
            self.world.put_event(group, stream, text, at)

    # What goes wrong.

    def faults(self, operation: str, *faults: Fault) -> None:
        """Replaces what is wrong with the next calls of an operation; without faults it is well again."""
        self.dispatcher.faults(operation, *faults)

    def quota(self, operation: str, per_second: float, burst: float | None = None) -> None:
        """Throttles an operation over all callers; ``burst`` is as many calls as come in a second unless given."""
        self.dispatcher.quota(operation, per_second, per_second if burst is None else burst)

    def limit(self, statements: Sequence[Statement], roles: Mapping[str, Sequence[str]]) -> None:
        """Lets the caller do what these statements allow and nothing else.

        Args:
            statements: Statements of IAM.
            roles: Family to the ARNs of the roles that its task definition passes.
        """
        with self._lock:
            self.dispatcher.rights = Rights(statements, roles)

    def fire_schedules(self) -> None:
        """Runs all schedules now, whatever their time."""
        with self._lock:
            for key in list(self.world.schedules):
                self.world.fire(*key)

    def stop_task(self, task: Task, reason: str = "Task stopped by user") -> None:
        """Stops a task as somebody else would, in the console say."""
        with self._lock:
            task.stop(self.world.clock(), reason)

    def end_task(self, task: Task) -> None:
        """Has a task's main container end by itself, which a script alone can only do at a set time."""
        with self._lock:
            task.end(self.world.clock())

    def delete_group(self, name: str) -> None:
        """Deletes a log group with all its streams."""
        with self._lock:
            self.world.groups.pop(name, None)

    def remake_group(self, name: str) -> None:
        """Deletes a log group with all its streams, and makes one of its name: what tasks write on is lost."""
        with self._lock:
            self.world.groups[name] = {}

    def skew(self, seconds: float) -> None:
        """Sets AWS's clock so many seconds ahead of this machine's, and has it look at the time of each request."""
        with self._lock:
            before = self.world.clock
            self.world.clock = lambda: before() + seconds
            self.world.checks_clock = True

    def forget(self, *, tasks: bool = False, tokens: bool = False) -> None:
        """What ECS does in time: stopped tasks are gone after an hour or so, client tokens an hour after the end."""
        with self._lock:
            if tokens:
                self.world.tokens.clear()
            if tasks:
                self.world.forget_stopped()

    def clear(self) -> None:
        """Drops tasks, calls, faults and quotas; batches stay deployed and begin with their first script again."""
        with self._lock:
            self.world.clear()
            self.dispatcher.clear()

    # What happened.

    @property
    def calls(self) -> list[Call]:
        """All requests, the oldest first."""
        with self._lock:
            return list(self.dispatcher.calls)

    def calls_of(self, operation: str) -> list[Call]:
        """The requests for one operation."""
        return [call for call in self.calls if call.operation == operation]

    @property
    def tasks(self) -> list[Task]:
        """All tasks, the oldest first."""
        with self._lock:
            return list(self.world.tasks.values())

    @property
    def schedules(self) -> list[dict[str, Any]]:
        """The requests of the schedules that are there."""
        with self._lock:
            return [schedule["request"] for schedule in self.world.schedules.values()]
