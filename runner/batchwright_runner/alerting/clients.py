"""Calls to AWS from the function: short ones, as the next message waits. The only module here that imports the SDK."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import botocore.client

CONNECT_SECONDS, READ_SECONDS, ATTEMPTS = 2, 5, 2
LONGEST = 15.0
"""Seconds that a call may take, with the pause between its two attempts."""
Call = Callable[..., Mapping[str, Any]]
"""Makes one call to AWS: service, operation, and its parameters by name. It raises `CallError` where that failed."""
Left = Callable[[], float]
"""Seconds that are left of an invocation."""


class CallError(Exception):
    """A call to AWS that failed.

    `code`: AWS's code, ``ThrottlingException``; empty where AWS was not reached.
    `reasons`: the codes of a cancelled transaction's actions, in their order; ``None`` for one that was fine.
    """

    def __init__(self, message: str, code: str = "", reasons: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.reasons = reasons


def say(line: str) -> None:
    """Writes a line of the function's log."""
    print(line, flush=True)


class FunctionClients:
    """Calls AWS with the function's own role. Clients are made when they are used, and kept as long as it lives.

    `attempts`: how often a call is made at most.
    """

    def __init__(self, attempts: int = ATTEMPTS) -> None:
        self._attempts = attempts
        self._clients: dict[str, botocore.client.BaseClient] = {}

    def call(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any shape
        """Makes one call."""
        from botocore.exceptions import BotoCoreError, ClientError

        call = f"{service} {operation}"
        try:
            answer: Mapping[str, Any] = getattr(self._client(service), operation)(**parameters)
        except ClientError as error:
            details = error.response.get("Error", {})
            reasons = error.response.get("CancellationReasons", [])
            codes = tuple(str(reason.get("Code")) for reason in reasons if isinstance(reason, Mapping))
            what = f"{call}: {details.get('Code')}: {details.get('Message')}"
            raise CallError(what, str(details.get("Code")), codes) from error
        except BotoCoreError as error:
            raise CallError(f"{call}: {error}") from error
        return answer

    def _client(self, service: str) -> "botocore.client.BaseClient":
        if service not in self._clients:
            import botocore.session
            from botocore.config import Config

            patience = Config(
                connect_timeout=CONNECT_SECONDS,
                read_timeout=READ_SECONDS,
                retries={"mode": "standard", "total_max_attempts": self._attempts},
            )
            self._clients[service] = botocore.session.get_session().create_client(service, config=patience)
        return self._clients[service]
