"""Every fault, and quotas, as boto3 sees them."""

import contextlib

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from tests.fake_aws import (
    Script,
    faults,
    lines,
)
from tests.fake_aws.account import MANIFEST, Account, code_of
from tests.fake_aws.faults import Fault


@pytest.mark.parametrize(
    ("fault", "code", "status"),
    [
        (faults.throttled(), "ThrottlingException", 400),
        (faults.throttled_in_disguise(), "InvalidParameterException", 400),
        (faults.server_error(), "InternalFailure", 500),
        (faults.server_error(status=503), "InternalFailure", 503),
        (faults.expired_token(), "ExpiredTokenException", 400),
        (faults.access_denied(1), "AccessDeniedException", 400),
        (faults.inactive_definition(), "ClientException", 400),
        (faults.error("BlockedException", "blocked"), "BlockedException", 400),
    ],
)
def test_errors(aws: Account, fault: Fault, code: str, status: int) -> None:
    aws.server.faults("RunTask", fault)

    with pytest.raises(ClientError) as caught:
        aws.run()

    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert aws.server.tasks == []
    aws.run()


def test_a_fault_lasts_as_long_as_it_says_and_begins_when_it_says(aws: Account) -> None:
    aws.server.faults("ListTasks", faults.throttled(2, skip=1), faults.server_error())
    for _ in range(5):
        with contextlib.suppress(ClientError):
            aws.ecs.list_tasks(cluster=MANIFEST.cluster)

    outcomes = [call.outcome for call in aws.server.calls_of("ListTasks")]
    assert outcomes == ["", "ThrottlingException", "ThrottlingException", "InternalFailure", ""]


def test_a_cut_answer_looks_empty_to_botocore(aws: Account) -> None:
    aws.server.faults("ListTasks", faults.cut(keep=5))

    answer = aws.ecs.list_tasks(cluster=MANIFEST.cluster)

    assert "taskArns" not in answer


def test_a_broken_connection(aws: Account) -> None:
    aws.server.faults("ListTasks", faults.reset(keep=5))

    with pytest.raises(ConnectionClosedError):
        aws.ecs.list_tasks(cluster=MANIFEST.cluster)


def test_an_empty_page_leads_on(aws: Account) -> None:
    aws.deploy(Script(lines=lines("a")))
    task = aws.run()
    aws.clock.advance(5)
    aws.server.faults("GetLogEvents", faults.empty_page(2))

    first = aws.page(task)
    second = aws.page(task, nextToken=first["nextForwardToken"])
    third = aws.page(task, nextToken=second["nextForwardToken"])

    assert first["events"] == second["events"] == []
    assert len({page["nextForwardToken"] for page in (first, second, third)}) == 3
    assert [event["message"] for event in third["events"]] == ["a"]


def test_describe_tasks_may_miss_a_task_once(aws: Account) -> None:
    task = aws.run()
    aws.server.faults("DescribeTasks", faults.missing())

    answer = aws.ecs.describe_tasks(cluster=MANIFEST.cluster, tasks=[task["taskArn"]])
    assert answer["failures"][0]["reason"] == "MISSING"
    aws.describe(task)


def test_a_quota_holds_for_all_callers_and_fills_up_again(aws: Account) -> None:
    aws.server.quota("ListTasks", per_second=2)
    listing = {"cluster": MANIFEST.cluster}

    aws.ecs.list_tasks(**listing)
    aws.ecs.list_tasks(**listing)
    assert code_of(aws.ecs.list_tasks, **listing) == "ThrottlingException"
    aws.clock.advance(0.5)
    aws.ecs.list_tasks(**listing)
    assert code_of(aws.ecs.list_tasks, **listing) == "ThrottlingException"


def test_a_misspelt_operation_is_refused(aws: Account) -> None:
    with pytest.raises(ValueError, match="GetLogEvent is no operation"):
        aws.server.faults("GetLogEvent", faults.throttled())
    with pytest.raises(ValueError, match="RunTasks is no operation"):
        aws.server.quota("RunTasks", 1)


def test_an_operation_that_is_not_there_is_an_error(aws: Account) -> None:
    assert code_of(aws.ecs.list_clusters) == "UnknownOperationException"


def test_a_request_that_breaks_the_server_is_an_error_that_shows(
    aws: Account, capfd: pytest.CaptureFixture[str]
) -> None:
    aws.server.put_event("/group", "stream", "a")
    request = {"logGroupName": "/group", "logStreamName": "stream", "startFromHead": True}
    aws.server.world.groups["/group"]["stream"].put(0.0, float("nan"), "no time")

    assert code_of(aws.logs.get_log_events, **request) == "DefectInTestServer"
    assert "cannot convert float NaN" in capfd.readouterr().err
    del aws.server.world.groups["/group"]


def test_answers_carry_the_servers_date(aws: Account) -> None:
    answer = aws.ecs.list_tasks(cluster=MANIFEST.cluster)
    assert answer["ResponseMetadata"]["HTTPHeaders"]["date"] == "Fri, 15 Jan 2027 08:00:00 GMT"


def test_any_fault_can_last_for_a_time(aws: Account) -> None:
    listing = {"cluster": MANIFEST.cluster}
    aws.server.faults("ListTasks", faults.lasting(3, faults.server_error(skip=1)))

    aws.ecs.list_tasks(**listing)
    for _ in range(3):
        assert code_of(aws.ecs.list_tasks, **listing) == "InternalFailure"
        aws.clock.advance(0.9)
    aws.clock.advance(0.4)
    aws.ecs.list_tasks(**listing)
