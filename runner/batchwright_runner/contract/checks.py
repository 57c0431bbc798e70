"""The forms of names and numbers that both halves check. Standard library only."""

import re

NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
"""Names of batches and images; 2 to 40 characters."""
STAGE = re.compile(r"[a-z][a-z0-9]{1,11}")
"""Names of stages."""
PROJECT = re.compile(r"(?!aws|ssm)[a-z][a-z0-9]{1,19}")
"""Names of projects. SSM refuses parameter names that begin with ``aws`` or ``ssm`` (PutParameter, 2026-11)."""
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""Names of environment variables."""
ACCOUNT = re.compile(r"[0-9]{12}")
REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]+")
ROLE = re.compile(r"arn:[a-z-]+:iam::[0-9]{12}:role/[\w+=,.@/-]+")
PLACE = (("account", ACCOUNT, "a string of 12 digits"), ("region", REGION, "a region's name"))
"""Where a stage or the registry is: each key, its form, and that in words."""
TASK_DEFINITION = re.compile(r"arn:[a-z-]+:ecs:[a-z0-9-]+:[0-9]{12}:task-definition/[A-Za-z0-9_-]+:[0-9]+")
MACHINE = re.compile(r"arn:[a-z-]+:states:[a-z0-9-]+:[0-9]{12}:stateMachine:[A-Za-z0-9_-]{1,80}")
LOG_GROUP = re.compile(r"[A-Za-z0-9_/.#-]{1,512}")
"""Names of log groups (CloudWatch Logs API reference, CreateLogGroup, 2026-11)."""
SCHEDULER = re.compile(r"[a-z][a-z0-9-]{1,29}")
SCHEDULE = re.compile(r"(\S+ ){5}[A-Za-z]\S*")
"""Five fields and a time zone. Whether they are right is seen where they are used: not every host knows all zones."""

DESCRIPTION_LIMIT = 200
NAME_LENGTHS = range(2, 41)
TIMEOUTS = range(60, 14 * 24 * 3600 + 1)
"""Seconds from a minute to 14 days; AWS retires a Fargate task's host after that at the latest."""
RETRY_DELAYS = range(1, 24 * 3600 + 1)
"""Seconds, from one to a day, that a declaration may ask for before another attempt."""
STOP_TIMEOUTS = range(2, 121)
"""Seconds; Fargate's bounds (ECS API reference, ContainerDefinition.stopTimeout, 2026-11)."""
EXIT_CODES = range(1, 256)
"""What ``retry_on`` may name."""
INTERRUPTION = "interruption"
"""What ``retry_on`` calls an end by AWS: Spot, retirement, infrastructure."""
OWN_VARIABLES = "BATCHWRIGHT_"
"""How the variables begin that a run tells its container itself."""
