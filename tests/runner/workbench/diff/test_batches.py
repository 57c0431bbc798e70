"""The changes of a batch: a table of changes, each with its sentence, its effect, and what it is for --fail-on."""

import copy
from typing import Any

import pytest

from batchwright_runner.contract.batch_file import UNKNOWN_GROUP, UNKNOWN_SUBNET
from batchwright_runner.host.cost.cost import NOT_IN_IT, SPOT_MOVES
from batchwright_runner.host.cost.prices import PRICES
from batchwright_runner.workbench.diff.change import Topic, When
from batchwright_runner.workbench.diff.page import summary
from batchwright_runner.workbench.diff.read import Assembly
from tests.runner.workbench.diff.support import assembly, batch_file, batches, changes, grant, put

MAIN = "task/containerDefinitions/0"
SSM = "arn:aws:ssm:ap-northeast-1:111111111111:parameter"
BUCKET = "arn:aws:s3:::sales/*"
OPTION = {"name": "DAY"}
PRICE = PRICES["ap-northeast-1", "X86_64"]
TABLE = f"Fargate's list price of {PRICE.date}; {NOT_IN_IT}"


def decrypt(*names: str) -> dict[str, Any]:
    """A grant to decrypt values of the stage, by their paths."""
    context = {"kms:EncryptionContext:PARAMETER_ARN": [f"{SSM}/batches/staging/{name}" for name in names]}
    return grant("kms:Decrypt", "k", Condition={"StringEquals": context})


CASES: list[tuple[dict[str, Any], list[str]]] = [
    ({"manifest/owner": "sre"}, ["WORDS | owner: finance-systems → sre"]),
    ({"manifest/description": "Mails."}, ["WORDS | description: Mails yesterday's sales. → Mails."]),
    ({"manifest/runbook": "https://r"}, ["WORDS | runbook: none → https://r"]),
    ({"manifest/timeout_seconds": 7200}, ["timeout 30m00s → 2h00m"]),
    ({"manifest/retries": 2}, ["retries: 0 → 2"]),
    ({"manifest/retry_on": [75, "interruption"]}, ["retries on: none → 75, interruption"]),
    ({"manifest/retry_delay_seconds": 300}, ["pause before a retry none → 5m00s"]),
    (
        {"manifest/overlap": "forbid"},
        ["a run while another is in progress now is refused (exit code 123) (overlap allow → forbid)"],
    ),
    (
        {"manifest/overlap": "wait", "manifest/overlap_wait_seconds": 300},
        [
            "a run while another is in progress now waits for its end (overlap allow → wait)",
            "longest wait for another run none → 5m00s",
        ],
    ),
    (
        {"manifest/schedule": "30 3 * * * Asia/Tokyo"},
        [
            (
                "EXPORT | due every day at 03:30 (Asia/Tokyo) instead of every day at 02:30 (Asia/Tokyo); "
                "next Wed 2026-11-25 18:30, Thu 2026-11-26 18:30, Fri 2026-11-27 18:30 UTC"
            )
        ],
    ),
    ({"manifest/schedule": None}, ["EXPORT | no longer due at any time (was due every day at 02:30 (Asia/Tokyo))"]),
    (
        {"manifest/timezone": "Europe/Paris"},
        ["WORDS | time zone in which its times are shown: Asia/Tokyo → Europe/Paris"],
    ),
    ({"watch": {"expected_seconds": 1200}}, ["DEPLOY | a run is late from 20m00s on (before: none declared)"]),
    (
        {"watch": {"alerts": {"after_failures": 2, "lines": 0, "channel": "#finance-systems"}}},
        [
            "DEPLOY | people are told after 2 failures in a row (before: of each run that fails)",
            "DEPLOY | an alert has no line of the log, instead of as many lines of the log as the stage says",
            "DEPLOY | its alerts go to #finance-systems, instead of the stage's channel",
        ],
    ),
    ({"watch": {"alerts": {"off": True}}}, ["DEPLOY | no one is told of its runs any more: alerts are off"]),
    ({"watch": {"window_seconds": 900}}, ["DEPLOY | AWS starts it within 15m00s of its due time, instead of at once"]),
    (
        {"watch": {"silence": 60, "alerts": {"pager": "sre"}}},
        ["DEPLOY | watch silence: none → 60", 'DEPLOY | watch alerts: none → {"pager": "sre"}'],
    ),
    (
        {"reads": ["mysql:shop.orders", "s3:sales"], "writes": ["s3:reports"]},
        [
            "WORDS | says that it reads mysql:shop.orders and s3:sales: this documents, and grants nothing",
            "WORDS | says that it writes s3:reports: this documents, and grants nothing",
        ],
    ),
    ({"rundeck_uuid": "5a6b7c8d"}, ["EXPORT | the job of Rundeck that stands for it: none → 5a6b7c8d"]),
    ({"declared_at": "batches/tables.py:3"}, ["STAY | declared in: none → batches/tables.py"]),
    (
        {"manifest/scheduler": "aws"},
        ["DEPLOY | started by aws instead of rundeck; see that rundeck no longer does before this is deployed"],
    ),
    (
        {"task/cpu": "1024"},
        ["CPU 0.25 vCPU → 1 vCPU", f"an hour of running: about $0.015 → about $0.053 (+246 %; {TABLE})"],
    ),
    (
        {"task/memory": "2048"},
        ["memory 512 MiB → 2 GiB", f"an hour of running: about $0.015 → about $0.024 (+54 %; {TABLE})"],
    ),
    (
        {"task/ephemeralStorage": {"sizeInGiB": 50}},
        ["disk 20 GiB → 50 GiB", f"an hour of running: about $0.015 → about $0.019 (+26 %; {TABLE})"],
    ),
    (
        {"manifest/architecture": "ARM64", "task/runtimePlatform/cpuArchitecture": "ARM64"},
        [
            "CPU architecture X86_64 → ARM64: its image must be built for that and released before the deployment",
            f"an hour of running: about $0.015 → about $0.012 (-20 %; {TABLE})",
        ],
    ),
    ({f"{MAIN}/command/+": "--strict"}, ["command: python -m report → python -m report --strict"]),
    (
        {"manifest/image/name": "mails", f"{MAIN}/image": "r/batches/mails:stage-staging"},
        ["image reports → mails: a run ends with 126 until mails has been released to the stage"],
    ),
    (
        {"manifest/files_image": "batchwright"},
        [
            (
                "image that renders its config files: none → batchwright: "
                "a run ends with 126 until batchwright has been released to the stage"
            )
        ],
    ),
    (
        {"startable": ["command"]},
        ["DEPLOY permissions | whoever may start its machine may now run any command with its role and secrets"],
    ),
    ({"manifest/files_image": "reports"}, ["image that renders its config files: none → reports"]),
    ({f"{MAIN}/environment/0/value": "ja_JP.UTF-8"}, ["environment variable LANG: C → ja_JP.UTF-8"]),
    ({f"{MAIN}/environment/+": {"name": "TZ", "value": "UTC"}}, ["new environment variable TZ: UTC"]),
    ({f"{MAIN}/environment/0": None}, ["no longer has the environment variable LANG"]),
    (
        {"parameters/REPORT_TO/value": "b@example.com", "manifest/parameters/REPORT_TO": "AAAAAAAA"},
        ["parameter REPORT_TO: a@example.com → b@example.com; a value that was set by hand is replaced"],
    ),
    (
        {
            "parameters/LEVEL": {"path": "/batches/staging/report/LEVEL", "value": "info"},
            "manifest/parameters/LEVEL": "AAAAAAAA",
            f"{MAIN}/secrets/+": {"name": "LEVEL", "valueFrom": f"{SSM}/batches/staging/report/LEVEL"},
        },
        ["new parameter LEVEL: info"],
    ),
    (
        {
            "manifest/secrets/+": "MAIL_TOKEN",
            f"{MAIN}/secrets/+": {"name": "MAIL_TOKEN", "valueFrom": f"{SSM}/batches/staging/report/MAIL_TOKEN"},
        },
        ["RUN secrets | new secret MAIL_TOKEN: set it before the deployment; a run without it ends with 126"],
    ),
    (
        {"manifest/secrets/+": "OLD", f"{MAIN}/secrets/+": {"name": "OLD", "valueFrom": f"{SSM}/legacy/TOKEN"}},
        ["RUN secrets | new secret OLD: from /legacy/TOKEN, which must exist; else a run ends with 126"],
    ),
    (
        {"manifest/parameters": None, "parameters": {}, "manifest/secrets/+": "REPORT_TO"},
        [
            (
                "RUN secrets | new secret REPORT_TO, which was a parameter: set it after the deployment, "
                "which deletes that; until then a run ends with 126"
            )
        ],
    ),
    (
        {"manifest/secrets/0": "DB_PASS", f"{MAIN}/secrets/1/name": "DB_PASS"},
        [
            (
                "no longer has the secret DB_PASSWORD; its value stays in SSM, "
                "at /batches/staging/report/DB_PASSWORD, until it is deleted"
            ),
            ("new secret DB_PASS: from /batches/staging/report/DB_PASSWORD, which batches of the stage take already"),
        ],
    ),
    (
        {"manifest/secrets/0": None, f"{MAIN}/secrets/1": None},
        [
            (
                "no longer has the secret DB_PASSWORD; its value stays in SSM, "
                "at /batches/staging/report/DB_PASSWORD, until it is deleted"
            )
        ],
    ),
    ({"manifest/subnets": "subnet-9"}, ["subnets: subnet-1, subnet-2 → subnet-9"]),
    ({"manifest/assign_public_ip": True}, ["a public address: no → yes"]),
    (
        {"manifest/capacity": ["FARGATE_SPOT"]},
        [
            'capacity: none → [{"base": 0, "provider": "FARGATE_SPOT", "weight": 1}]',
            f"an hour of running: about $0.015 → not known, {SPOT_MOVES}",
        ],
    ),
    ({"manifest/options": [OPTION]}, ["new option DAY"]),
    ({"manifest/tags": {"cost-centre": "4711"}}, ["tags cost-centre: none → 4711"]),
    ({"manifest/protected": True}, ["DEPLOY | its stage is now protected"]),
    ({f"{MAIN}/readonlyRootFilesystem": True}, ["read-only root file system: none → yes"]),
    (
        {f"{MAIN}/ulimits": [{"name": "nofile", "softLimit": 1}]},
        ['ulimits: none → [{"name": "nofile", "softLimit": 1}]'],
    ),
    (
        {"manifest/expected": {"within_seconds": 60}, "touches": ["mysql:shop.orders"]},
        ['expected: none → {"within_seconds": 60}', "WORDS | touches: none → mysql:shop.orders"],
    ),
    (
        {"manifest/security_groups": UNKNOWN_GROUP, "manifest/subnets": f"{UNKNOWN_SUBNET},{UNKNOWN_SUBNET}"},
        [
            "subnets: subnet-1, subnet-2 → <what only the deployment knows>",
            "security groups: sg-1 → <what only the deployment knows>",
        ],
    ),
    (
        {f"{MAIN}/environment/0/value": "C", "task/containerDefinitions/1/image": f"e.com/a@sha256:{'a' * 120}7"},
        [f"container agent, image: example.com/agent:7 → e.com/a@sha256:{'a' * 104}…"],
    ),
    (
        {
            f"{MAIN}/logConfiguration": {"logDriver": "awslogs"},
            "task/containerDefinitions/+": {"name": "p", "image": "p:1", "logConfiguration": {"logDriver": "awslogs"}},
        },
        ['logConfiguration: none → {"logDriver": "awslogs"}', "new container p: image p:1, command the image's own"],
    ),
    (
        {"task/containerDefinitions/1/image": "example.com/agent:8"},
        ["container agent, image: example.com/agent:7 → example.com/agent:8"],
    ),
    ({"task/containerDefinitions/1": None}, ["no longer has the container agent"]),
    (
        {
            "task/containerDefinitions/+": {
                "name": "proxy",
                "image": "p:1",
                "command": ["serve"],
                "essential": True,
                "user": "0",
                "environment": [{"name": "LEVEL", "value": "debug"}],
                "secrets": [
                    {"name": "PASSWORD", "valueFrom": f"{SSM}/batches/staging/report/DB_PASSWORD"},
                    {"name": "TOKEN", "valueFrom": f"{SSM}/batches/staging/report/TOKEN"},
                ],
            }
        },
        [
            "new container proxy: image p:1, command serve",
            "container proxy, variable LEVEL: none → debug",
            "container proxy, secret or parameter PASSWORD: none → /batches/staging/report/DB_PASSWORD",
            (
                "RUN secrets | container proxy, secret or parameter TOKEN: none → /batches/staging/report/TOKEN; "
                "set it before the deployment; a run without it ends with 126"
            ),
            "container proxy, its end ends the task: none → yes",
            "container proxy, user: none → 0",
        ],
    ),
    (
        {"task/runtimePlatform/operatingSystemFamily": None},
        ["task definition, runtimePlatform.operatingSystemFamily: LINUX → none"],
    ),
    ({"task/volumes": [{"name": "out"}]}, ['task definition, volumes: none → [{"name": "out"}]']),
    (
        {"access/task/grants/+": grant("s3:GetObject", BUCKET, at="batches/report/batch.py:31", reason="the report")},
        [
            (
                f"DEPLOY permissions | may now also read S3: s3:GetObject on {BUCKET} "
                "(granted at batches/report/batch.py:31; reason: the report)"
            )
        ],
    ),
    (
        {"access/task/managed/+": {"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess", "at": ""}},
        [
            (
                "DEPLOY permissions | may now also do what the managed policy "
                "arn:aws:iam::aws:policy/ReadOnlyAccess allows, which is in the account and not here"
            )
        ],
    ),
    (
        {"access/task/adopted": True, "access/task/arn": "arn:aws:iam::111111111111:role/old"},
        [
            (
                "DEPLOY permissions | may now do all that the given task role arn:aws:iam::111111111111:role/old may, "
                "whose policies are in the account"
            )
        ],
    ),
    (
        {"access/execution/grants/+": grant("ssm:GetParameters", f"{SSM}/batches/staging/other/DB")},
        [
            (
                "DEPLOY permissions | its execution role may now also read Systems Manager: "
                f"ssm:GetParameters on {SSM}/batches/staging/other/DB"
            )
        ],
    ),
    (
        {"access/execution/grants/+": grant("ssm:GetParameters", f"{SSM}/batches/staging/report/MORE")},
        [
            (
                "DEPLOY | its execution role follows: it may start this batch with its own values, images and log, "
                "and nothing else new"
            )
        ],
    ),
    (
        {"access/execution/grants/+": grant("ssm:PutParameter", f"{SSM}/batches/staging/report/MORE")},
        [
            (
                "DEPLOY permissions | its execution role may now also write to Systems Manager: "
                f"ssm:PutParameter on {SSM}/batches/staging/report/MORE"
            )
        ],
    ),
    (
        {"access/execution/grants/+": decrypt("report/A")},
        [
            (
                "DEPLOY | its execution role follows: it may start this batch with its own values, images and log, "
                "and nothing else new"
            )
        ],
    ),
    (
        {"access/execution/grants/+": decrypt("report/A", "other/B")},
        [
            (
                "DEPLOY permissions | its execution role may now also write to KMS: kms:Decrypt on k only if "
                f"kms:EncryptionContext:PARAMETER_ARN is {SSM}/batches/staging/other/B"
            )
        ],
    ),
    (
        {"access/callers/+": {"who": "role/ci", "grant": "grant_run", "on": "batch", "at": "app.py:9"}},
        ["DEPLOY permissions | role/ci may now start, follow and stop runs of this batch (granted at app.py:9)"],
    ),
    (
        {"task/taskRoleArn": "arn:aws:iam::111111111111:role/admin"},
        [
            (
                "RUN permissions | acts with another task role: arn:aws:iam::111111111111:role/batches/staging/"
                "batches-staging-report-task → arn:aws:iam::111111111111:role/admin"
            )
        ],
    ),
    (
        {"task/executionRoleArn": "arn:aws:iam::999999999999:role/batches/staging/batches-staging-report-exec"},
        [
            (
                "acts with another execution role: arn:aws:iam::111111111111:role/batches/staging/"
                "batches-staging-report-exec → arn:aws:iam::999999999999:role/batches/staging/"
                "batches-staging-report-exec"
            )
        ],
    ),
    ({"package": "batches/reports"}, ["STAY | declared in: batches/report → batches/reports"]),
]


@pytest.mark.parametrize(("edits", "expected"), [pytest.param(*case, id=case[1][0]) for case in CASES])
def test_what_is_said(edits: dict[str, Any], expected: list[str]) -> None:
    """Before a text are when it takes effect, if that is not with the next run, and the gate that names it."""
    before = batch_file()
    after = edited(before, edits)

    found = changes(assembly(before), assembly(after))

    leads = [" ".join([change.when.name, *change.gates]) + " | " for change in found]
    texts = [f"{lead}{change.text}" for lead, change in zip(leads, found, strict=True)]
    assert [text.removeprefix("RUN | ") for text in texts] == expected


@pytest.mark.parametrize("edits", [pytest.param(case[0], id=case[1][0]) for case in CASES])
def test_taking_it_back_is_said_too(edits: dict[str, Any]) -> None:
    before = batch_file()

    assert changes(assembly(edited(before, edits)), assembly(before))


@pytest.mark.parametrize(
    ("start", "edits", "expected"),
    [
        pytest.param(
            {"manifest/overlap": "wait"},
            {"manifest/overlap_wait_seconds": 300},
            ["longest wait for another run 30m00s → 5m00s"],
            id="a wait as long as the timeout that gets a time",
        ),
        pytest.param(
            {"task/containerDefinitions/1/image": f"e.com/a@sha256:{'a' * 120}7"},
            {"task/containerDefinitions/1/image": f"e.com/a@sha256:{'a' * 120}8"},
            [f"container agent, image: …{'a' * 24}7 → …{'a' * 24}8"],
            id="another end of a long text",
        ),
        pytest.param(
            {"parameters/REPORT_TO/value": "a\nb"},
            {"parameters/REPORT_TO/value": "a b"},
            ["parameter REPORT_TO: a b → another one that reads alike; a value that was set by hand is replaced"],
            id="another white space",
        ),
        pytest.param(
            {f"{MAIN}/ulimits": [{"name": "core", "softLimit": 1}, {"name": "nofile", "softLimit": 1}]},
            {f"{MAIN}/ulimits/1/softLimit": 2},
            ["ulimits[nofile].softLimit: 1 → 2"],
            id="one of several by its name",
        ),
        pytest.param(
            {f"{MAIN}/environment/0/value": "a" * 200},
            {f"{MAIN}/environment/0/value": "a" * 201},
            [f"environment variable LANG: …{'a' * 24} → …{'a' * 25}"],
            id="a longer text",
        ),
        pytest.param(
            {f"{MAIN}/command": ["sh", "-c", f"{'echo ' * 40}fast"]},
            {f"{MAIN}/command": ["sh", "-c", f"{'echo ' * 40}slow"]},
            ["command: …cho echo echo echo echo fast → …cho echo echo echo echo slow"],
            id="another end of a long command",
        ),
        pytest.param(
            {},
            {f"{MAIN}/secrets/0/valueFrom": f"{SSM}/legacy/TO", "parameters/REPORT_TO": {"unresolved": "not here"}},
            [
                (
                    "parameter REPORT_TO from /legacy/TO instead of /batches/staging/report/REPORT_TO; "
                    "its own one is deleted with the value that it has by then"
                )
            ],
            id="a parameter of its own that becomes another one",
        ),
        pytest.param(
            {f"{MAIN}/secrets/0/valueFrom": f"{SSM}/legacy/TO", "parameters/REPORT_TO": {"unresolved": "not here"}},
            {
                f"{MAIN}/secrets/0/valueFrom": f"{SSM}/batches/staging/report/REPORT_TO",
                "parameters/REPORT_TO": {"path": "/batches/staging/report/REPORT_TO", "value": "a@example.com"},
            },
            ["parameter REPORT_TO from /batches/staging/report/REPORT_TO instead of /legacy/TO: a@example.com"],
            id="another parameter that becomes its own",
        ),
        pytest.param(
            {f"{MAIN}/secrets/1/valueFrom": f"{SSM.replace('1' * 12, '9' * 12)}/x/DB"},
            {f"{MAIN}/secrets/1/valueFrom": f"{SSM}/x/DB"},
            [
                (
                    f"secret DB_PASSWORD from {SSM}/x/DB instead of {SSM.replace('1' * 12, '9' * 12)}/x/DB: "
                    "the new one must exist; else a run ends with 126"
                )
            ],
            id="a secret of another account under the same path",
        ),
        pytest.param(
            {"access/task/grants": [grant("s3:GetObject", BUCKET, at="a:1"), grant("sns:Publish", "t", at="a:2")]},
            {"access/task/grants": [grant("sns:Publish", "t", at="a:1"), grant("s3:GetObject", BUCKET, at="a:2")]},
            [],
            id="grants in another order",
        ),
        pytest.param(
            {"access/task/grants": [grant(["s3:GetObject", "s3:PutObject"], BUCKET, "a"), grant("x:Y", BUCKET)]},
            {"access/task/grants": [grant(["s3:PutObject", "s3:GetObject"], "a", BUCKET), grant("x:Y", BUCKET)]},
            [],
            id="actions and resources of a grant in another order",
        ),
        (
            {"watch": {"expected_seconds": 600}},
            {"watch": {"expected_seconds": 1200}},
            ["a run is late from 20m00s on instead of 10m00s"],
        ),
        (
            {"watch": {"expected_seconds": 600}},
            {"watch": None},
            ["no run counts as late any more (before: from 10m00s on)"],
        ),
        (
            {"watch": {"window_seconds": 900}},
            {"watch": {"window_seconds": 300}},
            ["AWS starts it within 5m00s of its due time, instead of within 15m00s"],
        ),
        (
            {"watch": {"window_seconds": 900}},
            {"watch": None},
            ["AWS starts it at its due time, instead of within 15m00s"],
        ),
        (
            {"watch": {"alerts": {"off": True}}},
            {"watch": {"alerts": {"lines": 1}}},
            [
                "people are told of its runs again",
                "an alert has the last line of the log, instead of as many lines of the log as the stage says",
            ],
        ),
        ({"reads": ["s3:sales"]}, {"reads": None}, ["no longer says that it reads s3:sales"]),
        (
            {"writes": ["s3:sales"]},
            {"writes": ["s3:orders"]},
            [
                "says that it writes s3:orders: this documents, and grants nothing",
                "no longer says that it writes s3:sales",
            ],
        ),
        ({"declared_at": "batches/report/batch.py:3"}, {"declared_at": "batches/report/batch.py:9"}, []),
    ],
)
def test_what_was_otherwise(start: dict[str, Any], edits: dict[str, Any], expected: list[str]) -> None:
    before = edited(batch_file(), start)

    found = changes(assembly(before), assembly(edited(before, edits)))

    assert [change.text for change in found] == expected


def test_nothing_is_said_of_what_is_the_same() -> None:
    assert changes(assembly(batch_file()), assembly(batch_file())) == []


def test_every_text_of_a_batch_file_that_changes_is_said() -> None:
    """Whatever is written otherwise in the file, something changes. Another name of the batch is another batch."""
    file = batch_file()
    silent = []
    for path in texts(file):
        if path in ("manifest/project", "manifest/stage", "manifest/batch"):
            continue
        after = copy.deepcopy(file)
        put(after, path, "changed")
        try:
            found = changes(assembly(file), assembly(after))
        except ValueError:  # the manifest does not take it
            continue
        if not found:
            silent.append(path)

    assert silent == []


def texts(value: Any, path: str = "") -> list[str]:  # noqa: ANN401 - JSON
    """Where a value has texts."""
    if isinstance(value, dict):
        return [text for key, part in value.items() for text in texts(part, f"{path}/{key}" if path else key)]
    if isinstance(value, list):
        return [text for place, part in enumerate(value) for text in texts(part, f"{path}/{place}")]
    return [path] if isinstance(value, str) else []


def edited(file: dict[str, Any], edits: dict[str, Any]) -> dict[str, Any]:
    """A batch's file with changes."""
    edited_file = copy.deepcopy(file)
    for path, value in edits.items():
        put(edited_file, path, value)
    return edited_file


def test_equal_changes_are_said_once_for_all_stages() -> None:
    old = [batch_file("staging"), batch_file("production")]
    new = [
        edited(file, {"manifest/timeout_seconds": 60, "task/taskRoleArn": f"{file['task']['taskRoleArn']}2"})
        for file in old
    ]
    put(new[1], "manifest/owner", "sre")

    found = changes(assembly(*old), assembly(*new))

    assert [(change.text, change.stages) for change in found] == [
        ("timeout 30m00s → 1m00s", ("staging", "production")),
        (
            (
                "acts with another task role: arn:aws:iam::ACCOUNT:role/batches/STAGE/batches-STAGE-report-task → "
                "arn:aws:iam::ACCOUNT:role/batches/STAGE/batches-STAGE-report-task2"
            ),
            ("staging", "production"),
        ),
        ("owner: finance-systems → sre", ("production",)),
    ]


def test_a_stages_name_by_itself_is_folded_where_the_rest_is_the_same() -> None:
    old = [batch_file("staging"), batch_file("production")]
    new = [
        edited(
            file,
            {
                "access/task/grants/+": grant(
                    "ecs:StopTask",
                    "*",
                    Condition={"StringEquals": {"aws:ResourceTag/stage": file["manifest"]["stage"]}},
                )
            },
        )
        for file in old
    ]

    found = changes(assembly(*old), assembly(*new))

    assert [(change.text, change.stages) for change in found] == [
        (
            "may now also write to ECS: ecs:StopTask on every resource only if aws:ResourceTag/stage is STAGE",
            ("staging", "production"),
        )
    ]


def test_a_batch_that_comes_to_another_stage_is_new_in_that_alone() -> None:
    old, new = batch_file("staging"), batch_file("production")

    found = changes(assembly(old), assembly(old, new))

    assert found[0].text == "new in this stage, owner finance-systems: Mails yesterday's sales."
    assert summary(found).startswith("1 changed batch")


def test_the_command_for_each_stage_stays() -> None:
    old = [batch_file("staging"), batch_file("production")]
    new = copy.deepcopy(old)
    for file in new:
        source = file["task"]["containerDefinitions"][0]["secrets"][1]["valueFrom"]
        put(file, "manifest/secrets/+", "TOKEN")
        put(file, f"{MAIN}/secrets/+", {"name": "TOKEN", "valueFrom": source.replace("DB_PASSWORD", "TOKEN")})

    (found,) = changes(assembly(*old), assembly(*new))

    assert found.kind is Topic.SECRET
    assert found.commands == (
        "batchwright params set report TOKEN -s staging",
        "batchwright params set report TOKEN -s production",
    )


@pytest.mark.parametrize(
    ("edits", "command"),
    [
        (
            {"manifest/parameters": None, "parameters": {}, "manifest/secrets/+": "REPORT_TO"},
            "batchwright params set report REPORT_TO -s staging",
        ),
        (
            {f"{MAIN}/secrets/1/valueFrom": f"{SSM}/batches/staging/report/OTHER"},
            "batchwright params set report OTHER -s staging",
        ),
        (
            {f"{MAIN}/secrets/1/valueFrom": f"{SSM}/batches/staging/shared/OTHER"},
            "batchwright params set --shared OTHER -s staging",
        ),
        ({"manifest/files_image": "batchwright"}, "batchwright release batchwright -s staging"),
    ],
)
def test_what_is_to_be_run_comes_with_its_command(edits: dict[str, Any], command: str) -> None:
    (found,) = changes(assembly(batch_file()), assembly(edited(batch_file(), edits)))

    assert found.commands == (command,)


def test_a_new_batch_says_what_its_other_containers_get() -> None:
    new = edited(
        batch_file(),
        {"task/containerDefinitions/1/secrets": [{"name": "TOKEN", "valueFrom": f"{SSM}/batches/staging/report/T"}]},
    )

    found = [change for change in changes(assembly(), assembly(new)) if "container agent" in change.text]

    assert {change.when for change in found} == {When.DEPLOY}
    assert [(change.text, ",".join(change.gates), change.commands) for change in found] == [
        ("new container agent: image example.com/agent:7, command run", "", ()),
        (
            (
                "container agent, secret or parameter TOKEN: none → /batches/staging/report/T; "
                "set it before the deployment; a run without it ends with 126"
            ),
            "secrets",
            ("batchwright params set report T -s staging",),
        ),
        ("container agent, its end ends the task: none → no", "", ()),
    ]


def test_a_new_batch_whose_start_may_bring_a_command_is_broader() -> None:
    found = changes(Assembly(), assembly_of({**batch_file(), "startable": ["command"]}))

    assert [change.text for change in found if change.kind is Topic.BROADER] == [
        "whoever may start its machine may now run any command with its role and secrets"
    ]


def test_a_secret_that_batches_of_the_stage_take_already_is_not_to_be_set() -> None:
    shared = f"{SSM}/batches/staging/shared/TOKEN"
    taken = {"manifest/secrets/+": "TOKEN", f"{MAIN}/secrets/+": {"name": "TOKEN", "valueFrom": shared}}
    by_agent = {"task/containerDefinitions/1/secrets": [{"name": "TOKEN", "valueFrom": shared}]}
    other = edited(batch_file(name="other"), by_agent)

    for edits in (taken, by_agent):
        (found,) = changes(assembly(batch_file(), other), assembly(edited(batch_file(), edits), other))
        assert (found.gates, found.commands) == (frozenset(), ())


def test_a_new_secret_that_two_batches_take_is_one() -> None:
    shared = {"name": "TOKEN", "valueFrom": f"{SSM}/batches/staging/shared/TOKEN"}
    edits = {"manifest/secrets/+": "TOKEN", f"{MAIN}/secrets/+": shared}
    before = [batch_file(name=name) for name in ("one", "two")]

    found = changes(assembly(*before), assembly(*(edited(file, edits) for file in before)))

    assert summary(found) == "2 changed batches; 1 secret to be set"


def test_a_new_batch_needs_the_image_of_its_config_files() -> None:
    file = edited(batch_file(), {"manifest/files_image": "batchwright"})

    found = changes(Assembly(), assembly_of(file))

    (text,) = [change.text for change in found if "release batchwright" in " ".join(change.commands)]
    assert text.startswith("a run ends with 126 until the image batchwright, which renders its config files, has been")


def test_a_stage_that_is_called_like_a_word_changes_no_sentence() -> None:
    old, new = batch_file("staging"), batch_file("staging")
    for file in (old, new):
        put(file, "manifest/stage", "timeout")
    put(new, "manifest/timeout_seconds", 60)

    (found,) = changes(assembly_of(old), assembly_of(new))

    assert found.text == "timeout 30m00s → 1m00s"


def assembly_of(file: dict[str, Any]) -> Assembly:
    """An assembly without stacks."""
    return Assembly(batches=batches(file))
