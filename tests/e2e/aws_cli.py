"""The commands of the AWS CLI that docs/upgrading-and-leaving.md has, on botocore: for machines without the CLI.

Options are those of the operation's model, as in the CLI itself: one that it does not know is an error.

python -m tests.e2e.aws_cli SERVICE OPERATION --OPTION VALUE…
"""

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import jmespath  # type: ignore[import-untyped]
from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.session import Session

OF_ITS_OWN = ("query", "output")


def main(words: Sequence[str]) -> None:
    """Does what a command asks for, and prints the answer."""
    service, operation, *rest = words
    client = Session().create_client(service, region_name=os.environ["AWS_REGION"])
    waits = operation == "wait"
    name = rest.pop(0) if waits else operation
    given = dict(options(rest))
    query, output = (given.pop(option, [""])[0] for option in OF_ITS_OWN)
    if (service, name) == ("cloudformation", "deploy"):
        deploy(client, given)
        return
    if waits:
        client.get_waiter(name.replace("-", "_")).wait(**parameters(client, "describe-tasks", given))
        return
    answer = getattr(client, name.replace("-", "_"))(**parameters(client, name, given))
    answer.pop("ResponseMetadata")
    answered = jmespath.search(query, answer) if query else answer
    print(as_text(answered) if output == "text" else json.dumps(answered, default=str, indent=4))


def options(words: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """The options of a command line, each with its values."""
    for word in " ".join(f"\0{word}" for word in words).split("\0--")[1:]:
        name, *values = word.split(" \0") if " \0" in word else [word]
        yield name.strip(), [value.strip() for value in values]


def parameters(client: Any, operation: str, given: Mapping[str, list[str]]) -> dict[str, Any]:  # noqa: ANN401 - made at run time
    """What an operation is called with."""
    name = client.meta.method_to_api_mapping[operation.replace("-", "_")]
    members = client.meta.service_model.operation_model(name).input_shape.members
    known = {str(xform_name(member, "-")): (member, shape.type_name) for member, shape in members.items()}
    return {known[option][0]: value_of(known[option][1], values) for option, values in given.items()}


def value_of(kind: str, values: list[str]) -> object:
    """A value as its type wants it."""
    if kind == "boolean":
        return True
    text = values[0]
    if text.startswith("file://"):
        text = Path(text.removeprefix("file://")).read_text(encoding="utf-8")
    return values if kind == "list" else json.loads(text) if kind == "structure" else text


def deploy(client: Any, given: Mapping[str, list[str]]) -> None:  # noqa: ANN401 - made at run time
    """Makes or updates a stack, and waits for it."""
    name = given["stack-name"][0]
    body = Path(given["template-file"][0]).read_text(encoding="utf-8")
    request = {"StackName": name, "TemplateBody": body, "Capabilities": given["capabilities"]}
    try:
        client.describe_stacks(StackName=name)
    except ClientError:
        client.create_stack(**request)
        client.get_waiter("stack_create_complete").wait(StackName=name)
        return
    client.update_stack(**request)
    client.get_waiter("stack_update_complete").wait(StackName=name)


def as_text(value: object) -> str:
    """``--output text``: a line for each list in a list."""
    if isinstance(value, list) and any(isinstance(row, list) for row in value):
        return "\n".join(map(as_text, value))
    return "\t".join(map(str, value)) if isinstance(value, list) else str(value)


if __name__ == "__main__":
    main(sys.argv[1:])
