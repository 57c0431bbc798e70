"""In what the declaration of a batch differs from what is deployed. Pure."""

from batchwright_runner.contract.manifest import BatchManifest

COMPARED = (
    *("description", "owner", "runbook", "timeout_seconds", "retries", "retry_on", "retry_delay_seconds", "overlap"),
    *("schedule", "scheduler", "options", "capacity", "architecture", "secrets"),
)
"""Fields that a synthesis knows as well as a deployment does."""


def differences(declared: BatchManifest, deployed: BatchManifest) -> list[str]:
    """What a deployment would change of the manifest, in words: ``schedule, timeout``."""
    differing = [name for name in COMPARED if getattr(declared, name) != getattr(deployed, name)]
    if {*declared.parameters} != {*deployed.parameters}:
        differing.append("parameters")
    return [name.removesuffix("_seconds").replace("_", " ") for name in differing]
