"""The tiny demo world through the real extraction: counts exactly as the truth manifest says."""

from collections import Counter
from datetime import date

import pytest

from demo_case import connected
from throughline import demo
from throughline.demo.crm_tables import TABLES
from throughline.entity_streams import SWEPT
from throughline.extract import extract_domain
from throughline.landing.batches import input_batches
from throughline.settings import Settings, load_settings
from throughline.windows import SNAPSHOT

END = date(2026, 6, 30)
NIGHTS = (date(2026, 6, 28), date(2026, 6, 29), END)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, demo.Truth]:
    folder = tmp_path_factory.mktemp("demo of o'brien")
    (folder / "throughline.yml").write_text("home: home\ndemo: {size: tiny, nights: 3}\n")
    settings = load_settings(folder / "throughline.yml")
    return settings, demo.generate(settings, END)


@pytest.mark.slow
@pytest.mark.parametrize("domain", ["marketing", "calls", "product"])
def test_files_of_every_night_are_accepted_and_rejected_as_planted(
    made: tuple[Settings, demo.Truth], domain: str
) -> None:
    settings, truth = made
    for as_of in NIGHTS:
        outcome = extract_domain(settings, domain, as_of)
        assert outcome.status == "ok", outcome.detail
    found = Counter()
    for batch in input_batches(settings):
        if batch.domain == domain and batch.window not in (SNAPSHOT, SWEPT):
            found[batch.entity, batch.window, "accepted"] += batch.rows
            found[batch.entity, batch.window, "rejected"] += batch.rejected
    assert +found == +expected(truth, {entity for entity, *_ in found})


def expected(truth: demo.Truth, entities: set[str]) -> Counter:
    """(entity, window, what) → rows, summed over the sources of an entity."""
    out = Counter()
    for stream in truth.data["files"].values():
        if stream["entity"] in entities:
            for window, counts in stream["windows"].items():
                out[stream["entity"], window, "accepted"] += counts["accepted"]
                out[stream["entity"], window, "rejected"] += sum(counts["rejected"].values())
    return out


@pytest.mark.slow
def test_crm_rows_arrive_over_a_real_connection_and_change_from_night_to_night(
    made: tuple[Settings, demo.Truth], postgres_url: str
) -> None:
    settings, truth = made
    drop(postgres_url)
    demo.load_crm(settings, postgres_url, NIGHTS[0])
    assert sum(demo.load_crm(settings, postgres_url, NIGHTS[0]).values()) == 0
    with connected(settings, postgres_url):
        outcome = extract_domain(settings, "crm", NIGHTS[0])
    assert outcome.status == "ok", outcome.detail
    first = {b.entity: b for b in input_batches(settings) if b.source == "demo_crm"}
    assert first["lead"].rejected == 1
    assert sum(batch.rejected for batch in first.values()) == 1
    assert len(first) == len(TABLES)

    changed = demo.load_crm(settings, postgres_url, NIGHTS[1])
    assert changed["fx_rates"] == 2  # one rate each for USD and EUR
    demo.load_crm(settings, postgres_url, END)
    assert table_counts(postgres_url) == truth.data["crm"]

    back = demo.load_crm(settings, postgres_url, NIGHTS[0])
    assert sum(back.values()) < 40
    rows = sum(batch.rows + batch.rejected for batch in first.values())
    assert sum(table_counts(postgres_url).values()) == rows


def drop(url: str) -> None:
    """Start from an empty database."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("drop schema if exists crm cascade")


def table_counts(url: str) -> dict[str, int]:
    """Rows per CRM table."""
    import psycopg

    with psycopg.connect(url) as connection:
        return {
            name: connection.execute(f"select count(*) from crm.{name}").fetchone()[0]
            for name in TABLES
        }


def test_crm_of_a_day_that_was_never_generated_is_refused(
    made: tuple[Settings, demo.Truth],
) -> None:
    from throughline.errors import ConfigError

    with pytest.raises(ConfigError, match="ends 2026-06-30, not at 2026-07-01"):
        demo.load_crm(made[0], "postgresql://nobody@127.0.0.1:1/none", date(2026, 7, 1))
