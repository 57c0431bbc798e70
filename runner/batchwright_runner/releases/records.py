"""Keeps release records in SSM, in the stage's account: the parameter's history is theirs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from batchwright_runner.aws.client import ApiError, Aws
from batchwright_runner.aws.pages import pages
from batchwright_runner.aws.retry import OPERATE_HINT, patiently
from batchwright_runner.errors import RunnerError
from batchwright_runner.releases.record import Record
from batchwright_runner.runs.signals import Waiter


@dataclass(frozen=True, slots=True)
class Records:
    """The records of one image in one stage.

    Attributes:
        path: The SSM parameter.
        aws: Calls AWS with the stage's credentials.
        waiter: Time and signals.
    """

    path: str
    aws: Aws
    waiter: Waiter

    def history(self) -> list[Record]:
        """All records, the oldest first. SSM keeps a hundred.

        Raises:
            RunnerError: They cannot be read.
        """
        what = f"the release record {self.path} cannot be read"

        def read(**more: str) -> Mapping[str, Any]:
            return patiently(
                lambda: self.aws.call("ssm", "get_parameter_history", Name=self.path, **more),
                what,
                self.waiter,
                hint=OPERATE_HINT,
            )

        try:
            return [Record.from_json(one["Value"]) for one in pages(read, "Parameters", next_key="NextToken")]
        except ApiError as error:
            if error.code == "ParameterNotFound":
                return []
            raise RunnerError(f"{what}: {error}") from error

    def put(self, record: Record) -> None:
        """Adds a record.

        Raises:
            RunnerError: It was not written.
        """
        what = f"the release record {self.path} was not written"
        request = {"Name": self.path, "Value": record.to_json(), "Type": "String", "Overwrite": True}
        try:
            patiently(lambda: self.aws.call("ssm", "put_parameter", **request), what, self.waiter, hint=OPERATE_HINT)
        except ApiError as error:
            raise RunnerError(f"{what}: {error}") from error
