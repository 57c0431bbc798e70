"""The batches of the cases. Their scripts run in busybox's shell, and some in this machine's own."""

import os
from collections.abc import Mapping
from typing import Any

from aws_cdk import Duration
from constructs import Construct

from batchwright import BatchImage, BatchPlatform, Container, FargateBatch, HealthCheck, Retry, Sidecar, Volume

BASE = os.environ["CASES_IMAGE"]
"""An image with busybox in it and nothing else: the sidecars', and what the images of the folders begin with."""
STOP = Duration.seconds(2)
SHARED = {"work": "/shared"}
FILES = Volume.efs("fs-11111111", access_point="fsap-11111111")
UPTIME = "cut -d' ' -f1 /proc/uptime"
"""Seconds that all containers of a machine count alike."""


def case(
    name: str,
    script: str = "",
    *,
    image: str | BatchImage = "cases",
    module: str = __name__,
    container: Mapping[str, Any] | None = None,
    **arguments: Any,  # noqa: ANN401 - passed on
) -> type[FargateBatch]:
    """A batch whose main container runs a script; without one, what ``arguments`` or the image say."""
    command = {"command": ["sh", "-c", script]} if script else {}

    def declare(self: FargateBatch, scope: Construct, platform: BatchPlatform) -> None:
        FargateBatch.__init__(
            self,
            scope,
            name,
            platform=platform,
            owner="tests",
            description="A case.",
            image=image,
            container=Container(**{"stop_timeout": STOP, **(container or {})}),
            **{"timeout": Duration.minutes(2), **command, **arguments},
        )

    return type(name, (FargateBatch,), {"__init__": declare, "__module__": module})


def sidecar(name: str, script: str, **arguments: Any) -> Sidecar:  # noqa: ANN401 - passed on
    """A container that runs a script beside the main one."""
    return Sidecar(name=name, image=BASE, command=["sh", "-c", script], **{"stop_timeout": STOP, **arguments})


def shared(script: str, *, main: str, condition: str, **arguments: Any) -> Mapping[str, Any]:  # noqa: ANN401 - passed on
    """A script for the sidecar ``side``, which shares ``/shared`` with the main one, and one that waits for it."""
    return {
        "sidecars": [sidecar("side", script, volumes=SHARED, main_waits_for=condition, **arguments)],
        "container": {"volumes": SHARED},
        "command": ["sh", "-c", main],
    }


def reports_its_stop(name: str) -> str:
    """A script that says when it was told to stop and, after a while, when it ended."""
    said = f'echo "{name} $1 $({UPTIME})"'
    on_stop = "say told; sleep 0.3; say ended; exit 0"
    return f"say() {{ {said}; }}; trap '{on_stop}' TERM; say began; while :; do sleep 0.05; done"


def waits(seconds: int = 60) -> str:
    """A script that waits in a way that ends at once on SIGTERM."""
    return f"trap 'exit 0' TERM; for i in $(seq {seconds * 20}); do sleep 0.05; done"


def health(command: str, **arguments: Any) -> HealthCheck:  # noqa: ANN401 - passed on
    """A check each second, once app.py has been at it."""
    return HealthCheck(command=["CMD-SHELL", command], interval=5, timeout=2, **arguments)


def lines(*script: str) -> str:
    """A script of several lines."""
    return "\n".join(script)


Plain = case("plain", "echo hello")
Told = case("told", "echo failed: $BATCHWRIGHT_WORKFLOW_FAILED")
Nothing = case("nothing", command=["/no/such/program"], container={"init_process": False})

# dependsOn
SEEN = "cat /shared/side"
Completed = case("completed", **shared("sleep 0.3; echo done > /shared/side; exit 3", main=SEEN, condition="COMPLETE"))
Succeeded = case("succeeded", **shared("sleep 0.3; echo done > /shared/side", main=SEEN, condition="SUCCESS"))
Healthy = case(
    "healthy",
    **shared(
        f"sleep 0.5; echo well > /shared/side; {waits()}",
        main=SEEN,
        condition="HEALTHY",
        health_check=health("test -e /shared/side", retries=10),
    ),
)
Unhealthy = case(
    "unhealthy", **shared(waits(), main="echo ran", condition="HEALTHY", health_check=health("exit 1", retries=1))
)

# Ends
Outlived = case("outlived", "exit 5", sidecars=[sidecar("side", waits(), main_waits_for="START")])
Lingering = case(
    "lingering",
    "echo done",
    sidecars=[
        sidecar(
            "side",
            "trap '' TERM; while :; do sleep 0.1; done",
            stop_timeout=Duration.seconds(90),
            main_waits_for="START",
        )
    ],
)
Retried = case(
    "retried",
    "[ ! -e $HOME/tried ] || exit 4; echo tried; touch $HOME/tried || exit 5; exit 3",
    retry=Retry(times=2, on=[3]),
)
Chain = case(
    "chain",
    reports_its_stop("main"),
    sidecars=[
        sidecar("middle", reports_its_stop("middle"), depends_on={"last": "START"}, main_waits_for="START"),
        sidecar("last", reports_its_stop("last")),
    ],
)
Stubborn = case("stubborn", f"trap '' TERM; echo ready; while :; do {UPTIME}; sleep 0.1; done")
Patient = case(
    "patient",
    "trap 'echo told' TERM; echo ready; while :; do sleep 60 & wait $!; done",
    container={"stop_timeout": Duration.seconds(60)},
)
Talk = case(
    "talk",
    "echo from main; while [ ! -e /shared/said ]; do sleep 0.05; done",
    sidecars=[sidecar("side", f"echo from side; touch /shared/said; {waits()}", volumes=SHARED)],
    container={"volumes": SHARED},
)

# What a container is given
ORPHAN = lines(
    "mkfifo FOLDER/end",
    "export MAIN=$$",
    "export DIES='echo $$ > FOLDER/orphan; until [ $(cat /proc/$MAIN/comm) = cat ]; do sleep 0.05; done'",
    "state() { cut -d' ' -f3 /proc/$(cat FOLDER/orphan)/stat 2>/dev/null || echo gone; }",
    "report() {",
    "    until [ -s FOLDER/orphan ]; do sleep 0.05; done",
    "    until [ $(state) = Z ] || [ $(state) = gone ]; do sleep 0.05; done",
    "    sleep 0.3",
    "    echo orphan=$(state)",
    "    : > FOLDER/end",
    "}",
    """sh -c 'sh -c "$DIES" &'""",
    "report &",
    "exec cat FOLDER/end",
)
"""Leaves a process behind whose parent has gone, and looks what has become of it: reaped, or a zombie (Z)."""
FACTS = lines(
    'fact() { name=$1; shift; echo "$name=$*"; }',
    "fact user $(id -u):$(id -g)",
    "fact folder $(pwd)",
    'fact arguments $(printf \'[%s]\' "$0" "$@")',
    "fact nofile $(ulimit -Sn) $(ulimit -Hn)",
    'fact root "$(touch /new 2>&1 || true)"',
    'fact scratch "$(touch /scratch/new 2>&1 && echo writable)"',
    "fact scratch-size $(df -k /scratch | tail -n 1 | awk '{ print $2 }')",
    "fact fresh $(stat -c '%u:%g %a' /fresh) \"$(touch /fresh/new 2>&1 || true)\"",
    "fact pid $$",
    ORPHAN.replace("FOLDER", "/scratch"),
)
Facts = case(
    "facts",
    command=["one", "two words"],
    container={
        "entry_point": ["sh", "-c", FACTS, "zero"],
        "user": "1000:1000",
        "working_directory": "/tmp",
        "ulimits": {"nofile": (1234, 2345)},
        "read_only_root": True,
        "writable_paths": {"/scratch": 16},
        "volumes": {"fresh": "/fresh"},
    },
)
Entered = case(
    "entered", command=["declared"], container={"entry_point": ["sh", "-c", 'printf \'[%s]\' "$0" "$@"; echo', "zero"]}
)
First = case(
    "first",
    lines("echo pid=$$", "touch /new && echo root=writable", ORPHAN.replace("FOLDER", "/tmp")),
    container={"init_process": False},
)
Pair = case(
    "pair",
    f"while [ ! -e /in/side ]; do sleep 0.05; done; cat /in/side; echo main > /in/main; {waits()}",
    sidecars=[
        sidecar(
            "side",
            "echo side > /out/mine; mv /out/mine /out/side; while [ ! -e /out/main ]; do sleep 0.05; done; "
            f"echo saw $(cat /out/main); {waits()}",
            volumes={"work": "/out"},
        )
    ],
    container={"volumes": {"work": "/in"}},
)
Exports = case(
    "exports",
    "echo over > /exports/mine && cat /exports/mine; ls -a /in | xargs; touch /in/x || true; "
    "while [ ! -e /exports/side ]; do sleep 0.05; done; ls /exports | xargs",
    sidecars=[sidecar("side", "touch /up/side", volumes={"/up": FILES}, user="2000:2000")],
    container={"volumes": {"/exports": FILES, "/in": Volume.efs("fs-22222222", read_only=True)}, "user": "1000:1000"},
)
Network = case(
    "network",
    "until nc 127.0.0.1 5000 </dev/null 2>/dev/null; do sleep 0.1; done",
    sidecars=[sidecar("side", "echo over 127.0.0.1 | nc -l -p 5000")],
)
Limited = case(
    "limited",
    f"echo ready; {waits()}",
    cpu=256,
    memory=512,
    sidecars=[sidecar("side", waits(), cpu=64, memory=64, main_waits_for="START")],
)
Small = case("small", "exec dd if=/dev/zero of=/dev/null bs=600M count=1", cpu=256, memory=512)
SmallSide = case(
    "small-side",
    waits(),
    cpu=256,
    memory=512,
    sidecars=[sidecar("side", "exec dd if=/dev/zero of=/dev/null bs=64M count=1", memory=32, essential=True)],
)
HOLDS_300 = "mkfifo /pipe; sleep 10 < /pipe & exec dd if=/dev/zero of=/pipe bs=300M count=1"
"""A script that holds 300 MiB of memory for ten seconds: ``dd`` waits for a reader that never reads."""
Together = case("together", HOLDS_300, cpu=256, memory=512, sidecars=[sidecar("side", HOLDS_300, essential=True)])

# Values
Values = case(
    "values",
    "env",
    environment={"PLAIN": "declared", "CHANGED": "declared"},
    parameters={"TO": "declared", "FROM": "declared"},
    secrets=["PASSWORD"],
)
Credentials = case(
    "credentials",
    "env; while [ ! -e /shared/said ]; do sleep 0.05; done",
    sidecars=[sidecar("side", f"env; touch /shared/said; {waits()}", volumes=SHARED)],
    container={"volumes": SHARED},
)

# Images
Absent = case("absent", "echo ran", image=BatchImage.from_uri("registry.invalid/nothing/here:1"))
