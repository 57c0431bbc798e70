"""`DeployRole`: the role with which a branch's CI deploys a stage, without a key that anyone has to keep."""

import re
from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from batchwright.arns import Place, partition
from batchwright.errors import DeclarationError, wrong
from batchwright.iam.deploy_policies import (
    CLOUDFORMATION,
    QUALIFIER,
    Deployment,
    automation_policy,
    caller_policy,
    execution_policy,
)
from batchwright.iam.publishers import WEB_IDENTITY
from batchwright.names import check_project, check_stage
from batchwright.registry.publishers import parse_source, provider_arn
from batchwright.tokens import is_token
from batchwright_runner.contract.checks import ROLE

_PARAMETER = re.compile(r"(/[A-Za-z0-9_.-]+)+(/\*)?")
_GROUP = re.compile(r"sg-[0-9a-f]{8,40}")
_QUALIFIER = re.compile(r"[a-z0-9]{1,10}")
_POLICY_NAME = re.compile(r"[\w+=,.@/-]{1,512}")
_POLICY = re.compile(rf"arn:[a-z-]+:iam::([0-9]{{12}}|aws):policy/{_POLICY_NAME.pattern}")


class DeployRole(Construct):
    """The role with which CI deploys a stage or the registry, and the one that CloudFormation works with for it.

    Deployed once by an administrator, in an app of its own: a role that its own stacks hold could widen itself. CI then
    runs ``cdk deploy --all -c stage=STAGE --role-arn EXECUTION-ROLE``.

    Attributes:
        role: The role of CI, ``{project}-{stage}-deploy``. It deploys the stage's stacks, and no others.
        execution_role: The role of CloudFormation, ``{project}-{stage}-deploy-exec``. It makes what the library's
            stacks are made of, under the stage's names. Grant it what else your batches' stacks make.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        deployed_by: str,
        stage: str | None,
        project: str = "batches",
        oidc_provider: str | None = None,
        permissions_boundary: str | None = None,
        reads: Sequence[str] = (),
        existing_roles: Sequence[str] = (),
        existing_groups: Sequence[str] = (),
        qualifier: str = QUALIFIER,
    ) -> None:
        """Makes both roles.

        Args:
            scope: A stack in the account and region of the stage, or of the registry.
            id: The construct's id.
            deployed_by: The branch whose CI deploys: ``github:ORG/REPO@BRANCH`` or
                ``circleci:ORG-ID/PROJECT-ID@BRANCH``.
            stage: Name of the stage; ``None`` for the registry.
            project: Name of the project.
            oidc_provider: ARN of the account's OIDC provider for that CI. Default: one is made; an account has one for
                each CI.
            permissions_boundary: ARN or name of the managed policy that bounds both roles, and that CloudFormation's
                must put on every role it makes: name it in ``cdk.json`` as ``@aws-cdk/core:permissionsBoundary`` too.
                Default: none; CloudFormation's role may then give the stage's roles any right.
            reads: SSM parameters that the stacks read, ``/network/*``: those that ``ssm:/NAME`` and
                `Parameter.existing` name at the deployment. Default: none.
            existing_roles: ARNs of existing roles that the batches have, or that grants add to. Default: none.
            existing_groups: Ids of existing security groups that rules are added to, for `Volume.efs` or
                ``batch.connections``. Default: none.
            qualifier: The qualifier of CDK's bootstrap, if it was given one of its own.

        Raises:
            DeclarationError: An argument has a wrong form.
        """
        super().__init__(scope, id)
        check_project(project)
        if stage is not None:
            check_stage(stage)
        subject = f"deploy role {project}-{stage or 'registry'}"
        source = parse_source(subject, deployed_by, "deployed_by")
        _check(subject, "reads", reads, _PARAMETER, "names of SSM parameters such as /network/vpc-id or /network/*")
        _check(subject, "existing_roles", existing_roles, ROLE, "ARNs of roles, without wildcards")
        _check(subject, "existing_groups", existing_groups, _GROUP, "ids such as sg-0123456789abcdef0")
        _check(subject, "qualifier", [qualifier], _QUALIFIER, "up to 10 of a-z and 0-9")
        place = Place(Stack.of(self).account, Stack.of(self).region)
        boundary = _boundary(subject, place, permissions_boundary)
        deployment = Deployment(
            place=place,
            project=project,
            stage=stage or "",
            boundary=boundary,
            reads=tuple(reads),
            existing_roles=tuple(existing_roles),
            existing_groups=tuple(existing_groups),
            qualifier=qualifier,
        )
        name = f"{project}-{stage or 'registry'}-deploy"
        path = f"/{project}-deploy/"  # not the stage's own path, whose roles it makes
        bounds = iam.ManagedPolicy.from_managed_policy_arn(self, "Boundary", boundary) if boundary else None
        of = f"the stacks of {project}-{stage or 'registry'}"
        more = [_automation(self, deployment, name, path)] if stage is not None else []
        self.execution_role = iam.Role(
            self,
            "Execution",
            role_name=f"{name}-exec",
            path=path,
            description=f"CloudFormation makes {of}",
            assumed_by=iam.ServicePrincipal(CLOUDFORMATION),
            inline_policies={"batchwright": iam.PolicyDocument.from_json(execution_policy(deployment))},
            managed_policies=more,
            permissions_boundary=bounds,
        )
        provider = provider_arn(self, subject, source, oidc_provider)
        policy = caller_policy(deployment, self.execution_role.role_arn)
        self.role = iam.Role(
            self,
            "Deploy",
            role_name=name,
            path=path,
            description=f"{deployed_by} deploys {of}",
            assumed_by=iam.FederatedPrincipal(provider, source.conditions(), WEB_IDENTITY),
            inline_policies={"batchwright": iam.PolicyDocument.from_json(policy)},
            permissions_boundary=bounds,
        )


def _automation(scope: Construct, deployment: Deployment, name: str, path: str) -> iam.ManagedPolicy:
    policy = iam.PolicyDocument.from_json(automation_policy(deployment))
    return iam.ManagedPolicy(scope, "Automation", managed_policy_name=f"{name}-automation", path=path, document=policy)


def _check(subject: str, argument: str, values: Sequence[str], form: re.Pattern[str], allowed: str) -> None:
    for value in [values] if isinstance(values, str) else values:
        if isinstance(values, str) or not isinstance(value, str) or not (form.fullmatch(value) or is_token(value)):
            raise wrong(subject, argument, value, f"a list of {allowed}" if isinstance(values, str) else allowed)


def _boundary(subject: str, place: Place, boundary: str | None) -> str:
    if boundary is None:
        return ""
    if isinstance(boundary, str) and (_POLICY.fullmatch(boundary) or is_token(boundary)):
        return boundary
    if isinstance(boundary, str) and not boundary.startswith("arn:") and _POLICY_NAME.fullmatch(boundary):
        return f"arn:{partition(place.region)}:iam::{place.account}:policy/{boundary.lstrip('/')}"
    raise DeclarationError(
        subject, "permissions_boundary", f"{boundary!r} was given; allowed: the name or the ARN of a managed policy"
    )
