"""Declare a batch for AWS Fargate as one CDK construct.

`FargateBatch` is a batch, `BatchPlatform` what a stage's batches share, `ImageRegistry` their images' repositories.
`BatchApp` makes all three from ``cdk.json`` and ``batches/``. A `DeployedPlatform` is one of another app; either
is a `Platform`.
"""

from batchwright._start import starting

with starting():
    from batchwright.app.batch_app import BatchApp
    from batchwright.arns import Place
    from batchwright.batch import FargateBatch
    from batchwright.errors import DeclarationError
    from batchwright.registry.registry import ImageRegistry
    from batchwright.stage.base import Platform
    from batchwright.stage.deployed import DeployedPlatform
    from batchwright.stage.platform import BatchPlatform
    from batchwright.task.configuration import Parameter, Secret
    from batchwright.task.containers import HealthCheck, Sidecar
    from batchwright.task.datadog import datadog_agent
    from batchwright.task.images import BatchImage
    from batchwright_runner import __version__

__all__ = [
    "BatchApp",
    "BatchImage",
    "BatchPlatform",
    "DeclarationError",
    "DeployedPlatform",
    "FargateBatch",
    "HealthCheck",
    "ImageRegistry",
    "Parameter",
    "Place",
    "Platform",
    "Secret",
    "Sidecar",
    "__version__",
    "datadog_agent",
]
