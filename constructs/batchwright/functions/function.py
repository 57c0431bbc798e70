"""A function of a stage, with its role and its log."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

from aws_cdk import RemovalPolicy, Stage
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as functions
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from batchwright.functions.package import name_of, package
from batchwright.iam.function_policies import function_trust
from batchwright.iam.policies import Document
from batchwright.order import put_after
from batchwright_runner.contract.names import StageNames

RUNTIME = "python3.13"
"""The newest of Python that the tests of the runner know, and that Lambda has (AWS Lambda developer guide, "Lambda
runtimes", 2026-11)."""
MEMORY = 1769
"""Megabytes: those of a whole processor (AWS Lambda developer guide, "Configure Lambda function memory", 2026-11). It
takes 110 with 200 batches; but a first call starts the SDK, which with a third of a processor takes six seconds."""
SECONDS = 30
"""Seconds that a call may take."""
LOG_DAYS = 30


def make_function(
    scope: Construct,
    construct_id: str,
    names: StageNames,
    code: functions.CfnFunction.CodeProperty,
    *,
    name: str,
    role: str,
    description: str,
    handler: str,
    policy: Document,
    variables: Mapping[str, str],
    given_role: str = "",
    reserved: int | None = None,
) -> functions.CfnFunction:
    """A function, its role and its log group, whose ids begin with the function's.

    `role`: the role's name.
    `given_role`: the ARN of a role in place of that; empty for none.
    `reserved`: calls side by side that are kept for it.
    """
    if not given_role:
        made = iam.CfnRole(
            scope,
            f"{construct_id}Role",
            role_name=role,
            path=names.role_path,
            assume_role_policy_document=function_trust(),
            policies=[{"policyName": "batchwright", "policyDocument": policy}],
        )
        given_role = made.attr_arn
    group = logs.CfnLogGroup(
        scope, f"{construct_id}Log", log_group_name=f"/aws/lambda/{name}", retention_in_days=LOG_DAYS
    )
    group.apply_removal_policy(RemovalPolicy.DESTROY)
    function = functions.CfnFunction(
        scope,
        construct_id,
        function_name=name,
        description=description,
        runtime=RUNTIME,
        architectures=["x86_64"],  # which every region has
        handler=handler,
        code=code,
        role=given_role,
        memory_size=MEMORY,
        timeout=SECONDS,
        environment={"variables": {**variables}},
        reserved_concurrent_executions=reserved,
    )
    put_after(function, group)
    return function


def make_code(scope: Construct) -> functions.CfnFunction.CodeProperty:
    """Writes the package into the assembly, where the CDK takes it as it is, and has it uploaded.

    Not by ``Stack.synthesizer``: of one that several stacks have, Python gets the one that is bound to none of them.
    """
    digest, packed = package()
    path = Path(cast("Stage", Stage.of(scope)).asset_outdir, f"asset.{name_of(digest)}.zip")
    path.write_bytes(packed)
    code = assets.Asset(scope, "Code", path=str(path), asset_hash=digest)
    return functions.CfnFunction.CodeProperty(s3_bucket=code.s3_bucket_name, s3_key=code.s3_object_key)
