"""What a house has before it moves: jobs of Rundeck that call its own wrapper, and the task definitions they share."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.kit.command import Done, call

ACCOUNTS = {"staging": "111111111111", "production": "222222222222"}
REGION = "ap-northeast-1"
WRAPPER = r"run-batch (?P<stage>\S+) (?P<family>\S+) (?P<command>.+)"
FAMILIES = {
    "shop": (512, 1024),
    "shop-large": (2048, 8192),
    "billing": (512, 1024),
    "mailer": (256, 512),
    "search": (1024, 2048),
}


def cdk_json(project: str = "shop", **changes: object) -> dict[str, Any]:
    """A project of two stages."""
    stages = {
        name: {"account": account, "region": REGION, "subnets": ["subnet-1", "subnet-2"], "security_groups": ["sg-1"]}
        for name, account in ACCOUNTS.items()
    }
    context = {"project": project, "timezone": "Asia/Tokyo", "stages": stages, **changes}
    return {"app": "python app.py", "context": context}


def definition(
    family: str, stage: str, *, cpu: int = 512, memory: int = 1024, image: str = "", **changes: object
) -> dict[str, Any]:
    """What ``aws ecs describe-task-definition`` prints of a family of one stage."""
    account, name = ACCOUNTS[stage], f"{stage}-{family}"
    container = {
        "name": "app",
        "image": image or f"333333333333.dkr.ecr.{REGION}.amazonaws.com/acme/{family.partition('-')[0]}:{stage}",
        "cpu": 0,
        "portMappings": [],
        "essential": True,
        "environment": [{"name": "RAILS_ENV", "value": stage}, {"name": "TZ", "value": "Asia/Tokyo"}],
        "mountPoints": [],
        "volumesFrom": [],
        "secrets": [
            {
                "name": "DATABASE_URL",
                "valueFrom": f"arn:aws:ssm:{REGION}:{account}:parameter/acme/{stage}/database_url",
            },
            {"name": "API_KEY", "valueFrom": f"/acme/{stage}/{family}/api_key"},
        ],
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {"awslogs-group": f"/ecs/{name}", "awslogs-region": REGION, "awslogs-stream-prefix": "app"},
        },
        "systemControls": [],
    }
    return {
        "taskDefinition": {
            "taskDefinitionArn": f"arn:aws:ecs:{REGION}:{account}:task-definition/{name}:7",
            "containerDefinitions": [container],
            "family": name,
            "taskRoleArn": f"arn:aws:iam::{account}:role/acme-{stage}-task",
            "executionRoleArn": f"arn:aws:iam::{account}:role/acme-{stage}-exec",
            "networkMode": "awsvpc",
            "revision": 7,
            "volumes": [],
            "status": "ACTIVE",
            "requiresAttributes": [{"name": "ecs.capability.task-eni"}],
            "placementConstraints": [],
            "compatibilities": ["EC2", "FARGATE"],
            "requiresCompatibilities": ["FARGATE"],
            "cpu": str(cpu),
            "memory": str(memory),
            "registeredAt": "2026-05-01T12:00:00+09:00",
            "registeredBy": "arn:aws:sts::222222222222:assumed-role/deploy/ci",
            **changes,
        },
        "tags": [],
    }


def job(name: str, exec_: str, **changes: object) -> dict[str, Any]:
    """A job as Rundeck exports it."""
    uuid = f"{abs(hash_of(name)):08x}-0000-4000-8000-000000000000"
    return {
        "defaultTab": "nodes",
        "description": f"Does what {name} is for.\n\nowner: team-{name[0]}\n",
        "executionEnabled": True,
        "group": "daily",
        "id": uuid,
        "loglevel": "INFO",
        "name": name,
        "nodeFilterEditable": False,
        "plugins": {"ExecutionLifecycle": {}},
        "schedule": {
            "month": "*",
            "time": {"hour": "02", "minute": "30", "seconds": "0"},
            "weekday": {"day": "*"},
            "year": "*",
        },
        "scheduleEnabled": True,
        "sequence": {
            "commands": [{"exec": exec_}],
            "keepgoing": False,
            "pluginConfig": {"WorkflowStrategy": {"node-first": None}},
            "strategy": "node-first",
        },
        "timeZone": "Asia/Tokyo",
        "uuid": uuid,
        **changes,
    }


def hash_of(text: str) -> int:
    """A number of a text, the same in every process."""
    return int.from_bytes(text.encode()[-4:], "big")


def forty_jobs() -> list[dict[str, Any]]:
    """Forty jobs of five task definitions, which call the house's own wrapper; four of them have options."""
    jobs = []
    families = list(FAMILIES)
    for number in range(40):
        family = families[number % len(families)]
        name = f"{family}-task-{number:02}"
        command = (
            f"/opt/batch/bin/run-batch production {family} bundle exec rake {family.replace('-', '_')}:task{number}"
        )
        more: dict[str, object] = {"timeout": "2h"} if number % 4 == 0 else {}
        if number % 10 == 3:
            command += "[${option.date}]"
            more["options"] = [{"name": "date", "description": "The day", "regex": r"\d{4}-\d\d-\d\d"}]
        if number % 7 == 5:
            more["schedule"] = {"crontab": f"0 {number} 4 ? * MON-FRI *"}
        jobs.append(job(name, command, **more))
    return jobs


def write_house(folder: Path, jobs: Sequence[Mapping[str, Any]] | None = None) -> tuple[Path, Path]:
    """Writes jobs and task definitions, and returns where: the file of the jobs, and the folder of the definitions."""
    definitions = folder / "ecs"
    for stage in ACCOUNTS:
        (definitions / stage).mkdir(parents=True)
        for family, (cpu, memory) in FAMILIES.items():
            text = json.dumps(definition(family, stage, cpu=cpu, memory=memory))
            (definitions / stage / f"{family}.json").write_text(text)
    written = folder / "jobs.yaml"
    written.write_text(json.dumps(list(forty_jobs() if jobs is None else jobs)))
    return written, definitions


def write_project(folder: Path, config: Mapping[str, Any] | None = None) -> Path:
    """Writes a project without batches; its cdk.json is that of `cdk_json`, if no other one is given."""
    folder.mkdir()
    (folder / "cdk.json").write_text(json.dumps(config or cdk_json()))
    (folder / "app.py").write_text(
        "from pathlib import Path\n\nfrom batchwright import BatchApp\n\nBatchApp.run(Path(__file__).parent)\n"
    )
    return folder


def move(project: Path, jobs: Sequence[Mapping[str, Any]], *words: str) -> Done:
    """Reads jobs of Rundeck into a project, with the task definitions of the house, beside the project."""
    house = project.parent / f"house-{len(list(project.parent.iterdir()))}"
    house.mkdir()
    file, definitions = write_house(house, jobs)
    flags = ("--task-definitions", str(definitions), "--step", WRAPPER)
    return call(project, "new", "--from", "rundeck", str(file), *flags, *words)
