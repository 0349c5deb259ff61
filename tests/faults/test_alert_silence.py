"""P29: silence is noticed from outside Airflow; a stand-in plays its health endpoint."""

import os
from datetime import UTC, datetime, timedelta

import pytest
from pytest_httpserver import HTTPServer
from typer.testing import CliRunner
from werkzeug import Request, Response

from alert_case import Receiver, inbox, receiver, settings
from scoreboard import Facts
from throughline import cli
from throughline.settings import Settings
from throughline.watchdog import watch

__all__ = ["inbox", "receiver", "settings"]

NOW = datetime(2026, 6, 30, 4, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Airflow:
    """Says when the scheduler gave its last sign; is away while that is None."""

    def __init__(self) -> None:
        self.heartbeat: datetime | None = NOW

    def answer(self, request: Request) -> Response:
        if self.heartbeat is None:
            return Response("bad gateway", status=502)
        said = self.heartbeat.isoformat().encode()
        return Response(
            b'{"scheduler": {"status": "x", "latest_scheduler_heartbeat": "%s"}}' % said,
            content_type="application/json",
        )


@pytest.fixture
def airflow(httpserver: HTTPServer) -> Airflow:
    airflow = Airflow()
    httpserver.expect_request("/api/v2/monitor/health").respond_with_handler(airflow.answer)
    return airflow


@pytest.fixture
def watched(settings: Settings, airflow: Airflow, httpserver: HTTPServer) -> Settings:
    """A release of now, and an Airflow to watch."""
    publish(settings, "2026-06-29-aaaaaaaa", NOW)
    changes = {"airflow_url": httpserver.url_for("/"), "silence_minutes": 120}
    alerts = settings.alerts.model_copy(update=changes)
    return settings.model_copy(update={"alerts": alerts})


def publish(settings: Settings, run_id: str, at: datetime) -> None:
    settings.release_folder.mkdir(parents=True, exist_ok=True)
    path = settings.release_folder / f"{run_id}.duckdb"
    path.touch()
    os.utime(path, (at.timestamp(), at.timestamp()))


def told(receiver: Receiver) -> list[tuple[str, str]]:
    return [(message["subject"], message["event"]) for message in receiver.messages]


def test_scheduler_that_stops_is_missed_once_and_its_return_is_told(
    watched: Settings, receiver: Receiver, airflow: Airflow, facts: Facts
) -> None:
    missed_after = []
    for minute in range(60):  # the scheduler is stopped for an hour
        if watch(watched, NOW + minute * MINUTE):
            missed_after.append(minute)
    assert missed_after[0] == 11, "within 15 minutes"
    facts.told("data-platform", [message["owner"] for message in receiver.messages])
    assert told(receiver) == [("scheduler", "opened")]
    airflow.heartbeat = NOW + 60 * MINUTE
    assert watch(watched, NOW + 60 * MINUTE) == []
    assert told(receiver) == [("scheduler", "opened"), ("scheduler", "resolved")]


def test_airflow_that_does_not_answer_is_missed_like_a_stopped_scheduler(
    watched: Settings, receiver: Receiver, airflow: Airflow
) -> None:
    airflow.heartbeat = None
    silent = [watch(watched, NOW + minute * MINUTE) for minute in range(12)]
    assert silent[:11] == [[]] * 11
    assert silent[11] == ["scheduler"]


def test_time_when_nobody_watched_is_not_held_against_the_scheduler(
    watched: Settings, receiver: Receiver, airflow: Airflow
) -> None:
    watch(watched, NOW)
    publish(watched, "2026-06-30-aaaaaaaa", NOW + timedelta(hours=71))
    airflow.heartbeat = None  # the machine was off over the weekend and starts again
    assert watch(watched, NOW + timedelta(hours=72)) == []


def test_release_that_does_not_become_newer_is_missed_once_and_told_when_it_does(
    watched: Settings, receiver: Receiver, airflow: Airflow
) -> None:
    for hours in (0, 1, 2, 3, 26):
        at = airflow.heartbeat = NOW + timedelta(hours=hours)
        assert watch(watched, at) == (["release"] if hours > 2 else [])
    assert told(receiver) == [("release", "opened")]
    assert "since 2026-06-30 12:00 CST" in receiver.messages[0]["text"]
    at = airflow.heartbeat = NOW + timedelta(hours=27)
    publish(watched, "2026-06-30-bbbbbbbb", at)
    assert watch(watched, at) == []
    assert told(receiver) == [("release", "opened"), ("release", "resolved")]


def test_home_without_any_release_is_missed_too(settings: Settings, receiver: Receiver) -> None:
    assert watch(settings, NOW) == []
    assert watch(settings, NOW + timedelta(hours=31)) == ["release"]
    assert told(receiver) == [("release", "opened")]


def test_stack_that_was_stopped_has_no_scheduler_to_miss(settings: Settings) -> None:
    publish(settings, "2026-06-29-aaaaaaaa", NOW)
    assert [watch(settings, NOW + hours * 60 * MINUTE) for hours in range(5)] == [[]] * 5


def test_broken_memory_of_the_watch_is_begun_anew(settings: Settings) -> None:
    watch(settings, NOW)
    (settings.home / "alerts" / "watch.json").write_text('{"since": 12}')
    assert watch(settings, NOW + timedelta(hours=31)) == []


def test_command_looks_once_and_its_exit_code_says_whether_something_is_silent(
    settings: Settings, receiver: Receiver
) -> None:
    environment = {"THROUGHLINE_CONFIG": str(settings.config_file)}
    publish(settings, "2026-06-29-aaaaaaaa", datetime.now(UTC))
    ran = CliRunner().invoke(cli.commands, ["watchdog"], env=environment)
    assert (ran.exit_code, ran.output.split(";")[0]) == (0, "silent: nothing")
    publish(settings, "2026-06-29-aaaaaaaa", datetime.now(UTC) - timedelta(days=3))
    ran = CliRunner().invoke(cli.commands, ["watchdog"], env=environment)
    assert (ran.exit_code, ran.output.split(";")[0]) == (1, "silent: release")
    assert told(receiver) == [("release", "opened")]
