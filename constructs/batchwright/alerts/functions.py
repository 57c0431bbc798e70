"""The two functions of a stage's alerts: the one that tells people, and the one that only tries whether it would."""

import json
from pathlib import Path
from typing import cast

from aws_cdk import RemovalPolicy, Stage
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as functions
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from batchwright.alerts.package import HANDLER, name_of, package
from batchwright.errors import DeclarationError
from batchwright.iam.alert_policies import function_trust
from batchwright.iam.policies import Document
from batchwright.order import put_after
from batchwright_runner.contract.alerting.settings import ENVIRONMENT_LIMIT, VARIABLE, AlertSettings
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
    test: bool,
    policy: Document,
    settings: str,
) -> functions.CfnFunction:
    """A function, its role and its log group, whose ids begin with the function's."""
    name = names.alerts_test if test else names.alerts
    role = iam.CfnRole(
        scope,
        f"{construct_id}Role",
        role_name=names.alerts_test if test else names.alerts_role,
        path=names.role_path,
        assume_role_policy_document=function_trust(),
        policies=[{"policyName": "batchwright", "policyDocument": policy}],
    )
    group = logs.CfnLogGroup(
        scope, f"{construct_id}Log", log_group_name=f"/aws/lambda/{name}", retention_in_days=LOG_DAYS
    )
    group.apply_removal_policy(RemovalPolicy.DESTROY)
    function = functions.CfnFunction(
        scope,
        construct_id,
        function_name=name,
        description="Tries whether people would be told" if test else "Tells people of the ends of batch runs",
        runtime=RUNTIME,
        architectures=["x86_64"],  # which every region has
        handler=f"{HANDLER}.{'handle_test' if test else 'handle'}",
        code=code,
        role=role.attr_arn,
        memory_size=MEMORY,
        timeout=SECONDS,
        environment={"variables": {VARIABLE: settings}},
    )
    put_after(function, group)
    return function


def environment(subject: str, settings: AlertSettings) -> str:
    """The settings of the functions, as JSON."""
    text = json.dumps(settings.to_dict(), separators=(",", ":"))
    size = len(VARIABLE) + len(text)
    if size > ENVIRONMENT_LIMIT:
        problem = (
            f"the channels of {len(settings.owners)} owners, and all else that the alerts function is told, take "
            f"{size} bytes; allowed: {ENVIRONMENT_LIMIT}, as Lambda takes no more"
        )
        remedy = "give fewer owners a channel or kinds of their own; a batch may say its channel itself"
        raise DeclarationError(subject, "alerts.owners", problem, remedy=remedy)
    return text


def make_code(scope: Construct) -> functions.CfnFunction.CodeProperty:
    """Writes the package into the assembly, where the CDK takes it as it is, and has it uploaded.

    Not by ``Stack.synthesizer``: of one that several stacks have, Python gets the one that is bound to none of them.
    """
    digest, packed = package()
    path = Path(cast("Stage", Stage.of(scope)).asset_outdir, f"asset.{name_of(digest)}.zip")
    path.write_bytes(packed)
    code = assets.Asset(scope, "Code", path=str(path), asset_hash=digest)
    return functions.CfnFunction.CodeProperty(s3_bucket=code.s3_bucket_name, s3_key=code.s3_object_key)
