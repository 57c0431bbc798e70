import pytest

from batchwright_runner.contract.duration import format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("30m", 1800), ("2h", 7200), ("1h30m", 5400), ("1d", 86400), (" 1m1s ", 61)]
)
def test_it_reads(text: str, seconds: int) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "30", "m", "0s", "-5s", "1.5h", "30m1h", "5 m", "90S"])
def test_it_refuses(text: str) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0.0s"), (1.25, "1.2s"), (59.6, "1m00s"), (61, "1m01s"), (3600, "1h00m"), (7260, "2h01m")]
)
def test_it_writes(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text
