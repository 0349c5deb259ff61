"""The first start prepares a real PostgreSQL: roles, databases, and who may use which."""

import uuid
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from throughline.errors import ConfigError, ThroughlineError
from throughline.server import first_start
from throughline.settings import Settings

TARGETS = {
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": ("postgresql+psycopg2", "airflow", "airflow"),
    "THROUGHLINE_STATE_URL": ("postgresql", "throughline", "throughline"),
    "AIRFLOW_CONN_DEMO_CRM": ("postgresql", "throughline", "crm"),
}


@pytest.fixture
def urls(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The variables of a server whose names nobody else in this session's PostgreSQL uses."""
    host = postgres_url.rpartition("@")[2].rpartition("/")[0]
    mark = uuid.uuid4().hex[:8]
    given = {
        name: f"{driver}://{role}_{mark}:first@{host}/{database}_{mark}"
        for name, (driver, role, database) in TARGETS.items()
    }
    given["THROUGHLINE_POSTGRES_URL"] = postgres_url
    for name, url in given.items():
        monkeypatch.setenv(name, url)
    return given


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(config_file=tmp_path / "throughline.yml", home=tmp_path / "home")


def owner_of(url: str) -> str:
    with psycopg.connect(first_start.plain(url)) as connection:
        connection.execute("create table if not exists probe ()")
        return connection.execute("select current_user").fetchone()[0]


def test_every_role_owns_its_databases_and_nothing_else(urls, settings) -> None:
    first_start.make_databases(settings)
    airflow, state, crm = (urls[name] for name in TARGETS)
    assert owner_of(airflow).startswith("airflow_")
    assert owner_of(state) == owner_of(crm) and owner_of(state).startswith("throughline_")
    stranger = make_conninfo(state, dbname=airflow.rpartition("/")[2])
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(stranger)
    with psycopg.connect(state) as connection:
        rights = "select rolsuper, rolcreatedb, rolcreaterole from pg_roles where rolname = %s"
        [found] = connection.execute(rights, [owner_of(state)]).fetchall()
    assert found == (False, False, False)


def test_a_second_start_keeps_the_data_and_takes_over_a_new_password(
    urls, settings, monkeypatch
) -> None:
    first_start.make_databases(settings)
    with psycopg.connect(urls["THROUGHLINE_STATE_URL"]) as connection:
        connection.execute("create table kept as select 1 as one")
    changed = urls["THROUGHLINE_STATE_URL"].replace(":first@", ":se'cond@")
    for name in ("THROUGHLINE_STATE_URL", "AIRFLOW_CONN_DEMO_CRM"):
        monkeypatch.setenv(name, urls[name].replace(":first@", ":se'cond@"))
    first_start.make_databases(settings)
    with psycopg.connect(changed) as connection:
        assert connection.execute("select one from kept").fetchall() == [(1,)]
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(urls["THROUGHLINE_STATE_URL"])


def test_a_secret_that_is_missing_is_named(urls, settings, monkeypatch) -> None:
    monkeypatch.delenv("THROUGHLINE_STATE_URL")
    with pytest.raises(ConfigError, match="THROUGHLINE_STATE_URL is not set"):
        first_start.make_databases(settings)


def test_a_server_that_does_not_answer_is_told_without_a_stack_trace(
    urls, settings, monkeypatch
) -> None:
    monkeypatch.setenv("THROUGHLINE_POSTGRES_URL", "postgresql://postgres:x@127.0.0.1:1/postgres")
    with pytest.raises(ThroughlineError, match="PostgreSQL cannot be prepared"):
        first_start.make_databases(settings)


def test_a_volume_that_is_not_ours_is_told_with_its_cure(tmp_path) -> None:
    taken = tmp_path / "home"
    taken.write_text("no folder", encoding="utf-8")
    settings = Settings(config_file=tmp_path / "throughline.yml", home=taken)
    with pytest.raises(ConfigError, match="chown 10001:10001"):
        first_start.check_volumes(settings)
