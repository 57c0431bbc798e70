import pytest
from hypothesis import given

from batchwright_runner.contract.schedules import zones
from batchwright_runner.contract.schedules.cron import ScheduleError
from batchwright_runner.contract.schedules.schedule import CronSchedule, expression_of, from_cron, from_text
from batchwright_runner.contract.schedules.words import in_words
from tests.runner.contract.schedules.strategies import schedules


@pytest.mark.parametrize(
    ("given", "text", "words"),
    [
        ("30 2 * * *", "30 2 * * *", "every day at 02:30"),
        ("30 2 * * 1-5", "30 2 * * MON-FRI", "Monday to Friday at 02:30"),
        ("0,15,30,45 * * * *", "*/15 * * * *", "every 15 minutes"),
        ("*/30 * * * *", "0,30 * * * *", "every 30 minutes"),
        ("0-59 0-23 1-31 1-12 0-7", "* * * * *", "every minute"),
        ("0 * * * *", "0 * * * *", "every hour at :00"),
        ("*/7 * * * *", "*/7 * * * *", "every hour at :00, :07, :14, :21, :28, :35, :42, :49 and :56"),
        ("0 */2 * * *", "0 */2 * * *", "every 2 hours"),
        ("0 */12 * * *", "0 0,12 * * *", "every day at 00:00 and 12:00"),
        ("*/15 9-17 * * MON-FRI", "*/15 9-17 * * MON-FRI", "every 15 minutes from 09:00 to 17:45, Monday to Friday"),
        ("0 1,3,9,11,20 * * *", "0 1,3,9,11,20 * * *", "every day at :00 of the hours 01, 03, 09, 11 and 20"),
        ("0 4 1 * *", "0 4 1 * *", "the 1st of every month at 04:00"),
        ("0 4 2,3,11,22 * *", "0 4 2,3,11,22 * *", "the 2nd, 3rd, 11th and 22nd of every month at 04:00"),
        ("7 5 * jan-jun *", "7 5 * 1-6 *", "every day in January to June at 05:07"),
        ("0 3 */2 * *", "0 3 */2 * *", "every 2nd day from the 1st of every month at 03:00"),
        ("0 0 * * 5-7", "0 0 * * FRI-SUN", "Friday to Sunday at 00:00"),
        ("0 0 * * 0-2", "0 0 * * MON,TUE,SUN", "Monday, Tuesday and Sunday at 00:00"),
        ("0 0 * * SAT-MON", "0 0 * * MON,SAT,SUN", "Monday, Saturday and Sunday at 00:00"),
        ("0 0 * * */2", "0 0 * * TUE,THU,SAT,SUN", "Tuesday, Thursday, Saturday and Sunday at 00:00"),
        ("0 0 */1 * MON", "0 0 * * MON", "Monday at 00:00"),
        ("@daily", "0 0 * * *", "every day at 00:00"),
        ("@Weekly", "0 0 * * SUN", "Sunday at 00:00"),
    ],
)
def test_a_crontabs_fields_have_one_text(given: str, text: str, words: str) -> None:
    schedule = from_cron(given)

    assert str(schedule) == expression_of(schedule) == text
    assert in_words(schedule) == words


@given(schedules())
def test_the_text_is_read_as_the_same_schedule(schedule: CronSchedule) -> None:
    assert from_text(str(schedule)) == schedule


def test_a_zone_stands_behind_the_fields_and_the_words() -> None:
    schedule = from_cron("30 2 * * *", "Asia/Tokyo")

    assert str(schedule) == "30 2 * * * Asia/Tokyo"
    assert in_words(schedule) == "every day at 02:30 (Asia/Tokyo)"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("0 0 30 2 *", "it is never due: FEB has no day 30"),
        ("0 0 1 * 1", "days of the month and weekdays were given: cron is due on either"),
        ("0 0 1 * 0-6", "days of the month and weekdays were given"),
        ("0 0 1-31 * MON", "days of the month and weekdays were given"),
        ("61 * * * *", "minute: '61' was given; allowed: 0 to 59"),
        ("0 0 * 13 *", "month: '13' was given; allowed: 1 to 12, JAN to DEC"),
        ("0 0 * * MOND", "did you mean MON?"),
        ("0 0 * * MON-FIR", "did you mean MON-FRI?"),
        ("0 0 * JNA-MAR/2 *", "did you mean JAN-MAR/2?"),
        ("0 0 L * *", "day of the month: 'L' was given"),
        ("0 0 * *", "'0 0 * *' was given, which has 4 fields; allowed: five"),
        ("", "which has 0 fields"),
        ("@reboot", "'@reboot' was given; allowed: @yearly"),
        ("5/15 * * * *", "minute: '5/15' was given, a step without a range; did you mean 5-59/15?"),
        ("*/0 * * * *", "minute: '*/0' was given, with a step of 0"),
        ("0 22-2 * * *", "hour: '22-2' was given, which goes backwards; allowed: two ranges, 22-23,0-2"),
        ("0,,5 * * * *", "minute: '' was given"),
        ("0 0 * * 1٣", "weekday: '1٣' was given"),
    ],
)
def test_what_is_not_a_schedule_is_refused_with_the_reason(given: str, message: str) -> None:
    with pytest.raises(ScheduleError) as refused:
        from_cron(given)

    assert message in str(refused.value)


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(ScheduleError, match="allowed: a text of five fields"):
        from_cron(5)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["30 2 * * *", "@daily UTC", "UTC", ""])
def test_a_text_without_fields_or_zone_is_refused(text: str) -> None:
    with pytest.raises(ScheduleError):
        from_text(text)


@pytest.mark.parametrize(
    ("zone", "meant"), [("Asia/Tokio", "Asia/Tokyo"), ("Tokyo", "Asia/Tokyo"), ("new_york", "America/New_York")]
)
def test_a_zone_that_is_not_known_gets_the_nearest_names(zone: str, meant: str) -> None:
    with pytest.raises(ScheduleError, match=rf"time zone '{zone}' is not known.*did you mean {meant}"):
        from_cron("0 0 * * *", zone)


@pytest.mark.parametrize("zone", ["JST", "GMT+9", "UTC+9"])
def test_no_other_zone_is_proposed_for_one_of_another_system(zone: str) -> None:
    with pytest.raises(ScheduleError) as raised:
        from_cron("30 2 * * *", zone)

    assert "did you mean" not in str(raised.value)


@pytest.mark.parametrize(
    "zone", ["../etc/passwd", "/etc/localtime", "localtime", "right/Asia/Tokyo", "Asia/Tokyo ", "Asia//Tokyo", "Europe"]
)
def test_what_is_no_zones_name_is_refused(zone: str) -> None:
    with pytest.raises(ScheduleError, match="time zone"):
        from_cron("0 0 * * *", zone)


def test_a_machine_without_zones_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zones, "available_timezones", lambda: set[str]())

    with pytest.raises(ScheduleError, match="no database of time zones; install Debian's package tzdata"):
        from_cron("0 0 * * *", "Nowhere/Atall")
