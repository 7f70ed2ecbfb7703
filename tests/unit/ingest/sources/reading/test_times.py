"""Reading the times that sources write."""

from datetime import UTC, datetime, timedelta

import pytest

from ingest.sources.reading.json_fields import Found
from ingest.sources.reading.notes import Notes
from ingest.sources.reading.times import TimeReader

SHANGHAI = TimeReader("Asia/Shanghai")
RECEIVED_AT = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)


def read(value, reader=SHANGHAI, **options):
    notes = Notes()
    moment = reader.read(Found(value, "/t"), notes, **options)
    assert notes.faults == ()
    return moment, notes.flags


def fault_of(value, reader=SHANGHAI):
    """Read what is no time, and say what was noted."""
    notes = Notes()
    assert reader.read(Found(value, "/t"), notes) is None
    (fault,) = notes.faults
    return fault


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-24T08:51:18+08:00", "2026-11-24T08:51:18.000+0800", "2026-11-24 08:51:18 +08", "2026-11-24T00:51:18Z",
        "2026-11-24T00:51:18,000Z", "2026-11-23T19:51:18-05:00", "2026-11-24 00:51:18 UTC",
        1795481478, 1795481478000, "1795481478", "1795481478000", 1795481478.25,
    ],
)  # fmt: skip
def test_a_time_with_its_zone_needs_no_assumption(written):
    moment, flags = read(written)
    assert (moment.replace(microsecond=0), moment.tzinfo, flags) == (
        datetime(2026, 11, 24, 0, 51, 18, tzinfo=UTC),
        UTC,
        (),
    )


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-24 08:51:18", "2026-11-24T08:51:18", "2026/11/24 8:51:18", "2026.11.24 08:51:18", "20261124085118",
        20261124085118, "2026年11月24日 8时51分18秒", "2026年11月24日8:51:18", " 2026-11-24  08:51:18 ", "20261124085118000",
    ],
)  # fmt: skip
def test_a_time_without_zone_is_in_the_sources_zone_and_flagged(written):
    assert read(written) == (datetime(2026, 11, 24, 0, 51, 18, tzinfo=UTC), ("time_assumed_zone",))


def test_seconds_may_lack_and_fractions_are_kept():
    assert read("2026/1/2 3:04")[0] == datetime(2026, 1, 1, 19, 4, tzinfo=UTC)
    assert read("2026-11-24T00:00:00.1234567Z")[0] == datetime(2026, 11, 24, 0, 0, 0, 123456, tzinfo=UTC)
    assert read(1795481478250)[0] == datetime(2026, 11, 24, 0, 51, 18, 250_000, tzinfo=UTC)


def test_a_day_begins_at_midnight_and_a_deadline_ends_with_its_day():
    for written in ("2026-11-24", "20261124", "2026年11月24日"):
        assert read(written)[0] == datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
        assert read(written, end_of_day=True)[0] == datetime(2026, 11, 24, 15, 59, 59, tzinfo=UTC)
    assert read("2026-11-24 08:00", end_of_day=True)[0] == datetime(2026, 11, 24, 0, 0, tzinfo=UTC)


def test_twenty_four_oclock_is_the_next_midnight():
    assert read("2026-11-24 24:00:00")[0] == datetime(2026, 11, 24, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize("written", ["", " ", 0, "0", -1, "0000-00-00 00:00:00", "0000-00-00", "1970-01-01 08:00:00"])
def test_what_systems_write_where_they_have_no_time_is_none(written):
    assert read(written) == (None, ())


@pytest.mark.parametrize(
    "written",
    ["yesterday", "2026-13-01", "2026-02-30 10:00", "2026-11-24 25:00", "2026-11-24 24:01", "2026-11-24 10:61", "24/11/2026",
     "2026-11-24T10:00:00+99:00", 12, "123456789012", 1e300, "2026-11-24 10", "138-0000-1111"],
)  # fmt: skip
def test_a_time_in_no_known_form_is_refused_with_the_pointer(written):
    fault = fault_of(written)
    assert (fault.reason, fault.pointer) == ("time_unreadable", "/t")
    assert str(written) not in fault.detail


@pytest.mark.parametrize(
    "written", ["1999-12-31T23:59:59Z", "2100-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]
)
def test_a_time_before_2000_or_after_2100_is_refused(written):
    assert fault_of(written).reason == "time_absurd"


@pytest.mark.parametrize("written", ["0001-01-01 00:00:00", "9999-12-31 23:59:59"])
def test_a_time_whose_zone_leads_out_of_the_calendar_is_refused_too(written):
    for zone in ("Asia/Shanghai", "America/Los_Angeles"):
        assert fault_of(written, TimeReader(zone)).reason in {"time_unreadable", "time_absurd"}


def test_the_calendars_last_day_is_read_like_any_other():
    assert fault_of("9999-12-31 12:00:00", TimeReader("Asia/Shanghai")).reason == "time_absurd"


@pytest.mark.parametrize("value", [True, [], {}])
def test_what_is_no_text_and_no_number_is_of_the_wrong_type(value):
    assert fault_of(value).reason == "wrong_type"


def test_summer_time_the_hour_that_comes_twice_is_the_first_and_the_skipped_one_is_not_put_forward():
    los_angeles = TimeReader("America/Los_Angeles")
    assert read("2020-11-01 01:30", los_angeles)[0] == datetime(2020, 11, 1, 8, 30, tzinfo=UTC)
    assert read("2020-03-08 02:30", los_angeles)[0] == datetime(2020, 3, 8, 10, 30, tzinfo=UTC)


def test_a_missing_time_of_the_report_is_the_time_it_came_in():
    notes = Notes()
    assert SHANGHAI.reported(None, RECEIVED_AT, notes) == RECEIVED_AT
    assert notes.flags == ("time_missing",)


def test_a_clock_that_is_ten_minutes_ahead_is_believed():
    notes = Notes()
    ahead = RECEIVED_AT + timedelta(minutes=10)
    assert SHANGHAI.reported(Found(ahead.isoformat(), "/t"), RECEIVED_AT, notes) == ahead
    assert notes.flags == ()


def test_a_time_in_the_future_is_kept_and_not_believed():
    notes = Notes()
    ahead = Found("2026-11-25T12:10:01+08:00", "/t")
    assert SHANGHAI.reported(ahead, RECEIVED_AT, notes) == RECEIVED_AT
    assert SHANGHAI.happened(ahead, RECEIVED_AT, notes) is None
    assert notes.flags == ("time_in_future",)
    assert notes.details == {
        "stated_reported_at": "2026-11-25T04:10:01+00:00",
        "stated_happened_at": "2026-11-25T04:10:01+00:00",
    }
