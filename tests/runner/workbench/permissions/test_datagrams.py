"""What is taken of a datagram, and what is not."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchwright_runner.workbench.permissions.datagrams import LARGEST, ForeignError, ReportedCall, read_call
from tests.runner.workbench.permissions.support import TOKEN, reported

DENIAL = (
    "User: arn:aws:sts::111111111111:assumed-role/report-task/x is not authorized to perform: s3:PutObject on "
    'resource: "arn:aws:s3:::sales/day.csv" because no identity-based policy allows the s3:PutObject action'
)
RUBY = (
    b'{"Version":1,"Timestamp":1764054000000,"ClientId":"batchwright-0123","Type":"ApiCall","Service":"SQS",'
    b'"Api":"SendMessage","AttemptCount":1,"Latency":31,"Region":"ap-northeast-1","MaxRetriesExceeded":0,'
    b'"UserAgent":"aws-sdk-ruby3/3.239.2 ua/2.1 api/sqs#1.107.0","FinalHttpStatusCode":200}'
)
"""As aws-sdk-core's ``ClientSideMonitoring::RequestMetrics::ApiCall`` writes it (3.239, 2026-11)."""


def test_a_call() -> None:
    assert read_call(reported(), TOKEN) == ReportedCall("S3", "PutObject", "ap-northeast-1", "Boto3")


def test_rubys_form() -> None:
    assert read_call(RUBY, TOKEN) == ReportedCall("SQS", "SendMessage", "ap-northeast-1", "aws-sdk-ruby3")


def test_a_refusal_names_action_and_resource() -> None:
    call = read_call(
        reported(FinalAwsException="AccessDenied", FinalAwsExceptionMessage=DENIAL, FinalHttpStatusCode=403), TOKEN
    )

    assert call is not None
    assert (call.denied, call.action, call.resource) == (True, "s3:PutObject", "arn:aws:s3:::sales/day.csv")


def test_keys_and_tokens_are_in_nothing_that_is_kept() -> None:
    canary = {"AccessKey": "AKIACANARY", "SessionToken": "CANARY"}

    assert read_call(reported(Type="ApiCallAttempt", **canary), TOKEN) is None
    assert "CANARY" not in str(read_call(reported(**canary), TOKEN))


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"1",
        b"{",
        b"[" * 5000,
        reported(ClientId="another"),
        reported(ClientId=None),
        reported(Type="ApiCalls"),
        reported(Type=["ApiCall"]),
        reported(service="S3\n\x1b[31m"),
        reported(service="../../etc"),
        reported(operation="x" * 500),
        reported(Api={"a": 1}),
        reported(padding="x" * LARGEST),
    ],
)
def test_what_is_no_report_of_this_run(datagram: bytes) -> None:
    with pytest.raises(ForeignError):
        read_call(datagram, TOKEN)


def test_odd_fields_are_left_out_and_not_the_call() -> None:
    odd = reported(Region="\x1b[2J", UserAgent={"a": 1}, FinalAwsException=[], FinalAwsExceptionMessage=3)

    assert read_call(odd, TOKEN) == ReportedCall("S3", "PutObject")


@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.text(), lambda x: st.dictionaries(st.text(), x)).map(
        lambda content: json.dumps(content).encode()
    )
)
def test_nothing_that_is_sent_breaks_it(datagram: bytes) -> None:
    with pytest.raises(ForeignError):
        read_call(datagram, TOKEN)
