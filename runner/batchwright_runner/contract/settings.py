"""Every key of cdk.json's context and of batchwright.toml: its form, and what it means. Standard library only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from batchwright_runner.contract.checks import ACCOUNT, PROJECT, REGION
from batchwright_runner.contract.notices.note import KINDS
from batchwright_runner.contract.sizes import ARCHITECTURES, NOBODY, SCHEDULERS

Form = Mapping[str, Any]
"""A value's form, as JSON Schema."""

_NEAR = 0.8
"""How alike a misspelt key is (difflib's ratio). Another app's ``projectName`` is less alike to ``project``."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a configuration file.

    Attributes:
        form: What its value looks like.
        meaning: What it is, as a sentence. Empty for an argument of `BatchPlatform`, whose docstring says it.
        needed: Whether its table must have it.
        keys: The keys of its table, where it is one.
        named: Whether its table has any names, with a table of `keys` for each.
    """

    form: Form
    meaning: str = ""
    needed: bool = False
    keys: "Mapping[str, Key]" = field(default_factory=dict)
    named: bool = False


_TEXT: Form = {"type": "string"}
_YES_OR_NO: Form = {"type": "boolean"}
_TABLE: Form = {"type": "object"}
_TEXTS: Form = {"type": "object", "additionalProperties": {"type": "string"}}
_ANY_TABLE: Form = {"type": "object", "additionalProperties": True}
_LIST: Form = {"type": "array", "items": {"type": "string"}}
_ONE_OR_MORE: Form = {"anyOf": [_TEXT, _LIST]}
_ACCOUNT: Form = {"type": "string", "pattern": f"^{ACCOUNT.pattern}$"}
_REGION: Form = {"type": "string", "pattern": f"^{REGION.pattern}$"}
_PROJECT: Form = {"type": "string", "pattern": f"^{PROJECT.pattern}$"}

_WHOLE: Form = {"type": "integer"}
_MADE_OR_GIVEN: Form = {"anyOf": [_TEXT, _YES_OR_NO]}

_KINDS = Key(
    {"type": "array", "items": {"enum": [*KINDS]}, "minItems": 1},
    f"What is sent there: some of {', '.join(f'`{kind}`' for kind in KINDS)}. Default: all.",
)
_SLACK_KEYS: Mapping[str, Key] = {
    "channel": Key(_TEXT, "The channel's name, `#batches`, or its id.", needed=True),
    "token": Key(
        _TEXT,
        "The secret of Secrets Manager that holds the bot's token, `xoxb-…`: its name or ARN, with `#FIELD` for a "
        "field of a JSON object.",
        needed=True,
    ),
    "kinds": _KINDS,
}
_DATADOG_KEYS: Mapping[str, Key] = {
    "api_key": Key(_TEXT, "The secret that holds the API key, as for `slack.token`.", needed=True),
    "site": Key(_TEXT, "Datadog's site. Default: `datadoghq.com`."),
    "kinds": _KINDS,
}
_OWNER_KEYS: Mapping[str, Key] = {
    "channel": Key(_TEXT, "The Slack channel. Default: the stage's."),
    "emails": Key(_LIST, "Addresses in place of the stage's. Default: the stage's."),
    "kinds": Key(_KINDS.form, "What is sent. Default: as the stage's channels say."),
}
ALERTS_KEYS: Mapping[str, Key] = {
    "topic": Key(
        _MADE_OR_GIVEN,
        "`true` for an SNS topic that is made; or the ARN of one, or `ssm:/NAME` of a parameter that holds it.",
    ),
    "emails": Key(
        _LIST,
        "Addresses that are subscribed to the topic that is made, and to the alarms of what sends. Each of them has to "
        "confirm both.",
    ),
    "key": Key(
        _TEXT,
        "ARN or alias of the KMS key that a given topic is encrypted with, or `ssm:/NAME` of a parameter that holds "
        "the ARN. Default: none, or SNS's own.",
    ),
    "kinds": Key(_KINDS.form, "What is published to the topic. Default: all."),
    "slack": Key(_TABLE, "A Slack channel, by a bot's token.", keys=_SLACK_KEYS),
    "datadog": Key(_TABLE, "Events and metrics in Datadog.", keys=_DATADOG_KEYS),
    "owners": Key(
        _TABLE,
        "Who gets the messages about an owner's batches, by the owner's name. A batch's own channel comes before it.",
        keys=_OWNER_KEYS,
        named=True,
    ),
    "lines": Key(_WHOLE, "Log lines in a message, 0 to 20. Default: 10."),
    "metrics": Key(_YES_OR_NO, "Whether CloudWatch gets the metrics of each run. Default: true."),
    "stopped": Key(
        _YES_OR_NO,
        "Whether it is told that a signal stopped a runner while no person sat at it. Default: true.",
    ),
}
"""Of the alerts of a stage in ``cdk.json``."""

STAGE_KEYS: Mapping[str, Key] = {
    "account": Key(_ACCOUNT, "Its account: 12 digits.", needed=True),
    "region": Key(_REGION, "Its region.", needed=True),
    "subnets": Key(_ONE_OR_MORE, needed=True),
    "vpc_id": Key(_TEXT),
    "security_groups": Key(_ONE_OR_MORE),
    "assign_public_ip": Key(_YES_OR_NO),
    "cluster": Key(_TEXT),
    "key": Key(_TEXT),
    "settings": Key(_TEXTS),
    "shared_parameters": Key(_TEXTS),
    "container_insights": Key({"enum": ["disabled", "enabled", "enhanced"]}),
    "history": Key(_YES_OR_NO),
    "deadlines": Key(_YES_OR_NO),
    "scheduler": Key({"enum": [*SCHEDULERS, NOBODY]}),
    "alerts": Key(_TABLE, keys=ALERTS_KEYS),
    "runner_image": Key(_TEXT),
    "protected": Key(_YES_OR_NO),
}
"""Of a stage in ``cdk.json``. All but account and region are arguments of `BatchPlatform`."""

IMAGE_KEYS: Mapping[str, Key] = {
    "repository": Key(_TEXT, "Its ECR repository: a name, or a URI in another registry. Default: `{project}/{image}`."),
    "managed": Key(_YES_OR_NO, "Whether the app makes the repository. Default: true."),
    "pushed_by": Key(_TEXT, "The branch whose CI may push it, `github:ORG/REPO@BRANCH`. Default: no CI."),
}
"""Of an image of the registry in ``cdk.json``."""

_IMAGES: Form = {
    "anyOf": [_LIST, {"type": "object", "additionalProperties": {"anyOf": [{"type": ["string", "null"]}, _TABLE]}}]
}

REGISTRY_KEYS: Mapping[str, Key] = {
    "account": Key(_ACCOUNT, "The account of the repositories: 12 digits.", needed=True),
    "region": Key(_REGION, "Their region.", needed=True),
    "images": Key(
        _IMAGES,
        "Images of it that no batch here runs, or of which there is more to say: a list of names; or an object of each "
        "image's branch, `null`, or these keys. Default: those that the batches run.",
        keys=IMAGE_KEYS,
        named=True,
    ),
    "managed": Key(_YES_OR_NO, "Whether the app makes the repositories. Default: true."),
    "oidc_providers": Key(_LIST, "ARNs of the OIDC providers that the account has already. Default: none."),
    "release_roles": Key(_LIST, "ARNs of roles that may be assumed to release what was pushed. Default: none."),
    "execution_roles": Key(
        _LIST, "ARNs of existing execution roles of other accounts that may pull too. Default: none."
    ),
}
"""Of the registry in ``cdk.json``."""

CONTEXT_KEYS: Mapping[str, Key] = {
    "project": Key(_PROJECT, "The project's name. Default: `batches`."),
    "timezone": Key(_TEXT, "Time zone of schedules that give none, by its name in the IANA database. Default: UTC."),
    "stages": Key(
        _TABLE,
        "The stages, by name. One named `local` is for runs on this machine; it needs none of the keys.",
        needed=True,
        keys=STAGE_KEYS,
        named=True,
    ),
    "registry": Key(
        _TABLE,
        "Where the images are. Default: in each stage's account and region, in repositories that something else makes.",
        keys=REGISTRY_KEYS,
    ),
    "stage": Key(_TEXT, "The one stage to synthesize, for `cdk deploy -c stage=staging`. Default: all of them."),
}
"""Of the context of ``cdk.json``, which may hold other keys too: the CDK's own, and those of other stacks."""

_WAY_IN: Mapping[str, Key] = {
    "profile": Key(_TEXT, "The profile with the credentials. Default: the AWS SDK's."),
    "role_arn": Key(_TEXT, "The role to assume with these credentials. Default: none."),
}

TOML_STAGE_KEYS: Mapping[str, Key] = {
    "account": Key(_ACCOUNT, "The account that the credentials must be of. Default: what `cdk.json` says."),
    "region": Key(_REGION, "The stage's region. Default: what `cdk.json` says."),
    **_WAY_IN,
}
"""Of a stage in ``batchwright.toml``."""


def _by_stage(keys: Mapping[str, Key]) -> Mapping[str, Key]:
    return {**keys, "stages": Key(_TABLE, "The same keys for one stage, by its name.", keys=keys, named=True)}


_MISSED = Key(
    _TEXT,
    "When missed runs are looked for, five fields of a crontab, or `never`. Default: eight in the morning.",
)

_RUNDECK: Mapping[str, Key] = {
    "project": Key(_TEXT, "The project in Rundeck. Default: not said."),
    "group": Key(_TEXT, "The group of the jobs; `{project}`, `{stage}` and `{owner}` in it. Default: `{stage}`."),
    "nodes": Key(_TEXT, "The filter of the one node that runs the command. Default: the Rundeck server itself."),
    "command": Key(_TEXT, "What stands in the place of `batchwright`, `docker run --rm … IMAGE`."),
    "runner_image": Key(_TEXT, "The runner's image with its tag, which jobs run, and one job pulls. Default: none."),
    "runner_schedule": Key(_TEXT, "When it is pulled, five fields of a crontab. Default: every half hour."),
    "missed_schedule": _MISSED,
    "show_result": Key(_YES_OR_NO, "Whether a job shows its result as a table, by log filters. Default: false."),
    "notification": Key(_ANY_TABLE, "Whom Rundeck notifies of what, as in its job files. Default: nobody."),
}

_CRON: Mapping[str, Key] = {
    "command": Key(_TEXT, "What stands in the place of `batchwright`."),
    "log": Key(_TEXT, "The file that gets a batch's log; `{batch}` and `{stage}` in it. Default: cron's mail."),
    "path": Key(_TEXT, "Where cron looks for commands. Default: `/usr/local/sbin` to `/bin`."),
    "mailto": Key(_TEXT, "Who gets cron's mail. Default: the crontab's user."),
    "missed_schedule": _MISSED,
}

_SYSTEMD: Mapping[str, Key] = {
    "command": Key(_TEXT, "What stands in the place of `batchwright`."),
    "user": Key(_TEXT, "The user that the services run as. Default: the manager's own."),
    "missed_schedule": _MISSED,
}

_ASSUMED = Key(_TEXT, "ARN of the role that a job assumes by OpenID Connect, with the rights of `grant_run`.")

_GITHUB: Mapping[str, Key] = {
    "role": _ASSUMED,
    "runs_on": Key(_TEXT, "The label of the machine. Default: `ubuntu-24.04`."),
    "install": Key(_TEXT, "The command that installs the runner. Default: `pipx install batchwright`."),
    "missed_schedule": _MISSED,
}

TOML_KEYS: Mapping[str, Key] = {
    "project": Key(_PROJECT, "The project's name. Default: what `cdk.json` says; else `batches`."),
    "architecture": Key(
        {"enum": list(ARCHITECTURES)},
        "The CPU architecture that images are built for where no declaration says it. Default: X86_64.",
    ),
    "registry": Key(
        _TABLE,
        "Where the images are, and how to get in.",
        keys={
            "account": Key(_ACCOUNT, "The registry's account. Default: what `cdk.json` says, or a deployed batch."),
            "region": Key(_REGION, "Its region. Default: the same."),
            **_WAY_IN,
            "images": Key(
                _TEXTS,
                "Image to its ECR repository, a name or a URI. Default: what a deployed batch or `cdk.json` says.",
            ),
        },
    ),
    "stages": Key(_TABLE, "The stages, by name.", keys=TOML_STAGE_KEYS, named=True),
    "images": Key(
        _TABLE,
        "Images whose source is in another repository, by name. Paths are relative to this file.",
        keys={
            "context": Key(_TEXT, "The folder that the image is built from.", needed=True),
            "dockerfile": Key(_TEXT, "Its Dockerfile. Default: `Dockerfile` in that folder."),
        },
        named=True,
    ),
    "rundeck": Key(_TABLE, "What exported jobs of Rundeck have in common.", keys=_by_stage(_RUNDECK)),
    "cron": Key(_TABLE, "What an exported crontab says.", keys=_by_stage(_CRON)),
    "systemd": Key(_TABLE, "What exported units have in common.", keys=_by_stage(_SYSTEMD)),
    "github-actions": Key(_TABLE, "What exported workflows have in common.", keys=_by_stage(_GITHUB)),
}
"""Of ``batchwright.toml``."""


VARIABLES: Mapping[str, str] = {
    "BATCHWRIGHT_STAGE": "The stage, as `-s`.",
    "BATCHWRIGHT_PROJECT": "The project.",
    "BATCHWRIGHT_REGISTRY": "The registry's host, `ACCOUNT.dkr.ecr.REGION.amazonaws.com`.",
    "BATCHWRIGHT_CONFIG": "The `batchwright.toml` to read, and no other.",
    "BATCHWRIGHT_TRUST": "Folders, joined by `:`, whose files are used though others can have written them; `*`: all.",
    "BATCHWRIGHT_ARCHITECTURE": "The CPU architecture that images are built for: X86_64 or ARM64.",
    "BATCHWRIGHT_BACKEND": "What a local run runs in, as `--backend`.",
    "BATCHWRIGHT_ENGINE": "What builds and pushes images: `docker` or `podman`. Default: Docker, or else Podman.",
    "BATCHWRIGHT_DEBUG": "If set, whole tracebacks and all that a synthesis prints.",
    "AWS_PROFILE": "The profile, in the place of `profile` in `batchwright.toml`.",
    "AWS_ACCESS_KEY_ID": "With `AWS_SECRET_ACCESS_KEY`: credentials, in the place of that profile.",
    "AWS_REGION": "The region where no file says it; `AWS_DEFAULT_REGION` after it.",
}
"""This process's variables that the runner reads."""


def misspelt(context: Mapping[str, Any]) -> tuple[str, str] | None:
    """A key of the context that looks like a misspelt one of ours, and the one that was meant. Pure.

    Other keys are the CDK's or another stack's. One that is like a key which the context has is taken for such a key.

    Args:
        context: The context of ``cdk.json``.
    """
    missing = {key for key in CONTEXT_KEYS if key not in context and key != "stage"}
    for key in context:
        near = get_close_matches(key.lower(), missing, 1, _NEAR) if key not in CONTEXT_KEYS else []
        if near:
            return key, near[0]
    return None
