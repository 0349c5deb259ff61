"""Messages that people can live with: quiet hours for warnings, flapping told once."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from alert_case import (
    Receiver,
    change,
    due_now,
    inbox,
    receiver,
    report,
    rows,
    settings,
    write_settings,
)
from throughline.alerts import deliver, report_passed, routes
from throughline.settings import Settings

__all__ = ["inbox", "receiver", "settings"]


def events(receiver: Receiver) -> list[str]:
    return [message["event"] for message in receiver.messages]


def passed(settings: Settings) -> None:
    report_passed(settings, ["check"], ["lead.leads"], "2026-06-30")


def with_quiet(settings: Settings, hours: str) -> Settings:
    alerts = settings.alerts.model_copy(update={"quiet_hours": hours})
    return settings.model_copy(update={"alerts": alerts})


@pytest.mark.parametrize(
    ("hours", "now", "due"),  # business time is UTC+8
    [
        ("22:00-08:00", "2026-06-30T15:00Z", "2026-07-01T00:00Z"),  # 23:00 → 08:00 next day
        ("22:00-08:00", "2026-06-30T17:00Z", "2026-07-01T00:00Z"),  # 01:00 → 08:00
        ("22:00-08:00", "2026-07-01T00:00Z", None),  # 08:00
        ("22:00-08:00", "2026-06-30T13:59Z", None),  # 21:59
        ("00:30-06:00", "2026-06-30T17:00Z", "2026-06-30T22:00Z"),  # 01:00 → 06:00
        ("00:30-06:00", "2026-06-30T16:29Z", None),  # 00:29
    ],
)
def test_warning_waits_until_quiet_hours_are_over(
    tmp_path: Path, hours: str, now: str, due: str | None
) -> None:
    settings = write_settings(tmp_path, f"  quiet_hours: {hours}\n")
    at = datetime.fromisoformat(now.replace("Z", "+00:00"))
    expected = datetime.fromisoformat(due.replace("Z", "+00:00")) if due else None
    assert routes.due_at(settings, "warning", at) == expected
    assert routes.due_at(settings, "critical", at) is None


def test_in_quiet_hours_criticals_go_out_and_warnings_wait(
    settings: Settings, receiver: Receiver
) -> None:
    here = datetime.now(settings.zone)
    begin, end = here - timedelta(hours=1), here + timedelta(hours=1)
    quiet = with_quiet(settings, f"{begin:%H:%M}-{end:%H:%M}")
    report(quiet, severity="warning", subject="a warning")
    report(quiet, severity="critical", subject="a critical")
    assert [message["severity"] for message in receiver.messages] == ["critical"]
    due_now(quiet)
    deliver(quiet)
    assert [message["severity"] for message in receiver.messages] == ["critical", "warning"]


def test_incident_that_comes_and_goes_is_told_as_flapping_once(
    settings: Settings, receiver: Receiver
) -> None:
    for _ in range(3):
        report(settings)
        passed(settings)
    assert events(receiver) == ["opened", "resolved"] * 3
    for _ in range(5):
        report(settings)
        passed(settings)
    assert events(receiver)[6:] == ["flapping"]
    assert "[critical, flapping]" in receiver.messages[6]["text"]
    ((held,),) = rows(
        settings,
        "select extract(epoch from next_attempt_at - now())::int from throughline.outbox "
        "where sent_at is null and channel = 'webhook'",
    )
    assert 3500 < held <= 3600
    due_now(settings)
    deliver(settings)
    assert events(receiver)[6:] == ["flapping", "resolved"]


def test_flapping_is_forgotten_after_a_day(settings: Settings, receiver: Receiver) -> None:
    for _ in range(3):
        report(settings)
        passed(settings)
    change(
        settings,
        "update throughline.incident_events set happened_at = happened_at - interval '25 hours'",
    )
    report(settings)
    passed(settings)
    assert events(receiver)[6:] == ["opened", "resolved"]


def test_flapping_incident_that_stays_open_is_open(settings: Settings, receiver: Receiver) -> None:
    for _ in range(5):
        report(settings)
        passed(settings)
    report(settings)
    due_now(settings)
    deliver(settings)
    assert events(receiver)[6:] == ["flapping"], "no end is announced of what is not over"
    assert rows(settings, "select resolved_at, episode from throughline.incidents") == [(None, 6)]
