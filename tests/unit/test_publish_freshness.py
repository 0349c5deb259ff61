from datetime import timedelta
from pathlib import Path

from night_case import DAY, make_home, outcomes, put
from small_company import ad_spend, pageview
from throughline.publish.candidate import build_candidate, candidate_path
from throughline.settings import Settings
from throughline.warehouse import connect, plan, prepare

BEFORE, NEXT = DAY - timedelta(days=1), DAY + timedelta(days=1)


def _candidate(settings: Settings, as_of) -> list[tuple]:
    """Publish one daily table that reads marketing, with a row for every day up to as_of."""
    run = plan(settings, as_of)
    prepare(settings, as_of, settings.work_file, run.batches, run.run_id)
    with connect(settings, settings.work_file) as con:
        con.execute("create schema if not exists acquisition; create schema if not exists staging")
        con.execute(
            "create or replace table acquisition.channel_daily as select unnest(generate_series("
            f"date '{BEFORE}', date '{as_of}', interval 1 day))::date as date, 7 as visits"
        )
        con.execute("delete from run.models")
        con.execute(
            "insert into run.models values ('acquisition', 'channel_daily', 'One row per day.',"
            " [], ['pageview'], map {'visits': ['app_event']}, map {'date': 'the day'})"
        )
    build_candidate(settings, run)
    with connect(settings, candidate_path(settings, run.run_id), read_only=True) as con:
        days = con.execute("select date, visits from acquisition.channel_daily").fetchall()
        told = con.execute(
            "select data_through, stale_domains, is_stale from audit.table_freshness"
        )
        told = told.fetchall()
        absent = con.execute("select null_columns from build_info").fetchall()
    return [days, told, absent]


def _home(tmp_path: Path) -> Settings:
    settings = make_home(tmp_path, ["pageview", "ad_spend_daily", "bot_ua"])
    put(settings, "bot_ua", [{"pattern": "spider"}], BEFORE - timedelta(days=60), "snapshot")
    for day in (BEFORE, DAY):
        put(settings, "pageview", [pageview(day, f"p{day}")], day)
        put(settings, "ad_spend_daily", [ad_spend(day, 3)], day)
        outcomes(settings, day)
    return settings


def test_a_stale_table_ends_at_the_last_good_night_never_with_zeros(tmp_path):
    # The list of robots has not changed for two months; that does not make marketing that old.
    settings = _home(tmp_path)
    outcomes(settings, NEXT, marketing="failed")
    days, told, _ = _candidate(settings, NEXT)
    assert [day for day, _ in days] == [BEFORE, DAY]
    assert told == [(DAY, ["marketing"], True)]


def test_a_fresh_table_reaches_as_of_and_a_column_without_its_entity_is_null(tmp_path):
    settings = _home(tmp_path)
    days, told, absent = _candidate(settings, DAY)
    assert days == [(BEFORE, None), (DAY, None)]
    assert told == [(DAY, [], False)]
    assert absent == [(["acquisition.channel_daily.visits"],)]
