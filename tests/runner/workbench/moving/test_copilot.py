"""Manifests of Copilot, read: all fields, and six that are shaped as ones that people publish."""

import pytest

from batchwright_runner.contract.schedules.schedule import CronSchedule
from batchwright_runner.workbench.moving.copilot import read_manifest
from batchwright_runner.workbench.moving.jobs import Definition, ForeignJob, Reading

STAGES = ["test", "production"]
HEAD = "name: report\ntype: Scheduled Job\nimage: {build: ./Dockerfile}\n"


def read(text: str) -> Reading:
    return read_manifest(text, "manifest.yml", "shop", STAGES)


def of(text: str, stage: str = "production") -> tuple[ForeignJob, Definition]:
    reading = read(text)
    assert not reading.unwritable, [str(error) for error in reading.unwritable]
    jobs = {job.step.stage: job for job in reading.jobs}
    definitions = {definition.stage: definition for definition in reading.definitions}
    return jobs[stage], definitions[stage]


def todos(text: str) -> dict[str, str]:
    return {todo.field: todo.text for todo in of(text)[0].todos}


EVERYTHING = """
name: report
type: Scheduled Job
on: {schedule: "cron(15 10 ? * MON-FRI *)"}
image:
  location: 111111111111.dkr.ecr.us-east-1.amazonaws.com/web:latest
  depends_on: {agent: healthy}
entrypoint: "/bin/entry --p1"
command: ["python", "-m", "report"]
cpu: 1024
memory: 2048
platform: linux/arm64
timeout: 1h30m
network: {vpc: {placement: private, security_groups: [sg-1, sg-2]}}
variables: {LEVEL: info, PORT: 8080, FLAG: true}
secrets:
  KEY: /shop/${COPILOT_ENVIRONMENT_NAME}/${COPILOT_APPLICATION_NAME}/key
  DB: {secretsmanager: "shop/db:password::"}
storage:
  ephemeral: 100
  readonly_fs: true
  volumes:
    scratch: {path: /data, read_only: false}
    exports: {path: /exports, efs: {id: fs-12345678, auth: {access_point_id: fsap-12345678}}}
sidecars:
  agent:
    image: {location: "agent:1"}
    essential: false
    command: run it
    variables: {A: b}
    secrets: {KEY: /shop/agent}
    mount_points: [{source_volume: scratch, path: /data}]
logging: {retention: 14}
environments:
  prod: {cpu: 2048, memory: 4096, variables: {LEVEL: warn}, on: {schedule: "@every 2h"}}
"""


def test_all_fields_become_a_job_and_a_task_definition() -> None:
    job, definition = of(EVERYTHING, "test")
    main, agent = definition.containers

    assert job.schedule == CronSchedule.from_cron("15 10 * * MON-FRI", "UTC")
    assert (job.timeout, job.scheduler, job.todos) == (5400, "nobody", ())
    assert job.step.security_groups == ("sg-1", "sg-2")
    assert main["image"] == "111111111111.dkr.ecr.us-east-1.amazonaws.com/web:latest"
    assert (main["entryPoint"], main["command"]) == (["/bin/entry", "--p1"], ["python", "-m", "report"])
    assert main["environment"] == [
        {"name": "LEVEL", "value": "info"},
        {"name": "PORT", "value": "8080"},
        {"name": "FLAG", "value": "true"},
    ]
    assert main["secrets"] == [
        {"name": "KEY", "valueFrom": "/shop/test/shop/key"},
        {"name": "DB", "valueFrom": "secretsmanager:shop/db:password::"},
    ]
    assert main["mountPoints"] == [
        {"sourceVolume": "scratch", "containerPath": "/data", "readOnly": False},
        {"sourceVolume": "exports", "containerPath": "/exports", "readOnly": True},
    ]
    assert definition.data["volumes"][1]["efsVolumeConfiguration"]["fileSystemId"] == "fs-12345678"
    assert main["dependsOn"] == [{"containerName": "agent", "condition": "HEALTHY"}]
    assert (agent["essential"], agent["command"]) == (False, ["run", "it"])
    data = definition.data
    assert (data["cpu"], data["memory"], data["ephemeralStorage"]) == ("1024", "2048", {"sizeInGiB": "100"})
    assert (data["runtimePlatform"], data["logRetention"]) == ({"cpuArchitecture": "ARM64"}, "14")


def test_an_environment_says_otherwise_in_the_stage_that_it_is() -> None:
    job, definition = of(EVERYTHING)

    assert job.schedule == CronSchedule.from_cron("0 */2 * * *", "UTC")
    assert [(todo.field, todo.text) for todo in job.todos] == [("on.schedule", "@every 2h")]
    assert definition.data["cpu"] == "2048"
    assert definition.containers[0]["environment"][0] == {"name": "LEVEL", "value": "warn"}
    assert definition.containers[0]["environment"][1] == {"name": "PORT", "value": "8080"}
    assert definition.containers[0]["secrets"][0]["valueFrom"] == "/shop/prod/shop/key"


def test_what_a_declaration_cannot_say_is_left() -> None:
    assert todos(
        HEAD
        + """
retries: 3
env_file: log.env
publish: {topics: [{name: done}]}
taskdef_overrides: [{path: a, value: b}]
exec: true
variables: {TOPIC: {from_cfn: x}}
secrets: {A: {from_cfn: y}}
storage: {volumes: {e: {path: /e, efs: true}}}
logging: {destination: {Name: x}}
sidecars: {a: {image: {build: x}}, b: {image: "b:${TAG}"}}
environments: {sandbox: {cpu: 512}}
network: {vpc: {placement: {subnets: [subnet-1]}}}
"""
    ) == {
        "retries": "3",
        "env_file": "log.env",
        "publish": '{"topics": [{"name": "done"}]}',
        "taskdef_overrides": '[{"path": "a", "value": "b"}]',
        "variables.TOPIC": '{"from_cfn": "x"}',
        "secrets.A": '{"from_cfn": "y"}',
        "storage.volumes.e": '{"path": "/e", "efs": "true"}',
        "logging.destination": '{"Name": "x"}',
        "sidecars.a": '{"image": {"build": "x"}}',
        "sidecars.b": '{"image": "b:${TAG}"}',
        "environments.sandbox": '{"cpu": "512"}',
        "network.vpc.placement": '{"subnets": ["subnet-1"]}',
    }


@pytest.mark.parametrize(
    ("build", "push"),
    [
        ("./Dockerfile", ". -f ./Dockerfile"),
        ("jobs/report/Dockerfile", "jobs/report -f jobs/report/Dockerfile"),
        ("{dockerfile: jobs/Dockerfile, context: .}", ". -f jobs/Dockerfile"),
        ("{context: jobs}", "jobs -f Dockerfile"),
        ("./${COPILOT_APPLICATION_NAME}/Dockerfile", "./shop -f ./shop/Dockerfile"),
    ],
)
def test_what_copilot_built_is_pushed(build: str, push: str) -> None:
    reading = read(f"name: report\ntype: Scheduled Job\nimage:\n  build: {build}\n")
    assert reading.notes == [f"to build: batchwright image push report {push}"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "name: a\ntype: Backend Service\n",
            "manifest.yml:2: type: 'Backend Service' was given; allowed: Scheduled Job",
        ),
        ("- a\n", "manifest.yml:1: it is not a manifest of Copilot: it has no type"),
        ("type: Scheduled Job\n", "manifest.yml:1: name: the job has none"),
        (HEAD + 'command: "it\'s"\n', 'manifest.yml:1: "it\'s" cannot be read as a command: no closing quotation'),
        (HEAD + "on:\n  schedule: '@every 7m'\n", "manifest.yml:5: on.schedule: '@every 7m'"),
        (HEAD + "on:\n  schedule: 0 0 30 2 *\n", "manifest.yml:5: on.schedule: '0 0 30 2 *': it is never due"),
        (HEAD + "on: daily\n", "manifest.yml:4: on: a text was given; a mapping is expected"),
        ("name: [\n", "it is not YAML"),
    ],
)
def test_a_manifest_that_cannot_be_written(text: str, why: str) -> None:
    reading = read(text)

    assert not reading.jobs
    assert str(reading.unwritable[0]).startswith(why) or why in str(reading.unwritable[0])


def test_a_security_group_of_another_stack_is_left() -> None:
    job, _ = of(HEAD + "network: {vpc: {security_groups: [sg-1, {from_cfn: shop-db}]}}\n")

    assert job.step.security_groups == ("sg-1",)
    assert [(todo.field, todo.text) for todo in job.todos] == [
        ("network.vpc.security_groups", '["sg-1", {"from_cfn": "shop-db"}]')
    ]


def test_a_macro_without_quotes_is_read_as_copilots_pages_write_it() -> None:
    assert of(HEAD + "on:\n  schedule: @daily # at midnight\n")[0].schedule == CronSchedule.from_cron("@daily", "UTC")


def test_an_image_is_built_or_has_a_location_and_the_environments_own_counts() -> None:
    located, built = "image: {location: 'web:1'}", "image: {build: ./Dockerfile}"
    head = "name: report\ntype: Scheduled Job\n"

    first = f"{head}{located}\nenvironments:\n  prod:\n    {built}\n"
    assert of(first, "test")[1].containers[0]["image"] == "web:1"
    assert of(first)[1].containers[0]["image"] == "project:report"
    assert read(first).notes == ["to build: batchwright image push report . -f ./Dockerfile"]
    second = f"{head}{built}\nenvironments:\n  prod:\n    {located}\n"
    assert of(second, "test")[1].containers[0]["image"] == "project:report"
    assert of(second)[1].containers[0]["image"] == "web:1"
    manifest = f"{head}{built}\nenvironments:\n  prod:\n    image: {{build: prod/Dockerfile}}\n"
    assert todos(manifest) == {"environments.prod.image.build": "prod/Dockerfile"}
    keys = f"{head}{located}\nvariables: {{build: a}}\nenvironments: {{prod: {{variables: {{location: b}}}}}}\n"
    assert [variable["name"] for variable in of(keys)[1].containers[0]["environment"]] == ["build", "location"]


def test_what_image_push_does_not_know_of_a_build_is_left() -> None:
    build = "{dockerfile: Dockerfile, context: ., target: batch, args: {RAILS_ENV: production}, cache_from: [a]}"
    manifest = HEAD.replace("./Dockerfile", build)

    assert todos(manifest) == {
        "image.build.target": "batch",
        "image.build.args": '{"RAILS_ENV": "production"}',
        "image.build.cache_from": '["a"]',
    }
    advice = "image push has no such option: write it into the Dockerfile"
    assert {todo.advice for todo in of(manifest)[0].todos} == {advice}


def test_what_copilot_logs_elsewhere_is_left() -> None:
    (todo,) = of(HEAD + "logging: {retention: 30, destination: {Name: datadog}}\n")[0].todos

    assert (todo.field, todo.advice) == ("logging.destination", "logs go to CloudWatch")


FILLED = """name: report
type: Scheduled Job
image: {location: "web:${COPILOT_ENVIRONMENT_NAME}"}
entrypoint: [/e, "${COPILOT_APPLICATION_NAME}"]
command: run ${COPILOT_ENVIRONMENT_NAME}
variables: {Q: "a ${COPILOT_ENVIRONMENT_NAME} b"}
storage: {volumes: {e: {path: "/${COPILOT_ENVIRONMENT_NAME}", efs: {id: fs-1}}}}
network: {vpc: {security_groups: ["sg-${COPILOT_ENVIRONMENT_NAME}"]}}
sidecars:
  a:
    image: a:${COPILOT_ENVIRONMENT_NAME}
    command: run ${COPILOT_ENVIRONMENT_NAME}
    variables: {Q: "${COPILOT_ENVIRONMENT_NAME}"}
    mount_points: [{source_volume: e, path: "/${COPILOT_ENVIRONMENT_NAME}"}]
environments: {prod: {cpu: 512}}
"""


def test_copilots_own_names_are_filled_in_everywhere() -> None:
    job, definition = of(FILLED)
    main, sidecar = definition.containers

    assert (main["image"], main["entryPoint"], main["command"]) == ("web:prod", ["/e", "shop"], ["run", "prod"])
    assert main["environment"] == [{"name": "Q", "value": "a prod b"}]
    assert main["mountPoints"] == [{"sourceVolume": "e", "containerPath": "/prod", "readOnly": True}]
    assert job.step.security_groups == ("sg-prod",)
    assert (sidecar["image"], sidecar["command"]) == ("a:prod", ["run", "prod"])
    assert sidecar["environment"] == [{"name": "Q", "value": "prod"}]
    assert sidecar["mountPoints"] == [{"sourceVolume": "e", "containerPath": "/prod", "readOnly": True}]
    assert job.todos == ()


@pytest.mark.parametrize(
    ("text", "field", "text_left"),
    [
        ("image: {location: 'acme/report:${TAG}'}", "image.location", "acme/report:${TAG}"),
        ("variables: {A: 'a-${TAG}'}", "variables.A", "a-${TAG}"),
        ("command: run ${TAG}", "command", "run ${TAG}"),
        ("entrypoint: [run, '${TAG}']", "entrypoint", '["run", "${TAG}"]'),
        ("cpu: ${CPU}", "cpu", "${CPU}"),
        ("env_file: ${FILE}", "env_file", "${FILE}"),
        ("secrets: {A: '/${TEAM}/a'}", "secrets.A", "/${TEAM}/a"),
        ("network: {vpc: {security_groups: '${GROUPS}'}}", "network.vpc.security_groups", "${GROUPS}"),
        (
            "sidecars: {a: {image: a, variables: {A: '${TAG}'}}}",
            "sidecars.a.variables.A",
            "${TAG}",
        ),
    ],
)
def test_what_copilot_took_from_a_shell_is_left(text: str, field: str, text_left: str) -> None:
    head = "name: report\ntype: Scheduled Job\n"
    job, definition = of(head + text)

    assert [(todo.field, todo.text) for todo in job.todos] == [(field, text_left)]
    assert "${" not in str(
        [[container["image"], container["environment"], container["secrets"]] for container in definition.containers]
    )


def test_who_may_only_read_a_volume_is_what_the_manifest_says() -> None:
    _, definition = of(
        HEAD
        + """
storage: {volumes: {a: {path: /a}, b: {path: /b, read_only: true}, e: {path: /e, efs: {id: fs-1}}}}
sidecars:
  s:
    image: s
    mount_points:
      - {source_volume: a, path: /a}
      - {source_volume: b, path: /b, read_only: true}
      - {source_volume: e, path: /e}
      - {source_volume: e, path: /w, read_only: false}
"""
    )

    main, sidecar = ([mount["readOnly"] for mount in container["mountPoints"]] for container in definition.containers)
    assert (main, sidecar) == ([False, True, True], [False, True, True, False])


# Six as people publish them, in shape (aws/copilot-cli #2962, #3838, #5013, three tutorials; read 2026-11): by
# environment; switched off; the image of a service; a rate with retries; a load test; a key that Copilot passes over.

BY_ENVIRONMENT = (
    HEAD + "environments:\n  test:\n    on: {schedule: none}\n  prod:\n    on:\n      schedule: '24 6 * * *'\n"
)
OFF = HEAD + 'cpu: 256\nmemory: 512\non:\n  schedule: "none"\n'
SHARED = """name: clear-sessions
type: Scheduled Job
on: {schedule: "@daily"}
image: {location: 111111111111.dkr.ecr.eu-west-2.amazonaws.com/web:tag}
command: python manage.py clearsessions
secrets:
  KEY: /copilot/${COPILOT_APPLICATION_NAME}/${COPILOT_ENVIRONMENT_NAME}/secrets/KEY
"""
POLLER = HEAD + 'on:\n  schedule: "@every 3m"\nretries: 3\ntimeout: 1h\n'
LOAD = (
    HEAD + "on:\n  schedule: \"@yearly\"\ncommand:\n  -c 100 -n 10000 -d='this is a test string' http://example.com\n"
)
PRICES = """name: prices
type: Scheduled Job
on: {schedule: "0 9 * * TUE-SAT"}
image: {command: ["python", "run.py"]}
retries: 2
"""


@pytest.mark.parametrize(
    ("text", "schedule", "fields"),
    [
        (BY_ENVIRONMENT, "24 6 * * *", set()),
        (OFF, "", set()),
        (SHARED, "@daily", set()),
        (POLLER, "*/3 * * * *", {"retries"}),
        (LOAD, "@yearly", set()),
        (PRICES, "0 9 * * TUE-SAT", {"retries", "image.command"}),
    ],
)
def test_manifests_as_people_publish_them(text: str, schedule: str, fields: set[str]) -> None:
    job, _ = of(text)

    assert job.schedule == (CronSchedule.from_cron(schedule, "UTC") if schedule else None)
    assert {todo.field for todo in job.todos} == fields


def test_one_stage_may_be_off_and_a_command_in_one_text_is_split_as_a_shell_does() -> None:
    assert of(BY_ENVIRONMENT, "test")[0].schedule is None
    assert of(LOAD)[1].containers[0]["command"][:5] == ["-c", "100", "-n", "10000", "-d=this is a test string"]
