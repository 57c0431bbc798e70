"""Where the emulator differs from AWS on the journey's way, and how it is set right.

Each patch replaces one private function of the pinned version. It says what AWS does, and for which parameters of the
function it was written: an emulator whose names have moved does not start.
"""

import inspect
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
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
        aws: What AWS does, with the source, and what the emulator does.
        change: Makes the replacement of the function.
    """

    module: str
    name: str
    signature: str
    aws: str
    change: Callable[[Function], Function]


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
    """Replaces the function."""
    module = import_module(patch.module)
    setattr(module, patch.name, patch.change(getattr(module, patch.name)))


def decrypted(resolve: Function) -> Function:
    """A container gets a secret's plain text."""

    def resolve_decrypted(name_or_arn: str, version: Data = None, decrypt: bool = False) -> Data:
        del decrypt  # the emulator asks for the text as it is kept
        return resolve(name_or_arn, version, decrypt=True)

    return resolve_decrypted


DATA = frozenset({"options", "dockerLabels"})
"""Properties whose keys are not names of properties."""


def api_names(_: Function) -> Function:
    """CloudFormation's names become the API's at every depth, and no property is lost."""

    def convert(value: Data) -> Data:
        if isinstance(value, list):
            return [convert(item) for item in value]
        if isinstance(value, Mapping):
            named = {key[:1].lower() + key[1:]: part for key, part in value.items()}
            return {key: part if key in DATA else convert(part) for key, part in named.items()}
        return value

    return convert


def whole_definition(build: Function) -> Function:
    """A container is started as its definition says, with the task's limits."""

    def build_whole(cdef: Data, td: Data, *rest: Data) -> dict[str, Data]:
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

    return build_whole


def always_pulled(run: Function) -> Function:
    """Every start pulls the image anew."""

    def run_pulled(docker_client: Data, cdef: Data, run_kwargs: Data, **rest: Data) -> Data:
        return run(docker_client, cdef, run_kwargs, **{**rest, "refresh_image": True, "allow_cached": False})

    return run_pulled


def digest_told(attach: Function) -> Function:
    """A task says which image its container runs."""

    def attach_and_tell(task: Data, container: Data, index: int, *rest: Data) -> Data:
        repository = container.attrs["Config"]["Image"].rpartition(":")[0]
        digests = dict(digest.split("@") for digest in container.image.attrs["RepoDigests"])
        task["containers"][index]["imageDigest"] = digests[repository]
        return attach(task, container, index, *rest)

    return attach_and_tell


def plain_http(answer: Function) -> Function:
    """Layers are read where the emulator is."""

    def answer_plainly(data: Data) -> tuple[int, Data, bytes]:
        status, headers, body = answer(data)
        return status, headers, body.replace(b"https://", b"http://")

    return answer_plainly


def sums_kept(record: Function) -> Function:
    """An alarm on several metrics is kept, as one on the first of them."""

    def record_sum(name: str, props: Data) -> Data:
        metrics = [metric["MetricStat"] for metric in props.get("Metrics", ()) if "MetricStat" in metric]
        if not metrics:
            return record(name, props)
        first = metrics[0]
        plain = {key: value for key, value in props.items() if key != "Metrics"}
        return record(name, {**plain, **first["Metric"], "Period": first["Period"], "Statistic": first["Stat"]})

    return record_sum


_READERS: dict[str, list[threading.Thread]] = {}
"""Container to the threads that read its log."""


def log_reader_known(start: Function) -> Function:
    """It is known which thread reads a container's log."""

    def start_and_note(container: Data, cdef: Data, task_id: Data) -> None:
        before = threading.enumerate()
        start(container, cdef, task_id)
        name = f"awslogs-{task_id[:8]}-{cdef.get('name')}"
        _READERS[container.id] = [
            thread for thread in threading.enumerate() if thread.name.endswith(name) and thread not in before
        ]

    return start_and_note


def removed_after_its_log(remove: Function) -> Function:
    """A container is removed when its log has been read."""

    def read_and_remove(docker_client: Data, container_or_id: Data) -> None:
        identity = str(getattr(container_or_id, "id", container_or_id))
        readers = _READERS.pop(identity, ())
        if any(thread.is_alive() for thread in readers):
            with suppress(Exception):  # it has gone already
                docker_client.containers.get(identity).stop(timeout=5)
        for thread in readers:
            thread.join(10)
        remove(docker_client, container_or_id)

    return read_and_remove


def propagated(run: Function) -> Function:
    """A task gets the tags of its task definition, where a start asks for them."""

    def run_with_tags(data: Data) -> Data:
        if data.get("propagateTags") != "TASK_DEFINITION":
            return run(data)
        definition = ecs._task_defs.get(ecs._resolve_td_key(data["taskDefinition"]), {})
        both = [*ecs._tags.get(definition.get("taskDefinitionArn"), ()), *data.get("tags", ())]
        return run({**data, "tags": [*{tag["key"]: tag for tag in both}.values()]})

    ecs = import_module("ministack.services.ecs")
    ecs._ACTION_MAP["RunTask"] = run_with_tags
    return run_with_tags


PATCHES = (
    Patch(
        module="ministack.services.cloudformation.provisioners",
        name="_cw_metric_alarm_record",
        signature="(name, props)",
        aws="An alarm may be on an expression of several metrics (AWS::CloudWatch::Alarm, Metrics, 2026-11). The "
        "emulator refuses it.",
        change=sums_kept,
    ),
    Patch(
        module="ministack.services.ssm",
        name="resolve_parameter_value",
        signature="(name_or_arn, version=None, decrypt=False)",
        aws="ECS gives a container the decrypted value of a SecureString (ECS developer guide, sensitive data from "
        "Parameter Store, 2026-11). The emulator gives it 'ENCRYPTED:…'.",
        change=decrypted,
    ),
    Patch(
        module="ministack.services.cloudformation.provisioners",
        name="_normalize_container_defs",
        signature="(cdefs)",
        aws="CloudFormation registers all of a container definition (AWS::ECS::TaskDefinition, 2026-11). The emulator "
        "loses what it does not know, such as Secrets.",
        change=api_names,
    ),
    Patch(
        module="ministack.services.ecs",
        name="_build_run_kwargs",
        signature="(cdef, td, env, port_bindings, ecs_network, host_mode, task_id, task_arn, ministack_net_ip, "
        "cluster_arn)",
        aws="A container is limited to the task's memory and CPU, and has entry point, user, working directory, root "
        "file system and init process as declared (ECS API reference, ContainerDefinition, 2026-11). The emulator "
        "ignores all of these.",
        change=whole_definition,
    ),
    Patch(
        module="ministack.services.ecs",
        name="_run_docker_container",
        signature="(docker_client, cdef, run_kwargs, *, refresh_image=False, allow_cached=True, cache_image=None, "
        "fallback_image=None, auth_config=None)",
        aws="Fargate keeps no images: every task pulls its own (ECS best practices guide, image pull behavior, "
        "2026-11). The emulator starts what the engine has under the tag.",
        change=always_pulled,
    ),
    Patch(
        module="ministack.services.ecs",
        name="_attach_started_container",
        signature="(task, container, index, metadata_token, ecs_network)",
        aws="A task's container has imageDigest (ECS API reference, Container, 2026-11). The emulator tells it of "
        "services' tasks only.",
        change=digest_told,
    ),
    Patch(
        module="ministack.services.ecs",
        name="_run_task",
        signature="(data)",
        aws="propagateTags gives a task the tags of its task definition (ECS API reference, RunTask, 2026-11). The "
        "emulator ignores it.",
        change=propagated,
    ),
    Patch(
        module="ministack.services.ecs",
        name="_start_awslogs_forwarder",
        signature="(container, cdef, task_id)",
        aws="awslogs sends all that a container has written before it is removed (moby, daemon/logger/awslogs, Close; "
        "2026-11). The emulator removes it while its log is still read.",
        change=log_reader_known,
    ),
    Patch(
        module="ministack.services.ecs",
        name="_remove_docker_container",
        signature="(docker_client, container_or_id)",
        aws="The same.",
        change=removed_after_its_log,
    ),
    Patch(
        module="ministack.services.ecr",
        name="_get_download_url_for_layer",
        signature="(data)",
        aws="The address that GetDownloadUrlForLayer answers with can be read (ECR API reference, 2026-11). The "
        "emulator's says https, which it does not speak.",
        change=plain_http,
    ),
)
