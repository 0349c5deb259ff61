from datetime import date
from decimal import Decimal
from pathlib import Path

import psycopg

from release_case import make_candidate
from throughline import fence, releases
from throughline.publish import publish
from throughline.settings import Settings


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
