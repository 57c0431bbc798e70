"""What cfn-lint finds in a template."""

import json
from typing import Any

from batchwright.testing import Template

IGNORED = {"I1022": "Fn::Sub instead of Fn::Join is a matter of style; CDK writes Fn::Join"}
"""Rules that are not asked, and why."""


def findings(template: Template) -> list[Any]:
    """What cfn-lint finds, in its own words."""
    from cfnlint.api import lint  # type: ignore[import-untyped] # to import it takes a second
    from cfnlint.config import ManualArgs  # type: ignore[import-untyped]

    return list(lint(json.dumps(template), config=ManualArgs(regions=["ap-northeast-1"], include_checks=["I"])))


def faults(template: Template) -> list[tuple[str, str]]:
    """Rule and logical id (or section) of all findings but those that are not asked for."""
    return [
        (f"{finding.rule.id} {finding.message}", str(finding.path[1] if finding.path and len(finding.path) > 1 else ""))
        for finding in findings(template)
        if finding.rule.id not in IGNORED
    ]
