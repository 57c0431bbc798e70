"""What SSM would refuse in a manifest is refused when the batch is declared."""

import pytest
from constructs import Construct

from batchwright import BatchPlatform, DeclarationError, FargateBatch
from batchwright.testing import synthesize


def test_a_text_that_ssm_takes_for_a_reference_is_refused() -> None:
    def declare(scope: Construct, platform: BatchPlatform) -> FargateBatch:
        return FargateBatch(scope, "report", platform=platform, owner="web", description="Renders {{ templates }}.")

    with pytest.raises(DeclarationError, match=r"batch report: description: it holds '\{\{'"):
        synthesize(declare)
