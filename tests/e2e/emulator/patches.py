"""Where the emulator differs from AWS on the journey's way, and how it is set right.

Each patch replaces one private function of the pinned version, and is written for its parameters: an emulator whose
names have moved does not start. Its docstring says what AWS does.
"""

import inspect
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any

Function = Callable[..., Any]
Data = Any
"""What the emulator passes between its functions has no types."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """One change of the emulator.

    Attributes:
        module: Where the function is.
        name: Its name.
        signature: The parameters that it has in the pinned version.
        change: What is called in its place, with the function itself as first argument; its docstring says what AWS
            does, with the source, and what the emulator does.
    """

    module: str
    name: str
    signature: str
    change: Function


PATCHES: list[Patch] = []
"""All that were defined, each by `replaces`."""


def replaces(module: str, name: str, signature: str) -> Callable[[Function], Function]:
    """Has what is defined replace a function of the emulator."""

    def known(change: Function) -> Function:
        PATCHES.append(Patch(module=module, name=name, signature=signature, change=change))
        return change

    return known


def misfits(patch: Patch) -> Iterator[str]:
    """Says why a patch does not fit the installed emulator; nothing where it does."""
    where = f"{patch.module}.{patch.name}"
    try:
        function = getattr(import_module(patch.module), patch.name)
    except (ImportError, AttributeError) as error:
        yield f"{where}: it is not there any more ({error})"
        return
    signature = str(inspect.signature(function))
    if signature != patch.signature:
        yield f"{where}: its parameters are {signature}, and the patch was written for {patch.signature}"


def apply(patch: Patch) -> None:
    """Replaces the function, also where the module finds it by the action of a request."""
    module = import_module(patch.module)
    function = getattr(module, patch.name)
    changed = partial(patch.change, function)
    setattr(module, patch.name, changed)
    actions = getattr(module, "_ACTION_MAP", {})
    actions.update({action: changed for action, called in actions.items() if called is function})


@replaces("ministack.services.ssm", "resolve_parameter_value", "(name_or_arn, version=None, decrypt=False)")
def decrypted(resolve: Function, name_or_arn: str, version: Data = None, decrypt: bool = False) -> Data:
    """A container gets a secret's plain text.

    ECS gives a container the decrypted value of a SecureString (ECS developer guide, sensitive data from
    Parameter Store, 2026-11). The emulator gives it 'ENCRYPTED:…'.
    """
    del decrypt  # the emulator asks for the text as it is kept
    return resolve(name_or_arn, version, decrypt=True)


DATA = frozenset({"options", "dockerLabels"})
"""Properties whose keys are not names of properties."""


@replaces("ministack.services.cloudformation.provisioners", "_normalize_container_defs", "(cdefs)")
def api_names(_: Function, value: Data) -> Data:
    """CloudFormation's names become the API's at every depth, and no property is lost.

    CloudFormation registers all of a container definition (AWS::ECS::TaskDefinition, 2026-11). The emulator
    loses what it does not know, such as Secrets.
    """
    if isinstance(value, list):
        return [api_names(_, item) for item in value]
    if isinstance(value, Mapping):
        named = {key[:1].lower() + key[1:]: part for key, part in value.items()}
        return {key: part if key in DATA else api_names(_, part) for key, part in named.items()}
    return value


@replaces(
    "ministack.services.ecs",
    "_build_run_kwargs",
    "(cdef, td, env, port_bindings, ecs_network, host_mode, task_id, task_arn, ministack_net_ip, cluster_arn)",
)
def whole_definition(build: Function, cdef: Data, td: Data, *rest: Data) -> dict[str, Data]:
    """A container is started as its definition says, with the task's limits.

    A container is limited to the task's memory and CPU, and has entry point, user, working directory, root file
    system and init process as declared (ECS API reference, ContainerDefinition, 2026-11). The emulator ignores
    all of these.
    """
    words = {"entryPoint": "entrypoint", "user": "user", "workingDirectory": "working_dir"}
    memory = f"{cdef.get('memory') or td['memory']}m"
    return {
        **build(cdef, td, *rest),
        **{option: cdef[key] for key, option in words.items() if cdef.get(key)},
        "mem_limit": memory,
        "memswap_limit": memory,
        "nano_cpus": int(td["cpu"]) * 10**9 // 1024,
        "read_only": bool(cdef.get("readonlyRootFilesystem")),
        "init": bool(cdef.get("linuxParameters", {}).get("initProcessEnabled")),
    }


@replaces(
    "ministack.services.ecs",
    "_run_docker_container",
    "(docker_client, cdef, run_kwargs, *, refresh_image=False, allow_cached=True, "
    "cache_image=None, fallback_image=None, auth_config=None)",
)
def always_pulled(run: Function, docker_client: Data, cdef: Data, run_kwargs: Data, **rest: Data) -> Data:
    """Every start pulls the image anew.

    Fargate keeps no images: every task pulls its own (ECS best practices guide, image pull behavior, 2026-11).
    The emulator starts what the engine has under the tag.
    """
    return run(docker_client, cdef, run_kwargs, **{**rest, "refresh_image": True, "allow_cached": False})


@replaces(
    "ministack.services.ecs", "_attach_started_container", "(task, container, index, metadata_token, ecs_network)"
)
def digest_told(attach: Function, task: Data, container: Data, index: int, *rest: Data) -> Data:
    """A task says which image its container runs.

    A task's container has imageDigest (ECS API reference, Container, 2026-11). The emulator tells it of
    services' tasks only.
    """
    repository = container.attrs["Config"]["Image"].rpartition(":")[0]
    digests = dict(digest.split("@") for digest in container.image.attrs["RepoDigests"])
    task["containers"][index]["imageDigest"] = digests[repository]
    return attach(task, container, index, *rest)


@replaces("ministack.services.ecr", "_get_download_url_for_layer", "(data)")
def plain_http(answer: Function, data: Data) -> tuple[int, Data, bytes]:
    """Layers are read where the emulator is.

    The address that GetDownloadUrlForLayer answers with can be read (ECR API reference, 2026-11). The
    emulator's says https, which it does not speak.
    """
    status, headers, body = answer(data)
    return status, headers, body.replace(b"https://", b"http://")


@replaces("ministack.services.cloudformation.provisioners", "_cw_metric_alarm_record", "(name, props)")
def sums_kept(record: Function, name: str, props: Data) -> Data:
    """An alarm on several metrics is kept, as one on the first of them.

    An alarm may be on an expression of several metrics (AWS::CloudWatch::Alarm, Metrics, 2026-11). The emulator
    refuses it.
    """
    metrics = [metric["MetricStat"] for metric in props.get("Metrics", ()) if "MetricStat" in metric]
    if not metrics:
        return record(name, props)
    first = metrics[0]
    plain = {key: value for key, value in props.items() if key != "Metrics"}
    return record(name, {**plain, **first["Metric"], "Period": first["Period"], "Statistic": first["Stat"]})


_READERS: dict[str, list[threading.Thread]] = {}
"""Container to the threads that read its log."""


@replaces("ministack.services.ecs", "_start_awslogs_forwarder", "(container, cdef, task_id)")
def log_reader_known(start: Function, container: Data, cdef: Data, task_id: Data) -> None:
    """It is known which thread reads a container's log.

    awslogs sends all that a container has written before it is removed (moby, daemon/logger/awslogs, Close;
    2026-11). The emulator removes it while its log is still read.
    """
    before = threading.enumerate()
    start(container, cdef, task_id)
    name = f"awslogs-{task_id[:8]}-{cdef.get('name')}"
    _READERS[container.id] = [
        thread for thread in threading.enumerate() if thread.name.endswith(name) and thread not in before
    ]


@replaces("ministack.services.ecs", "_forward_awslogs", "(container, config, account_id, region)")
def log_read_to_its_end(_: Function, container: Data, config: Data, account_id: str, region: str) -> None:
    """A container's log is read whole, however the engine's following of it ended.

    The same. The emulator gives up in silence when it cannot follow, and a line that comes in two pieces becomes two.
    """
    ecs = import_module("ministack.services.ecs")
    with ecs.request_scope(account_id, region):
        if not ecs._ensure_awslogs_stream(config):
            return
        sent, rest = 0, b""
        with suppress(Exception):
            for piece in container.logs(stream=True, follow=True, stdout=True, stderr=True):
                *lines, rest = (rest + piece).split(b"\n")
                for line in lines:
                    ecs._emit_awslogs_event(config, line.decode(errors="replace"))
                sent += len(lines)
        for _pause in range(6):  # on a busy machine the engine writes down what a container printed after its end
            with suppress(Exception):
                if lines := container.logs(stdout=True, stderr=True).splitlines():
                    for line in lines[sent:]:
                        ecs._emit_awslogs_event(config, line.decode(errors="replace"))
                    return
            time.sleep(0.5)


@replaces("ministack.services.ecs", "_mark_task_stopped", "(task_arn, task, reason, stop_code, exit_code=None)")
def stopped_after_its_log(
    mark: Function, task_arn: str, task: Data, reason: str, stop_code: str, exit_code: Data = None
) -> Data:
    """A task whose container has ended is stopped when the container's log has been sent.

    The same: the container has ended for ECS only then. The emulator says so while the log is still read.
    """
    ended = {container["name"] for container in task.get("containers", ()) if container["lastStatus"] == "STOPPED"}
    for readers in list(_READERS.values()):
        for reader in readers:
            if any(reader.name.endswith(f"awslogs-{task_arn.rpartition('/')[2][:8]}-{name}") for name in ended):
                reader.join(10)
    return mark(task_arn, task, reason, stop_code, exit_code=exit_code)


@replaces("ministack.services.ecs", "_remove_docker_container", "(docker_client, container_or_id)")
def removed_after_its_log(remove: Function, docker_client: Data, container_or_id: Data) -> None:
    """A container is removed when its log has been read.

    The same.
    """
    identity = str(getattr(container_or_id, "id", container_or_id))
    readers = _READERS.pop(identity, ())
    if any(thread.is_alive() for thread in readers):
        with suppress(Exception):  # it has gone already
            docker_client.containers.get(identity).stop(timeout=5)
    for thread in readers:
        thread.join(10)
    remove(docker_client, container_or_id)


@replaces("ministack.services.ecs", "_run_task", "(data)")
def propagated(run: Function, data: Data) -> Data:
    """A task gets the tags of its task definition, where a start asks for them.

    propagateTags gives a task the tags of its task definition (ECS API reference, RunTask, 2026-11). The
    emulator ignores it.
    """
    ecs = import_module("ministack.services.ecs")
    if data.get("propagateTags") != "TASK_DEFINITION":
        return run(data)
    definition = ecs._task_defs.get(ecs._resolve_td_key(data["taskDefinition"]), {})
    both = [*ecs._tags.get(definition.get("taskDefinitionArn"), ()), *data.get("tags", ())]
    return run({**data, "tags": [*{tag["key"]: tag for tag in both}.values()]})
