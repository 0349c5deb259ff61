from datetime import date
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from release_case import make_candidate
from throughline import fence, releases
from throughline.errors import PublishError
from throughline.publish import publish
from throughline.settings import Settings


@pytest.fixture
def published(tmp_path: Path) -> Settings:
    settings = Settings(config_file=tmp_path / "c.yml", home=tmp_path / "home")
    run = make_candidate(settings, "run-1", date(2026, 3, 1))
    with fence.taken(settings, run.run_id, run.as_of) as held:
        publish(settings, run, held)
    return settings


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://u:geheim@127.0.0.1:1/x", "the database cannot be written.*refused"),
        ("postgresql://u:geh%zzeim@127.0.0.1:1/x", "the database cannot be written"),
        ("postgresq://u:geheim@127.0.0.1:1/x", "a folder, or a URL"),
    ],
)
def test_a_database_that_cannot_be_reached_is_named_without_its_password(
    published: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PublishError, match=f"(?s){said}") as refused:
        releases.export(published, "run-1", url)
    assert "geh" not in str(refused.value)
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


def test_a_table_that_a_view_reads_is_named_and_nothing_is_replaced(
    published: Settings, postgres_url: str
) -> None:
    releases.export(published, "run-1", postgres_url)
    with psycopg.connect(postgres_url) as connection:
        connection.execute("create view public.mine as select * from payment.sales")
    try:
        with pytest.raises(PublishError, match=r"payment\.sales cannot be written"):
            releases.export(published, "run-1", postgres_url)
    finally:
        with psycopg.connect(postgres_url) as connection:
            connection.execute("drop view public.mine")


def test_export_to_postgresql_replaces_the_tables_with_every_row(tmp_path: Path, postgres_url: str):
    settings = Settings(config_file=tmp_path / "c.yml", home=tmp_path / "home")
    for version in (1, 2):
        as_of = date(2026, 3, version)
        run = make_candidate(settings, f"run-{version}", as_of, version)
        with fence.taken(settings, run.run_id, as_of) as held:
            publish(settings, run, held)
        done = releases.export(settings, run.run_id, postgres_url)
        assert done == ["lead.leads", "main.build_info", "payment.sales"]
    with psycopg.connect(postgres_url) as connection:
        row = connection.execute(
            "select count(*), min(version), sum(amount), min(day), min(tags) from payment.sales"
        ).fetchone()
        info = connection.execute("select run_id, is_passed from main.build_info").fetchall()
    assert row == (1000, 2, Decimal("1500.00"), date(2026, 3, 2), '["a","b"]')
    assert info == [("run-2", True)]
