"""Tests of the construct library."""
