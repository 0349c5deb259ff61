"""The embedded PostgreSQL: databases, passwords, restarts, leftovers."""

import os
import signal
import stat
from pathlib import Path

import psycopg
import pytest

from throughline.local import postgres, processes, stack
from throughline.local.processes import StackError
from throughline.settings import load_settings


@pytest.fixture
def settings(tmp_path: Path):
    config = tmp_path / "throughline.yml"
    config.write_text("home: home\n")
    found = load_settings(config)
    yield found
    processes.stop_all(found)


def test_server_starts_with_its_databases_and_keeps_rows_over_a_restart(settings) -> None:
    postgres.start(settings)
    with psycopg.connect(postgres.url(settings, "throughline")) as connection:
        connection.execute("create table kept as select 42 as answer")
    assert processes.stop_all(settings) == ["postgres"]
    assert not postgres.is_running(settings)

    postgres.start(settings)
    with psycopg.connect(postgres.url(settings, "throughline")) as connection:
        assert connection.execute("select answer from kept").fetchone() == (42,)
        names = {row[0] for row in connection.execute("select datname from pg_database")}
    assert set(postgres.DATABASES) <= names


def test_server_listens_on_loopback_only_and_wants_the_password(settings) -> None:
    postgres.start(settings)
    url = postgres.url(settings, "postgres")
    with psycopg.connect(url) as connection:
        assert connection.execute("show listen_addresses").fetchone() == ("127.0.0.1",)
    password = url.split(":")[2].split("@")[0]
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(url.replace(password, "wrong"), connect_timeout=5)


def test_password_and_url_can_be_read_by_their_owner_only(settings) -> None:
    postgres.start(settings)
    for name in ("secrets/postgres_password", "run/state_url"):
        assert stat.S_IMODE((settings.home / name).stat().st_mode) == 0o600
    assert settings.state_url == postgres.url(settings, "throughline")


def test_server_works_below_a_folder_that_only_its_owner_may_enter(tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    (private / "throughline.yml").write_text("home: home\n")
    settings = load_settings(private / "throughline.yml")
    try:
        postgres.start(settings)
        with psycopg.connect(postgres.url(settings, "airflow")) as connection:
            assert connection.execute("select 1").fetchone() == (1,)
        assert stat.S_IMODE(private.stat().st_mode) == 0o700
    finally:
        processes.stop_all(settings)


def test_a_killed_server_is_cleared_away_and_comes_back(settings) -> None:
    first = postgres.start(settings)
    os.kill(first.pid, signal.SIGKILL)
    processes.wait_while(lambda: first.alive, 10)
    said: list[str] = []
    stack.start_servers(settings, said.append)
    assert postgres.is_running(settings)
    known, desk = processes.remembered(settings)
    assert known.pid != first.pid
    assert (desk.name, desk.alive) == ("desk", True)


def test_two_homes_run_side_by_side(settings, tmp_path: Path) -> None:
    other_config = tmp_path / "other.yml"
    other_config.write_text("home: other\n")
    other = load_settings(other_config)
    try:
        postgres.start(settings)
        postgres.start(other)
        assert postgres.url(settings, "airflow") != postgres.url(other, "airflow")
        with psycopg.connect(postgres.url(settings, "airflow")) as connection:
            connection.execute("create table only_here (x int)")
        with psycopg.connect(postgres.url(other, "airflow")) as connection:
            assert connection.execute("select to_regclass('only_here')").fetchone() == (None,)
    finally:
        processes.stop_all(other)


def test_url_without_a_server_says_how_to_start_one(settings) -> None:
    with pytest.raises(StackError, match="throughline up"):
        postgres.url(settings, "airflow")
