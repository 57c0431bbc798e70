"""The emulator of AWS that the journey deploys into: ministack, at one exact version, with a few changes.

This package runs in an environment of its own, ``.e2e/emulator``, where ministack is and batchwright is not.
"""
