"""RunTask, DescribeTasks and ListTasks: tokens, refusals, what is found."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.fake_aws import (
    Script,
)
from tests.fake_aws.account import FAMILY, MANIFEST, REQUEST, Account, code_of


def test_a_client_token_with_another_request_is_a_conflict_that_names_the_task(aws: Account) -> None:
    task = aws.run(clientToken="a")

    with pytest.raises(aws.ecs.exceptions.ConflictException) as caught:
        aws.run(clientToken="a", startedBy="run/2")

    assert caught.value.response["resourceIds"] == [task["taskArn"]]


def test_a_client_token_is_forgotten_in_time(aws: Account) -> None:
    first = aws.run(clientToken="a")
    aws.server.forget(tokens=True)

    assert aws.run(clientToken="a")["taskArn"] != first["taskArn"]


@pytest.mark.parametrize(
    ("changes", "code", "text"),
    [
        ({"cluster": "other"}, "ClusterNotFoundException", "Cluster not found"),
        ({"taskDefinition": FAMILY + ":9"}, "ClientException", "TaskDefinition not found"),
        ({"capacityProviderStrategy": [{"capacityProvider": "FARGATE"}]}, "InvalidParameterException", "launch type"),
        ({"networkConfiguration": {}}, "InvalidParameterException", "Network Configuration"),
        ({"startedBy": "a b"}, "InvalidParameterException", "startedBy"),
        ({"startedBy": "a" * 129}, "InvalidParameterException", "startedBy"),
        ({"clientToken": "a" * 65}, "InvalidParameterException", "clientToken"),
        ({"count": 11}, "InvalidParameterException", "Count"),
        ({"overrides": {"containerOverrides": [{"name": "x"}]}}, "InvalidParameterException", "not a container"),
        (
            {"overrides": {"containerOverrides": [{"name": "main", "command": ["x" * 8192]}]}},
            "InvalidParameterException",
            "8192",
        ),
    ],
)
def test_requests_that_ecs_refuses(aws: Account, changes: dict[str, Any], code: str, text: str) -> None:
    with pytest.raises(ClientError, match=text) as caught:
        aws.run(**changes)

    assert caught.value.response["Error"]["Code"] == code
    assert aws.server.tasks == []


def test_an_unassociated_capacity_provider_is_refused(aws: Account) -> None:
    request = {**REQUEST, "capacityProviderStrategy": [{"capacityProvider": "MINE"}]}
    del request["launchType"]

    assert code_of(aws.ecs.run_task, **request) == "InvalidParameterException"


def test_a_new_task_may_not_be_found_by_stop_task_at_first(aws: Account) -> None:
    aws.deploy(Script(missing=2, runs=100))
    task = aws.run()

    stop = {"cluster": MANIFEST.cluster, "task": task["taskArn"]}
    assert code_of(aws.ecs.stop_task, **stop) == "InvalidParameterException"
    aws.clock.advance(2)
    assert aws.ecs.stop_task(**stop)["task"]["desiredStatus"] == "STOPPED"


def test_tasks_are_described_by_id_too_and_without_tags_unless_asked(aws: Account) -> None:
    task = aws.run()

    shown = aws.ecs.describe_tasks(cluster=MANIFEST.cluster, tasks=[task["taskArn"].rpartition("/")[2]])["tasks"][0]

    assert shown["taskArn"] == task["taskArn"]
    assert "tags" not in shown


def test_stopped_tasks_are_forgotten_in_time(aws: Account) -> None:
    task = aws.run()
    aws.clock.advance(20)
    aws.server.forget(tasks=True)

    answer = aws.ecs.describe_tasks(cluster=MANIFEST.cluster, tasks=[task["taskArn"]])
    assert answer["failures"][0]["reason"] == "MISSING"


def test_tasks_are_listed_by_desired_status(aws: Account) -> None:
    aws.deploy(Script(runs=1), Script(runs=100))
    ended, running = aws.run(), aws.run()
    aws.clock.advance(10)

    found = {
        status: aws.ecs.list_tasks(cluster=MANIFEST.cluster, startedBy="run/1", desiredStatus=status)["taskArns"]
        for status in ("STOPPED", "RUNNING")
    }

    assert found == {"STOPPED": [ended["taskArn"]], "RUNNING": [running["taskArn"]]}


def test_tasks_are_listed_by_family_in_pages(aws: Account) -> None:
    tasks = [aws.run()["taskArn"] for _ in range(5)]

    pages = aws.ecs.get_paginator("list_tasks").paginate(cluster=MANIFEST.cluster, family=FAMILY, maxResults=2)

    assert [page["taskArns"] for page in pages] == [tasks[:2], tasks[2:4], tasks[4:]]
    assert aws.ecs.list_tasks(cluster=MANIFEST.cluster, family="other")["taskArns"] == []


def test_started_by_stands_alone(aws: Account) -> None:
    assert (
        code_of(aws.ecs.list_tasks, cluster=MANIFEST.cluster, family=FAMILY, startedBy="me")
        == "InvalidParameterException"
    )


def test_a_hundred_tasks_are_described_at_once_and_no_more(aws: Account) -> None:
    task = aws.run()["taskArn"]
    where = {"cluster": MANIFEST.cluster}

    assert len(aws.ecs.describe_tasks(**where, tasks=[task] * 100)["tasks"]) == 100
    assert code_of(aws.ecs.describe_tasks, **where, tasks=[task] * 101) == "InvalidParameterException"
    assert code_of(aws.ecs.describe_tasks, **where, tasks=[]) == "InvalidParameterException"


def test_a_task_of_another_cluster_is_missing(aws: Account) -> None:
    task = aws.run()["taskArn"]
    aws.server.world.clusters.add("other")

    answer = aws.ecs.describe_tasks(cluster="other", tasks=[task])

    assert answer["failures"] == [{"arn": task, "reason": "MISSING"}]
    aws.server.world.clusters.remove("other")
