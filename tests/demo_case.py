"""One night of the tiny demo, extracted and built without a scheduler."""

import csv
import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from throughline import demo
from throughline.demo import desk
from throughline.demo.ledger import Ledger
from throughline.extract import extract_domain
from throughline.settings import DOMAINS, Settings, load_settings
from throughline.warehouse import build, plan
from throughline.warehouse.runs import Run

NIGHT = date(2026, 6, 30)


def exported_rows(folder: Path) -> dict[str, list[dict[str, str]]]:
    """Rows of every CSV export of the demo, by the name of its file up to the first dot."""
    rows = {}
    for path in sorted(folder.glob("*/*.csv*")):
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "rt", encoding="utf-8") as file:
            rows[path.name.split(".")[0]] = list(csv.DictReader(file))
    return rows


def latest(ledger: Ledger, table: str, key: str) -> dict[str, dict[str, Any]]:
    """Rows of a CRM table as they stand at last, by their key."""
    return {row[key]: row for _, row in sorted(ledger.crm[table], key=lambda version: version[0])}


@contextmanager
def connected(settings: Settings, postgres_url: str) -> Iterator[None]:
    """The demo's CRM and chat desk answer for the block."""
    with (
        pytest.MonkeyPatch.context() as patch,
        desk.serving(settings, "127.0.0.1", 0, "demo token") as api,
    ):
        patch.setenv("AIRFLOW_CONN_DEMO_CRM", postgres_url)
        url = f"http://desk:demo%20token@127.0.0.1:{api.server_port}"
        patch.setenv("AIRFLOW_CONN_DEMO_DESK", url)
        yield


def built_night(folder: Path, postgres_url: str) -> tuple[Settings, Run]:
    """Make the demo's sources in an empty folder, extract every domain and build the night."""
    (folder / "throughline.yml").write_text(
        "home: home\ndemo: {size: tiny, nights: 3}\n", encoding="utf-8"
    )
    settings = load_settings(folder / "throughline.yml")
    with connected(settings, postgres_url):
        demo.generate(settings, NIGHT)
        demo.load_crm(settings, postgres_url, NIGHT)
        for domain in DOMAINS:
            assert extract_domain(settings, domain, NIGHT).status == "ok"
    planned = plan(settings, NIGHT)
    build(settings, planned)
    return settings, planned
