"""Somebody else's application, whose guest a batch is: in a CDK stage, with its network, cluster, key and role."""

from aws_cdk import App, DefaultStackSynthesizer, Environment, PermissionsBoundary, Stack, Stage, Tags
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from batchwright import BatchPlatform, Existing, FargateBatch

HOUSE = Environment(account="123456789012", region="ap-northeast-1")


class House(Stage):
    """A stage of the application."""

    def __init__(self, scope: Construct, key: str) -> None:
        boundary = PermissionsBoundary.from_name("house-boundary")
        super().__init__(scope, "House", env=HOUSE, permissions_boundary=boundary)
        stack = Stack(self, "Batches")
        vpc = ec2.Vpc.from_vpc_attributes(
            stack,
            "Vpc",
            vpc_id="vpc-0a1b2c3d4e5f60718",
            availability_zones=["ap-northeast-1a"],
            private_subnet_ids=["subnet-0a1b2c3d4e5f60711"],
        )
        platform = BatchPlatform(
            stack,
            "Platform",
            project="guest",
            stage="staging",
            vpc=vpc,
            cluster=ecs.Cluster.from_cluster_attributes(stack, "Cluster", cluster_name="house", vpc=vpc),
            key=kms.Key.from_key_arn(stack, "Key", key),
            repositories={"numbers": "house/numbers"},
            alerts={"emails": ["house@example.com"]},
        )
        FargateBatch(
            stack,
            "numbers",
            platform=platform,
            owner="house",
            description="Counts what it was given.",
            image="numbers",
            command=["/app/count"],
            parameters={f"SETTING_{n:02}": f"value {n}" for n in range(60)},
            secrets=[f"SECRET_{n:02}" for n in range(40)],
            existing=Existing(
                task_role=iam.Role.from_role_arn(stack, "Task", f"arn:aws:iam::{HOUSE.account}:role/house/house-task")
            ),
        )


if __name__ == "__main__":
    app = App(default_stack_synthesizer=DefaultStackSynthesizer(qualifier="house"))
    house = House(app, app.node.get_context("key"))
    Tags.of(house).add("cost-centre", "4711")  # an app's own tags do not reach into a stage of the CDK
    app.synth()
