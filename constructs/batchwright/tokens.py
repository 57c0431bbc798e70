"""CDK's tokens in strings and durations: values that are known only when a template is resolved."""

import re
from collections.abc import Mapping
from functools import lru_cache
from math import isnan, nan

from aws_cdk import Duration

TOKEN = re.compile(r"\$\{Token\[[^\]]+\]\}")
"""A token, as CDK writes it into a string."""

STARTS_WITH = "${Token["
"""How each token begins."""

_IN_STRING = "{Token["  # of a string ${Token[…]}, of a list ["#{Token[…]}"]
_NUMBERS = -1e288  # a token as a number is below: -1.888…e+289, as CDK writes it


def is_token(value: str) -> bool:
    """Whether a string holds a token.

    The same as CDK's own ``Token.is_unresolved``, without a call into Node: a declaration asks dozens of times.
    """
    return STARTS_WITH in value


def holds_token(value: object) -> bool:
    """Whether data of JSON's kinds hold a token anywhere: in a key or a string, as a list, a number or an object."""
    if isinstance(value, str):
        return _IN_STRING in value
    if isinstance(value, Mapping):
        return any(holds_token(element) for pair in value.items() for element in pair)
    if isinstance(value, list | tuple):
        return any(map(holds_token, value))
    if isinstance(value, float):
        return value <= _NUMBERS
    return value is not None and not isinstance(value, int)


def unknown_duration(given: object) -> str:
    """How an error shows what is no duration of a known length; empty for one that is."""
    if not isinstance(given, Duration):
        return repr(given)
    return "a Duration that only a deployment knows" if isnan(milliseconds(given)) else ""


@lru_cache(maxsize=64)
def milliseconds(duration: Duration) -> float:
    """A duration in milliseconds; no number where only a deployment knows it."""
    # Calls into Node; most batches have the same default.
    return nan if duration.is_unresolved() else duration.to_milliseconds()
