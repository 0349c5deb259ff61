"""Nights: as_of, data intervals, schedules."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from throughline.errors import ConfigError
from throughline.nights import interval, night_of, span
from throughline.settings import load_settings


def settings(tmp_path: Path, text: str):
    config = tmp_path / "throughline.yml"
    config.write_text(text)
    return load_settings(config)


def test_night_is_named_by_the_business_date_its_interval_begins_on(tmp_path: Path) -> None:
    shanghai = settings(tmp_path, "business_tz: Asia/Shanghai\n")
    start, end = interval(shanghai, date(2026, 3, 1))
    # 02:00 in Shanghai (UTC+8) is 18:00 UTC of the day before.
    assert start.astimezone(UTC) == datetime(2026, 2, 28, 18, tzinfo=UTC)
    assert end.astimezone(UTC) == datetime(2026, 3, 1, 18, tzinfo=UTC)
    assert night_of(shanghai, start.astimezone(UTC)) == date(2026, 3, 1)


def test_night_of_a_clock_change_is_an_hour_shorter(tmp_path: Path) -> None:
    new_york = settings(
        tmp_path, "business_tz: America/New_York\nnight: {schedule: '30 4 * * *'}\n"
    )
    start, end = interval(new_york, date(2026, 3, 7))
    # Clocks go forward on 8 March 2026: 04:30 EST to 04:30 EDT is 23 hours.
    assert (end.astimezone(UTC) - start.astimezone(UTC)).total_seconds() == 23 * 3600


@pytest.mark.parametrize("schedule", ["@daily", "0 2 * * 1", "*/5 2 * * *", "61 2 * * *"])
def test_schedule_that_is_not_daily_is_refused_by_name(tmp_path: Path, schedule: str) -> None:
    given = settings(tmp_path, f"night: {{schedule: '{schedule}'}}\n")
    with pytest.raises(ConfigError, match=r"night\.schedule"):
        interval(given, date(2026, 3, 1))


def test_span_holds_both_ends_oldest_first() -> None:
    found = span(date(2026, 2, 27), date(2026, 3, 1))
    assert found == [date(2026, 2, 27), date(2026, 2, 28), date(2026, 3, 1)]
    assert span(date(2026, 3, 2), date(2026, 3, 1)) == []
