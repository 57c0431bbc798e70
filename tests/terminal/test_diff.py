"""``batchwright diff`` at a terminal."""

import copy
from pathlib import Path

from tests.runner.workbench.diff.support import batch_file, declare, git, grant, put
from tests.terminal.conftest import Shown, Shows, screens

MAIN = "task/containerDefinitions/0"
ON_ONE_DAY = {"GIT_AUTHOR_DATE": "2026-11-25T12:00:00Z", "GIT_COMMITTER_DATE": "2026-11-25T12:00:00Z"}
"""So that the commit has the same digits each time."""


def project(tmp_path: Path) -> Path:
    """A project in git whose change is not committed."""
    before = [batch_file("staging"), batch_file("production"), batch_file("staging", "old-report")]
    put(before[2], "manifest/description", "Counts what is left.")
    for batch in before:
        put(batch, "manifest/timeout_seconds", 3600)
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    declare(tmp_path, *before)
    git(tmp_path, "add", "cdk.json", "app.py", "declared.json")
    git(tmp_path, "commit", "--quiet", "--message=one", env=ON_ONE_DAY)
    after = copy.deepcopy(before[:2])
    for batch in after:
        source = batch["task"]["containerDefinitions"][0]["secrets"][1]["valueFrom"]
        put(batch, "manifest/timeout_seconds", 7200)
        put(batch, "manifest/secrets/+", "MAIL_TOKEN")
        put(
            batch, f"{MAIN}/secrets/+", {"name": "MAIL_TOKEN", "valueFrom": source.replace("DB_PASSWORD", "MAIL_TOKEN")}
        )
    where = "batches/report/batch.py:31"
    put(after[1], "access/task/grants/+", grant("s3:GetObject", "arn:aws:s3:::sales-archive/*", at=where))
    declare(tmp_path, *after)
    return tmp_path


SHOWN = {
    "diff": Shown(["diff", "--base", "HEAD", "--fail-on", "permissions", "--quiet"], folder=project, narrow=True),
    "diff_without_a_base": Shown(["diff"], folder=project),
}


@screens(SHOWN)
def test_what_is_shown(shows: Shows, screen: str) -> None:
    shows(SHOWN[screen])
