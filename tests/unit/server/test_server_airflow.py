"""A command talks to the Airflow of a server as the user in its environment. Real sockets."""

import json
from datetime import date

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from throughline.cli.status import stack_parts
from throughline.errors import ConfigError
from throughline.local import rest, scheduled
from throughline.local.processes import StackError
from throughline.settings import Settings
from throughline.watchdog import watch


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(config_file=tmp_path / "throughline.yml", home=tmp_path / "home")


def test_the_api_is_asked_with_the_token_of_that_user(settings, httpserver, monkeypatch) -> None:
    monkeypatch.setenv("THROUGHLINE_AIRFLOW_URL", httpserver.url_for("/"))
    monkeypatch.setenv("THROUGHLINE_AIRFLOW_USER", "anna")
    monkeypatch.setenv("THROUGHLINE_AIRFLOW_PASSWORD", "right")
    login = {"username": "anna", "password": "right"}
    token = httpserver.expect_request("/auth/token", method="POST", json=login)
    token.respond_with_json({"access_token": "t1"}, status=201)
    headers = {"Authorization": "Bearer t1"}
    listed = httpserver.expect_request("/api/v2/dags", method="GET", headers=headers)
    listed.respond_with_json({"dags": [{"dag_id": "lifecycle"}]})
    with rest.connect(settings) as api:
        assert api.dag_ids() == {"lifecycle"}


def test_a_user_that_is_refused_is_told(settings, httpserver, monkeypatch) -> None:
    monkeypatch.setenv("THROUGHLINE_AIRFLOW_URL", httpserver.url_for("/"))
    monkeypatch.setenv("THROUGHLINE_AIRFLOW_USER", "anna")
    monkeypatch.setenv("THROUGHLINE_AIRFLOW_PASSWORD", "wrong")
    refused = httpserver.expect_request("/auth/token")
    refused.respond_with_json({"detail": "Invalid credentials"}, status=401)
    with pytest.raises(StackError, match="401"), rest.connect(settings):
        pass


def test_a_missing_password_is_named(settings, monkeypatch) -> None:
    monkeypatch.setenv("THROUGHLINE_AIRFLOW_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("THROUGHLINE_AIRFLOW_USER", "anna")
    with (
        pytest.raises(ConfigError, match="THROUGHLINE_AIRFLOW_PASSWORD is not set"),
        rest.connect(settings),
    ):
        pass


def test_the_watchdog_asks_the_airflow_of_the_environment(
    settings, httpserver, monkeypatch
) -> None:
    asked: list[str] = []

    def answer(request: Request) -> Response:
        asked.append(request.path)
        return Response("{}", content_type="application/json")

    httpserver.expect_request("/api/v2/monitor/health").respond_with_handler(answer)
    monkeypatch.setenv("THROUGHLINE_AIRFLOW_URL", httpserver.url_for("/"))
    watch(settings)
    assert asked == ["/api/v2/monitor/health"]


def test_a_command_that_waits_for_a_night_outlasts_a_restart_of_the_database(
    settings, httpserver, monkeypatch
) -> None:
    """Airflow answers with errors for a while, then the night is there and has succeeded."""
    monkeypatch.setattr(scheduled, "UNANSWERED_SECONDS", 30)
    asked = _night_run(httpserver, ["running", None, "running", None, "running", None, "success"])
    api = rest.Airflow(httpserver.url_for(""))
    done = scheduled.run_night(settings, api, date(2026, 3, 1), {"lifecycle"}, lambda *_: None)
    api.close()
    assert done.ok and done.states == {"lifecycle": "success"}
    assert asked.count(None) == 3, "every kind of question outlasts an error"


def test_an_airflow_that_stays_away_ends_the_wait(settings, httpserver, monkeypatch) -> None:
    monkeypatch.setattr(scheduled, "UNANSWERED_SECONDS", 0)
    _night_run(httpserver, ["running", "running", "running", None])
    api = rest.Airflow(httpserver.url_for(""))
    with pytest.raises(StackError, match="500"):
        scheduled.run_night(settings, api, date(2026, 3, 1), {"lifecycle"}, lambda *_: None)
    api.close()


def test_status_on_a_server_tells_which_parts_of_airflow_are_healthy(
    settings, httpserver, monkeypatch
) -> None:
    monkeypatch.setenv("THROUGHLINE_AIRFLOW_URL", httpserver.url_for(""))
    parts = {"scheduler": {"status": "unhealthy"}, "metadatabase": {"status": "healthy"}}
    httpserver.expect_request("/api/v2/monitor/health").respond_with_json(parts)
    httpserver.expect_request("/execution/health").respond_with_json({"status": "healthy"})
    healthy = {"scheduler": False, "metadatabase": True, "execution-api": True}
    assert stack_parts(settings) == healthy
    httpserver.clear()
    assert stack_parts(settings) == {"api-server": False}


def _night_run(httpserver: HTTPServer, states: list[str | None]) -> list[str | None]:
    """Let Airflow tell these states of a run, None as an error, the last for ever; what was told
    is added to the list that is returned."""
    told: list[str | None] = []

    def tell(request: Request) -> Response:
        state = states[min(len(told), len(states) - 1)]
        told.append(state)
        if state is None:
            return Response('{"detail": "Database error"}', status=500)
        run = {"dag_id": "lifecycle", "dag_run_id": "r", "logical_date": None, "state": state}
        return Response(json.dumps({"dag_runs": [run]}), content_type="application/json")

    httpserver.expect_request("/api/v2/dags/~/dagRuns").respond_with_handler(tell)
    tasks = httpserver.expect_request("/api/v2/dags/~/dagRuns/~/taskInstances")
    tasks.respond_with_json({"task_instances": []})
    return told
