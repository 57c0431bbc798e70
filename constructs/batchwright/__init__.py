"""Declare a batch for AWS Fargate as one CDK construct.

`FargateBatch` is a batch, `BatchPlatform` what a stage's batches share, `ImageRegistry` their images' repositories.
`BatchApp` makes all three from ``cdk.json`` and ``batches/``.
"""

from batchwright._node import choose_node

choose_node()  # before aws_cdk is imported, which starts Node

from batchwright.app import BatchApp  # noqa: E402
from batchwright.arns import Place  # noqa: E402
from batchwright.batch import FargateBatch  # noqa: E402
from batchwright.configuration import Parameter, Secret  # noqa: E402
from batchwright.containers import HealthCheck, Sidecar  # noqa: E402
from batchwright.errors import DeclarationError  # noqa: E402
from batchwright.images import BatchImage  # noqa: E402
from batchwright.platform import BatchPlatform  # noqa: E402
from batchwright.registry import ImageRegistry  # noqa: E402
from batchwright_runner import __version__  # noqa: E402

__all__ = [
    "BatchApp",
    "BatchImage",
    "BatchPlatform",
    "DeclarationError",
    "FargateBatch",
    "HealthCheck",
    "ImageRegistry",
    "Parameter",
    "Place",
    "Secret",
    "Sidecar",
    "__version__",
]
