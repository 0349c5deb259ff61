"""What must hold of the raw data (spec/demo.md, W1 to W9), and every planted kind of dirt."""

import gzip
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from throughline import demo
from throughline.settings import load_settings

END = date(2026, 6, 30)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, demo.Truth, Path]]:
    """A connection with one view per CRM table (latest state) and file stream, truth, folder."""
    folder = tmp_path_factory.mktemp("demo")
    (folder / "throughline.yml").write_text("home: home\ndemo: {size: tiny, nights: 3}\n")
    settings = load_settings(folder / "throughline.yml")
    truth = demo.generate(settings, END)
    files = settings.demo_folder
    keys = {"fx_rates": "date, currency", "owners": "owner_id, valid_from",
            "sales_targets": "owner_id, month, product",
            "lead_status_history": "lead_id, changed_at",
            "opportunity_stages": "opportunity_id, entered_at"}  # fmt: skip
    with duckdb.connect(config={"threads": 2}) as db:
        for path in (files / "crm_versions").glob("*.parquet"):
            first = db.sql(f"describe select * from '{path}'").fetchall()[0][0]
            key = keys.get(path.stem, first)
            db.execute(
                f"create table {path.stem} as select * from '{path}'"
                f" qualify row_number() over (partition by {key} order by updated_at desc) = 1"
            )
        for name in ("calls/cdr", "calls/dispositions", "product/seats", "product/employees"):
            db.execute(
                f"create table {name.split('/')[1]} as"
                f" select * from read_csv('{files}/{name}_*.csv.gz', all_varchar = true)"
            )
        yield db, truth, files


def count(world: tuple, sql: str) -> int:
    """The one number of a query."""
    return world[0].sql(sql).fetchall()[0][0]


def planted(world: tuple, kind: str) -> list[str]:
    """Ids of a kind of dirt."""
    return world[1].data["dirt"].get(kind, [])


FOREIGN_KEYS = [
    ("opportunities", "lead_id", "leads", "lead_id"),
    ("opportunities", "owner_id", "owners", "owner_id"),
    ("opportunities", "primary_contact_id", "contacts", "contact_id"),
    ("opportunity_stages", "opportunity_id", "opportunities", "opportunity_id"),
    ("contacts", "account_id", "accounts", "account_id"),
    ("contracts", "account_id", "accounts", "account_id"),
    ("contracts", "renewed_from", "contracts", "contract_id"),
    ("contracts", "opportunity_id", "opportunities", "opportunity_id"),
    ("subscription_items", "contract_id", "contracts", "contract_id"),
    ("invoices", "contract_id", "contracts", "contract_id"),
    ("payments", "invoice_id", "invoices", "invoice_id"),
    ("refunds", "payment_id", "payments", "payment_id"),
    ("leads", "merged_into_id", "leads", "lead_id"),
    ("leads", "converted_opportunity_id", "opportunities", "opportunity_id"),
    ("lead_status_history", "lead_id", "leads", "lead_id"),
    ("cdr", "lead_id", "leads", "lead_id"),
    ("dispositions", "call_id", "cdr", "call_id"),
    ("seats", "company_id", "employees", "company_id"),
]


@pytest.mark.parametrize(("table", "column", "parent", "key"), FOREIGN_KEYS)
def test_every_foreign_key_resolves(
    world: tuple, table: str, column: str, parent: str, key: str
) -> None:
    lost = f"select count(*) from {table} where {column} is not null and {column} not in"
    assert count(world, f"{lost} (select {key} from {parent})") == 0
    assert count(world, f"select count(*) from {table}") > 0


def test_only_planted_opportunities_have_no_account(world: tuple) -> None:
    sql = "select opportunity_id from opportunities where account_id not in"
    found = world[0].sql(f"{sql} (select account_id from accounts) order by all").fetchall()
    assert [row[0] for row in found] == sorted(planted(world, "orphan_opportunity"))
    assert found


def test_lead_opportunity_and_contract_follow_each_other(world: tuple) -> None:
    chain = """
        select count(*) as rows, count(*) filter (
            leads.created_at > opportunities.created_at
            or opportunities.created_at > opportunities.accepted_at
            or opportunities.accepted_at > opportunities.closed_at
            or opportunities.closed_at > contracts.created_at
            or contracts.start_date < contracts.signed_date
        ) as wrong
        from contracts
        inner join opportunities using (opportunity_id)
        inner join leads using (lead_id)
    """
    rows, wrong = world[0].sql(chain).fetchall()[0]
    assert rows > 0
    assert wrong == 0


def test_call_times_are_in_order_and_talk_time_adds_up(world: tuple) -> None:
    wrong = world[0].sql("""
        select call_id from cdr
        where start_at > ring_at or ring_at > answer_at or answer_at > end_at
            or (outcome = 'answered') <> (answer_at is not null)
            or talk_seconds::int <> coalesce(
                date_diff('second', answer_at::timestamp, end_at::timestamp), 0)
    """).fetchall()  # fmt: skip
    assert [row[0] for row in wrong] == planted(world, "rejected:cdr:talk_seconds_differ")


def test_stage_history_is_contiguous_and_open_only_where_the_deal_is(world: tuple) -> None:
    gaps = """
        select count(*) from (
            select
                exited_at,
                lead(entered_at) over (partition by opportunity_id order by entered_at) as next_in
            from opportunity_stages
        ) where exited_at is distinct from next_in
    """
    assert count(world, gaps) == 0
    last = """
        select count(*) from opportunities
        inner join opportunity_stages using (opportunity_id, stage)
        where opportunity_stages.exited_at is null
    """
    assert count(world, last) == count(world, "select count(*) from opportunities")


def test_cash_never_exceeds_what_was_invoiced(world: tuple) -> None:
    sql = """
        select count(*) from contracts where
            coalesce((select sum(amount::decimal(18, 4)) from payments
                      where payments.contract_id = contracts.contract_id), 0)
            - coalesce((select sum(amount::decimal(18, 4)) from refunds
                        where refunds.contract_id = contracts.contract_id), 0)
            > coalesce((select sum(amount::decimal(18, 4)) from invoices
                        where invoices.contract_id = contracts.contract_id), 0) + 0.01
    """
    assert count(world, sql) == 0


def test_no_more_accounts_are_open_than_seats_were_bought_but_where_planted(world: tuple) -> None:
    sql = """
        select distinct company_id from seats
        where purchased_seats::int > 0 and opened_seats::int > purchased_seats::int
    """
    over = {row[0] for row in world[0].sql(sql).fetchall()}
    assert over <= set(planted(world, "over_deployed"))


def test_lead_status_history_ends_with_the_status_of_the_lead(world: tuple) -> None:
    sql = """
        select count(*) from leads
        inner join (
            select lead_id, arg_max(status, changed_at) as last
            from lead_status_history group by all
        ) as history using (lead_id)
        where history.last <> leads.status
    """
    assert count(world, sql) == 0


def test_every_used_day_and_currency_has_a_rate(world: tuple) -> None:
    sql = """
        select count(*) from contracts where currency <> 'CNY' and not exists (
            select 1 from fx_rates
            where fx_rates.currency = contracts.currency and fx_rates.date = contracts.signed_date)
    """
    assert count(world, sql) == 0
    assert count(world, "select count(*) from contracts where currency = 'USD'") == 1


def test_clicks_are_not_more_than_impressions_and_match_the_visits(world: tuple) -> None:
    db, _, files = world
    db.execute(
        f"create or replace view tencent as select * from read_csv("
        f"'{files}/ads/tencent/*_2026-04-01_*.csv.gz', all_varchar = true)"
    )
    odd = "select count(*) from tencent where view_count::int < valid_click_count::int"
    assert count(world, odd) == 0
    kept = "from tencent where cost::int >= 0"
    clicks = count(world, f"select sum(valid_click_count::int) {kept}")
    cookies = {
        record["anonymousId"]
        for record in records(files, "web/pageviews_*.jsonl.gz")
        if record["context"].get("campaign", {}).get("source", "").strip().lower() == "tencent"
    }
    assert 0.6 < len(cookies) / clicks < 1.1  # 0.85 landed, 8 % of them without utm, small sample


def records(files: Path, pattern: str) -> list[dict[str, Any]]:
    """Records of the JSON lines that are JSON."""
    found = []
    for path in sorted(files.glob(pattern)):
        for line in gzip.open(path, "rt", encoding="utf-8"):
            try:
                found.append(json.loads(line))
            except json.JSONDecodeError:
                continue
    return found


def test_event_times_lie_inside_the_world_but_for_skewed_clocks(world: tuple) -> None:
    skewed = set(planted(world, "clock_skew:pageviews"))
    for record in records(world[2], "web/pageviews_*.jsonl.gz"):
        assert record["receivedAt"] < "2026-06-30T16:00:00"
        assert record["timestamp"] >= "2026-03-31T16:00:00"  # the world begins on April 1st
        assert (record["timestamp"] > record["receivedAt"]) == (record["messageId"] in skewed)


KINDS = [
    "duplicate_exact:pageviews", "duplicate_key:pageviews", "late_3d:pageviews",
    "late_over_3d:pageviews", "bot:pageviews", "internal:pageviews", "clock_skew:pageviews",
    "late_3d:app_events", "duplicate_exact:app_events", "null_utm", "utm_variant",
    "full_width_term", "phone_format_1", "phone_format_2", "phone_format_3", "phone_format_4",
    "phone_format_5", "ad_restatement:baidu_spend", "zero_spend", "orphan_opportunity",
    "lead_merged", "lead_test", "lead_deleted", "midnight", "rejected:ad_spend_daily:range:cost",
    "rejected:app_event:value:type", "rejected:app_event:invalid_json",
    "rejected:app_event:event_name_shape", "rejected:pageview:invalid_json",
    "rejected:pageview:url_not_http", "rejected:cdr:talk_seconds_differ",
    "rejected:lead:converted_without_opportunity",
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_dirt_is_planted_and_counted(world: tuple, kind: str) -> None:
    assert len(planted(world, kind)) == world[1].data["dirt_counts"][kind] > 0


def test_restated_rows_repeat_earlier_days_with_more_cost(world: tuple) -> None:
    ads = world[2] / "ads" / "baidu"
    first = world[0].sql(cost_of(ads / "spend_2026-06-29.csv")).fetchall()
    second = world[0].sql(cost_of(ads / "spend_2026-06-30.csv")).fetchall()
    earlier, later = dict(first), dict(second)
    both = earlier.keys() & later.keys()
    assert both
    assert all(later[key] >= earlier[key] for key in both)
    assert any(later[key] > earlier[key] for key in both)


def cost_of(path: Path) -> str:
    """Query of (key, cost) of a Baidu report."""
    text = path.read_bytes().decode("gb18030").splitlines()[1:]
    rows = [line.split(",") for line in text]
    values = ", ".join(f"('{row[0]}|{row[2]}|{row[9]}', {row[12]})" for row in rows)
    return f"select * from (values {values})"


def test_midnight_views_fall_on_both_sides_of_the_business_day(world: tuple) -> None:
    found = {
        record["messageId"]: record["timestamp"]
        for record in records(world[2], "web/pageviews_*.jsonl.gz")
        if record["messageId"].startswith("pv-midnight")
    }
    assert found == {
        "pv-midnight--1": "2026-04-10T15:59:59.000Z",
        "pv-midnight-+0": "2026-04-10T16:00:00.000Z",
        "pv-midnight-+1": "2026-04-10T16:00:01.000Z",
    }


def test_scripted_companies_have_the_revenue_their_script_says(world: tuple) -> None:
    """Seats x price over the items in service on a month's last day, against typed numbers."""
    for script in world[1].data["scripted"].values():
        for line, months in script["native_mrr_at_month_end"].items():
            for month, expected in months.items():
                found = count(world, f"""
                    select coalesce(sum(seats * unit_price::decimal(18, 4)
                        / case period when 'year' then 12 else 1 end), 0)
                    from subscription_items
                    inner join contracts using (contract_id)
                    where account_id = '{script["account_id"]}' and business_line = '{line}'
                        and subscription_items.start_date <= last_day(date '{month}')
                        and coalesce(service_end, subscription_items.end_date)
                            >= last_day(date '{month}')
                """)  # fmt: skip
                assert found == expected, (script["name"], line, month)
