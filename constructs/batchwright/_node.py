"""Which Node runs jsii, chosen before aws_cdk starts it."""

from batchwright_runner.contract.node import choose_node

__all__ = ["choose_node"]
