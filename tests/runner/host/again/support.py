"""What people do beside a workflow's runs."""

from tests.fake_aws import Script
from tests.fake_aws.services.run_task import run_task
from tests.runner.host.workflows.played import Account


def by_hand(
    account: Account, batch: str, scheduled: str, exit_code: int = 0, *, run: str = "hand", after: float = 60.0
) -> str:
    """A run of a step's batch that a person has made, of 30 seconds, and so many seconds after its start."""
    manifest = next(manifest for manifest in account.manifests if manifest.batch == batch)
    account.server.script(manifest, Script(exit_code=exit_code, runs=30.0))
    variables = [
        {"name": "BATCHWRIGHT_SCHEDULED_TIME", "value": scheduled},
        {"name": "BATCHWRIGHT_RUN_ID", "value": run},
    ]
    request = {
        "cluster": manifest.cluster,
        "taskDefinition": manifest.task_definition,
        "launchType": "FARGATE",
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": list(manifest.subnets)}},
        **({"startedBy": run} if run else {}),
        "overrides": {"containerOverrides": [{"name": "main", "environment": variables}]},
    }
    arn = str(run_task(account.server.world, request)["tasks"][0]["taskArn"])
    account.waiter.wait(after)
    account.server.world.settle()
    return arn
