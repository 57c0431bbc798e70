"""How many images a registry's stack has room for, measured when each is declared. Pure.

Source: AWS CloudFormation user guide, "Understand CloudFormation quotas", read 2026-11.
"""

import json
from collections.abc import Mapping
from typing import Any

from batchwright.errors import DeclarationError
from batchwright.task.limits import TEMPLATE

RESOURCES = 500
"""Resources of a stack."""

_OF_CDK = 400  # bytes: metadata, the CDK's version, the rule that checks the bootstrap
_AROUND = 20  # bytes that stand once around all resources
_EACH = {"DeletionPolicy": "RetainExceptOnCreate", "UpdateReplacePolicy": "Retain", "Metadata": {"aws:cdk:path": ""}}


class RegistryRoom:
    """What the registry has put into its stack by now."""

    def __init__(self) -> None:
        self._resources = 0
        self._bytes = _OF_CDK

    def take(self, subject: str, kind: str, path: str, properties: Mapping[str, Any]) -> None:
        """Counts a resource that is being made."""
        self._resources += 1
        written = {path: {"Type": kind, "Properties": properties, **_EACH}}
        self._bytes += (
            len(json.dumps({"Resources": written}, indent=1, ensure_ascii=False).encode()) + len(path) - _AROUND
        )
        limit = (
            "allowed: {:,}, as CloudFormation takes; let batches share images, or have something else make repositories"
        )
        if self._resources > RESOURCES:
            problem = f"with it, the registry's stack has {self._resources} resources; {limit.format(RESOURCES)}"
        elif self._bytes > TEMPLATE:
            problem = f"with it, the registry's template has {self._bytes:,} bytes; {limit.format(TEMPLATE)}"
        else:
            return
        raise DeclarationError(subject, "image", f"{problem} (managed: false)")
