"""Keeps release records in SSM, in the stage's account: the parameter's history is theirs."""

from dataclasses import dataclass

from batchwright_runner.aws import operate
from batchwright_runner.aws.client import ApiError, Aws
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
        found: list[Record] = []
        more: dict[str, str] = {}
        while True:
            try:
                answer = operate.call(
                    self.aws, self.waiter, what, "ssm", "get_parameter_history", Name=self.path, **more
                )
            except ApiError as error:
                if error.code == "ParameterNotFound":
                    return []
                raise RunnerError(f"{what}: {error}") from error
            found += [Record.from_json(one["Value"]) for one in answer.get("Parameters", [])]
            if not answer.get("NextToken"):
                return found
            more = {"NextToken": answer["NextToken"]}

    def put(self, record: Record) -> None:
        """Adds a record.

        Raises:
            RunnerError: It was not written.
        """
        what = f"the release record {self.path} was not written"
        request = {"Name": self.path, "Value": record.to_json(), "Type": "String", "Overwrite": True}
        try:
            operate.call(self.aws, self.waiter, what, "ssm", "put_parameter", **request)
        except ApiError as error:
            raise RunnerError(f"{what}: {error}") from error
