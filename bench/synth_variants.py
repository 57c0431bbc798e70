"""The other ways to place the resources that `synth.py` compares: ``python synth_variants.py VARIANT N FOLDER``.

Each makes what the library makes of a batch, property by property, from one template of plain data: a stack, the eight
resources in it and the repository. The task role is an L2 role in all of them, since that is what users grant to. None
makes a manifest that is checked, a file for local runs, the last look, a message about a wrong argument, the runs'
history or the deadlines' group; the library does. What each can and cannot carry otherwise:

======== ==============================================================================================================
empty    The stacks alone: what no design can save.
typed    Typed L1 resources, fed with dictionaries: tags, Aspects and cdk-nag see them; an unknown key is dropped.
generic  ``CfnResource``: tokens and ``Ref`` work, but `Tags` and cdk-nag do not see the resources.
include  One ``CfnInclude`` a batch, from a file: typed L1 comes out; logical ids are the file's, a docker label called
         ``Ref`` is taken for an intrinsic, an unknown key is kept and fails at the deployment; 100 MiB more memory.
======== ==============================================================================================================
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

from aws_cdk import App, CfnResource, Environment, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

VARIANT, COUNT, FOLDER = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
STAGING = Environment(account="111111111111", region="eu-west-1")
REGISTRY = Environment(account="333333333333", region="eu-west-1")
TEMPLATES = Path(__file__).with_name("synth_resources.json")
Resources = dict[str, dict[str, Any]]
AS_THEY_ARE = {"Options", "AssumeRolePolicyDocument", "PolicyDocument", "RepositoryPolicyText"}

if VARIANT in ("typed", "include"):
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_ecr as ecr
    from aws_cdk import aws_ecs as ecs
    from aws_cdk import aws_logs as logs
    from aws_cdk import aws_ssm as ssm
if VARIANT == "include":
    from aws_cdk.cloudformation_include import CfnInclude


def main() -> None:
    """Declares the batches and writes the assembly."""
    app = App(outdir=str(FOLDER), analytics_reporting=False, builtin_cloud_formation_validation=False)
    registry = Stack(app, "bench-registry", env=REGISTRY)
    platform = Stack(app, "bench-staging-platform", env=STAGING)
    place = {"typed": place_typed, "generic": place_generic, "include": place_include}.get(VARIANT)
    text = TEMPLATES.read_text(encoding="utf-8")
    repositories: Resources = {}
    for n in range(COUNT):
        one = json.loads(text.replace("batch-0", f"batch-{n}"))
        repositories[f"Repository{n}"] = one["repository"]
        stack = Stack(app, f"bench-staging-batch-{n}", env=STAGING)
        stack.add_stack_dependency(registry)
        stack.add_stack_dependency(platform)
        if place:
            batch = Construct(stack, f"batch-{n}")
            place(batch, one["batch"], task_role(batch, n))
    if place:
        place(registry, repositories, None)
    app.synth()


def task_role(scope: Construct, n: int) -> iam.Role:
    """What users grant to."""
    principal = iam.ServicePrincipal("ecs-tasks.amazonaws.com")
    return iam.Role(scope, "TaskRole", assumed_by=principal, path="/bench/staging/", role_name=f"bench-staging-{n}")


def place_typed(scope: Construct, resources: Resources, role: iam.Role | None) -> None:
    """Each resource by its own class, with as few calls as that needs."""
    classes: dict[str, Any] = {
        "AWS::IAM::Role": iam.CfnRole,
        "AWS::SSM::Parameter": ssm.CfnParameter,
        "AWS::Logs::LogGroup": logs.CfnLogGroup,
        "AWS::EC2::SecurityGroup": ec2.CfnSecurityGroup,
        "AWS::ECS::TaskDefinition": ecs.CfnTaskDefinition,
        "AWS::ECR::Repository": ecr.CfnRepository,
    }

    def make(id: str, one: dict[str, Any], properties: dict[str, Any]) -> CfnResource:
        kind = classes[one["Type"]]
        given = {_snake(key): value if key in AS_THEY_ARE else _typed(value) for key, value in properties.items()}
        made: CfnResource = kind(scope, id, **given)
        return made

    place_each(make, resources, role)


def place_generic(scope: Construct, resources: Resources, role: iam.Role | None) -> None:
    """Each resource as a `CfnResource`."""

    def make(id: str, one: dict[str, Any], properties: dict[str, Any]) -> CfnResource:
        return CfnResource(scope, id, type=one["Type"], properties=properties)

    place_each(make, resources, role)


def place_each(make: Any, resources: Resources, role: iam.Role | None) -> None:  # noqa: ANN401 - a local function
    """Makes the resources in order; what refers to another gets a token of it, as the library does."""
    made: dict[str, Any] = {}
    for id, one in resources.items():
        properties = _referring(one["Properties"], made, role)
        made[id] = make(id, one, properties)
        if one.get("DeletionPolicy") == "RetainExceptOnCreate":
            made[id].apply_removal_policy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)
        if one.get("DeletionPolicy") == "Delete":
            made[id].add_override("DeletionPolicy", "Delete")
            made[id].add_override("UpdateReplacePolicy", "Retain")
    if role is not None:
        made["Manifest"].node.add_dependency(
            role, *[made[id] for id in made if id not in ("Manifest", "TaskDefinition", "SecurityGroup")]
        )


def place_include(scope: Construct, resources: Resources, role: iam.Role | None) -> None:
    """All at once, from a file: the logical ids are unique in a stack only because there is one batch in it."""
    if role is not None:
        resources["TaskDefinition"]["Properties"]["TaskRoleArn"] = role.role_arn
        resources["Manifest"]["DependsOn"] = ["Parameter", "Log", "ExecutionRole", "DeadlineRole"]
    file = FOLDER / f"{scope.node.id}.fragment.json"
    file.write_text(json.dumps({"Resources": resources}), encoding="utf-8")
    included = CfnInclude(scope, "Fragment", template_file=str(file))
    if role is not None:
        included.get_resource("Manifest").node.add_dependency(role)


def _referring(value: Any, made: dict[str, Any], role: iam.Role | None) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, list):
        return [_referring(one, made, role) for one in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"Ref"}:
        return made[value["Ref"]].ref
    if value.keys() == {"Fn::GetAtt"}:
        id, attribute = value["Fn::GetAtt"]
        if id == "TaskRole" and role is not None:
            return role.role_arn
        return made[id].get_att(attribute).to_string()
    if value.keys() == {"Fn::Join"}:
        return "".join(_referring(value["Fn::Join"][1], made, role))
    return {key: _referring(one, made, role) for key, one in value.items()}


def _typed(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """The keys of properties as typed resources take them: ``logDriver``. Options, documents and the like stay."""
    if isinstance(value, list):
        return [_typed(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {key[0].lower() + key[1:]: one if key in AS_THEY_ARE else _typed(one) for key, one in value.items()}


def _snake(key: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", key).lower()


if __name__ == "__main__":
    main()
