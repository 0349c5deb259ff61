"""A vast world is told day by day: what it holds does not grow with what it has told."""

import gzip
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from throughline import demo
from throughline.demo.generate import Told
from throughline.demo.ledger import Ledger
from throughline.demo.world import SIZES, Size
from throughline.settings import Settings, load_settings

END = date(2026, 6, 30)
EVENTS = ("pageviews", "app_events", "api_requests")


@pytest.fixture(scope="module")
def made(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Settings, demo.Truth, list[int]]:
    """A world as busy as `huge` with fewer people: its truth, and rows held at the end of a day."""
    folder = tmp_path_factory.mktemp("vast")
    (folder / "throughline.yml").write_text("home: home\ndemo: {size: huge, nights: 2}\n")
    settings = load_settings(folder / "throughline.yml")
    held: list[int] = []
    take = Told.take

    def watched(told: Told, ledger: Ledger, enough: int = 500) -> None:
        take(told, ledger, enough)
        waiting = sum(len(rows) for days in ledger.files.values() for rows in days.values())
        assert not ledger.facts
        assert not ledger.marks
        assert all(len(versions) < max(enough, 1) for versions in ledger.crm.values())
        held.append(waiting)

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(SIZES, "huge", Size(90, 0.05, SIZES["huge"].busy, vast=True))
        patch.setattr(Told, "take", watched)
        return settings, demo.generate(settings, END), held


def test_rows_that_wait_for_their_day_are_few_and_become_no_more(made) -> None:
    _, truth, held = made
    told = sum(
        window["rows"]
        for name in EVENTS
        for window in truth.data["files"][name]["windows"].values()
    )
    assert told > 40_000
    assert max(held) < told / 4
    assert max(held[60:90]) < 1.3 * max(held[30:60]), held


def test_the_history_of_a_vast_world_comes_month_by_month(made) -> None:
    settings, truth, _ = made
    files = sorted((settings.demo_folder / "web").glob("pageviews_*.gz"))
    assert [path.name[10:-9] for path in files] == [
        "2026-04-01_2026-04-30",
        "2026-05-01_2026-05-31",
        "2026-06-01_2026-06-29",
        "2026-06-30",
    ]
    windows = truth.data["files"]["pageviews"]["windows"]
    for path in files:
        lines = len(gzip.decompress(path.read_bytes()).splitlines())
        assert lines == windows[path.name[10:-9]]["rows"]


def test_the_manifest_of_a_vast_world_counts_what_it_does_not_list(made) -> None:
    _, truth, _ = made
    assert truth.data["dirt_counts"]["late_3d:pageviews"] > 300
    assert truth.data["dirt"] == truth.data["true_persons"] == {}
    assert truth.data["channels"]["channel"]["sem_baidu"]["leads"] > 0


def test_the_crm_of_a_vast_world_is_whole(made, tmp_path: Path) -> None:
    """Versions written in many pieces are the versions that a world of one piece has."""
    import duckdb

    settings, truth, _ = made
    versions = settings.demo_folder / "crm_versions"
    leads = duckdb.sql(
        f"select count(distinct lead_id), count(*) from '{versions / 'leads.parquet'}'"
    ).fetchall()[0]
    assert leads[0] == truth.data["crm"]["leads"]
    found = Counter(path.suffix for path in versions.iterdir())
    assert found[".part"] == 0
    (tmp_path / "throughline.yml").write_text("home: home\ndemo: {size: tiny, nights: 2}\n")
    small = load_settings(tmp_path / "throughline.yml")
    assert demo.generate(small, END).data["crm"]["fx_rates"] == truth.data["crm"]["fx_rates"]
