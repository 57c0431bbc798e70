"""Calls to AWS. The only module that imports the AWS SDK, and that when the first call is made.

boto3 makes the clients. What is set and asked of a session is botocore's: boto3 has no method for it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from threading import RLock
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from batchwright_runner.errors import RunnerError
from batchwright_runner.host.aws.config import Target
from batchwright_runner.host.aws.errors import UNREACHABLE, UNUSABLE_SETTING, ApiError, refusal, why_unreached
from batchwright_runner.host.aws.regions import misspelt_region
from batchwright_runner.host.terminal.text import did_you_mean

if TYPE_CHECKING:
    import boto3.session
    import botocore.client
    import botocore.session

T = TypeVar("T")

CONNECT_TIMEOUT = 5
READ_TIMEOUT = 15
"""Seconds. A call must not keep a signal waiting for long."""
_PATIENT = {"lambda": 60}
"""Services whose answer comes once something has been done: a function of ours has ended, after 30 s at most."""
_PREFIXES = {"stepfunctions": "states", "service-quotas": "servicequotas", "efs": "elasticfilesystem"}
"""What IAM calls a service that the SDK calls otherwise."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Credentials that the SDK found; not their secrets."""

    # Where it found them, in its own words: ``env``, ``sso``, ``assume-role``
    method: str
    # When they end, in seconds since 1970; none where they do not, or nothing says it
    expires_at: float | None = None


class Aws(Protocol):
    """Makes calls to AWS."""

    def call(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any shape
        """Makes one call, without repeating it."""


def permission_of(service: str, operation: str) -> str:
    """The IAM action of a call, ``ec2:DescribeSubnets``. Pure."""
    if (service, operation) == ("lambda", "invoke"):
        return "lambda:InvokeFunction"
    words = ("AWS" if word == "aws" else word.capitalize() for word in operation.split("_"))
    return f"{_PREFIXES.get(service, service)}:" + "".join(words)


class Clients:
    """Calls AWS as a stage's settings say, from several threads if need be. Sessions and clients are made when used."""

    def __init__(self, target: Target) -> None:
        self._where = target
        self._session: botocore.session.Session | None = None
        self._unused: botocore.session.Session | None = None
        self._worked = False
        self._maker: boto3.session.Session | None = None
        self._clients: dict[str, botocore.client.BaseClient] = {}
        self._making = RLock()

    def call(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any shape
        """Makes one call. Credentials that have expired, or are no good any more, are looked up again, once."""
        try:
            answer = self._call(service, operation, parameters)
        except ApiError as error:
            if error.late and not self._worked:
                self._forget()
            if not (error.expired or (error.credentials and self._worked)):
                raise
            self._renew()
            answer = self._call(service, operation, parameters)
        self._worked = True
        return answer

    @property
    def region(self) -> str:
        """The region that calls go to; empty where none is set."""
        with self._making:
            session = self._session or self._unused or _session(self._where)
            if self._session is None:
                self._unused = session
        return self._where.region or str(session.get_config_variable("region") or "")

    def credentials(self) -> Credentials | None:
        """The credentials that calls are made with; none where there are none. A role is assumed for it."""
        credentials = translated(self._open().get_credentials)
        if credentials is None:
            return None
        translated(credentials.get_frozen_credentials)
        expires = vars(credentials).get("_expiry_time")
        return Credentials(str(credentials.method), expires.timestamp() if expires else None)

    def _call(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        def call() -> Mapping[str, Any]:
            answer: Mapping[str, Any] = getattr(self._client(service), operation)(**parameters)
            return {name: part.read() if hasattr(part, "read") else part for name, part in answer.items()}

        try:
            answer = translated(call)
        except ApiError as error:
            misspelt = misspelt_region(self._open(), self.region) if error.unanswered else ""
            if not misspelt:
                raise
            raise ApiError(error.code, f"{error.message}. {misspelt}", status=UNREACHABLE, lost=error.lost) from error
        if _is_cut(answer):
            raise ApiError("IncompleteRead", "the answer was cut off", lost=True)
        return answer

    def _client(self, service: str) -> "botocore.client.BaseClient":
        # botocore's clients may be used by several threads, but not made by several (botocore 1.44, 2026-11).
        with self._making:
            return self._clients.get(service) or self._make(service)

    def _make(self, service: str) -> "botocore.client.BaseClient":
        import boto3.session
        from botocore.config import Config

        self._maker = self._maker or boto3.session.Session(botocore_session=self._open())
        create: Callable[..., botocore.client.BaseClient] = self._maker.client
        options = Config(parameter_validation=service != "logs", read_timeout=_PATIENT.get(service, READ_TIMEOUT))
        client = create(service, region_name=self._where.region or None, config=options)
        self._clients[service] = client
        return client

    def _open(self) -> "botocore.session.Session":
        if self._session is None:
            self._session = self._begin()
        return self._session

    def _begin(self) -> "botocore.session.Session":
        session, self._unused = self._unused or _session(self._where), None
        if self._where.role_arn:
            translated(lambda: _assume(session, self._where.role_arn))
        return session

    def _forget(self) -> None:
        """Lets the next call look for credentials anew: a client without any stays so."""
        with self._making:
            self._session = self._maker = None
            self._clients.clear()

    def _renew(self) -> None:
        """Looks the credentials up again. The old ones are kept until that has worked."""
        try:
            session = self._begin()
        except RunnerError as error:
            raise ApiError("CredentialRetrievalError", str(error)) from error
        with self._making:
            self._session, self._maker = session, None
            self._clients.clear()


def load_sdk() -> None:
    """Loads what the first call needs, in advance: that takes a moment, which is no wait for AWS."""
    for part in ("boto3.session", "botocore.client", "botocore.httpsession", "botocore.parsers", "botocore.signers"):
        import_module(part)


def translated(call: Callable[[], T]) -> T:
    """Makes a call of the SDK, and turns its errors into ours."""
    import botocore.exceptions

    try:
        return call()
    except botocore.exceptions.ClientError as error:
        raise refusal(error.response) from error
    except botocore.exceptions.NoCredentialsError as error:
        raise ApiError("NoCredentials", "no AWS credentials were found") from error
    except botocore.exceptions.BotoCoreError as error:
        raise _unusable(error) or _of_sdk(error) from error
    except Exception as error:
        known = _of_others(error)
        if known is None:
            raise
        raise known from error


def _of_sdk(error: "botocore.exceptions.BotoCoreError") -> ApiError:
    import botocore.exceptions

    if isinstance(error, botocore.exceptions.HTTPClientError | botocore.exceptions.IncompleteReadError):
        return ApiError(type(error).__name__, str(error), lost=True)
    if isinstance(error, botocore.exceptions.ConnectionError):
        sent = isinstance(error, botocore.exceptions.SSLError)  # it may have been: TLS can fail at any time
        return ApiError(type(error).__name__, why_unreached(error), status=UNREACHABLE, lost=sent)
    return ApiError(type(error).__name__, str(error))


def _unusable(error: "botocore.exceptions.BotoCoreError") -> ApiError | None:
    """The error of a request that could not be sent, and never will be; none where it is not that. Pure.

    A proxy's address, a key or a token is unusable, or the CA bundle cannot be read.
    """
    cause = error.kwargs.get("error")
    if isinstance(cause, ValueError):
        secret = str(cause).startswith("Invalid header value")  # and the value follows
        return ApiError(UNUSABLE_SETTING, "a key or a token has a line break in it" if secret else str(cause))
    bundle = getattr(cause, "__cause__", None)
    unread = isinstance(bundle, FileNotFoundError | IsADirectoryError | PermissionError)
    if not unread and getattr(bundle, "reason", "") != "NO_CERTIFICATE_OR_CRL_FOUND":
        return None
    return ApiError(UNUSABLE_SETTING, f"the bundle of certificates cannot be used: {bundle}")


def _of_others(error: Exception) -> ApiError | None:
    """Our error for a failure for which the SDK has none of its own; none for a defect. Pure.

    That is an answer that is JSON of another shape; a setting that is no number, or no address; and of a source of
    credentials, a program that is not there or prints no JSON, a token's missing file, keys that are no text, a code
    that cannot be asked for, and credentials that have expired already, which is a RuntimeError (botocore 1.44;
    2026-11).
    """
    if _comes_from(error, "botocore.parsers"):
        return ApiError("ResponseParserError", "the answer was cut off, or is not one of AWS", lost=True)
    if _comes_from(error, "botocore.args", "botocore.configprovider"):
        return ApiError(UNUSABLE_SETTING, str(error))
    if _comes_from(error, "botocore.credentials", "botocore.tokens", "botocore.auth"):
        unasked = isinstance(error, EOFError)
        said = "an MFA code is needed, and no one can be asked" if unasked else f"{type(error).__name__}: {error}"
        return ApiError("CredentialRetrievalError", said)
    return None


def _comes_from(error: BaseException, *modules: str) -> bool:
    """Whether an error comes from one of these modules of the SDK. Pure."""
    at = error.__traceback__
    while at is not None:
        if at.tb_frame.f_globals.get("__name__") in modules:
            return True
        at = at.tb_next
    return False


def _session(target: Target) -> "botocore.session.Session":
    """A session of the SDK. Its own calls for credentials go to the stage's region too, and are patient as ours are."""
    import botocore.exceptions
    import botocore.session
    from botocore.config import Config

    session = botocore.session.Session(profile=target.profile or None)
    try:
        session.get_scoped_config()
    except botocore.exceptions.ProfileNotFound as error:
        named = str(session.get_config_variable("profile"))
        hint = did_you_mean(named, session.available_profiles, none="There are no profiles on this machine")
        raise RunnerError(f"profile {named} cannot be used: it does not exist", hint=hint) from error
    except botocore.exceptions.BotoCoreError as error:
        raise RunnerError(f"AWS's own configuration cannot be used: {error}") from error
    if target.region:
        session.set_config_variable("region", target.region)
    # The global endpoint is in us-east-1: it knows no region that has to be enabled, and fails with that one.
    session.set_config_variable("sts_regional_endpoints", "regional")
    # Retries are the runner's own: it knows what may be repeated, and keeps signals and timeouts meanwhile.
    session.set_default_client_config(
        Config(
            retries={"total_max_attempts": 1},
            connect_timeout=CONNECT_TIMEOUT,
            read_timeout=READ_TIMEOUT,
            tcp_keepalive=True,
        )
    )
    return session


def _is_cut(answer: Mapping[str, Any]) -> bool:
    """Whether an answer of 200 lost its end: botocore then parses nothing, and says nothing (1.44, 2026-11)."""
    length = str(answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("content-length", ""))
    return length.isdigit() and int(length) > len("{}") and answer.keys() <= {"ResponseMetadata"}


def _assume(session: "botocore.session.Session", role: str) -> None:
    """Makes a session use a role, with the credentials that it has for getting it."""
    from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials

    source = session.get_credentials()
    if source is None:
        raise ApiError("NoCredentials", f"no AWS credentials were found to assume {role} with")
    fetcher = AssumeRoleCredentialFetcher(
        client_creator=session.create_client,
        source_credentials=source,
        role_arn=role,
        extra_args={"RoleSessionName": "batchwright"},
    )
    assumed = DeferredRefreshableCredentials(method="assume-role", refresh_using=fetcher.fetch_credentials)
    vars(session)["_credentials"] = assumed  # botocore has no method for it
