"""What the verbs of images take on their command lines."""

import click

from batchwright_runner.commands.options import Decorator, offered


def image_argument(name: str = "image") -> Decorator:
    """The name of an image of the registry."""
    return click.argument(name, metavar="IMAGE", shell_complete=offered("image"))


def registry_option(otherwise: str) -> Decorator:
    """The registry of images."""
    return click.option(
        "--registry",
        metavar="HOST",
        envvar="BATCHWRIGHT_REGISTRY",
        show_envvar=True,
        default="",
        help=f"The registry, ACCOUNT.dkr.ecr.REGION.amazonaws.com. Default: {otherwise}.",
    )
