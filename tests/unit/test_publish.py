from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from release_case import make_candidate
from throughline import fence, releases
from throughline.errors import PublishError
from throughline.publish import publish, release_hash
from throughline.publish.candidate import candidate_path
from throughline.publish.freshness import Freshness
from throughline.settings import Settings

DAY = date(2026, 3, 2)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(config_file=tmp_path / "c.yml", home=tmp_path / "home", releases={"keep": 2})


def _publish(settings: Settings, run_id: str, as_of: date = DAY, version: int = 1, **more) -> Path:
    run = make_candidate(settings, run_id, as_of, version, **more)
    with fence.taken(settings, run_id, as_of) as held:
        return publish(settings, run, held)


def test_a_release_is_read_only_and_served_by_a_relative_link(settings):
    release = _publish(settings, "one")
    assert release.stat().st_mode & 0o777 == 0o444
    assert settings.current.readlink() == Path("releases/one.duckdb")
    assert not candidate_path(settings, "one").exists()


def test_a_candidate_that_did_not_pass_is_kept_and_not_published(settings):
    _publish(settings, "good")
    with pytest.raises(PublishError, match="has not passed its gate"):
        _publish(settings, "bad", DAY + timedelta(days=1), passed=False)
    assert candidate_path(settings, "bad").exists()
    assert settings.current.readlink() == Path("releases/good.duckdb")


def test_publishing_twice_is_publishing_once(settings):
    release = _publish(settings, "one")
    before = release.stat().st_ino
    run = make_candidate(settings, "one", DAY)
    candidate_path(settings, "one").unlink()
    with fence.taken(settings, "one", DAY) as held:
        assert publish(settings, run, held) == release
    assert release.stat().st_ino == before


def test_an_older_night_becomes_a_release_but_is_not_served(settings):
    _publish(settings, "newer", DAY)
    older = _publish(settings, "older", DAY - timedelta(days=1))
    assert older.exists()
    assert settings.current.readlink() == Path("releases/newer.duckdb")


def test_releases_of_a_backfill_do_not_take_the_place_of_those_to_go_back_to(settings):
    _publish(settings, "before")
    _publish(settings, "served", DAY + timedelta(days=1))
    for number in range(3):
        as_of = DAY - timedelta(days=9 - number)
        run = make_candidate(settings, f"past-{number}", as_of)
        with duckdb.connect(str(candidate_path(settings, run.run_id))) as con:
            con.execute("update build_info set is_backdated = true")
        with fence.taken(settings, run.run_id, as_of) as held:
            publish(settings, run, held)
    left = sorted(path.stem for path in settings.release_folder.iterdir())
    assert left == ["before", "past-1", "past-2", "served"]


def test_old_releases_are_removed_but_never_the_served_one(settings):
    _publish(settings, "served", DAY)
    for number in (1, 2, 3):
        _publish(settings, f"older-{number}", DAY - timedelta(days=number))
    names = {path.stem for path in settings.release_folder.glob("*.duckdb")}
    assert names == {"served", "older-2", "older-3"}


def test_rollback_serves_an_earlier_release_and_the_list_says_so(settings):
    _publish(settings, "first", DAY, 1)
    _publish(settings, "second", DAY + timedelta(days=1), 2)
    releases.rollback(settings, "first")
    listed = {release.run_id: release.is_current for release in releases.list_releases(settings)}
    assert listed == {"first": True, "second": False}
    with pytest.raises(PublishError, match="no whole release third"):
        releases.rollback(settings, "third")


def test_show_tells_of_a_release_and_its_tables(settings):
    _publish(settings, "one", DAY)
    shown = releases.show(settings, "one")
    assert shown["as_of"] == DAY
    assert shown["tables"] == {"lead.leads": 1000, "main.build_info": 1, "payment.sales": 1000}


def test_export_to_parquet_holds_every_row(settings, tmp_path):
    _publish(settings, "one", DAY)
    done = releases.export(settings, "one", str(tmp_path / "out"))
    assert done == ["lead.leads", "main.build_info", "payment.sales"]
    file = tmp_path / "out" / "payment" / "sales.parquet"
    assert duckdb.sql(f"select sum(amount), count(*) from '{file}'").fetchall() == [(1500, 1000)]


def test_equal_data_have_equal_hashes_whatever_the_release_is_called(settings):
    one = release_hash(_publish(settings, "one", DAY, 1))
    assert release_hash(_publish(settings, "two", DAY + timedelta(days=1), 1)) == one
    assert release_hash(_publish(settings, "three", DAY + timedelta(days=2), 2)) != one


def test_a_table_reaches_as_far_as_the_stalest_domain_it_reads():
    domains = {"lead": frozenset({"crm"}), "pageview": frozenset({"marketing"})}
    yesterday = DAY - timedelta(days=1)
    freshness = Freshness(DAY, {"crm": yesterday}, domains)
    assert freshness.through(["pageview"]) == DAY
    assert freshness.through(["pageview", "lead"]) == yesterday
    assert freshness.stale_domains(["pageview", "lead"]) == ["crm"]
