"""Addresses of AWS's console. Pure."""

from urllib.parse import quote

from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.fargate.task import stream_name, task_id


def task_link(manifest: BatchManifest, arn: str) -> str:
    """The page of a task."""
    cluster = manifest.cluster.rpartition("/")[2]
    base = f"https://{manifest.region}.console.aws.amazon.com/ecs/v2/clusters/{cluster}/tasks/{task_id(arn)}"
    return f"{base}/configuration?region={manifest.region}"


def log_link(manifest: BatchManifest, arn: str) -> str:
    """The page of a task's log. The console wants the names quoted twice, with ``$`` for ``%``."""
    group = _twice(manifest.log_group)
    stream = _twice(stream_name(manifest, manifest.container, task_id(arn)))
    base = f"https://{manifest.region}.console.aws.amazon.com/cloudwatch/home?region={manifest.region}"
    return f"{base}#logsV2:log-groups/log-group/{group}/log-events/{stream}"


def _twice(name: str) -> str:
    return quote(quote(name, safe=""), safe="").replace("%", "$")
