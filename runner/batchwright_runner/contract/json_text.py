"""JSON as people and tools have written it. Pure."""

import json
from typing import Any


def parsed(text: str) -> Any:  # noqa: ANN401 - any JSON
    """Parses JSON, also after the mark that some editors begin a file with.

    Raises:
        ValueError: It is not JSON, or is nested deeper than Python's parser goes.
    """
    try:
        return json.loads(text.removeprefix("\ufeff"))
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error
