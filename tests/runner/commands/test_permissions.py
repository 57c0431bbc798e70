"""``batchwright permissions`` on a small project."""

import json
from pathlib import Path

from tests.kit.command import call
from tests.kit.projects import declared, make_project

ACCESS = {
    "task": {
        "arn": "arn:aws:iam::1:role/report-task",
        "grants": [
            {
                "statement": {"Effect": "Allow", "Action": "s3:GetObject*", "Resource": "arn:aws:s3:::sales/*"},
                "at": "batches/report/batch.py:31",
                "reason": "",
            }
        ],
    }
}


def test_it_shows_what_a_batch_may_do_and_where_that_is_written(tmp_path: Path) -> None:
    make_project(tmp_path, declared("report", "true", access=ACCESS))

    done = call(tmp_path, "permissions", "report")

    assert done.code == 0
    assert done.text.startswith("report, stage local\n\nTask role report-task: what the batch itself may do\n")
    assert "granted at batches/report/batch.py:31" in done.text


def test_as_json(tmp_path: Path) -> None:
    make_project(tmp_path, declared("report", "true", access=ACCESS))

    (found,) = json.loads(call(tmp_path, "permissions", "report", "--json").text)["task_role"]["permissions"]

    assert (found["wildcards"], found["levels"]) == (["s3:GetObject*", "arn:aws:s3:::sales/*"], ["Read"])
    assert found["at"] == "batches/report/batch.py:31"


def test_a_file_of_an_older_library_has_no_permissions(tmp_path: Path) -> None:
    make_project(tmp_path, declared("report", "true"))

    assert call(tmp_path, "permissions", "report").code == 0


def test_a_batch_that_does_not_exist_and_a_folder_without_a_project(tmp_path: Path) -> None:
    make_project(tmp_path, declared("report", "true"))

    assert call(tmp_path, "permissions", "repor").code == 2
    assert "Did you mean report" in call(tmp_path, "permissions", "repor").err


def test_what_is_declared_beside_the_grants_is_said_to_grant_nothing(tmp_path: Path) -> None:
    reads, writes = ["mysql:shop.orders", "s3:sales"], ["sftp:finance"]
    make_project(tmp_path, declared("report", "true", access=ACCESS, reads=reads, writes=writes))

    text = call(tmp_path, "permissions", "report").text
    found = json.loads(call(tmp_path, "permissions", "report", "--json").text)["edges"]

    assert (
        "Declared: reads= and writes= document, and grant nothing\n\n"
        "  reads mysql:shop.orders\n  reads s3:sales\n  writes sftp:finance\n"
    ) in text
    assert [(edge["direction"], edge["resource"], edge["declared"], edge["granted"]) for edge in found] == [
        ("reads", "mysql:shop.orders", True, False),
        ("reads", "s3:sales", True, True),
        ("writes", "sftp:finance", True, False),
    ]
