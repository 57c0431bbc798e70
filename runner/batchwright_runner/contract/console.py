"""Where AWS's console shows a task and its log. Pure."""

from urllib.parse import quote


def task_page(region: str, cluster: str, task: str) -> str:
    """The page of a task."""
    name = cluster.rpartition("/")[2]
    base = f"https://{region}.console.aws.amazon.com/ecs/v2/clusters/{name}/tasks/{task}"
    return f"{base}/configuration?region={region}"


def log_page(region: str, group: str, stream: str) -> str:
    """The page of a log stream. It wants the names quoted twice, with ``$`` for ``%``."""
    base = f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}"
    return f"{base}#logsV2:log-groups/log-group/{_twice(group)}/log-events/{_twice(stream)}"


def _twice(name: str) -> str:
    return quote(quote(name, safe=""), safe="").replace("%", "$")
