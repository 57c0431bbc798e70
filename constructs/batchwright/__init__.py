"""Declare a batch for AWS Fargate as one CDK construct.

`FargateBatch` is a batch, `BatchPlatform` what a stage's batches share, `ImageRegistry` their images' repositories.
`BatchApp` makes all three from ``cdk.json`` and ``batches/``.
"""

from batchwright._start import starting

with starting():
    from batchwright.app import BatchApp
    from batchwright.arns import Place
    from batchwright.batch import FargateBatch
    from batchwright.configuration import Parameter, Secret
    from batchwright.containers import HealthCheck, Sidecar
    from batchwright.datadog import datadog_agent
    from batchwright.errors import DeclarationError
    from batchwright.images import BatchImage
    from batchwright.platform import BatchPlatform
    from batchwright.registry import ImageRegistry
    from batchwright_runner import __version__

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
    "datadog_agent",
]
