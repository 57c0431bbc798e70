"""Declare a batch for AWS Fargate as one CDK construct.

`FargateBatch` is a batch; what few batches set is grouped in a `Retry`, a `Container`, a `Fargate` and an `Existing`.
A `Workflow` is batches that run after and beside one another. `BatchPlatform` is what a stage's batches share,
`ImageRegistry` their images' repositories. `BatchApp` makes all of these from ``cdk.json`` and ``batches/``. A
platform of another app is `BatchPlatform.from_deployed`; either is a `Platform`.
"""

from typing import TYPE_CHECKING

from batchwright._start import starting
from batchwright_runner.contract.gone import NAMES

with starting():
    from batchwright.alerts.declaration import Alerts
    from batchwright.app.batch_app import BatchApp
    from batchwright.batch import FargateBatch
    from batchwright.errors import DeclarationError
    from batchwright.nag import acknowledge_nag
    from batchwright.options import Option
    from batchwright.registry.registry import ImageRegistry
    from batchwright.schedule import Schedule
    from batchwright.stage.base import Platform
    from batchwright.stage.platform import BatchPlatform
    from batchwright.task.container import Container
    from batchwright.task.containers import HealthCheck, Sidecar
    from batchwright.task.datadog import datadog_agent
    from batchwright.task.existing import Existing
    from batchwright.task.fargate import Fargate
    from batchwright.task.images import BatchImage
    from batchwright.task.retry import Retry
    from batchwright.task.stored_values import Parameter, Secret
    from batchwright.task.volumes import Volume
    from batchwright.terms import Wait
    from batchwright.workflows.steps import Parallel, Step
    from batchwright.workflows.workflow import Workflow
    from batchwright_runner import __version__ as __version__

__all__ = [
    "Alerts",
    "BatchApp",
    "BatchImage",
    "BatchPlatform",
    "Container",
    "DeclarationError",
    "Existing",
    "Fargate",
    "FargateBatch",
    "HealthCheck",
    "ImageRegistry",
    "Option",
    "Parallel",
    "Parameter",
    "Platform",
    "Retry",
    "Schedule",
    "Secret",
    "Sidecar",
    "Step",
    "Volume",
    "Wait",
    "Workflow",
    "acknowledge_nag",
    "datadog_agent",
]

if not TYPE_CHECKING:  # else any name could be imported, for mypy

    def __getattr__(name: str) -> object:
        if name in NAMES:
            raise ImportError(f"{name} was removed. {NAMES[name]}", name=name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
