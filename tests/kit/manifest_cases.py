"""Manifests for tests: any, wrong ones, and those that a person writes."""

import json
import string

from hypothesis import strategies as st

from batchwright_runner.contract.manifest import BatchManifest, CapacityShare, Deadline, ImageReference
from tests.kit.rows import rows

text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
variable = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,10}", fullmatch=True)
identifier = st.text(string.ascii_lowercase + string.digits + "-", min_size=1, max_size=12)
manifests = st.builds(
    BatchManifest,
    project=st.just("batches"),
    stage=st.sampled_from(["staging", "production"]),
    account=st.from_regex(r"[0-9]{12}", fullmatch=True).filter(str.isascii),
    region=st.sampled_from(["ap-northeast-1", "us-gov-west-1"]),
    batch=st.sampled_from(["daily-report", "a1"]),
    description=st.text(st.characters(exclude_categories=["Cs"]), max_size=200),
    owner=text,
    cluster=text,
    task_definition=st.just("arn:aws:ecs:ap-northeast-1:111111111111:task-definition/batches-staging-x:12"),
    container=text,
    essential=st.lists(identifier, max_size=2).map(tuple),
    subnets=st.lists(identifier, min_size=1, max_size=3).map(tuple),
    log_group=st.from_regex(r"/[a-z/._-]{1,20}", fullmatch=True),
    log_stream_prefix=text,
    image=st.builds(ImageReference, name=text, repository=st.sampled_from(["", "r/reports", "h:5000/r"]), tag=text),
    timeout_seconds=st.integers(1, 10**6),
    runbook=st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    security_groups=st.lists(identifier, max_size=3).map(tuple),
    assign_public_ip=st.booleans(),
    capacity=st.lists(
        st.builds(CapacityShare, provider=text, weight=st.integers(0, 9), base=st.integers(0, 9)), max_size=2
    ).map(tuple),
    architecture=st.sampled_from(["X86_64", "ARM64"]),
    parameters=st.dictionaries(variable, st.just("") | st.from_regex(r"[A-Za-z0-9_-]{8}", fullmatch=True), max_size=3),
    secrets=st.lists(variable, max_size=3).map(tuple),
    stop_timeout_seconds=st.integers(2, 120),
    retries=st.integers(0, 5),
    retry_on=st.lists(st.integers(1, 255) | st.just("interruption"), max_size=3).map(tuple),
    retry_delay_seconds=st.integers(0, 10**6),
    overlap=st.sampled_from(["allow", "forbid", "wait"]),
    overlap_wait_seconds=st.integers(0, 10**6),
    protected=st.booleans(),
    deadline=st.none() | st.builds(Deadline, group=text, role=text),
    tags=st.dictionaries(text, text, max_size=3),
)


WRONG: list[tuple[str, object, str]] = [
    (field, json.loads(value), message)
    for given, message in rows(__file__, "wrong_manifests")
    for field, _, value in (given.partition(": "),)
]
"""Field, value, and what the message matches."""

READ_TOO: list[tuple[str, object, object]] = [
    ("subnets", " a , b ", ("a", "b")),
    ("security_groups", None, ()),
    ("security_groups", "", ()),
    ("essential", "proxy, agent", ("proxy", "agent")),
    ("essential", "main,agent,agent", ("agent",)),
    ("essential", "main", ()),
    ("essential", "", ()),
    ("timeout_seconds", 14 * 86400, 14 * 86400),
    ("timeout_seconds", 1800.0, 1800),
    ("timeout_seconds", None, 86400),
    ("retry_delay_seconds", None, 0),
    ("assign_public_ip", None, False),
    ("capacity", ["FARGATE_SPOT"], (CapacityShare(provider="FARGATE_SPOT"),)),
    ("capacity", [{"provider": "FARGATE", "weight": 2, "base": None}], (CapacityShare(provider="FARGATE", weight=2),)),
    ("parameters", ["A", "B"], {"A": "", "B": ""}),
    ("parameters", {"A": None}, {"A": ""}),
    ("tags", {"cost": "4711", "team": None}, {"cost": "4711"}),
    ("image", None, ImageReference(tag="stage-local")),
    ("image", "r/reports:v1", ImageReference(repository="r/reports", tag="v1")),
    ("image", "h:5000/reports", ImageReference(repository="h:5000/reports", tag="stage-local")),
    ("image", "r/reports@sha256:ab", ImageReference(repository="r/reports", tag="sha256:ab")),
    ("image", {"name": "reports", "tag": None}, ImageReference(name="reports", tag="stage-local")),
    ("deadline", None, None),
    ("history_log_group", None, ""),
    ("key", None, ""),
    ("overlap", None, "allow"),
    ("overlap_wait_seconds", None, 0),
    ("account", None, "111111111111"),
    ("region", None, "ap-northeast-1"),
]
"""Field, value, and what it means."""
