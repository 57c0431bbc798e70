"""docs/deploying.md: the app in it is real."""

import os
import re
import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
IMPORTS = "from aws_cdk import aws_logs as logs\nfrom batchwright import Existing\n"
END = "app.synth()\n"


def blocks() -> list[str]:
    return re.findall(r"```python\n(.*?)```", (DOCS / "deploying.md").read_text(encoding="utf-8"), re.DOTALL)


def template_of(app: str, folder: Path) -> str:
    environment = {**os.environ, "CDK_OUTDIR": str(folder)}
    done = subprocess.run([sys.executable, "-c", app], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return (folder / "batches-staging-callers.template.json").read_text(encoding="utf-8")


def test_the_app_that_lets_others_run_batches_gives_the_role_that_rundecks_page_names(tmp_path: Path) -> None:
    template = template_of(blocks()[0], tmp_path)

    role = 'role_arn = "arn:aws:iam::111111111111:role/rundeck-runner"'
    assert role in (DOCS / "rundeck.md").read_text(encoding="utf-8")
    assert '"RoleName": "rundeck-runner"' in template
    assert "task-definition/batches-staging-*:*" in template


def test_it_can_name_roles_and_logs_that_were_there_before(tmp_path: Path) -> None:
    first, second = blocks()
    app = first.replace("platform.grant_run(rundeck)\n", "").replace(END, IMPORTS + second + END)

    template = template_of(app, tmp_path)

    assert '"arn:aws:iam::111111111111:role/legacy/report"' in template
    assert "log-group:/legacy/report:*" in template
