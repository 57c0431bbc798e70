"""What a batch is configured with: its environment, its parameters, its secrets.

* environment: plain variables in the task definition, the same until the next deployment;
* parameters: SSM Strings, which can be edited between runs;
* secrets: SSM SecureStrings (or Secrets Manager's), declared here; ``batchwright params set`` puts their values.
"""

from collections.abc import Iterator, KeysView, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from batchwright.arns import Place
from batchwright.errors import DeclarationError, wrong
from batchwright.names import StageNames, check_variables
from batchwright.task.outside import key_name, parameter_path, secret_arns
from batchwright.tokens import is_token
from batchwright_runner.contract import values

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_secretsmanager as secretsmanager
    from aws_cdk import aws_ssm as ssm

_KEY = "the ARN of a KMS key, its alias (alias/…), or a key"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value in SSM that can be edited between runs. A plain string as value declares one of the batch's own.

    Make one with `shared` or `existing`; for a value of the batch's own, write the string.
    """

    _shared: str = ""
    _path: str = ""

    @classmethod
    def shared(cls, name: str) -> "Parameter":
        """A parameter that the stage's batches share, made by the platform's ``shared_parameters``.

        Args:
            name: Its name under the stage's ``shared`` path: ``LOG_LEVEL``.
        """
        check_variables("Parameter.shared", "name", [name])
        return cls(_shared=name)

    @classmethod
    def existing(cls, path: "str | ssm.IParameter") -> "Parameter":
        """A String parameter that something else made, in the stage's account and region.

        Args:
            path: The parameter, or its full name; its leading slash is also in a name that only a deployment knows.

        Raises:
            DeclarationError: The name has no leading slash.
        """
        return cls(_path=parameter_path("Parameter.existing", path))

    def path(self, names: StageNames) -> str:
        """The parameter's full name in a stage."""
        return self._path or names.shared(self._shared)


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that is never shown: in SSM under the stage's key, or in Secrets Manager.

    ``Secret("DB_PASSWORD")`` is the batch's own, and so is the plain string ``"DB_PASSWORD"``.

    Attributes:
        variable: The environment variable that carries it.
    """

    variable: str
    _shared: str = ""
    _path: str = ""
    _arn: str = field(default="", repr=False)
    _policy_arns: tuple[str, ...] = field(default=(), repr=False)
    _field: str = ""
    _key: str = ""

    @classmethod
    def shared(cls, variable: str, name: str | None = None) -> "Secret":
        """A secret that the stage's batches share.

        Args:
            variable: The environment variable that carries it.
            name: Its name under the stage's ``shared`` path. Default: the variable's.
        """
        check_variables("Secret.shared", "name", [name or variable])
        return cls(variable, _shared=name or variable)

    @classmethod
    def existing(cls, variable: str, path: "str | ssm.IParameter", *, key: "kms.IKey | str | None" = None) -> "Secret":
        """A SecureString that something else made, in the stage's account and region.

        Args:
            variable: The environment variable that carries it.
            path: The parameter, or its full name, with a leading slash.
            key: The KMS key it is encrypted with, its ARN or its alias (``alias/…``). Default: the stage's key.

        Raises:
            DeclarationError: The name has no leading slash, or the key is not one.
        """
        return cls(variable, _path=parameter_path("Secret.existing", path), _key=_key("Secret.existing", key))

    @classmethod
    def secrets_manager(
        cls,
        variable: str,
        secret: "secretsmanager.ISecret | str",
        *,
        json_field: str | None = None,
        key: "kms.IKey | str | None" = None,
    ) -> "Secret":
        """A secret of Secrets Manager, in the stage's region.

        Args:
            variable: The environment variable that carries it.
            secret: The secret, also one imported by its name; or its ARN, with or without its last six characters.
            json_field: The field of a secret that holds a JSON object. Default: the whole secret.
            key: The KMS key it is encrypted with, its ARN or its alias. Default: the given secret's own customer key,
                if it has one; otherwise ``aws/secretsmanager``, which needs no grant in the secret's account.

        Raises:
            DeclarationError: It is neither a secret nor the ARN of one, or the key is not one.
        """
        subject = "Secret.secrets_manager"
        arn, named = secret_arns(subject, secret)
        own = None if isinstance(secret, str) else secret.encryption_key
        return cls(
            variable,
            _arn=arn,
            _policy_arns=named,
            _field=json_field or "",
            _key=_key(subject, own if key is None else key),
        )

    def place(self, names: StageNames, batch: str) -> "SecretPlace":
        """Where the value lies in a stage."""
        if self._arn:
            suffix = f":{self._field}::" if self._field else ""
            return SecretPlace(
                reference=self._arn,
                value_from=self._arn + suffix,
                manager=True,
                key=self._key,
                policy_arns=self._policy_arns,
            )
        path = self._path or (names.shared(self._shared) if self._shared else names.parameter(batch, self.variable))
        return SecretPlace(reference=path, value_from=path, manager=False, key=self._key)


@dataclass(frozen=True, slots=True)
class SecretPlace:
    """Where a secret's value is stored.

    Attributes:
        reference: SSM path, or ARN in Secrets Manager.
        value_from: The same as ECS wants it, with the field of a JSON secret.
        manager: Whether it is Secrets Manager's.
        key: ARN or alias of its key; empty for the default one.
        policy_arns: What a policy names for it, of one in Secrets Manager.
    """

    reference: str
    value_from: str
    manager: bool
    key: str
    policy_arns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """A batch's configuration in one stage, checked.

    Attributes:
        environment: Plain variables.
        own_parameters: Variable to value, of the parameters this batch makes.
        parameter_paths: Variable to path, of all parameters.
        secrets: Variable to place.
    """

    environment: Mapping[str, str]
    own_parameters: Mapping[str, str]
    parameter_paths: Mapping[str, str]
    secrets: Mapping[str, SecretPlace]

    @property
    def variables(self) -> list[str]:
        """The names of all variables."""
        return [*self.environment, *self.parameter_paths, *self.secrets]

    def manifest_fields(self) -> dict[str, Any]:
        """What the manifest says of parameters and secrets: names, and of a declared value the fingerprint."""
        parameters = {name: _fingerprint(self.own_parameters.get(name)) for name in self.parameter_paths}
        return {"parameters": parameters, "secrets": list(self.secrets)}

    def container_secrets(self, place: Place) -> list[dict[str, str]]:
        """Parameters and secrets as ECS's ``secrets`` of a container: it resolves both when the task starts."""
        found = {name: place.parameter(path) for name, path in self.parameter_paths.items()}
        for name, secret in self.secrets.items():
            found[name] = secret.value_from if secret.manager else place.parameter(secret.value_from)
        return [{"name": name, "valueFrom": value} for name, value in sorted(found.items())]


def configure(
    subject: str,
    batch: str,
    names: StageNames,
    *,
    environment: Mapping[str, str] | None,
    parameters: Mapping[str, str | Parameter] | None,
    secrets: Sequence[str | Secret] | None,
) -> Configuration:
    """Checks a batch's configuration and gives every value its place.

    Raises:
        DeclarationError: A bad name, the same name twice, or a value that SSM or ECS refuses.
    """
    environment = dict(environment or {})
    parameters = dict(parameters or {})
    _check_secrets(subject, secrets)
    declared = [Secret(one) if isinstance(one, str) else one for one in secrets or ()]
    tables = {"environment": list(environment), "parameters": list(parameters)}
    tables["secrets"] = [secret.variable for secret in declared]
    for argument, variables in tables.items():
        check_variables(subject, argument, variables)
    for argument, name, other in _clashes(tables):
        raise DeclarationError(subject, argument, f"{name!r} was given in {other} too; allowed: each variable once")
    for name, value in environment.items():
        if not isinstance(value, str):
            raise wrong(subject, f"environment[{name!r}]", value, "a string")
    own = {name: value for name, value in parameters.items() if not isinstance(value, Parameter)}
    for name, value in own.items():
        check_value(subject, f"parameters[{name!r}]", value)
    return Configuration(
        environment=environment,
        own_parameters=own,
        parameter_paths={
            name: value.path(names) if isinstance(value, Parameter) else names.parameter(batch, name)
            for name, value in parameters.items()
        },
        secrets={secret.variable: secret.place(names, batch) for secret in declared},
    )


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
    for one in secrets or ():
        if not isinstance(one, str | Secret):
            raise DeclarationError(subject, "secrets", f"a list with a {type(one).__name__} was given; {allowed}")


def check_value(subject: str, argument: str, value: object) -> None:
    """Raises unless SSM takes the value.

    Raises:
        DeclarationError: Saying which limit it breaks.
    """
    if not isinstance(value, str):
        raise wrong(subject, argument, value, "a string, Parameter.shared or Parameter.existing")
    if is_token(value):
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


def _key(subject: str, key: "kms.IKey | str | None") -> str:
    return key_name(subject, key, _KEY) if key else ""
