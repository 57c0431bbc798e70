"""What cdk-nag's AwsSolutions find in an app."""

import json
from collections import defaultdict
from pathlib import Path

from aws_cdk import Stage, Validations
from cdk_nag import AwsSolutionsChecks


def nagged(app: Stage) -> dict[str, set[str]]:
    """Synthesizes the app with cdk-nag: path of a construct to the rules it breaks, ``IAM5[Resource::*]``."""
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    try:
        app.synth()
    except RuntimeError as error:
        if "validation-report.json" not in str(error):
            raise
    findings: dict[str, set[str]] = defaultdict(set)
    report = json.loads(Path(app.outdir, "validation-report.json").read_text(encoding="utf-8"))["pluginReports"][0]
    for violation in report["violations"]:
        for construct in violation["violatingConstructs"]:
            findings[construct["constructPath"]].add(violation["ruleName"].removeprefix("AwsSolutions-"))
    return findings


def nagged_rules(app: Stage) -> set[str]:
    """The rules that something of the app breaks, without what of it breaks them: ``IAM5``."""
    return {rule.partition("[")[0] for rules in nagged(app).values() for rule in rules}
