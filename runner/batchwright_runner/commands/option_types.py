"""What a few verbs take as the value of an option: moments, and regular expressions."""

import re
import time

import click

from batchwright_runner.host.runs.moment import parse_future, parse_moment


class Moment(click.ParamType[float]):
    """``2h`` ago, ``2026-11-24``, ``2026-11-24T10:30``."""

    name = "moment"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Reads it, in seconds since 1970."""
        if isinstance(value, float):
            return value
        try:
            return parse_moment(str(value), time.time())
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Future(click.ParamType[float]):
    """In ``2h``, ``2026-11-26``, ``2026-11-26T09:00``."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Reads it, in seconds since 1970."""
        if isinstance(value, float):
            return value
        try:
            return parse_future(str(value), time.time())
        except (ValueError, OverflowError) as error:
            self.fail(str(error), param, ctx)


class Regex(click.ParamType[re.Pattern[str]]):
    """A regular expression of Python."""

    name = "regex"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> re.Pattern[str]:
        """Compiles it."""
        if isinstance(value, re.Pattern):
            return value
        try:
            return re.compile(str(value))
        except re.error as error:
            self.fail(f"{value!r} is not a regular expression: {error}", param, ctx)
