"""The server in a process of its own."""

from tests.fake_aws.account import MANIFEST, REQUEST, client, code_of
from tests.fake_aws.remote import RemoteServer


def test_a_server_in_a_process_of_its_own() -> None:
    with RemoteServer(speed=1000) as server:
        server.deploy(MANIFEST, {"lines": {"steady": {"count": 3}}, "exit_code": 3, "term": {"exit_code": 0}})
        server.quota("ListTasks", 1000)
        server.faults("RunTask", {"kind": "error", "code": "ThrottlingException", "message": "Rate exceeded"})
        ecs = client("ecs", server.url)
        assert code_of(ecs.run_task, **REQUEST) == "ThrottlingException"

        arn = ecs.run_task(**REQUEST)["tasks"][0]["taskArn"]

        (task,) = server.tasks()
        assert (task["arn"], task["exit_code"], task["started_by"]) == (arn, 3, "run/1")
        assert task["started"] < task["ended"] < task["stopped"]
        assert server.calls() == {"RunTask": 1, "RunTask ThrottlingException": 1}
        assert server.first("RunTask") is not None
        server.clear()
        assert server.tasks() == []
        ecs.close()
