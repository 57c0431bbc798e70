"""The two functions of a stage's alerts: the one that tells people, and the one that only tries whether it would."""

import json

from aws_cdk import aws_lambda as functions
from constructs import Construct

from batchwright.errors import DeclarationError
from batchwright.functions.function import make_function
from batchwright.functions.package import ALERTS
from batchwright.iam.policies import Document
from batchwright_runner.contract.alerting.settings import ENVIRONMENT_LIMIT, VARIABLE, AlertSettings
from batchwright_runner.contract.names import StageNames


def make_alerts_function(
    scope: Construct,
    construct_id: str,
    names: StageNames,
    code: functions.CfnFunction.CodeProperty,
    *,
    test: bool,
    policy: Document,
    settings: str,
) -> functions.CfnFunction:
    """One of the two, its role and its log group."""
    return make_function(
        scope,
        construct_id,
        names,
        code,
        name=names.alerts_test if test else names.alerts,
        role=names.alerts_test if test else names.alerts_role,
        description="Tries whether people would be told" if test else "Tells people of the ends of batch runs",
        handler=f"{ALERTS}.{'handle_test' if test else 'handle'}",
        policy=policy,
        variables={VARIABLE: settings},
    )


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
