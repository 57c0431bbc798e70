"""Values that are stored outside a task definition, as a declaration names them: parameters and secrets."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from batchwright.arns import Place
from batchwright.errors import DeclarationError, wrong
from batchwright.names import check_variables
from batchwright.task.outside import (
    alias_of,
    check_home,
    check_key_account,
    home_of,
    key_name,
    parameter_path,
    secret_arns,
)
from batchwright_runner.contract.names import SHARED, StageNames

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_secretsmanager as secretsmanager
    from aws_cdk import aws_ssm as ssm

_NOWHERE = Place("", "")
_KEY = "the ARN of a KMS key, its alias (alias/…), or a key"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value in SSM that can be edited between runs. A plain string as value declares one of the batch's own.

    Make one with `shared` or `existing`; for a value of the batch's own, write the string.
    """

    _shared: str = ""
    _path: str = ""
    _home: Place = field(default=_NOWHERE, repr=False)

    @classmethod
    def shared(cls, name: str) -> "Parameter":
        """A parameter that the stage's batches share, made by the platform's ``shared_parameters``.

        Args:
            name: Its name under the stage's ``shared`` path: ``LOG_LEVEL``.

        Raises:
            DeclarationError: It is not the name of an environment variable.
        """
        check_variables("Parameter.shared", "name", [name])
        return cls(_shared=name)

    @classmethod
    def existing(cls, path: "str | ssm.IParameter") -> "Parameter":
        """A String parameter that something else made, in the stage's account and region.

        Args:
            path: The parameter, its ARN, or its full name; its leading slash is also in a name that only a deployment
                knows.

        Raises:
            DeclarationError: The name has no leading slash, or the parameter is a SecureString.
        """
        if getattr(path, "parameter_type", "") == "SecureString":
            problem = "it is a SecureString, which needs a key; allowed: secrets=[Secret.existing(VARIABLE, …, key=…)]"
            raise DeclarationError("Parameter.existing", "path", problem)
        return cls(_path=parameter_path("Parameter.existing", path), _home=home_of(path))

    def _path_in(self, names: StageNames) -> str:
        """The parameter's full name in a stage."""
        return self._path or names.value(SHARED, self._shared)


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
    _of: str = ""
    _key: str = ""
    _home: Place = field(default=_NOWHERE, repr=False)

    @classmethod
    def shared(cls, variable: str, name: str | None = None) -> "Secret":
        """A secret that the stage's batches share.

        Args:
            variable: The environment variable that carries it.
            name: Its name under the stage's ``shared`` path. Default: the variable's.

        Raises:
            DeclarationError: It is not the name of an environment variable.
        """
        check_variables("Secret.shared", "name", [name or variable])
        return cls(variable, _shared=name or variable)

    @classmethod
    def existing(cls, variable: str, path: "str | ssm.IParameter", *, key: "kms.IKey | str | None" = None) -> "Secret":
        """A SecureString that something else made, in the stage's account and region.

        Args:
            variable: The environment variable that carries it.
            path: The parameter, its ARN, or its full name, with a leading slash.
            key: The KMS key it is encrypted with, its ARN or its alias (``alias/…``). Default: the stage's key.

        Raises:
            DeclarationError: The name has no leading slash, or the key is not one.
        """
        name, home = parameter_path("Secret.existing", path), home_of(path)
        return cls(variable, _path=name, _key=_key("Secret.existing", key), _home=home)

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
            secret: The secret, also one imported by its name; or its ARN, with or without its last six characters, and
                as a task definition has it, with ``:FIELD:STAGE:VERSION`` behind it, of which each may be empty.
            json_field: The field of a secret that holds a JSON object. Default: as the ARN says, or the whole secret.
            key: The KMS key it is encrypted with, its ARN or its alias. Default: the given secret's own customer key,
                if it has one; otherwise ``aws/secretsmanager``, which needs no grant in the secret's account.

        Raises:
            DeclarationError: It is neither a secret nor the ARN of one, or the key is not one.
        """
        subject = "Secret.secrets_manager"
        arn, of, named = secret_arns(subject, secret)
        if json_field:
            field = of.split(":")[1] if of else ""
            if not isinstance(json_field, str) or ":" in json_field or field not in ("", json_field):
                allowed = f"{field!r}, as the ARN says" if field else "the name of a field, without a colon"
                raise wrong(subject, "json_field", json_field, allowed)
            of = ":".join(["", json_field, *(of.split(":")[2:] or ["", ""])])
        own = None if isinstance(secret, str) else secret.encryption_key
        return cls(
            variable,
            _arn=arn,
            _policy_arns=named,
            _of=of,
            _key=_key(subject, own if key is None else key),
            _home=home_of(secret),
        )

    def _place_in(self, names: StageNames, batch: str) -> "SecretPlace":
        """Where the value is stored in a stage."""
        if self._arn:
            return SecretPlace(
                reference=self._arn,
                value_from=self._arn + self._of,
                manager=True,
                key=self._key,
                policy_arns=self._policy_arns,
                home=self._home,
            )
        path = self._path or (names.value(SHARED, self._shared) if self._shared else names.value(batch, self.variable))
        return SecretPlace(reference=path, value_from=path, manager=False, key=self._key, home=self._home)


@dataclass(frozen=True, slots=True)
class SecretPlace:
    """Where a secret's value is stored."""

    # SSM path, or ARN in Secrets Manager
    reference: str
    # The same as ECS wants it, with the field of a JSON secret
    value_from: str
    manager: bool
    # ARN or alias of its key; empty for the default one
    key: str
    policy_arns: tuple[str, ...] = ()
    home: Place = _NOWHERE

    def check_home(self, subject: str, variable: str, place: Place) -> None:
        """Raises for a secret, or a key, that a task of the stage cannot reach.

        Secrets Manager lets another account read a secret under a key of its own alone (Secrets Manager user guide,
        "Access AWS Secrets Manager secrets from a different account", 2026-11).
        """
        argument = f"secrets[{variable!r}]"
        check_key_account(subject, self.key, place.account)
        check_home(subject, argument, self.key, place, "a key", same="region")
        shared = self.manager and self.key and alias_of(self.key) is None
        hint = ", or one of another account with the ARN of its own key as key=" if self.manager else ""
        same = "region" if shared else "account and region"
        check_home(subject, argument, self.home, place, "a secret", same=same, hint="" if shared else hint)


def _key(subject: str, key: "kms.IKey | str | None") -> str:
    return key_name(subject, key, _KEY) if key else ""
