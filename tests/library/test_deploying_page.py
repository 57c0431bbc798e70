"""docs/deploying.md and docs/ci.md: the apps in them are real."""

import json
from pathlib import Path
from typing import Any

from batchwright import BatchApp
from batchwright.testing import resources
from tests.kit.pages import blocks
from tests.library.samples import ROOT, context

DOCS = Path(__file__).parents[2] / "docs"
IMPORTS = "from aws_cdk import aws_logs as logs\nfrom batchwright import Existing\n"
END = "app.synth()\n"


def apps(page: str = "deploying.md") -> list[str]:
    return blocks((DOCS / page).read_text(encoding="utf-8"), "python")


def template_of(app: str, stack: str = "batches-staging-callers") -> str:
    names: dict[str, Any] = {}
    exec(compile(app, "docs", "exec"), names)  # the page is ours
    return Path(names["app"].outdir, f"{stack}.template.json").read_text(encoding="utf-8")


def test_the_app_that_lets_others_run_batches_gives_the_role_that_rundecks_page_names() -> None:
    template = template_of(apps()[0])

    role = 'role_arn = "arn:aws:iam::111111111111:role/rundeck-runner"'
    assert role in (DOCS / "rundeck.md").read_text(encoding="utf-8")
    assert '"RoleName": "rundeck-runner"' in template
    assert "task-definition/batches-staging-*:*" in template


def test_the_role_of_ci_may_assume_the_roles_of_one_bootstrap_alone(tmp_path: Path) -> None:
    (app,) = [block for block in apps("ci.md") if "QUALIFIER" in block]
    template = json.loads(template_of(app, "ci-batches-staging"))

    (role,), (policy,) = resources(template, "AWS::IAM::Role"), resources(template, "AWS::IAM::Policy")
    page = (DOCS / "ci.md").read_text(encoding="utf-8")
    assert f"role-to-assume: arn:aws:iam::111111111111:role/{role['RoleName']}\n" in page
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    issuer = "token.actions.githubusercontent.com"
    assert trust["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert trust["Condition"] == {
        "StringEquals": {f"{issuer}:aud": "sts.amazonaws.com", f"{issuer}:sub": "repo:acme/batches:ref:refs/heads/main"}
    }
    qualified = {**context(), "stage": "staging", "@aws-cdk/core:bootstrapQualifier": "staging"}
    stack = (
        BatchApp(ROOT, context=qualified, outdir=str(tmp_path)).synth().get_stack_by_name("batches-staging-platform")
    )
    assumed = {"deploy": stack.assume_role_arn, "file-publishing": ""}
    expected = [
        f"arn:aws:iam::111111111111:role/cdk-staging-{name}-role-111111111111-ap-northeast-1" for name in assumed
    ]
    assert str(assumed["deploy"]).replace("${AWS::Partition}", "aws") == expected[0]
    assert policy["PolicyDocument"]["Statement"] == [
        {"Action": "sts:AssumeRole", "Effect": "Allow", "Resource": expected}
    ]
    assert "ManagedPolicyArns" not in role
    assert "Policies" not in role


def test_a_boundary_in_cdk_json_is_on_every_role_of_the_project(tmp_path: Path) -> None:
    bounded = {"@aws-cdk/core:permissionsBoundary": {"name": "house/batches"}, "stage": "staging"}
    assembly = BatchApp(ROOT, context={**context(), **bounded}, outdir=str(tmp_path)).synth()

    roles = [role for made in assembly.stacks for role in resources(made.template, "AWS::IAM::Role")]
    assert len(roles) > 10
    assert {json.dumps(role["PermissionsBoundary"]).count("policy/house/batches") for role in roles} == {1}


def test_it_can_name_roles_and_logs_that_were_there_before() -> None:
    first, second = apps()
    app = first.replace("platform.grant_run(rundeck)\n", "").replace(END, IMPORTS + second + END)

    template = template_of(app)

    assert '"arn:aws:iam::111111111111:role/legacy/report"' in template
    assert "log-group:/legacy/report:*" in template
