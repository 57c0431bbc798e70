"""What a batch is configured with: its environment, its parameters, its secrets.

* environment: plain variables in the task definition, the same until the next deployment;
* parameters: SSM Strings, which can be edited between runs;
* secrets: SSM SecureStrings (or Secrets Manager's), declared here; ``batchwright params set`` puts their values.
"""

from collections.abc import Collection, Iterator, KeysView, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from batchwright.arns import Place
from batchwright.errors import DeclarationError, meant, wrong
from batchwright.names import check_variables
from batchwright.task.checks import check_in_plain_sight
from batchwright.task.outside import check_home
from batchwright.task.stored_values import Parameter, Secret, SecretPlace
from batchwright.tokens import is_token
from batchwright_runner.contract import values
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.variables import EVERY_RUN


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """A batch's configuration in one stage, checked."""

    environment: Mapping[str, str]
    # Variable to value, of the parameters this batch makes
    own_parameters: Mapping[str, str]
    parameter_paths: Mapping[str, str]
    secrets: Mapping[str, SecretPlace]
    # Variable to account and region of an existing parameter, as far as they were given
    homes: Mapping[str, Place] = field(default_factory=dict)

    @property
    def variables(self) -> list[str]:
        """The names of all variables."""
        return [*self.environment, *self.parameter_paths, *self.secrets]

    def manifest_fields(self) -> dict[str, Any]:
        """The manifest's fields about parameters and secrets: names, and of a declared value the fingerprint."""
        parameters = {name: _fingerprint(self.own_parameters.get(name)) for name in self.parameter_paths}
        return {"parameters": parameters, "secrets": list(self.secrets)}

    def check_home(self, subject: str, place: Place) -> None:
        """Raises for a value that a task of the stage cannot reach."""
        for variable, home in self.homes.items():
            check_home(subject, f"parameters[{variable!r}]", home, place, "a parameter")
        for variable, secret in self.secrets.items():
            secret.check_home(subject, variable, place)

    def container_secrets(self, place: Place) -> list[dict[str, str]]:
        """Parameters and secrets as ECS's ``secrets`` of a container: it resolves both when the task starts."""
        values_from = {name: place._parameter(path) for name, path in self.parameter_paths.items()}
        for name, secret in self.secrets.items():
            values_from[name] = secret.value_from if secret.manager else place._parameter(secret.value_from)
        return [{"name": name, "valueFrom": value} for name, value in sorted(values_from.items())]


def configure(
    subject: str,
    batch: str,
    names: StageNames,
    *,
    environment: Mapping[str, str] | None,
    parameters: Mapping[str, str | Parameter] | None,
    secrets: Sequence[str | Secret] | None,
    shared: Collection[str] | None = None,
) -> Configuration:
    """Checks a batch's configuration and gives every value its place."""
    environment = dict(environment or {})
    parameters = dict(parameters or {})
    _check_secrets(subject, secrets)
    declared = [Secret(secret) if isinstance(secret, str) else secret for secret in secrets or ()]
    tables = {"environment": list(environment), "parameters": list(parameters)}
    tables["secrets"] = [secret.variable for secret in declared]
    for argument, variables in tables.items():
        check_variables(subject, argument, variables)
        for name in variables:
            if name in EVERY_RUN:
                raise wrong(subject, argument, name, f"another name, as each run gives its batch a {name} of its own")
    for argument, name, elsewhere in _clashes(tables):
        raise DeclarationError(subject, argument, f"{name!r} was given in {elsewhere} too; allowed: each variable once")
    for name, value in environment.items():
        if not isinstance(value, str):
            raise wrong(subject, f"environment[{name!r}]", value, "a string")
        check_in_plain_sight(subject, f"environment[{name!r}]", value)
    own = {name: value for name, value in parameters.items() if not isinstance(value, Parameter)}
    for name, value in own.items():
        check_value(subject, f"parameters[{name!r}]", value)
    for name, parameter in parameters.items():
        if isinstance(parameter, Parameter) and parameter._shared and shared is not None:
            _check_shared(subject, f"parameters[{name!r}]", parameter._shared, shared, names.stage)
    return Configuration(
        environment=environment,
        own_parameters=own,
        parameter_paths={
            name: value._path_in(names) if isinstance(value, Parameter) else names.value(batch, name)
            for name, value in parameters.items()
        },
        secrets={secret.variable: secret._place_in(names, batch) for secret in declared},
        homes={name: value._home for name, value in parameters.items() if isinstance(value, Parameter)},
    )


def _check_shared(subject: str, argument: str, name: str, shared: Collection[str], stage: str) -> None:
    """Raises unless the stage declares a shared parameter."""
    if name in shared:
        return
    near = " or ".join(meant(name, shared))
    hint = f"did you mean {near}? Or add" if near else "add"
    line = f'"shared_parameters": {{ "{name}": "…" }}'
    problem = f"nothing declares the shared parameter {name}; {hint} {line} to context.stages.{stage} of cdk.json"
    raise DeclarationError(subject, argument, problem)


def _check_secrets(subject: str, secrets: object) -> None:
    """Raises unless secrets are a list of names and `Secret`; says no value, which someone may have written there."""
    if isinstance(secrets, str):
        raise wrong(subject, "secrets", secrets, "a list of names")
    allowed = (
        'allowed: a list of names and Secret(…), such as ["DB_PASSWORD"]; a value is set with batchwright params set, '
        "and never in code"
    )
    if isinstance(secrets, Mapping):
        names = ", ".join(map(str, secrets))
        raise DeclarationError(subject, "secrets", f"a dict was given, with {names}; {allowed}")
    if secrets is not None and not isinstance(secrets, list | tuple | KeysView):
        raise DeclarationError(subject, "secrets", f"a {type(secrets).__name__} was given; {allowed}")
    for secret in secrets or ():
        if not isinstance(secret, str | Secret):
            raise DeclarationError(subject, "secrets", f"a list with a {type(secret).__name__} was given; {allowed}")


def check_value(subject: str, argument: str, value: object) -> None:
    """Raises unless SSM takes the value."""
    if not isinstance(value, str):
        raise wrong(subject, argument, value, "a string, Parameter.shared or Parameter.existing")
    if is_token(value):
        check_in_plain_sight(subject, argument, value)
        return
    faults: Mapping[values.Fault, str] = {
        "empty": f"it is empty; allowed: 1 to {values.LIMIT} characters, as SSM keeps no empty value",
        "too long": f"it has {len(value)} characters; allowed: {values.LIMIT}",
        "reference": f"it holds '{values.REFERENCE}'; allowed: values without it, as SSM takes it for a reference",
    }
    fault = values.fault(value)
    if fault is not None:
        raise DeclarationError(subject, argument, faults[fault])


def _clashes(tables: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str, str]]:
    seen: dict[str, str] = {}
    for argument, variables in tables.items():
        for name in variables:
            if name in seen:
                yield argument, name, seen[name]
            seen[name] = argument


def _fingerprint(value: str | None) -> str:
    if value is None or is_token(value):
        return ""
    return values.fingerprint(value)
