"""What a new project pins: versions that this one was tested with. Tests hold them to the repository's own pins."""

PINS = {
    "aws-cdk-lib": "2.275.0",
    "mypy": "2.4.1",
    "pip": "26.3",
    "pytest": "9.2.0",
    "ruff": "0.17.6",
}
ACTIONS = {
    "checkout": "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1",
    "setup_python": "actions/setup-python@5fda3b95a4ea91299a34e894583c3862153e4b97 # v7.0.0",
    "cache": "actions/cache@27d5ce7f107fe9357f9df03efb73ab90386fccae # v5.0.5",
    "setup_buildx": "docker/setup-buildx-action@37fe631027851001ddb9b187196cc803df7f5f0e # v4.3.0",
    "configure_aws": "aws-actions/configure-aws-credentials@e6de054238d6b7531b4efff3b6587d9aade6a06c # v6.2.3",
}
"""Actions of the workflow, pinned to commits. A test holds them to the repository's own workflows."""


def places() -> dict[str, str]:
    """The pins as places of templates."""
    return {**ACTIONS, **{name.replace("-", "_"): pin for name, pin in PINS.items()}}
