"""CDK's tokens in strings: values that are known only when a template is resolved."""

import re

TOKEN = re.compile(r"\$\{Token\[[^\]]+\]\}")
"""A token, as CDK writes it into a string."""

STARTS_WITH = "${Token["
"""How each token begins."""


def is_token(value: str) -> bool:
    """Whether a string holds a token.

    The same as CDK's own ``Token.is_unresolved``, without a call into Node: a declaration asks dozens of times.
    """
    return STARTS_WITH in value
