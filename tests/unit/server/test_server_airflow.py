"""A command talks to the Airflow of a server as the user in its environment. Real sockets."""

import pytest
from werkzeug import Request, Response

from throughline.errors import ConfigError
from throughline.local import rest
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
