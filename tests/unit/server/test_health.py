"""Health of services: what is silent, unreachable or behind is unhealthy. Real PostgreSQL, sockets.

That a running Airflow is found healthy, and a stopped one not, is seen in tests/e2e.
"""

import json
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest

from throughline.server import demo, health
from throughline.settings import Settings
from throughline.watchdog import watch


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(config_file=tmp_path / "throughline.yml", home=tmp_path / "home")


def test_an_api_that_answers_without_its_database_is_not_healthy(
    settings, httpserver, monkeypatch
) -> None:
    monkeypatch.setenv("AIRFLOW__API__PORT", str(httpserver.port))
    said = {"metadatabase": {"status": "unhealthy"}}
    httpserver.expect_request("/api/v2/monitor/health").respond_with_json(said)
    httpserver.expect_request("/execution/health").respond_with_json({"status": "healthy"})
    with pytest.raises(health.Unhealthy, match="metadata database"):
        health.check_api(settings)


def test_an_api_whose_tasks_are_not_answered_is_not_healthy(
    settings, httpserver, monkeypatch
) -> None:
    monkeypatch.setenv("AIRFLOW__API__PORT", str(httpserver.port))
    said = {"metadatabase": {"status": "healthy"}}
    httpserver.expect_request("/api/v2/monitor/health").respond_with_json(said)
    execution = httpserver.expect_request("/execution/health")
    execution.respond_with_json({"detail": "starting"}, status=503)
    with pytest.raises(health.Unhealthy, match="execution API answers 503"):
        health.check_api(settings)
    httpserver.clear()
    httpserver.expect_request("/api/v2/monitor/health").respond_with_json(said)
    httpserver.expect_request("/execution/health").respond_with_json({"status": "healthy"})
    health.check_api(settings)


@pytest.mark.parametrize(("age", "good"), [(5, True), (89, True), (95, False), (None, False)])
def test_a_job_must_have_given_a_sign_lately(
    settings, postgres_url, monkeypatch, age: int | None, good: bool
) -> None:
    """The newest running job counts: neither one that ended nor one that a restart left behind."""
    now = datetime.now(UTC)
    jobs = [("SchedulerJob", "failed", 0), ("TriggererJob", "running", 0)]
    jobs += [("SchedulerJob", "running", age), ("SchedulerJob", "running", 4000)] if age else []
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("drop schema if exists job_health cascade")
        connection.execute("create schema job_health")
        connection.execute(
            "create table job_health.job (job_type text, state text, latest_heartbeat timestamptz)"
        )
        for kind, state, seconds in jobs:
            row = [kind, state, now - timedelta(seconds=seconds)]
            connection.execute("insert into job_health.job values (%s, %s, %s)", row)
    url = f"{postgres_url}?options=-csearch_path%3Djob_health"
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", url.replace("://", "+psycopg2://"))
    if good:
        health.check_of("scheduler")(settings)
    else:
        with pytest.raises(health.Unhealthy, match="SchedulerJob"):
            health.check_of("scheduler")(settings)


def test_a_worker_whose_broker_is_gone_is_not_healthy(settings, monkeypatch) -> None:
    from kombu.exceptions import OperationalError

    monkeypatch.setenv("AIRFLOW__CELERY__BROKER_URL", "redis://:x@127.0.0.1:1/0")
    with pytest.raises(OperationalError):
        health.check_worker(settings)


def test_a_watchdog_is_healthy_while_it_looks(settings) -> None:
    with pytest.raises(health.Unhealthy, match="not looked yet"):
        health.check_watchdog(settings)
    watch(settings)
    health.check_watchdog(settings)
    seen = settings.home / "alerts" / "watch.json"
    given = json.loads(seen.read_text(encoding="utf-8"))
    given["looked"] = (datetime.now(UTC) - timedelta(seconds=120)).isoformat()
    seen.write_text(json.dumps(given), encoding="utf-8")
    with pytest.raises(health.Unhealthy, match="120 s ago"):
        health.check_watchdog(settings)


def test_the_demo_is_healthy_when_its_data_reaches_the_date_wanted(
    settings, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    fixed = settings.model_copy(
        update={"demo": settings.demo.model_copy(update={"end": date(2026, 7, 3)})}
    )
    with pytest.raises(health.Unhealthy, match="reaches nothing yet"):
        health.check_demo(fixed)
    demo.remember(date(2026, 7, 2))
    with pytest.raises(health.Unhealthy, match="2026-07-02"):
        health.check_demo(fixed)
    demo.remember(date(2026, 7, 3))
    health.check_demo(fixed)


def test_a_service_that_is_not_healthy_ends_with_status_one_and_a_reason(
    tmp_path, monkeypatch, capsys
) -> None:
    config = tmp_path / "throughline.yml"
    config.write_text("home: home\n", encoding="utf-8")
    monkeypatch.setenv("THROUGHLINE_CONFIG", str(config))
    monkeypatch.setattr("sys.argv", ["health", "watchdog"])
    with pytest.raises(SystemExit) as ended:
        health.main()
    assert ended.value.code == 1
    assert "watchdog: Unhealthy: it has not looked yet" in capsys.readouterr().out
