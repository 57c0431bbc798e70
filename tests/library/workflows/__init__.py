"""The tests of workflows as declarations."""
