"""What holds for every test."""

from hypothesis import HealthCheck, settings

# A slow or busy machine is no reason to fail. What hypothesis sets for CI stays as it is.
settings.register_profile("any-machine", parent=settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any-machine")
