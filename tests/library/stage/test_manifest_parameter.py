"""What the manifest says, and what SSM would refuse in it."""

import pytest
from constructs import Construct

from batchwright import BatchPlatform, DeclarationError, FargateBatch, Sidecar
from batchwright.testing import synthesize


def test_a_text_that_ssm_takes_for_a_reference_is_refused() -> None:
    def declare(scope: Construct, platform: BatchPlatform) -> FargateBatch:
        return FargateBatch(scope, "report", platform=platform, owner="web", description="Renders {{ templates }}.")

    with pytest.raises(DeclarationError, match=r"batch report: description: it holds '\{\{'"):
        synthesize(declare)


def test_the_manifest_names_the_sidecars_whose_end_ends_the_task() -> None:
    def declare(scope: Construct, platform: BatchPlatform) -> FargateBatch:
        sidecars = [
            Sidecar(name="proxy", image="example.com/proxy:1", essential=True),
            Sidecar(name="agent", image="example.com/agent:1"),
        ]
        return FargateBatch(scope, "report", platform=platform, owner="web", description="Reports.", sidecars=sidecars)

    assert synthesize(declare).manifest.essential == ("proxy",)
