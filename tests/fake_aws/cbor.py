"""The protocol of CloudWatch's newer clients, Smithy RPC v2 with CBOR, by botocore's own reader and writer.

botocore before 1.42.7 has neither, and asks by the query protocol.
"""

import re
from functools import cache
from typing import Any

import botocore.parsers
import botocore.serialize
import botocore.session
from botocore.model import DenormalizedStructureBuilder

from tests.fake_aws.errors import AwsError
from tests.fake_aws.wire import Response

PATH = re.compile(r"/service/GraniteServiceVersion20100801/operation/(\w+)")
HEADERS = {"smithy-protocol": "rpc-v2-cbor", "Content-Type": "application/cbor"}
ERROR = DenormalizedStructureBuilder().with_members({"__type": {"type": "string"}, "message": {"type": "string"}})


def read(body: bytes) -> dict[str, Any]:
    """The input of a request, with times as seconds since the epoch."""
    reader: Any = botocore.parsers.RpcV2CBORParser()
    members = reader.parse_data_item(reader.get_peekable_stream_from_bytes(body)) if body else {}
    return {name: value.timestamp() if hasattr(value, "timestamp") else value for name, value in members.items()}


def answer(operation: str, output: dict[str, Any] | AwsError) -> Response:
    """An answer, or an error."""
    if isinstance(output, AwsError):
        shape = ERROR.build_model()
        return Response(output.status, _written({"__type": output.code, "message": output.message}, shape), HEADERS)
    shape = _model().operation_model(operation).output_shape
    return Response(200, _written(output, shape) if shape else b"", HEADERS)


def _written(value: dict[str, Any], shape: Any) -> bytes:  # noqa: ANN401 - botocore's shapes have no type
    written = bytearray()
    writer: Any = botocore.serialize.RpcV2CBORSerializer()
    writer._serialize_data_item(written, value, shape)
    return bytes(written)


@cache
def _model() -> Any:  # noqa: ANN401 - the same
    return botocore.session.Session().get_service_model("cloudwatch")
