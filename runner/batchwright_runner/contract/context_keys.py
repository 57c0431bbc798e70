"""Every key of cdk.json's context: its form, and what it means. Standard library only."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from batchwright_runner.contract.checks import SCHEDULER
from batchwright_runner.contract.settings import (
    ACCOUNT_FORM,
    LIST,
    PROJECT_FORM,
    REGION_FORM,
    TABLE,
    TEXT,
    TEXTS,
    YES_OR_NO,
    Form,
    Key,
)
from batchwright_runner.contract.sizes import KNOWN_SCHEDULERS

_NEAR = 0.8
"""How alike a misspelt key is (difflib's ratio). Another app's ``projectName`` is less alike to ``project``."""


ONE_OR_MORE: Form = {"anyOf": [TEXT, LIST]}
WHOLE: Form = {"type": "integer"}
_SCHEDULER: Form = {"anyOf": [{"enum": [*KNOWN_SCHEDULERS]}, {"type": "string", "pattern": f"^{SCHEDULER.pattern}$"}]}
_SLACK_KEYS: Mapping[str, Key] = {
    "channel": Key(TEXT, "The channel's name, `#batches`, or its id.", needed=True),
    "token": Key(
        TEXT,
        "The secret of Secrets Manager that holds the bot's token, `xoxb-…`: its name or ARN, with `#FIELD` for a "
        "field of a JSON object.",
        needed=True,
    ),
}
_OWNER_KEYS: Mapping[str, Key] = {
    "emails": Key(LIST, "Addresses that get the messages about the owner's batches in place of the stage's."),
    "slack": Key(TEXT, "The Slack channel that gets them in place of the stage's."),
}
ALERTS_KEYS: Mapping[str, Key] = {
    "emails": Key(
        LIST,
        "Addresses that are subscribed to the topic, and to the alarms of what sends. Each has to confirm both.",
    ),
    "slack": Key(TABLE, "A Slack channel, by a bot's token.", keys=_SLACK_KEYS),
    "owners": Key(
        TABLE,
        "Owners that are told in a place of their own, and not in the stage's, by the owner's name.",
        keys=_OWNER_KEYS,
        named=True,
    ),
    "topic": Key(
        TEXT,
        "The ARN of an SNS topic in place of the one that is made, or `ssm:/NAME` of a parameter that holds it.",
    ),
    "lines": Key(WHOLE, "Log lines in a message, 0 to 20. Default: 10."),
    "metrics": Key(YES_OR_NO, "Whether CloudWatch gets the metrics of each run. Default: true."),
}
"""Of the alerts of a stage in ``cdk.json``."""

MACHINES_KEYS: Mapping[str, Key] = {
    "reserved": Key(
        {"type": "integer", "minimum": 1},
        "Calls side by side that the account keeps for the function which the stage's state machines ask. Default: "
        "none.",
    ),
}
"""Of that function in ``cdk.json``."""

STAGE_KEYS: Mapping[str, Key] = {
    "account": Key(ACCOUNT_FORM, "Its account: 12 digits.", needed=True),
    "region": Key(REGION_FORM, "Its region.", needed=True),
    "subnets": Key(
        ONE_OR_MORE,
        "Ids of subnets, or `ssm:/NAME` of an SSM String parameter that holds ids comma-joined.",
        needed=True,
    ),
    "vpc_id": Key(
        TEXT,
        "Id of the VPC, or `ssm:/NAME`. With it, every batch gets a security group of its own, unless "
        "`security_groups` are given. Default: unknown.",
    ),
    "security_groups": Key(
        ONE_OR_MORE,
        "Ids of groups that every batch is in, or `ssm:/NAME`. Default: a group for each batch if the VPC is known, "
        "else the VPC's default group.",
    ),
    "assign_public_ip": Key(YES_OR_NO),
    "cluster": Key(
        TEXT,
        "Name or ARN of an existing cluster, or `ssm:/NAME` of a parameter that holds the name; its capacity providers "
        "must be FARGATE and FARGATE_SPOT. Default: one is made.",
    ),
    "key": Key(
        TEXT,
        "ARN of an existing KMS key, its alias (`alias/…`), or `ssm:/NAME` of a parameter that holds the ARN. Default: "
        "one is made.",
    ),
    "settings": Key(TEXTS),
    "shared_parameters": Key(TEXTS),
    "container_insights": Key({"enum": ["disabled", "enabled", "enhanced"]}),
    "history": Key(YES_OR_NO),
    "deadlines": Key(YES_OR_NO),
    "scheduler": Key(_SCHEDULER),
    "alerts": Key(TABLE, keys=ALERTS_KEYS),
    "alarm_topic": Key(
        TEXT,
        "ARN of the SNS topic, or `ssm:/NAME`, which gets an alarm when a start that a schedule of AWS was to make "
        "failed for too long. Its policy must let CloudWatch publish. Default: the topic of the alerts' alarms; none "
        "in a stage without alerts.",
    ),
    "machines": Key(TABLE, keys=MACHINES_KEYS),
    "runner_image": Key(TEXT),
    "protected": Key(YES_OR_NO),
}
"""Of a stage in ``cdk.json``. All but account and region are arguments of `BatchPlatform`."""

IMAGE_KEYS: Mapping[str, Key] = {
    "repository": Key(TEXT, "Its ECR repository: a name, or a URI in another registry. Default: `{project}/{image}`."),
    "managed": Key(YES_OR_NO, "Whether the app makes the repository. Default: true."),
    "pushed_by": Key(TEXT, "The branch whose CI may push it, `github:ORG/REPO@BRANCH`. Default: no CI."),
}
"""Of an image of the registry in ``cdk.json``."""

_IMAGES: Form = {
    "anyOf": [LIST, {"type": "object", "additionalProperties": {"anyOf": [{"type": ["string", "null"]}, TABLE]}}]
}

REGISTRY_KEYS: Mapping[str, Key] = {
    "account": Key(ACCOUNT_FORM, "The account of the repositories: 12 digits.", needed=True),
    "region": Key(REGION_FORM, "Their region.", needed=True),
    "images": Key(
        _IMAGES,
        "Images of it that no batch here runs, or of which there is more to say: a list of names; or an object of each "
        "image's branch, `null`, or these keys. Default: those that the batches run.",
        keys=IMAGE_KEYS,
        named=True,
    ),
    "managed": Key(YES_OR_NO, "Whether the app makes the repositories. Default: true."),
    "oidc_providers": Key(LIST, "ARNs of the OIDC providers that the account has already. Default: none."),
    "release_roles": Key(LIST, "ARNs of roles that may be assumed to release what was pushed. Default: none."),
    "execution_roles": Key(
        LIST, "ARNs of existing execution roles of other accounts that may pull too. Default: none."
    ),
}
"""Of the registry in ``cdk.json``."""

CONTEXT_KEYS: Mapping[str, Key] = {
    "project": Key(PROJECT_FORM, "The project's name. Default: `batches`."),
    "timezone": Key(
        TEXT,
        "Time zone of schedules that give none and of all times that are shown, by its name in the IANA database. "
        "Default: UTC.",
    ),
    "stages": Key(
        TABLE,
        "The stages, by name. One named `local` is for runs on this machine; it needs none of the keys.",
        needed=True,
        keys=STAGE_KEYS,
        named=True,
    ),
    "registry": Key(
        TABLE,
        "Where the images are. Default: in each stage's account and region, in repositories that something else makes.",
        keys=REGISTRY_KEYS,
    ),
    "stage": Key(TEXT, "The one stage to synthesize, for `cdk deploy -c stage=staging`. Default: all of them."),
}
"""Of the context of ``cdk.json``, which may hold other keys too: the CDK's own, and those of other stacks."""


def misspelt(context: Mapping[str, Any]) -> tuple[str, str] | None:
    """A key of the context that looks like a misspelt one of ours, and the one that was meant. Pure.

    Other keys are the CDK's or another stack's. One that is like a key which the context has is taken for such a key.

    `context`: the context of ``cdk.json``.
    """
    missing = {key for key in CONTEXT_KEYS if key not in context and key != "stage"}
    for key in context:
        near = get_close_matches(key.lower(), missing, 1, _NEAR) if key not in CONTEXT_KEYS else []
        if near:
            return key, near[0]
    return None
