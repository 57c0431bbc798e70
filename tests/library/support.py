"""What the tests of the construct library share."""

import inspect
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Duration, Environment, Stack, Token
from constructs import Construct

import batchwright
from batchwright import BatchPlatform, DeclarationError, FargateBatch, Parameter, Platform, Secret
from batchwright.cdk import known_options
from batchwright.order import put_after
from batchwright.testing import Template, resources

SUBNETS = ["subnet-0123456789abcdef0"]
VPC = "vpc-0123456789abcdef0"
STAGING = Environment(account="111111111111", region="ap-northeast-1")
FOREIGN = "/departments/accounting/systems/ledger/production/database/settings"
DESCRIPTION = "報" * 200
NOWHERE = {"account": "000000000000", "region": "us-east-1"}


CDK_WITH_RULES = pytest.mark.skipif(
    not known_options(builtin_cloud_formation_validation=False), reason="aws-cdk-lib before 2.275 is otherwise here"
)


def app(outdir: Path | None = None, /, **context: object) -> App:
    """An app of somebody's own."""
    given = known_options(builtin_cloud_formation_validation=False)
    return App(context=context, outdir=str(outdir) if outdir else None, analytics_reporting=False, **given)


def refusal(message: str) -> AbstractContextManager[pytest.ExceptionInfo[DeclarationError]]:
    """Expects that a declaration is refused, with a message like this pattern."""
    return pytest.raises(DeclarationError, match=message)


def stack(scope: Construct, id: str = "stack", env: Environment | None = STAGING) -> Stack:
    return Stack(scope, id, env=env)


@contextmanager
def batches_of_another_project() -> Iterator[None]:
    """Lets another project's package ``batches`` be imported; afterwards the modules and the path are as before."""
    ours = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "batches"}
    path = list(sys.path)
    for name in ours:
        del sys.modules[name]
    try:
        yield
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] == "batches"]:
            del sys.modules[name]
        sys.modules.update(ours)
        sys.path[:] = path


def app_and_stack(env: Environment | None = STAGING) -> tuple[App, Stack]:
    """An app, and a stack of it."""
    home = app()
    return home, stack(home, env=env)


def stack_after(first: str) -> tuple[App, Stack, Stack]:
    """An app, a stack of this name, and one that is deployed after it."""
    home = app()
    before, ours = stack(home, first), stack(home)
    put_after(ours, before)
    return home, before, ours


def platform(scope: Construct, **arguments: Any) -> BatchPlatform:  # noqa: ANN401 - any argument
    """A platform with the little that it needs."""
    return BatchPlatform(scope, "Platform", **{"stage": "staging", "subnets": SUBNETS, **arguments})


def batch(scope: Construct, on: Platform, name: str = "report", **arguments: Any) -> FargateBatch:  # noqa: ANN401 - any argument
    """A batch with the little that it needs."""
    return FargateBatch(scope, name, platform=on, **{"owner": "sre", "description": "Reports.", **arguments})


def written(text: str, **names: object) -> Any:  # noqa: ANN401 - any argument
    """The value of a row of a text file: an expression, or keyword arguments, as they stand in an application."""
    known = {**vars(batchwright), "Duration": Duration, **names}
    return eval(f"dict({text})" if re.match(r"\w+=", text) else text, known)


def declaring(**arguments: Any) -> Callable[[Any, BatchPlatform], FargateBatch]:  # noqa: ANN401 - any argument
    """What `synthesize` takes: declares a batch with the little that it needs, and these arguments."""
    return lambda scope, on: batch(scope, on, **arguments)


def templates(app: App) -> dict[str, Template]:
    """Every stack's template, by the stack's name."""
    assembly = app.synth()
    return {stack.stack_name: stack.template for stack in assembly.stacks_recursively}


def of_type(template: Template, kind: str) -> list[dict[str, Any]]:
    """A template's resources of a type, whole."""
    return [resource for resource in template.get("Resources", {}).values() if resource["Type"] == kind]


def only(template: Template, kind: str, **end: str) -> dict[str, Any]:
    """The properties of a template's only resource of a type, or of the only one of which a property so ends."""
    (found,) = [
        properties
        for properties in resources(template, kind)
        if all(str(properties.get(name)).endswith(text) for name, text in end.items())
    ]
    return found


def role_statements(template: Template, name: str = "") -> list[dict[str, Any]]:
    """The statements of the one policy that a role has in itself: the only role, or the only one whose name so ends."""
    (policy,) = only(template, "AWS::IAM::Role", RoleName=name)["Policies"]
    statements: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return statements


def policy_statements(template: Template) -> list[dict[str, Any]]:
    """The statements of all policies that stand beside their roles, as CDK's grants write them."""
    return [
        statement
        for policy in of_type(template, "AWS::IAM::Policy")
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]


def actions(statements: list[dict[str, Any]]) -> set[str]:
    """All actions of statements."""
    names: set[str] = set()
    for statement in statements:
        names |= {statement["Action"]} if isinstance(statement["Action"], str) else set(statement["Action"])
    return names


def logical_ids(template: Template, kind: str) -> Mapping[str, dict[str, Any]]:
    """A template's resources of a type, by logical id."""
    return {id: resource for id, resource in template.get("Resources", {}).items() if resource["Type"] == kind}


def token() -> str:
    """A string that only a deployment knows."""
    return Token.as_string({"Ref": "Thing"})


def parameters_named(template: Template, part: str) -> list[dict[str, Any]]:
    """The properties of a template's SSM parameters that have this in their names."""
    return [parameter for parameter in resources(template, "AWS::SSM::Parameter") if part in str(parameter["Name"])]


def published_manifest(template: Template) -> dict[str, Any]:
    """The manifest that the template publishes, with ``?`` where CloudFormation puts a value."""
    (parameter,) = parameters_named(template, "/manifests/")
    text = parameter["Value"]
    if isinstance(text, dict):
        text = "".join(part if isinstance(part, str) else "?" for part in text["Fn::Join"][1])
    read: dict[str, Any] = json.loads(text)
    return read


def arguments(construct: type) -> set[str]:
    """The names of a construct's own arguments."""
    return set(inspect.signature(construct.__init__).parameters) - {"self", "scope", "id"}  # type: ignore[misc]


def keywords(construct: type) -> list[str]:
    """The names of the arguments that a construct takes by name alone."""
    parameters = inspect.signature(construct.__init__).parameters.values()  # type: ignore[misc]
    return [parameter.name for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY]


def names(word: str, count: int) -> list[str]:
    """Names of 16 to 24 characters, 20 on average."""
    return [f"{word}_{n:02}_".ljust(16 + 2 * (n % 5), "X") for n in range(count)]


def large(*, foreign: bool) -> dict[str, Any]:
    """The arguments of a batch with sixty parameters and forty secrets, its own or made elsewhere."""
    parameters = {name: Parameter.existing(f"{FOREIGN}/{name}") if foreign else "x" for name in names("SETTING", 60)}
    secrets = [Secret.existing(name, f"{FOREIGN}/{name}") if foreign else name for name in names("SECRET", 40)]
    return {"parameters": parameters, "secrets": secrets, "description": DESCRIPTION}
