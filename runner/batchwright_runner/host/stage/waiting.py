"""The records of a stage's waiting runs: read, written and removed."""

from collections.abc import Iterator

from batchwright_runner.contract.waiting import WaitingRun
from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.parameters import Parameter, parameters_below


class WaitingRecord:
    """One record.

    Args:
        aws: Calls AWS.
        path: Its parameter.
    """

    def __init__(self, aws: Aws, path: str) -> None:
        self._aws = aws
        self._path = path

    def read(self) -> tuple[WaitingRun | None, int]:
        """The record, none where there is none, and its version.

        Raises:
            ApiError: The call failed.
        """
        try:
            found: Parameter = self._aws.call("ssm", "get_parameter", Name=self._path)["Parameter"]
        except ApiError as error:
            if error.code == "ParameterNotFound":
                return None, 0
            raise
        return WaitingRun.from_text(str(found["Value"])), int(found.get("Version", 0))

    def put(self, record: WaitingRun) -> int:
        """Writes the record. SSM knows no condition for that.

        Returns:
            Its version: one more than what was read, unless somebody has written or removed it since.

        Raises:
            ApiError: The call failed.
        """
        request = {"Name": self._path, "Value": record.to_json(), "Type": "String", "Overwrite": True}
        return int(self._aws.call("ssm", "put_parameter", **request).get("Version", 0))

    def remove(self) -> None:
        """Removes it, where it is there.

        Raises:
            ApiError: The call failed.
        """
        try:
            self._aws.call("ssm", "delete_parameter", Name=self._path)
        except ApiError as error:
            if error.code != "ParameterNotFound":
                raise


def waiting_records(aws: Aws, folder: str) -> Iterator[tuple[str, WaitingRun]]:
    """The records below a path, each with its parameter's name; those that cannot be read are left out.

    Raises:
        ApiError: A call failed.
    """
    for parameter in parameters_below(aws, folder, recursive=True):
        record = WaitingRun.from_text(str(parameter["Value"]))
        if record is not None:
            yield str(parameter["Name"]), record
