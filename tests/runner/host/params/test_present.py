from collections.abc import Mapping
from typing import Any

from batchwright_runner.host.params.present import read_values
from tests.kit.fakes import FakeWaiter

ARN = "arn:aws:ssm:eu-west-1:222222222222:parameter/mail/TO"


class Ssm:
    """Shows a parameter of another account under its own name."""

    def call(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any shape
        assert (service, operation, parameters["Names"]) == ("ssm", "get_parameters", [ARN])
        return {"Parameters": [{"Name": "/mail/TO", "ARN": ARN, "Type": "String", "Value": "finance@example.com"}]}


def test_a_parameter_is_known_by_the_arn_that_it_was_asked_for_with() -> None:
    assert read_values(Ssm(), [ARN], FakeWaiter())[ARN].value == "finance@example.com"
