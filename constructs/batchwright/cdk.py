"""What differs between the versions of the CDK that work. Which are these is in pyproject.toml."""

import inspect
from typing import Any

from aws_cdk import App


def known_options(**options: Any) -> dict[str, Any]:  # noqa: ANN401 - the CDK's own options
    """Those options of an `App` that the installed aws-cdk-lib has; one that it does not know is a ``TypeError``.

    Its own look at templates, ``builtin_cloud_formation_validation``, came with 2.275.
    """
    parameters = inspect.signature(App.__init__).parameters
    return {name: value for name, value in options.items() if name in parameters}
