"""docs/deploying.md and docs/ci.md: the apps in them are real."""

import json
import re
from pathlib import Path
from typing import Any

from batchwright import BatchApp
from batchwright.testing import resources
from tests.library.samples import ROOT, context

DOCS = Path(__file__).parents[2] / "docs"
IMPORTS = "from aws_cdk import aws_logs as logs\nfrom batchwright import Existing\n"
END = "app.synth()\n"


def blocks(page: str = "deploying.md") -> list[str]:
    return re.findall(r"```python\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)


def template_of(app: str, stack: str = "batches-staging-callers") -> str:
    names: dict[str, Any] = {}
    exec(compile(app, "docs", "exec"), names)  # the page is ours
    return Path(names["app"].outdir, f"{stack}.template.json").read_text(encoding="utf-8")


def test_the_app_that_lets_others_run_batches_gives_the_role_that_rundecks_page_names() -> None:
    template = template_of(blocks()[0])

    role = 'role_arn = "arn:aws:iam::111111111111:role/rundeck-runner"'
    assert role in (DOCS / "rundeck.md").read_text(encoding="utf-8")
    assert '"RoleName": "rundeck-runner"' in template
    assert "task-definition/batches-staging-*:*" in template


def test_the_app_that_lets_ci_deploy_makes_the_roles_that_the_page_names() -> None:
    (app,) = [block for block in blocks("ci.md") if "DeployRole(" in block]
    template = template_of(app, "deployers-batches-staging")

    page = (DOCS / "ci.md").read_text(encoding="utf-8")
    for name in ("batches-staging-deploy", "batches-staging-deploy-exec"):
        assert f'"RoleName": "{name}"' in template
        assert f"arn:aws:iam::111111111111:role/batches-deploy/{name}\n" in page
    assert '"repo:acme/batches:ref:refs/heads/main"' in template
    assert "policy/house/batches" in template


def test_a_boundary_in_cdk_json_is_on_every_role_of_the_project(tmp_path: Path) -> None:
    bounded = {"@aws-cdk/core:permissionsBoundary": {"name": "house/batches"}, "stage": "staging"}
    assembly = BatchApp(ROOT, context={**context(), **bounded}, outdir=str(tmp_path)).synth()

    roles = [role for made in assembly.stacks for role in resources(made.template, "AWS::IAM::Role")]
    assert len(roles) > 10
    assert {json.dumps(role["PermissionsBoundary"]).count("policy/house/batches") for role in roles} == {1}


def test_it_can_name_roles_and_logs_that_were_there_before() -> None:
    first, second = blocks()
    app = first.replace("platform.grant_run(rundeck)\n", "").replace(END, IMPORTS + second + END)

    template = template_of(app)

    assert '"arn:aws:iam::111111111111:role/legacy/report"' in template
    assert "log-group:/legacy/report:*" in template
