"""The query protocol: CloudWatch's forms, and answers in XML (EC2, IAM, SNS, STS too), as botocore's model has them."""

from datetime import datetime
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

import botocore.session

from tests.fake_aws.errors import AwsError
from tests.fake_aws.wire import Response

SERVICES = {
    "DescribeSubnets": "ec2",
    "DescribeSecurityGroups": "ec2",
    "GetMetricStatistics": "cloudwatch",
    "PutMetricData": "cloudwatch",
    "GetRole": "iam",
    "Publish": "sns",
    "ListSubscriptionsByTopic": "sns",
    "GetCallerIdentity": "sts",
    "AssumeRole": "sts",
}


def read(form: dict[str, str]) -> dict[str, Any]:
    """The members of a form of CloudWatch, with times as seconds since the epoch; any other form stays as it is."""
    operation = form.get("Action", "?")
    if SERVICES.get(operation) != "cloudwatch":
        return dict(form)
    read: dict[str, Any] = _read(_model("cloudwatch").operation_model(operation).input_shape, form, "")
    return read


def _read(shape: Any, form: dict[str, str], name: str) -> Any:  # noqa: ANN401 - botocore's shapes have no type
    if shape.type_name == "structure":
        inside = {member: f"{name}.{member}".lstrip(".") for member in shape.members}
        sent = {member: at for member, at in inside.items() if any(f"{key}.".startswith(f"{at}.") for key in form)}
        return {member: _read(shape.members[member], form, at) for member, at in sent.items()}
    if shape.type_name == "list":
        numbers = {
            int(key.removeprefix(f"{name}.member.").partition(".")[0])
            for key in form
            if key.startswith(f"{name}.member.")
        }
        return [_read(shape.member, form, f"{name}.member.{number}") for number in sorted(numbers)]
    if shape.type_name == "timestamp":
        return datetime.fromisoformat(form[name]).timestamp()
    return {"double": float, "integer": int}.get(shape.type_name, str)(form[name])


def answer(operation: str, output: dict[str, Any] | AwsError) -> Response:
    """An answer, or an error."""
    headers = {"Content-Type": "text/xml"}
    if isinstance(output, AwsError):
        return Response(output.status, _error_xml(operation, output).encode(), headers)
    return Response(200, _xml(operation, output).encode(), headers)


def _xml(operation: str, answer: dict[str, Any]) -> str:
    service = SERVICES[operation]
    model = _model(service).operation_model(operation)
    inner = _members(model.output_shape, answer)
    if service == "ec2":
        return f"<{operation}Response><requestId>test</requestId>{inner}</{operation}Response>"
    metadata = "<ResponseMetadata><RequestId>test</RequestId></ResponseMetadata>"
    return f"<{operation}Response><{operation}Result>{inner}</{operation}Result>{metadata}</{operation}Response>"


def _error_xml(operation: str, error: AwsError) -> str:
    details = f"<Error><Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message></Error>"
    if SERVICES.get(operation) == "ec2":
        return f"<Response><Errors>{details}</Errors><RequestID>test</RequestID></Response>"
    return f"<ErrorResponse>{details}<RequestId>test</RequestId></ErrorResponse>"


@cache
def _model(service: str) -> Any:  # noqa: ANN401 - botocore's model has no type
    return botocore.session.Session().get_service_model(service)


def _members(shape: Any, answer: dict[str, Any]) -> str:  # noqa: ANN401 - the same
    """A structure's members; one that the service does not know is a mistake of the test's."""
    unknown = answer.keys() - shape.members.keys()
    if unknown:
        raise ValueError(f"{shape.name} has no {', '.join(sorted(unknown))}")
    return "".join(_element(shape.members[name], name, value) for name, value in answer.items())


def _element(shape: Any, name: str, value: Any) -> str:  # noqa: ANN401 - the same
    tag = shape.serialization.get("name", name)
    if shape.type_name == "list":
        item = shape.member.serialization.get("name", "member")
        return f"<{tag}>" + "".join(f"<{item}>{_text(shape.member, member)}</{item}>" for member in value) + f"</{tag}>"
    return f"<{tag}>{_text(shape, value)}</{tag}>"


def _text(shape: Any, value: Any) -> str:  # noqa: ANN401 - the same
    if shape.type_name == "structure":
        return _members(shape, value)
    if shape.type_name == "boolean":
        return "true" if value else "false"
    return escape(str(value))
