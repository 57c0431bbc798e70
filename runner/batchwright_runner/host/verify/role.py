"""The roles: whether they are there, and whether an adopted execution role may what a start needs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.names import endpoints_domain, stage_path
from batchwright_runner.errors import RunnerError
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.finding import Finding
from batchwright_runner.host.stage.task_definitions import StoredAt
from batchwright_runner.host.verify.look import UnseenError
from batchwright_runner.host.verify.subject import Subject, as_a_run

TASK_ROLE = "task role"
TASKS = "ecs-tasks.amazonaws.com"
PULL = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability")

NOT_TAKEN = as_a_run("unable to assume the role")
_REFUSED = "ResourceInitializationError: AccessDeniedException: not authorized to perform: "
NO_LOG = as_a_run(f"{_REFUSED}logs:CreateLogStream")
NO_PULL = as_a_run(f"{_REFUSED}ecr:GetAuthorizationToken")
NO_SECRET = as_a_run(f"{_REFUSED}secretsmanager:GetSecretValue")
NO_PARAMETER = as_a_run(f"{_REFUSED}ssm:GetParameters")


Need = tuple[Sequence[str], Sequence[str], str]
"""What a role has to be allowed: actions, on ARNs; and what to do where it is not."""


def check_roles(subject: Subject) -> Iterator[Finding]:
    """Whether both roles are there and ECS may take them; what an adopted execution role may is simulated."""
    execution, task = (str(subject.definition.get(key, "")) for key in ("executionRoleArn", "taskRoleArn"))
    if execution:
        yield from _role(subject, execution)
    else:
        yield subject.fail("the task definition names none: nothing can be pulled or logged")
    if task:
        yield from _role(replace(subject, check=TASK_ROLE), task)


def _role(subject: Subject, arn: str) -> Iterator[Finding]:
    name = arn.rpartition("/")[2]
    answer = subject.look.find("NoSuchEntity", "iam", "get_role", RoleName=name)
    if answer is None:
        yield subject.fail(f"{name} does not exist", NOT_TAKEN)
        return
    if not trusts(answer["Role"].get("AssumeRolePolicyDocument", {}), TASKS):
        what = f"{name} does not trust {TASKS}: ECS cannot take it"
        yield subject.fail(what, NOT_TAKEN)
        return
    manifest = subject.manifest
    if f":role{stage_path(manifest.project, manifest.stage)}/" in arn or subject.check == TASK_ROLE:
        yield subject.ok(f"{name} exists")
        return
    refused = [finding for need in needs(subject) for finding in _simulated(subject, arn, need)]
    may = f"{name} may pull, log and read what the batch takes; policies of keys and repositories were not looked at"
    yield from subject.or_ok([*refused, *_decrypting(subject, arn)], may)


def trusts(document: Any, service: str) -> bool:  # noqa: ANN401 - a policy document, decoded by the SDK
    """Whether a trust policy lets a service take the role. Pure; its conditions are not looked at."""
    statements = document.get("Statement", []) if isinstance(document, Mapping) else []
    for statement in [statements] if isinstance(statements, Mapping) else statements:
        principal = statement.get("Principal", {})
        named = principal.get("Service", []) if isinstance(principal, Mapping) else principal
        if statement.get("Effect") == "Allow" and service in ([named] if isinstance(named, str) else named):
            return True
    return False


def needs(subject: Subject) -> Iterator[Need]:
    """What ECS does with the execution role before a container starts."""
    manifest = subject.manifest
    partition = manifest.task_definition.split(":")[1]
    here = f"{manifest.region}:{manifest.account}"
    group = f"arn:{partition}:logs:{here}:log-group:{manifest.log_group}:log-stream:x"
    yield (("logs:CreateLogStream", "logs:PutLogEvents"), (group,), NO_LOG)
    places = {(*image.place, image.repository) for image in subject.pulled if image.place is not None}
    if places:
        yield (("ecr:GetAuthorizationToken",), ("*",), NO_PULL)
    for account, region, name in sorted(places):
        yield (PULL, (f"arn:{partition}:ecr:{region}:{account}:repository/{name}",), NO_PULL)
    for source in sorted({variable.source for variable in subject.variables}, key=lambda source: source.name):
        if source.service == "secretsmanager":
            yield (("secretsmanager:GetSecretValue",), (_whole(subject, source),), NO_SECRET)
        else:
            yield (("ssm:GetParameters",), (_parameter(manifest, source.name),), NO_PARAMETER)


def _whole(subject: Subject, secret: StoredAt) -> str:
    """The ARN of a secret. One that is given without its last six characters is a part of it, which no policy names."""
    try:
        return str(subject.look_for(secret).call("secretsmanager", "describe_secret", SecretId=secret.name)["ARN"])
    except (ApiError, UnseenError, RunnerError):
        return secret.name  # which is the finding of another check


def _parameter(manifest: BatchManifest, name: str) -> str:
    """The ARN of a parameter that is given by its name, or by its ARN."""
    partition = manifest.task_definition.split(":")[1]
    here = f"{manifest.region}:{manifest.account}"
    return name if name.startswith("arn:") else f"arn:{partition}:ssm:{here}:parameter/{name.lstrip('/')}"


def _decrypting(subject: Subject, arn: str) -> Iterator[Finding]:
    """Whether the role's own policies let SSM decrypt a secret for it. The key's policy may, too, and is not seen.

    One of the stage's own secrets is taken: what keeps another may have encrypted it with a key of its own.
    """
    manifest = subject.manifest
    named = [
        variable
        for variable in subject.variables
        if variable.source.service == "ssm" and variable.name in manifest.secrets
    ]
    places = sorted(_parameter(manifest, variable.source.name) for variable in named)
    secrets = [place for place in places if f":parameter{stage_path(manifest.project, manifest.stage)}/" in place]
    if not manifest.key or not secrets:
        return
    try:
        key = subject.look.call("kms", "describe_key", KeyId=manifest.key)["KeyMetadata"]
    except (ApiError, UnseenError):
        return  # which is the finding of another check
    answer = subject.look.call(
        "iam",
        "simulate_principal_policy",
        PolicySourceArn=arn,
        ActionNames=["kms:Decrypt"],
        ResourceArns=[key["Arn"]],
        ContextEntries=decrypt_context(manifest, secrets[0]),
    )
    if any(result["EvalDecision"] != "allowed" for result in answer.get("EvaluationResults", [])):
        name = arn.rpartition("/")[2]
        what = f"{name}'s own policies do not allow kms:Decrypt with {manifest.key}"
        yield subject.warn(what, "It reads the secrets only if the key's own policy allows it")


def decrypt_context(manifest: BatchManifest, secret: str) -> list[dict[str, Any]]:
    """What a policy may ask of SSM's call that decrypts a secret, for a simulation. Pure."""
    context = {
        "kms:ViaService": f"ssm.{manifest.region}.{endpoints_domain(manifest.region)}",
        "kms:EncryptionContext:PARAMETER_ARN": secret,
    }
    aliases = {"kms:ResourceAliases": manifest.key} if manifest.key.startswith("alias/") else {}
    return [
        {"ContextKeyName": name, "ContextKeyValues": [value], "ContextKeyType": kind}
        for kind, values in (("string", context), ("stringList", aliases))
        for name, value in values.items()
    ]


def _simulated(subject: Subject, arn: str, need: Need) -> Iterator[Finding]:
    actions, resources, advice = need
    answer = subject.look.call(
        "iam",
        "simulate_principal_policy",
        PolicySourceArn=arn,
        ActionNames=list(actions),
        ResourceArns=list(resources),
    )
    for result in answer.get("EvaluationResults", []):
        if result["EvalDecision"] == "allowed":
            continue
        arns, name = ", ".join(resources), arn.rpartition("/")[2]
        unmet = result.get("MissingContextValues", [])
        if unmet:
            what = f"whether {name} may {result['EvalActionName']} on {arns} hangs on {', '.join(unmet)}"
            yield subject.warn(what)
        else:
            yield subject.fail(f"{name} may not {result['EvalActionName']} on {arns}", advice)
