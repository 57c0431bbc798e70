"""How policies name what something else made: keys by alias, secrets by name, parameters by a name of another stack.

Roles and log groups by their names where those are written, so that no stack needs the one that makes them.
"""

import re
from typing import TYPE_CHECKING, Any, cast

from aws_cdk import Reference, Stack, Tokenization

from batchwright.arns import Place
from batchwright.errors import DeclarationError, wrong
from batchwright.lookups import is_pending
from batchwright.tokens import TOKEN, is_token

if TYPE_CHECKING:
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_logs as logs
    from aws_cdk import aws_secretsmanager as secretsmanager
    from aws_cdk import aws_ssm as ssm

ANY_SUFFIX = "-??????"
"""What follows a secret's name in its ARN: a dash and six characters that Secrets Manager chooses (Secrets Manager user
guide, "What's in a Secrets Manager secret?", 2026-11)."""

PARAMETER = re.compile(r"ssm:(?P<name>(/[A-Za-z0-9_.-]+)+)")
"""The name of an SSM parameter that holds an id: CloudFormation reads it when the stack is deployed."""

IN_SSM = "StringParameter.value_for_string_parameter(scope, '/NAME')"
"""How the CDK reads an id that an SSM parameter holds when the stack is deployed."""

_ALIAS_ARN = re.compile(r"arn:[^:]*:kms:(?P<region>[^:]*):(?P<account>[^:]*):(?P<alias>alias/.+)")
_SECRET_ARN = re.compile(r"arn:[^:]*:secretsmanager:")
_SECRET = re.compile(
    rf"(?P<arn>arn:[^:]*:secretsmanager:[^:]*:[^:]*:secret:[^:*?]+|{TOKEN.pattern})(?P<of>(:[^:]*){{0,3}})"
)
_PARAMETER_ARN = re.compile(r"arn:[^:]*:ssm:[^:]*:[^:]*:parameter(?P<path>/.+)")
_SUFFIX = re.compile(r"-[A-Za-z0-9]{6}")
_WORD = re.compile(r"-[a-z0-9]{6}")
_PATH = re.compile(r"/[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*")


class Written(str):
    """A name, an id, an ARN or ``ssm:/NAME`` as cdk.json holds it, which has no type for what the CDK has one for."""

    __slots__ = ()


def written(value: Any) -> Any:  # noqa: ANN401 - any value of JSON
    """A value of cdk.json, its texts as `Written`."""
    if isinstance(value, list):
        return [written(element) for element in value]
    return Written(value) if isinstance(value, str) else value


def check_construct(subject: str, argument: str, value: object, member: str, imported: str) -> None:
    """Raises unless a value is the CDK's, by a member of its, or is written in cdk.json.

    `imported`: how the CDK takes an existing one: ``a cluster, such as Cluster.from_cluster_arn(…)``.
    """
    if isinstance(value, str) and value.startswith("ssm:"):
        imported += f" of {IN_SSM}"
    if not isinstance(value, Written) and not hasattr(value, member):
        raise wrong(subject, argument, value, imported)


def parameter_of(value: str) -> str:
    """The name of the SSM parameter that an id was given as, ``ssm:/NAME`` or ``/NAME``; empty for an id itself."""
    match = PARAMETER.fullmatch(value)
    return match["name"] if match else value if value.startswith("/") else ""


def key_name(subject: str, key: "kms.IKey | str", allowed: str = "a key, its ARN, or its alias (alias/…)") -> str:
    """How a key is named: by its ARN, or by its alias where the key behind that may change.

    The ARN of an alias grants nothing as the resource of a policy (KMS developer guide, "Use aliases to control access
    to KMS keys", 2026-11): of an alias made or imported as a construct the name is taken.
    """
    name = key if isinstance(key, str) else _name_of(key)
    if is_token(name) or is_pending(name) or re.fullmatch(r"(alias/|arn:)[^*?]+", name):
        return name
    raise wrong(subject, "key", key, allowed)


def stage_key(subject: str, key: "kms.IKey | Written") -> str:
    """How a stage's key is named: as `key_name` says, or by the SSM parameter that holds its ARN.

    A policy must say at synthesis whether a key is meant by its ARN or by its alias, so a parameter holds the ARN. A
    key that AWS manages for SSM decrypts for everyone in the account who may read the parameter (KMS developer guide,
    "AWS managed keys", 2026-11).
    """
    check_construct(subject, "key", key, "key_arn", "a key, such as Key.from_key_arn(…) or Alias.from_alias_name(…)")
    if isinstance(key, str) and PARAMETER.fullmatch(key):
        return key
    name = key_name(
        subject, key, "a key, its ARN, or its alias (alias/…); or ssm:/NAME of a parameter that holds its ARN"
    )
    alias = alias_of(name)
    if alias and alias[2].startswith("alias/aws/"):
        problem = (
            f"{name} is a key of AWS's own, whose policy lets whoever reads a parameter decrypt it, operators too; "
            "allowed: a key of yours, or none, and one is made"
        )
        raise DeclarationError(subject, "key", problem)
    return name


def _name_of(key: "kms.IKey") -> str:
    if not hasattr(key, "key_arn"):
        return ""
    alias = str(getattr(key, "alias_name", ""))
    if alias and is_token(alias):
        # An alias of this app: its resource has the name as it was written.
        resource = key.node.default_child
        written = str(getattr(resource, "alias_name", ""))
        alias = written if written and not is_token(written) else ""
        return alias or str(cast("kms.Alias", key).alias_target_key.key_arn)
    return alias or key.key_arn


def alias_of(key: str) -> tuple[str, str, str] | None:
    """Account, region and alias of a key that is named by an alias; both places empty for the stage's own. Pure."""
    if key.startswith("alias/"):
        return "", "", key
    parts = _ALIAS_ARN.fullmatch(key)
    return (parts["account"], parts["region"], parts["alias"]) if parts else None


def check_key_account(subject: str, key: str, account: str) -> None:
    """Raises for an alias of another account: that account's aliases are not seen by a policy of this one. Pure."""
    alias = alias_of(key)
    theirs = alias[0] if alias else ""
    if theirs and not is_token(theirs) and not is_token(account) and theirs != account:
        problem = (
            f"{key} is an alias of another account, which a policy cannot grant; allowed: the ARN of the key itself"
        )
        raise DeclarationError(subject, "key", problem)


def home_of(value: object) -> Place:
    """Account and region of what was made elsewhere, by its ARN or as its construct says; empty where neither does."""
    if isinstance(value, str):
        parts = value.split(":")
        return Place(parts[4], parts[3]) if parts[0] == "arn" and len(parts) > 5 else Place("", "")
    env = None if is_pending(getattr(value, "role_arn", "")) else getattr(value, "env", None)
    return Place(env.account, env.region) if env is not None else Place("", "")


def check_home(
    subject: str,
    argument: str,
    value: object,
    place: Place,
    kind: str,
    *,
    same: str = "account and region",
    hint: str = "",
) -> None:
    """Raises for what is in another account or region than the stage, where it would not be found. Pure.

    `kind`: what it is: ``a role``.
    `same`: what must be the stage's: ``account``, ``region``, or both.
    """
    home = value if isinstance(value, Place) else home_of(value)
    for word in same.split(" and "):
        theirs, ours = getattr(home, word), getattr(place, word)
        if theirs and theirs != ours and not is_token(theirs) and not is_token(ours):
            shown = value if isinstance(value, str) else kind
            allowed = f"{kind} of the stage's {same}{hint}"
            problem = f"{shown} is in {word} {theirs}, and the stage in {ours}; allowed: {allowed}"
            raise DeclarationError(subject, argument, problem)


def check_network(subject: str, place: Place, **brought: object) -> None:
    """Raises for a part of a network, or one of several parts, that is in another region.

    It may be another account's, which shares it (Amazon VPC user guide, "Share your VPC subnets with other accounts",
    2026-11).
    """
    for argument, value in brought.items():
        for part in value if isinstance(value, list | tuple) else (value,):
            check_home(subject, argument, part, place, "one", same="region")


def secret_arns(subject: str, secret: "secretsmanager.ISecret | str") -> tuple[str, str, tuple[str, ...]]:
    """A secret of Secrets Manager as ECS takes it, what of it is meant, and the ARNs that a policy names for it.

    What is meant is ``:field:stage:version``, as ECS takes it behind the ARN; empty for all of the current version.
    ECS and Secrets Manager find a secret by an ARN without its suffix; IAM compares the whole ARN.
    """
    if not isinstance(secret, str):
        arn = getattr(secret, "secret_full_arn", None) or secret.secret_arn
        complete = bool(getattr(secret, "secret_full_arn", None))
        if is_token(arn) or is_pending(arn) or _SECRET_ARN.match(arn):
            return arn, "", (arn if complete else f"{arn}{ANY_SUFFIX}",)
        raise wrong("Secret.secrets_manager", "secret", arn, "a secret such as Secret.from_secret_name_v2(…)")
    parts = _SECRET.fullmatch(secret)
    if parts is None and not is_token(secret) and not is_pending(secret):
        allowed = "a secret, such as Secret.from_secret_name_v2(…), or the ARN of one, also with :FIELD:STAGE:VERSION"
        raise wrong(subject, "secret", secret, allowed)
    arn, of = (parts["arn"], parts["of"]) if parts else (secret, "")
    return arn, f"{of}{':' * (3 - of.count(':'))}" if of.strip(":") else "", policy_arns(arn)


def policy_arns(arn: str) -> tuple[str, ...]:
    """The ARNs that a policy names for the secret of an ARN which may lack its suffix. Pure.

    Six small letters and digits may be a suffix or the end of the name, ``prod/api-secret``, ``prod/db-main01``: then
    both are named.
    """
    name = arn.rpartition(":")[2]
    if is_token(name) or not arn.startswith("arn:"):
        return (arn,)
    if _WORD.fullmatch(name[-7:]):
        return (arn, f"{arn}{ANY_SUFFIX}")
    return (arn,) if _SUFFIX.fullmatch(name[-7:]) else (f"{arn}{ANY_SUFFIX}",)


def parameter_path(subject: str, parameter: "ssm.IParameter | str") -> str:
    """The full name of a parameter that something else made, of its ARN too."""
    path = parameter if isinstance(parameter, str) else str(getattr(parameter, "parameter_name", parameter))
    if named := _PARAMETER_ARN.fullmatch(path):
        path = named["path"]
    if is_token(path):
        written = _written_name(path)
        if written is not None and not _PATH.fullmatch(written):
            problem = (
                f"its parameter is called {written or 'what CloudFormation will choose'}; allowed: a parameter whose "
                "name begins with a slash, given as parameter_name= where it is made"
            )
            raise DeclarationError(subject, "path", problem)
        return path
    if not _PATH.fullmatch(path) and not is_pending(path):
        raise wrong(subject, "path", path, "a parameter's full name, such as /shared/database/HOST, or its ARN")
    return path


def role_arn(role: "iam.IRole", place: Place) -> str:
    """The ARN of a role: computed where the role is made here with a name of its own, else as the role says it."""
    arn = role.role_arn
    resource = role.node.default_child if is_token(arn) else None
    name = str(getattr(resource, "role_name", None) or "")
    if not name or is_token(name):
        return arn
    path = str(getattr(resource, "path", None) or "/")
    return place._role(f"{path.removeprefix('/')}{name}")


def log_group_name(group: "logs.ILogGroup") -> str:
    """The name of a log group: as it is written where the group is made here, else as the group says it."""
    name = group.log_group_name
    resource = group.node.default_child if is_token(name) else None
    written = str(getattr(resource, "log_group_name", None) or "")
    return written if written and not is_token(written) else name


def _written_name(path: str) -> str | None:
    """The name with which the parameter behind a token is made; ``None`` where that cannot be seen."""
    token = Tokenization.reverse_string(path).first_token if TOKEN.fullmatch(path) else None
    if token is None or not Reference.is_reference(token):
        return None
    target = cast("Reference", token).target
    if not hasattr(target, "attr_value") or not hasattr(target, "name"):  # only a CfnParameter of SSM has both
        return None
    name = Stack.of(target).resolve(target.name)
    return None if isinstance(name, dict) else str(name or "")
