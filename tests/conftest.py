"""What holds for every test."""

import signal

from hypothesis import HealthCheck, settings

# A slow or busy machine is no reason to fail. What hypothesis sets for CI stays as it is.
settings.register_profile("any-machine", parent=settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any-machine")

# A job in a shell's background inherits an ignored SIGINT, and so would the commands under test, which respect that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
