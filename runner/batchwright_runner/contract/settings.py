"""Every key of batchwright.toml, and how a key is described; of cdk.json's see `contract.context_keys`. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from batchwright_runner.contract.checks import ACCOUNT, PROJECT, REGION, ROLE
from batchwright_runner.contract.sizes import ARCHITECTURES

Form = Mapping[str, Any]
"""A value's form, as JSON Schema."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a configuration file."""

    form: Form
    # What it is, as a sentence. Empty for an argument of `BatchPlatform`, whose docstring says it.
    meaning: str = ""
    needed: bool = False
    keys: "Mapping[str, Key]" = field(default_factory=dict)
    named: bool = False


TEXT: Form = {"type": "string"}
YES_OR_NO: Form = {"type": "boolean"}
TABLE: Form = {"type": "object"}
TEXTS: Form = {"type": "object", "additionalProperties": {"type": "string"}}
ANY_TABLE: Form = {"type": "object", "additionalProperties": True}
LIST: Form = {"type": "array", "items": {"type": "string"}}
ACCOUNT_FORM: Form = {"type": "string", "pattern": f"^{ACCOUNT.pattern}$"}
REGION_FORM: Form = {"type": "string", "pattern": f"^{REGION.pattern}$"}
PROJECT_FORM: Form = {"type": "string", "pattern": f"^{PROJECT.pattern}$"}
ROLE_FORM: Form = {"type": "string", "pattern": f"^{ROLE.pattern}$"}


_WAY_IN: Mapping[str, Key] = {
    "profile": Key(TEXT, "The profile with the credentials. Default: the AWS SDK's."),
    "role_arn": Key(ROLE_FORM, "The role to assume with these credentials. Default: none."),
}

TOML_STAGE_KEYS: Mapping[str, Key] = {
    "account": Key(ACCOUNT_FORM, "The account that the credentials must be of. Default: what `cdk.json` says."),
    "region": Key(REGION_FORM, "The stage's region. Default: what `cdk.json` says."),
    **_WAY_IN,
}
"""Of a stage in ``batchwright.toml``."""


def _by_stage(keys: Mapping[str, Key]) -> Mapping[str, Key]:
    return {**keys, "stages": Key(TABLE, "The same keys for one stage, by its name.", keys=keys, named=True)}


_MISSED = Key(
    TEXT,
    "When missed runs are looked for, five fields of a crontab, or `never`. Default: eight in the morning.",
)

_RUNDECK: Mapping[str, Key] = {
    "project": Key(TEXT, "The project in Rundeck. Default: none."),
    "group": Key(TEXT, "The group of the jobs; `{project}`, `{stage}` and `{owner}` in it. Default: `{stage}`."),
    "nodes": Key(TEXT, "The filter of the one node that runs the command. Default: the Rundeck server itself."),
    "command": Key(TEXT, "What stands in the place of `batchwright`, `docker run --rm … IMAGE`."),
    "runner_image": Key(TEXT, "The runner's image with its tag, which jobs run, and one job pulls. Default: none."),
    "runner_schedule": Key(TEXT, "When it is pulled, five fields of a crontab. Default: every half hour."),
    "missed_schedule": _MISSED,
    "show_result": Key(YES_OR_NO, "Whether a job shows its result as a table, by log filters. Default: false."),
    "notification": Key(ANY_TABLE, "Whom Rundeck notifies of what, as in its job files. Default: nobody."),
}

_CRON: Mapping[str, Key] = {
    "command": Key(TEXT, "What stands in the place of `batchwright`."),
    "log": Key(TEXT, "The file that gets a batch's log; `{batch}` and `{stage}` in it. Default: cron's mail."),
    "path": Key(TEXT, "Where cron looks for commands. Default: `/usr/local/sbin` to `/bin`."),
    "mailto": Key(TEXT, "Who gets cron's mail. Default: the crontab's user."),
    "missed_schedule": _MISSED,
}

TOML_KEYS: Mapping[str, Key] = {
    "project": Key(PROJECT_FORM, "The project's name. Default: what `cdk.json` says; else `batches`."),
    "architecture": Key(
        {"enum": list(ARCHITECTURES)},
        "The CPU architecture that images are built for. Default: X86_64.",
    ),
    "registry": Key(
        TABLE,
        "Where the images are, and how to get in.",
        keys={
            "account": Key(ACCOUNT_FORM, "The registry's account. Default: what `cdk.json` says, or a deployed batch."),
            "region": Key(REGION_FORM, "Its region. Default: the same."),
            **_WAY_IN,
            "images": Key(
                TEXTS,
                "Image to its ECR repository, a name or a URI. Default: what a deployed batch or `cdk.json` says.",
            ),
        },
    ),
    "stages": Key(TABLE, "The stages, by name.", keys=TOML_STAGE_KEYS, named=True),
    "images": Key(
        TABLE,
        "Images whose source is in another repository, by name. Paths are relative to this file.",
        keys={
            "context": Key(TEXT, "The folder that the image is built from.", needed=True),
            "dockerfile": Key(TEXT, "Its Dockerfile. Default: `Dockerfile` in that folder."),
        },
        named=True,
    ),
    "local": Key(
        TABLE,
        "Of runs on this machine.",
        keys={
            "pause_image": Key(
                TEXT,
                "What holds the network of a task with sidecars in Docker. Default: registry.k8s.io's, by digest.",
            )
        },
    ),
    "rundeck": Key(TABLE, "What exported jobs of Rundeck have in common.", keys=_by_stage(_RUNDECK)),
    "cron": Key(TABLE, "What an exported crontab says.", keys=_by_stage(_CRON)),
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
    "AWS_ACCESS_KEY_ID": "With `AWS_SECRET_ACCESS_KEY`: credentials, in the place of either profile.",
    "AWS_REGION": "The region where no file says it; `AWS_DEFAULT_REGION` after it.",
}
"""This process's variables that the runner reads."""
