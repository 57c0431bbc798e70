"""What AWS is asked of a project that is deployed: each part a question, as many at once as can be.

Where a part ends without an answer to one of its claims, that cannot be seen here.
"""

import json
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from statistics import median

from tests.kit.command import Done
from tests.on_aws.account import TAG, TOOLKIT, has_role
from tests.on_aws.acts import (
    CLUSTER,
    ENDED,
    STAGE,
    STARTED,
    Json,
    as_role,
    batch,
    dry,
    gone,
    logged,
    refused,
    run_of,
    task_of,
)
from tests.on_aws.claims import Seen
from tests.on_aws.machines import MACHINES, alerts, deleted_machine, history
from tests.on_aws.trial import Part, Trial, judged

CDK = ("--no-notices", "--ci")
NEVER = ("--require-approval", "never")
DEPLOY = ("cdk", "deploy", *NEVER, "--concurrency", "4", *CDK)
PLATFORM, CHAIN = "trial-probe-platform", "trial-probe-chain"
STACKS = tuple(
    f"trial-probe-{name}" for name in ("alerts", "deadline", "drain", "nightly", "scratch", "tick", "values")
)
STACKS += (CHAIN,)
NEEDS = {
    "figures": ("scratch",),
    "stops": ("deadline",),
    "by-hand": ("values",),
    "size": ("scratch",),
    "machine": ("nightly",),
    "limit": ("deadline",),
    "schedule": ("tick",),
    "joined": ("chain",),
    "workflow": ("chain", "scratch", "values"),
    "history": ("values",),
    "alerts": ("alerts", "values"),
}
"""Part to the batches whose stacks it needs, where that is not the batch of its name."""
BOOTSTRAP = ("--qualifier", "trial", "--toolkit-stack-name", TOOLKIT)
LINE = 250_000
"""Characters of a long line."""
QUICK, SLOW = 10.0, 40.0
"""Seconds from a container's end to the command's: by itself, and beside a sidecar that takes half a minute."""


class NoStep(Exception):  # noqa: N818 - an answer
    """A step did not end as those after it need it."""


def step(trial: Trial, *words: str, given: str = "") -> str:
    """Runs a command that must end with 0; its stdout. Raises `NoStep` with its last line."""
    done = trial.run(*words, given=given, seconds=3600)
    if done.code:
        raise NoStep(f"{' '.join(words[:3])} ended with {done.code}: {done.last or done.text[-300:]}")
    return done.text


def deploy(trial: Trial) -> Iterator[Seen]:
    """Deploys stack by stack: the platform a second time, where its first attempt fails for want of ECS's role.

    A stack that cannot be deployed costs the claims that need it.
    """
    had_role = has_role(trial)
    step(trial, "cdk", "bootstrap", *BOOTSTRAP, "--tags", f"{TAG}={trial.stamp}", *CDK)
    step(trial, "cdk", "synth", "--quiet", *CDK)

    def one(stack: str) -> Done:
        done = trial.run("cdk", "deploy", stack, "--exclusively", "--app", "cdk.out", *NEVER, *CDK, seconds=3600)
        if done.code:
            trial.broken[stack] = f"cdk deploy ended with {done.code}: {done.last or done.text[-300:]}"
            trial.say(f"{stack} was not deployed: {done.last}")
        return done

    one("trial-registry")
    one("trial-probe-machines")  # whose parameter each stack with a machine asks for
    done = one(PLATFORM)
    if not had_role:
        yield judged("service-linked-role", done.code == 0, f"the first deployment ended with {done.code}")
    if done.code:
        step(trial, *DEPLOY, PLATFORM)
        del trial.broken[PLATFORM]
    if "trial-registry" in trial.broken:
        raise NoStep(trial.broken["trial-registry"])
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one, [stack for stack in STACKS if stack != CHAIN]))
    one(CHAIN)


def image(trial: Trial) -> Iterator[Seen]:
    """Pushes and releases the image, and sets the secrets."""
    reference = step(trial, "batchwright", "image", "push", "probe", "image", "--allow-dirty")
    step(trial, "batchwright", "release", "probe", "--tag", reference.strip().rpartition(":")[2], *STAGE)
    if "trial-probe-values" not in trial.broken:
        set_secrets(trial)
        step(trial, "batchwright", "params", "check", *STAGE)
    yield from ()


def set_secrets(trial: Trial) -> None:
    """Sets both secrets."""
    for name in ("FIRST", "SECOND"):
        step(trial, "batchwright", "params", "set", "values", name, *STAGE, given=f"{name.lower()}\n")


def with_secrets(trial: Trial) -> tuple[Done, Json]:
    """Runs the batch values, until a key's new alias counts everywhere: five minutes at most."""
    for _ in range(15):
        done, result = batch(trial, "values")
        if done.code != 126:
            break
        trial.sleep(20)
    return done, result


def values(trial: Trial) -> Iterator[Seen]:
    """Secrets, roles, tags."""
    done, result = with_secrets(trial)
    yield judged("secrets-by-alias", "both secrets are there" in done.text, done.last)
    if done.code == 126:
        return
    yield judged("trust-of-roles", "the task role is there" in done.text, done.text.strip().replace("\n", "; "))
    yield judged("grant-operate", done.code == 3, done.last)
    tags = {tag["key"]: tag["value"] for tag in task_of(trial, result["task"])["tags"]}
    yield judged(
        "tag-twice", {"batchwright:batch", "batchwright:stage"} <= {*tags}, f"the task's tags are {', '.join(tags)}"
    )


def drain(trial: Trial) -> Iterator[Seen]:
    """When the exit code is there beside a sidecar that takes long."""
    done, result = batch(trial, "drain")
    exited = time.time()
    task = gone(trial, result["task"])
    (line,) = [event for event in logged(trial, "/trial/probe/drain", "done") if event["message"] == "done"]
    ended = line["timestamp"] / 1000
    drained = task["executionStoppedAt"].timestamp() - ended
    evidence = f"exit {done.code} {exited - ended:.0f} s after main's last line; the task stopped after {drained:.0f} s"
    if drained < 25:
        yield Seen("exit-before-sidecar", "cannot be seen here", f"{evidence}: the sidecar did not take its time")
    else:
        yield judged("exit-before-sidecar", done.code == 3 and exited - ended < SLOW, evidence)


def figures(trial: Trial) -> Iterator[Seen]:
    """Times as `bench/` takes them: three runs at once; then a line that is too long, and too much memory."""

    def once(_: int) -> tuple[float, float, float]:
        done, result = batch(trial, "scratch", command=("sh", "-c", "sleep 8"))
        exited = time.time()
        task = gone(trial, result["task"])
        if done.code:
            raise NoStep(done.last)
        waited, pulled = task["startedAt"] - task["createdAt"], task["pullStoppedAt"] - task["pullStartedAt"]
        return exited - task["executionStoppedAt"].timestamp(), waited.total_seconds(), pulled.total_seconds()

    with ThreadPoolExecutor(3) as pool:
        times = list(pool.map(once, range(3)))
    lags, waits, pulls = zip(*sorted(times), strict=True)
    shown = ", ".join(f"{lag:.1f}" for lag in lags)
    evidence = f"{shown} s; the start took {median(waits):.0f} s, the pull {median(pulls):.1f} s"
    yield judged("exit-to-result", max(lags) <= QUICK, evidence)
    done, _ = batch(trial, "scratch", command=("sh", "-c", f"head -c {LINE} /dev/zero | tr '\\0' x; echo"))
    count = done.out.count(b"x")
    yield judged(
        "long-line", (done.code, count) == (0, LINE), f"{count} characters in {len(done.lines)} lines, {done.last}"
    )
    done, result = batch(trial, "scratch", command=("sh", "-c", "exec tail /dev/zero"))
    evidence = f"{result.get('reason')}; {done.last}"
    yield judged("memory", done.code == 137 and "memory" in evidence.lower(), evidence)


def scratch(trial: Trial) -> Iterator[Seen]:
    """A directory in memory."""
    done, _ = batch(trial, "scratch")
    so = {"uid=10001", "x"} <= {*done.text.replace(" gid", "\n").split("\n")} and "ead-only" in done.text
    yield judged("directory-in-memory", so and done.code == 0, done.text.strip().replace("\n", "; "))


def deadline(trial: Trial) -> Iterator[Seen]:
    """A runner that is gone, and a task that does not listen."""
    scheduler = trial.client("scheduler")
    more = ("--on-signal", "leave", "--run-id", trial.named("left"))
    done = trial.run("batchwright", "run", "deadline", *STAGE, *more, ending=("begun", signal.SIGTERM))
    task = run_of(trial, trial.named("left"), "deadline")["task"]

    def names() -> set[str]:
        return {schedule["Name"] for schedule in scheduler.list_schedules(GroupName=CLUSTER)["Schedules"]}

    if done.code != 125 or task not in names():
        yield judged("deadline", so=False, evidence=f"{done.last}; schedules: {', '.join(names()) or 'none'}")
        return
    stopped = gone(trial, task, seconds=ENDED)
    trial.until(lambda: task not in names(), 120, every=5)
    run = run_of(trial, trial.named("left"), "deadline")
    by_schedule = stopped.get("stopCode") == "UserInitiated"  # a call that was denied leaves it to its own end
    evidence = f"{run['result']}; {stopped.get('stopCode')}, {stopped.get('stoppedReason')}"
    yield judged("deadline", run["code"] == 124 and by_schedule, evidence)


def stops(trial: Trial) -> Iterator[Seen]:
    """One task, stopped twice."""
    batch(trial, "deadline", "--detach", "--run-id", trial.named("two-stops"))
    task = trial.until(lambda: run_of(trial, trial.named("two-stops"), "deadline"), 60, every=3)["task"]
    trial.until(lambda: task_of(trial, task)["lastStatus"] == "RUNNING", STARTED, every=2)
    both = [trial.run("batchwright", "stop", f"deadline@{task}", *STAGE) for _ in range(2)]
    evidence = "; ".join(f"exit {done.code}, {done.last}" for done in both)
    if "ended already" in both[1].err:
        yield Seen("second-stop", "cannot be seen here", f"{evidence}: it ended too soon")
    else:
        yield judged("second-stop", [done.code for done in both] == [0, 0], evidence)


def by_hand(trial: Trial) -> Iterator[Seen]:
    """A plain variable of a secret's name, past the runner."""
    request = dry(trial, "values")
    request["overrides"]["containerOverrides"][0]["environment"] = [{"name": "FIRST", "value": "by hand"}]
    answer, refusal = refused(lambda: trial.client("ecs").run_task(**request))
    if answer and answer["tasks"]:
        task = gone(trial, answer["tasks"][0]["taskArn"], ENDED)
        codes = [container.get("exitCode") for container in task["containers"]]
        refusal = f"the task was started: {task.get('stoppedReason')}, {codes}"
    ours = trial.run("batchwright", "run", "values", *STAGE, "-e", "FIRST=x")
    yield judged("plain-variable-of-a-secret", not answer or not answer["tasks"], f"{refusal}; by -e: exit {ours.code}")


def size(trial: Trial) -> Iterator[Seen]:
    """A caller who may ask for 512 CPU units."""
    ecs = as_role(trial, "trial-probe-small", "ecs")
    may, refusal = refused(lambda: ecs.run_task(**dry(trial, "scratch", "--cpu", "512", "--memory", "1024")))
    more, why_not = refused(lambda: ecs.run_task(**dry(trial, "scratch", "--cpu", "1024", "--memory", "2048")))
    evidence = f"512: {refusal or 'started'}; 1024: {why_not or 'started'}"
    yield judged("largest-size", may and not more and "AccessDenied" in why_not, evidence)


def again(trial: Trial) -> Iterator[Seen]:
    """A machine that is deleted, a log group that is, and then everything, which is deployed again."""
    yield from deleted_machine(trial)
    logs = trial.client("logs")
    logs.delete_log_group(logGroupName="/trial/probe/tick")
    done = trial.run("cdk", "deploy", "trial-probe-tick", "--revert-drift", "--require-approval", "never", *CDK)
    groups = logs.describe_log_groups(logGroupNamePrefix="/trial/probe/tick")["logGroups"]
    evidence = f"exit {done.code}, the log group is {'there' if groups else 'missing'}; {done.last}"
    yield judged("revert-drift", done.code == 0 and groups, evidence)
    step(trial, "cdk", "destroy", "--all", "--force", *CDK)
    done = trial.run(*DEPLOY, "--all", "--import-existing-resources", seconds=3600)
    listed = trial.run("batchwright", "image", "list", "probe", "--json")
    images = json.loads(listed.out or "[]") if listed.code == 0 else []
    evidence = f"the deployment ended with {done.code}; images: {len(images)}; {done.last if done.code else ''}"
    yield judged("import-existing", done.code == 0 and images, evidence)
    if done.code:
        return
    before, _ = batch(trial, "values")
    set_secrets(trial)
    after, _ = with_secrets(trial)
    evidence = f"{before.last}; set again: {after.last}"
    yield judged("kept-key", (before.code, after.code) == (126, 3), evidence)


ALONE = {
    "values": values,
    "drain": drain,
    "figures": figures,
    "scratch": scratch,
    "deadline": deadline,
    "stops": stops,
    "by-hand": by_hand,
    "size": size,
    **MACHINES,
}
LATE = {"history": history, "alerts": alerts}


def _part(name: str, ask: Callable[[Trial], Iterable[Seen]], behind: tuple[str, ...] = ()) -> Part:
    stacks = tuple(f"trial-probe-{batch}" for batch in NEEDS.get(name, (name,)))
    return Part(name, ask, after=("image",), behind=behind, stacks=stacks)


WALK: tuple[Part, ...] = (
    Part("deploy", deploy),
    Part("image", image, after=("deploy",)),
    *(_part(name, ask) for name, ask in ALONE.items()),
    *(_part(name, ask, behind=("values", "machine")) for name, ask in LATE.items()),
    Part("again", again, after=("image",), behind=(*ALONE, *LATE), stacks=STACKS),
)
