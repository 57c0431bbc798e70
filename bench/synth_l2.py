"""The other side of `synth.py`: the same resources, written with aws-cdk-lib's own constructs.

It makes no manifest, no file for local runs, no checks, no run history and no deadline schedules; the library does.
"""

import sys

from aws_cdk import App, Environment, RemovalPolicy, Stack, Tags
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_ssm as ssm

COUNT = int(sys.argv[1])
STAGING = Environment(account="111111111111", region="eu-west-1")
REGISTRY = Environment(account="333333333333", region="eu-west-1")

app = App(outdir=sys.argv[2], analytics_reporting=False, builtin_cloud_formation_validation=False)
registry = Stack(app, "bench-registry", env=REGISTRY)
platform = Stack(app, "bench-staging-platform", env=STAGING)
kms.Key(platform, "Key", enable_key_rotation=True, alias="alias/bench-staging")
vpc = ec2.Vpc.from_vpc_attributes(platform, "Vpc", vpc_id="vpc-0123456789abcdef0", availability_zones=["eu-west-1a"])
ecs.Cluster(platform, "Cluster", cluster_name="bench-staging", vpc=vpc, enable_fargate_capacity_providers=True)

for n in range(COUNT):
    name = f"batch-{n}"
    ecr.Repository(
        registry,
        name,
        repository_name=f"bench/{name}",
        image_scan_on_push=True,
        image_tag_mutability=ecr.TagMutability.IMMUTABLE,
        lifecycle_rules=[ecr.LifecycleRule(max_image_count=30)],
        removal_policy=RemovalPolicy.RETAIN,
    )
    stack = Stack(app, f"bench-staging-{name}", env=STAGING)
    stack.add_stack_dependency(registry)
    stack.add_stack_dependency(platform)
    parameter = ssm.StringParameter(
        stack, "ReportTo", parameter_name=f"/bench/staging/{name}/REPORT_TO", string_value="dev@example.com"
    )
    password = ssm.StringParameter.from_secure_string_parameter_attributes(
        stack, "Password", parameter_name=f"/bench/staging/{name}/DB_PASSWORD"
    )
    log = logs.LogGroup(
        stack,
        "Log",
        log_group_name=f"/bench/staging/{name}",
        retention=logs.RetentionDays.ONE_YEAR,
        removal_policy=RemovalPolicy.RETAIN,
    )
    network = ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id="vpc-0123456789abcdef0", availability_zones=["eu-west-1a"]
    )
    ec2.SecurityGroup(stack, "SecurityGroup", vpc=network)
    task = ecs.FargateTaskDefinition(stack, "Task", family=f"bench-staging-{name}", cpu=256, memory_limit_mib=512)
    task.add_container(
        "main",
        image=ecs.ContainerImage.from_ecr_repository(
            ecr.Repository.from_repository_attributes(
                stack,
                "Repository",
                repository_arn=f"arn:aws:ecr:eu-west-1:333333333333:repository/bench/{name}",
                repository_name=f"bench/{name}",
            ),
            "stage-staging",
        ),
        command=["python", "-m", "report"],
        environment={"LANG": "C.UTF-8"},
        secrets={
            "REPORT_TO": ecs.Secret.from_ssm_parameter(parameter),
            "DB_PASSWORD": ecs.Secret.from_ssm_parameter(password),
        },
        logging=ecs.LogDriver.aws_logs(stream_prefix="run", log_group=log, mode=ecs.AwsLogDriverMode.BLOCKING),
    )
    Tags.of(task).add("batch", name)
app.synth()
