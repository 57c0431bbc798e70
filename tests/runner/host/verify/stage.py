"""A stage in which all that ``verify`` looks at is well."""

from batchwright_runner.contract.manifest import CapacityShare
from tests.fake_aws import AwsServer
from tests.fake_aws.fixtures import ACCOUNT, REGION, sample_manifest
from tests.kit.past import HOUR, ago, ended

KEY = "alias/batches-staging"
SSM = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter"
CERT = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:cert-AbCdEf"
MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:batches-staging-daily-report"
SCHEDULES = "batches-staging-schedules"
OWN = "/batches/staging/daily-report"
FAMILY = f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/batches-staging-daily-report"


def push(aws: AwsServer) -> None:
    """The image of the batches, released to the stage, whose function answers."""
    aws.world.images.repository("batches/reports").add_index("reports", "stage-staging")
    aws.world.functions["batches-staging-machines"] = ("", {"next": "start", "memo": {"protocol": 1}})


def deploy(
    aws: AwsServer,
    batch: str = "daily-report",
    *,
    capacity: tuple[CapacityShare, ...] = (),
    by_aws: bool = False,
    **more: object,
) -> None:
    """A batch with a parameter, a secret in SSM and one in Secrets Manager; all are there, and it ran three hours ago.

    Args:
        aws: The account.
        batch: Its name.
        capacity: Its capacity providers.
        by_aws: Whether AWS starts it.
        more: Other fields of its manifest.
    """
    own = f"/batches/staging/{batch}"
    fields = {"parameters": {"TO": ""}, "secrets": ("DB_PASSWORD", "CERT"), "key": KEY, "capacity": capacity, **more}
    if by_aws:
        fields = {"machine": MACHINE, "schedule": "30 2 * * * Asia/Tokyo", "scheduler": "aws", **fields}
        aws.world.machine_states[MACHINE] = "ACTIVE"
        aws.world.schedule_groups.add(SCHEDULES)
        due = {"ScheduleExpression": "cron(30 2 * * ? *)", "ScheduleExpressionTimezone": "Asia/Tokyo"}
        request = {"Target": {"Arn": MACHINE}, **due}
        aws.world.schedules[SCHEDULES, batch] = {"request": request, "due": None, "created": 0.0}
    sources = {"TO": f"{SSM}{own}/TO", "DB_PASSWORD": f"{SSM}{own}/DB_PASSWORD", "CERT": f"{CERT}:field::"}
    manifest = sample_manifest(batch, **fields)
    aws.deploy(manifest, secrets={"main": sources})
    ended(aws, manifest, ago(3 * HOUR))
    aws.put_parameter(f"{own}/TO", "dev@example.com")
    aws.put_parameter(f"{own}/DB_PASSWORD", "hidden", "SecureString")
    aws.world.secrets[CERT] = None
