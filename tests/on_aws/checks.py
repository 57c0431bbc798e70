"""What AWS is asked before anything is deployed: minutes, and free."""

from tests.on_aws.trial import Part

CHECKS: tuple[Part, ...] = ()
