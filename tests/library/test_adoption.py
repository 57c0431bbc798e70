"""A batch in somebody else's app: their stacks, their resources, several stages and projects in one account."""

import json
import re
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import Environment, Stage
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from batchwright import BatchImage, BatchPlatform, Existing, FargateBatch, Secret, Sidecar
from batchwright.app.cdk_json import platform_arguments
from batchwright.arns import Place
from batchwright.task.images import resolve_image
from batchwright.task.outside import Written
from batchwright.testing import Template, resources, synthesize
from batchwright_runner.contract.names import StageNames
from tests.kit.rows import each_row
from tests.library.resolved import resolved
from tests.library.support import (
    STAGING,
    SUBNETS,
    app,
    app_and_stack,
    batch,
    of_type,
    only,
    parameters_named,
    platform,
    policy_statements,
    published_manifest,
    refusal,
    role_statements,
    stack,
    templates,
    token,
)

DIGEST = "sha256:" + "ab" * 32
HOST = "111111111111.dkr.ecr.ap-northeast-1"
NAMES, PLACE = StageNames("batches", "staging"), Place("111111111111", "ap-northeast-1")
ROLE = "arn:aws:iam::111111111111:role/legacy/report"


def text(template: Template) -> str:
    """The manifest's text, with what CloudFormation computes in angle brackets."""
    (parameter,) = parameters_named(template, "/manifests/")
    parts = parameter["Value"]["Fn::Join"][1]
    return "".join(
        part if isinstance(part, str) else f"<{part.get('Ref') or '.'.join(part['Fn::GetAtt'])}>" for part in parts
    )


def test_a_stack_without_account_and_region() -> None:
    home, theirs = app_and_stack(None)
    made = batch(theirs, platform(theirs), parameters={"A": "1"}, secrets=["B"])

    template = templates(home)["stack"]

    published = text(template)
    assert '"account"' not in published  # the task definition's ARN says it, and the region
    assert '"repository":"<AWS::AccountId>.dkr.ecr.<AWS::Region>.<AWS::URLSuffix>/batches/report"' in published
    role = "arn:<AWS::Partition>:iam::<AWS::AccountId>:role/batches/staging/batches-staging-report-stop"
    assert f'"role":"{role}"' in published
    assert "${Token[" not in json.dumps(template)
    (main,) = only(template, "AWS::ECS::TaskDefinition")["ContainerDefinitions"]
    assert main["LogConfiguration"]["Options"]["awslogs-region"] == {"Ref": "AWS::Region"}
    assert made.manifest.account == "000000000000"


@pytest.mark.parametrize("name", ["alias/aws/ssm", "alias/aws/secretsmanager"])
@pytest.mark.parametrize(
    "brought",
    [
        lambda scope, name: kms.Alias.from_alias_name(scope, "Key", name),
        lambda _, name: Written(name),
        lambda _, name: Written(f"arn:aws:kms:ap-northeast-1:111111111111:{name}"),
    ],
    ids=["construct", "cdk.json", "arn"],
)
@pytest.mark.parametrize("kind", [BatchPlatform, BatchPlatform.from_deployed])
def test_a_key_of_awss_own_is_refused_as_a_stages_key(kind: Any, brought: Any, name: str) -> None:  # noqa: ANN401
    theirs = stack(app())
    network = {"subnets": ["subnet-0123456789abcdef0"]} if kind is BatchPlatform else {}

    with refusal(rf"^platform staging: key: \S*{name} is a key of AWS's own"):
        kind(theirs, "Platform", stage="staging", key=brought(theirs, name), **network)


def test_a_secret_of_others_under_awss_own_key_is_read() -> None:
    home, theirs = app_and_stack()
    batch(theirs, platform(theirs), secrets=[Secret.existing("TOKEN", "/partners/TOKEN", key="alias/aws/ssm")])

    assert '"kms:ResourceAliases": "alias/aws/ssm"' in json.dumps(templates(home)["stack"])


def test_existing_resources_of_the_app_are_used() -> None:
    home, theirs = app_and_stack()
    log = logs.LogGroup(theirs, "Log", log_group_name="/legacy/report")
    task = iam.Role(theirs, "Task", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"))
    execution = iam.Role(theirs, "Execution", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"))
    images = ecr.Repository(theirs, "Images")
    made = batch(
        theirs,
        platform(theirs, **platform_arguments({"cluster": "legacy", "key": "alias/legacy"})),
        image=BatchImage.from_repository(images, "7"),
        existing=Existing(log_group=log, task_role=task, execution_role=execution),
    )

    made.allow("s3:GetObject", on="arn:aws:s3:::x/*")
    made.repository.grant_push(execution)
    template = templates(home)["stack"]

    properties = only(template, "AWS::ECS::TaskDefinition")
    ids = {id for id in template["Resources"] if id.startswith(("Task", "Execution"))}
    assert properties["TaskRoleArn"]["Fn::GetAtt"][0] in ids
    assert properties["ExecutionRoleArn"]["Fn::GetAtt"][0] in ids
    assert len(of_type(template, "AWS::IAM::Role")) == 3  # theirs, and the platform's for deadlines
    assert len(of_type(template, "AWS::Logs::LogGroup")) == 2  # theirs, and the platform's for the history
    pull = next(statement for statement in policy_statements(template) if statement.get("Sid") == "PullImages")
    assert pull["Resource"]["Fn::GetAtt"][1] == "Arn"
    assert made.manifest.image.tag == "7"


def test_the_roles_of_deadlines_and_of_the_machine_may_be_brought() -> None:
    home, theirs = app_and_stack()
    stops, starts, caller = (
        iam.Role.from_role_arn(theirs, name, f"arn:aws:iam::111111111111:role/theirs/{name}")
        for name in ("stops", "starts", "caller")
    )
    made = batch(
        theirs,
        platform(theirs),
        scheduler="aws",
        existing=Existing(deadline_role=stops, machine_role=starts, execution_role=caller, task_role=caller),
    )
    made.grant_run(caller)

    template = templates(home)["stack"]
    assert only(template, "AWS::StepFunctions::StateMachine")["RoleArn"] == starts.role_arn
    assert made.manifest.deadline is not None
    assert made.manifest.deadline.role == published_manifest(template)["deadline"]["role"] == stops.role_arn
    assert [role["RoleName"] for role in resources(template, "AWS::IAM::Role")] == ["batches-staging-schedules"]
    passed = [
        statement["Resource"]
        for statement in policy_statements(template)
        if statement.get("Condition") == {"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}}
    ]
    assert passed == [stops.role_arn]


USED_BY = {
    "task_role": "ecs-tasks.amazonaws.com",
    "execution_role": "ecs-tasks.amazonaws.com",
    "deadline_role": "scheduler.amazonaws.com",
    "machine_role": "states.amazonaws.com",
}


@pytest.mark.parametrize("argument", USED_BY)
@pytest.mark.parametrize(
    "trusted",
    [iam.ServicePrincipal("lambda.amazonaws.com"), iam.AccountRootPrincipal(), iam.WebIdentityPrincipal("oidc")],
    ids=["service", "account", "federated"],
)
def test_a_role_of_this_app_that_its_service_cannot_take_is_refused(argument: str, trusted: iam.IPrincipal) -> None:
    home, theirs = app_and_stack()
    role = iam.Role(theirs, "Theirs", assumed_by=trusted)
    given: dict[str, Any] = {argument: role}
    batch(theirs, platform(theirs), scheduler="aws", existing=Existing(**given))

    message = f"^batch report: {argument}: {USED_BY[argument]} cannot take stack/Theirs; allowed: a role whose trust"
    with refusal(message):
        home.synth()


@pytest.mark.parametrize(
    "trusted",
    [
        lambda service: iam.ServicePrincipal(service),
        lambda service: iam.ServicePrincipal(service, conditions={"StringEquals": {"aws:SourceAccount": "1" * 12}}),
        lambda service: iam.CompositePrincipal(iam.AccountRootPrincipal(), iam.ServicePrincipal(service)),
        lambda service: iam.ServicePrincipal(service.replace(".", ".ap-northeast-1.", 1)),
        lambda _: iam.AnyPrincipal(),
        lambda _: iam.ServicePrincipal(token()),
    ],
    ids=["service", "condition", "several", "region", "anyone", "token"],
)
def test_a_role_of_this_app_that_its_service_can_take_is_used(trusted: Callable[[str], iam.IPrincipal]) -> None:
    home, theirs = app_and_stack()
    roles: dict[str, Any] = {
        argument: iam.Role(theirs, argument, assumed_by=trusted(service)) for argument, service in USED_BY.items()
    }
    batch(theirs, platform(theirs), scheduler="aws", existing=Existing(**roles))

    home.synth()


def test_a_trust_may_be_written_after_the_batch() -> None:
    home, theirs = app_and_stack()
    role = iam.Role(theirs, "Theirs", assumed_by=iam.AccountRootPrincipal())
    batch(theirs, platform(theirs), existing=Existing(task_role=role))
    trusted = [iam.ServicePrincipal("ecs-tasks.amazonaws.com")]
    assert role.assume_role_policy
    role.assume_role_policy.add_statements(iam.PolicyStatement(actions=["sts:AssumeRole"], principals=trusted))

    home.synth()


def test_an_image_whose_address_is_longer_than_ecs_takes_is_refused() -> None:
    home, theirs = app_and_stack()
    on = platform(theirs)
    uri = f"example.com/{'a' * (255 - len('example.com/:3'))}:3"
    batch(theirs, on, image=BatchImage.from_uri(uri), sidecars=[Sidecar(name="agent", image=uri)])
    home.synth()

    long = uri.replace("/", f"/{'b' * 45}")
    with refusal(r"^batch other: image: its address has 300 characters; allowed: 255"):
        batch(theirs, on, name="other", image=BatchImage.from_uri(long))
    with refusal(r"^batch third: sidecar agent: image: its address has 300 characters"):
        batch(theirs, on, name="third", sidecars=[Sidecar(name="agent", image=long)])


def test_a_task_role_of_cdks_customize_roles_is_an_existing_one(tmp_path: Path) -> None:
    home = app(tmp_path)
    iam.Role.customize_roles(home, use_precreated_roles={"stack/report/TaskRole": "their-task"})
    theirs = stack(home)
    batch(theirs, platform(theirs)).allow("s3:GetObject", on="arn:aws:s3:::sales/*")

    template = templates(home)["stack"]
    assert "role/their-task" in json.dumps(only(template, "AWS::ECS::TaskDefinition")["TaskRoleArn"])
    assert "s3:GetObject" in tmp_path.joinpath("iam-policy-report.json").read_text(encoding="utf-8")
    local = json.loads(tmp_path.joinpath("batches/staging/report.json").read_text(encoding="utf-8"))
    assert local["task"]["taskRoleArn"] == local["access"]["task"]["arn"] == "arn:aws:iam::111111111111:role/their-task"


def test_an_immutable_execution_role_stays_as_it_is() -> None:
    home, theirs = app_and_stack()
    execution = iam.Role.from_role_arn(theirs, "Execution", ROLE, mutable=False)

    batch(theirs, platform(theirs), existing=Existing(execution_role=execution))

    template = templates(home)["stack"]
    assert only(template, "AWS::ECS::TaskDefinition")["ExecutionRoleArn"] == ROLE
    assert policy_statements(template) == []


@each_row("uri pulled repository tag", __file__, "uris")
def test_images_by_uri(uri: str, pulled: str, repository: str, tag: str) -> None:
    made = resolve_image("batch report", BatchImage.from_uri(uri), NAMES, PLACE)

    assert (made.uri, made.repository_arn or "none") == (uri, pulled)
    assert (made.reference.name, made.reference.repository, made.reference.tag) == ("", repository, tag)


@pytest.mark.parametrize("env", [STAGING, None], ids=["an account", "any account"])
@pytest.mark.parametrize("tag", ["7", DIGEST])
def test_a_uri_with_parts_that_only_a_deployment_knows(tag: str, env: Environment | None) -> None:
    theirs = ecr.Repository(stack(app(), env=env), "Theirs")
    of = theirs.repository_uri_for_digest if tag == DIGEST else theirs.repository_uri_for_tag
    for uri in (of(tag), f"{theirs.repository_uri}{'@' if tag == DIGEST else ':'}{tag}"):
        made = resolve_image("batch report", BatchImage.from_uri(uri), NAMES, PLACE)

        assert made.reference.tag == tag
        assert made.repository_arn is not None
        assert f"repository/{theirs.repository_name}" in made.repository_arn


@pytest.mark.parametrize(("tag", "reference"), [("7", ":7"), (DIGEST, f"@{DIGEST}"), (f"7@{DIGEST}", f"@{DIGEST}")])
def test_a_repository_and_a_tag_or_a_digest(tag: str, reference: str) -> None:
    theirs = ecr.Repository.from_repository_name(stack(app()), "Theirs", "tools/report")

    assert BatchImage.from_repository(theirs, tag).uri == theirs.repository_uri + reference


@pytest.mark.parametrize("tag", ["a b", "7@latest", None])
def test_another_tag_is_refused(tag: Any) -> None:  # noqa: ANN401
    theirs = ecr.Repository.from_repository_name(stack(app()), "Theirs", "tools/report")

    with refusal(r"^BatchImage.from_repository: tag: .* was given; allowed: a tag, such as"):
        BatchImage.from_repository(theirs, tag)


@pytest.mark.parametrize(
    "uri",
    [
        *("report", ":3", "example.com:5000/report", "report:", "report@sha256:abc", "report:é"),
        *("https://example.com/report:3", "docker://report:3", "example.com/Report:3", "a b:3", "report:3:3", "a//b:3"),
    ],
)
def test_an_image_needs_a_repository_and_a_tag(uri: str) -> None:
    with refusal(f"^BatchImage.from_uri: uri: '{re.escape(uri)}' was given; allowed: repos"):
        BatchImage.from_uri(uri)


def deployed(**given: Any) -> Template:  # noqa: ANN401 - any argument
    """A batch on a platform that another app deployed."""
    home, theirs = app_and_stack()
    on = BatchPlatform.from_deployed(theirs, "Platform", stage="staging", **given)
    batch(theirs, on, secrets=["PASSWORD"])
    return templates(home)["stack"]


def facts_of(template: Template) -> dict[str, str]:
    """SSM parameter to logical id, of the template's parameters that are read from SSM."""
    kind = "AWS::SSM::Parameter::Value<String>"
    ids = {parameter["Default"]: id for id, parameter in template["Parameters"].items() if parameter["Type"] == kind}
    return {name.rpartition("/")[2]: id for name, id in ids.items() if name.startswith("/batches/staging/platform/")}


def test_a_platform_that_another_app_deployed_is_read_from_ssm() -> None:
    template = deployed()
    facts = facts_of(template)

    known = ["assign-public-ip", "cluster", "protected", "registry-account", "registry-region", "subnets", "vpc-id"]
    assert sorted(facts) == known
    published = text(template)
    assert f'"cluster":"<{facts["cluster"]}>"' in published
    assert f'"subnets":"<{facts["subnets"]}>"' in published
    # A JSON boolean once it is resolved, so without quotes.
    assert f'"assign_public_ip":<{facts["assign-public-ip"]}>,' in published
    assert f'"protected":<{facts["protected"]}>' in published
    assert only(template, "AWS::EC2::SecurityGroup")["VpcId"] == {"Ref": facts["vpc-id"]}
    assert "Fn::ImportValue" not in json.dumps(template)


def test_its_other_arguments() -> None:
    without = dict.fromkeys(["own_security_groups", "history", "deadlines", "protected"], False)
    template = deployed(project="batches", registry=Environment(account="444444444444", region="us-west-2"), **without)

    facts = facts_of(template)
    assert set(facts) == {"assign-public-ip", "cluster", "security-groups", "subnets"}
    assert not of_type(template, "AWS::EC2::SecurityGroup")
    published = text(template)
    assert f'"security_groups":"<{facts["security-groups"]}>"' in published
    assert '"repository":"444444444444.dkr.ecr.us-west-2.amazonaws.com/batches/report"' in published
    assert "history_log_group" not in published
    assert "deadline" not in published


def test_a_registry_elsewhere_needs_account_and_region() -> None:
    with refusal(r"^platform staging: registry: .* Environment\(account=…, region=…\)"):
        deployed(registry=Environment(account="444444444444"))


def test_its_settings_and_stages() -> None:
    home = app()
    on = BatchPlatform.from_deployed(
        stack(home), "Platform", stage="staging", settings={"bucket": "x"}, stages=["staging", "production"]
    )

    assert on.setting("bucket") == "x"
    assert on._facts.key == "alias/batches-staging"
    assert on.choose(default="1", production="2") == "1"
    assert (on.registry, on.key, on.cluster) == (None, None, None)


def test_what_it_grants_names_the_cluster_that_it_will_find() -> None:
    home, theirs = app_and_stack()
    on = BatchPlatform.from_deployed(theirs, "Platform", stage="staging")
    on.grant_operate(iam.Role(theirs, "Operator", assumed_by=iam.AccountRootPrincipal()))

    template = templates(home)["stack"]

    (start,) = [statement for statement in policy_statements(template) if statement["Action"] == "ecs:RunTask"]
    cluster = facts_of(template)["cluster"]
    assert start["Condition"]["ArnEquals"]["ecs:cluster"]["Fn::Join"][1][-1] == {"Ref": cluster}


THERE = Environment(account="111111111111", region="eu-west-1")


@pytest.mark.parametrize(
    ("env", "given", "refused"),
    [
        (THERE, {}, True),
        (THERE, {"project": "other"}, False),
        (THERE, {"stage": "local"}, False),
        (Environment(account="222222222222", region="eu-west-1"), {}, False),
        (Environment(region="eu-west-1"), {}, False),
        (None, {}, False),
    ],
)
def test_a_stage_is_in_one_region_of_an_account(
    env: Environment | None, given: dict[str, str], *, refused: bool
) -> None:
    home, first = app_and_stack()
    platform(first)
    second = stack(Stage(home, "Second") if refused else home, "second", env=env)
    message = (
        "platform staging: stage: project batches has it in ap-northeast-1 of account 111111111111, too, and names of "
        "IAM roles are global in an account; allowed: each stage in one region of an account"
    )

    with refusal(re.escape(message)) if refused else nullcontext():
        platform(second, **given)


def test_two_stages_in_one_stack() -> None:
    home, theirs = app_and_stack()
    for stage in ("staging", "production"):
        on = BatchPlatform(theirs, stage, stage=stage, subnets=SUBNETS)
        FargateBatch(Construct(theirs, f"{stage}-batches"), "report", platform=on, owner="sre", description="Reports.")

    template = templates(home)["stack"]

    families = [task["Properties"]["Family"] for task in of_type(template, "AWS::ECS::TaskDefinition")]
    assert sorted(families) == ["batches-production-report", "batches-staging-report"]


ASSETS = "cdk-hnb659fds-container-assets-111111111111-ap-northeast-1"


def test_an_image_that_the_cdk_builds(tmp_path: Path) -> None:
    tmp_path.joinpath("Dockerfile").write_text("FROM scratch\n")
    home, theirs = app_and_stack()
    asset = ecr_assets.DockerImageAsset(theirs, "Asset", directory=str(tmp_path))
    image = BatchImage.from_asset(asset)
    batch(theirs, platform(theirs), image=image, sidecars=[Sidecar(name="helper", image=image)])

    template = templates(home)["stack"]

    (pull,) = [one for one in role_statements(template, "report-exec") if one["Sid"] == "PullImages"]
    assert resolved(pull["Resource"], {}) == f"arn:aws:ecr:ap-northeast-1:111111111111:repository/{ASSETS}"
    containers = only(template, "AWS::ECS::TaskDefinition")["ContainerDefinitions"]
    uris = {resolved(container["Image"], {"AWS::URLSuffix": "amazonaws.com"}) for container in containers}
    assert uris == {f"{HOST}.amazonaws.com/{ASSETS}:{asset.image_tag}"}
    published = published_manifest(template)["image"]
    assert (published["repository"], published["tag"]) == (f"{HOST}.?/{ASSETS}", asset.image_tag)


@pytest.mark.parametrize("form", ["{}", "{}/report:7"])
def test_a_uri_of_which_nothing_is_known_is_refused(form: str) -> None:
    theirs, uri = stack(app()), form.format(token())
    on = platform(theirs)

    with refusal(r"^batch report: image: a URI was given whose registry only a deploy"):
        batch(theirs, on, image=BatchImage.from_uri(uri))
    with refusal(r"^batch other: sidecar helper: image: a URI was given whose registry"):
        batch(theirs, on, "other", sidecars=[Sidecar(name="helper", image=uri)])


def test_a_setting_that_is_missing_in_a_local_stage_is_taken() -> None:
    def declare(scope: Construct, on: BatchPlatform) -> FargateBatch:
        return batch(scope, on, image=BatchImage.from_uri(on.setting("image")))

    assert "setting image" in str(synthesize(declare, stage="local").local["task"])
