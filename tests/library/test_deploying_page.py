"""docs/deploying.md: the app in it is real."""

import os
import re
import subprocess
import sys
from pathlib import Path


def test_the_app_that_lets_others_run_batches_gives_the_role_that_rundecks_page_names(tmp_path: Path) -> None:
    docs = Path(__file__).parents[2] / "docs"
    (block,) = re.findall(r"```python\n(.*?)```", (docs / "deploying.md").read_text(encoding="utf-8"), re.DOTALL)

    done = subprocess.run(
        [sys.executable, "-c", block], env={**os.environ, "CDK_OUTDIR": str(tmp_path)}, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr
    template = (tmp_path / "batches-staging-callers.template.json").read_text(encoding="utf-8")
    role = 'role_arn = "arn:aws:iam::111111111111:role/rundeck-runner"'
    assert role in (docs / "rundeck.md").read_text(encoding="utf-8")
    assert '"RoleName": "rundeck-runner"' in template
    assert "task-definition/batches-staging-*:*" in template
