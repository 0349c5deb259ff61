"""Real files through the same path, by configuration only.

The expected counts are worked out from the files by plain Python, which shares no code with the
mappings: each function below reads the file itself and says what must be accepted and rejected.
"""

import csv
import gzip
import io
import os
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import duckdb
import pytest

import ingest_case as case
from throughline import night
from throughline.extract import extract_domain
from throughline.landing import InputBatch, input_batches
from throughline.settings import Settings
from throughline.source_folders import load_sources

REPO = Path(__file__).parents[2]
SOURCES = Path(__file__).parent / "sources"
NIGHT = date(2025, 1, 1)


def data_folder() -> Path:
    return Path(os.environ.get("THROUGHLINE_REAL_DATA") or REPO.parent / "shared" / "data")


pytestmark = pytest.mark.skipif(
    not (data_folder() / "ravenstack_saas").is_dir(),
    reason="the public data sets are not here; set THROUGHLINE_REAL_DATA to their folder",
)


def table(name: str) -> list[dict[str, str]]:
    content = (data_folder() / name).read_bytes()
    text = (gzip.decompress(content) if name.endswith(".gz") else content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def ads(name: str) -> list[dict[str, str]]:
    return table(f"fivetran_vendor_seeds/ad_reporting/{name}_data.csv")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    folder = tmp_path_factory.mktemp("real")
    settings = case.make_settings(folder, sources_path=[str(SOURCES)], reporting_currency="USD")
    (settings.home / "real").symlink_to(data_folder())
    yield settings


@pytest.fixture(scope="module")
def batches(home: Settings) -> dict[tuple[str, str], InputBatch]:
    for domain in ("calls", "crm", "marketing", "product"):
        outcome = extract_domain(home, domain, NIGHT)
        assert outcome.status != "failed", outcome.detail
    return {(batch.source, batch.entity): batch for batch in input_batches(home)}


def counts(batch: InputBatch) -> tuple[int, int, int, int]:
    return (batch.rows_read, batch.rows, batch.rejected, batch.not_mapped)


def test_real_sources_deliver_every_entity_they_declare(home: Settings, batches) -> None:
    declared = {(s.name, entity) for s in load_sources(home).values() for entity in s.entities}
    assert set(batches) == declared


def test_real_calls_of_a_bank(batches) -> None:
    # 45,211 contacts; the only way to break the contract is a date that 2008 does not have.
    contacts = table("uci_bank_marketing_calls/bank-full.csv.gz")
    bad = 0
    for contact in contacts:
        try:
            datetime.strptime(f"{contact['day']} {contact['month']} 2008", "%d %b %Y")
        except ValueError:
            bad += 1
    assert (len(contacts), bad) == (45211, 0)
    cdr = batches["uci_bank_calls", "cdr"]
    assert counts(cdr) == (45211, 45211, 0, 0)
    assert counts(batches["uci_bank_calls", "call_disposition"]) == (45211, 45211, 0, 0)
    outcomes = Counter("answered" if c["duration"] != "0" else "no_answer" for c in contacts)
    assert outcomes == {"answered": 45208, "no_answer": 3}
    assert Counter(row[0] for row in case.rows(cdr.path, "outcome")) == outcomes
    assert len({row[0] for row in case.rows(cdr.path, "call_id")}) == 45211
    talked = sum(int(contact["duration"]) for contact in contacts)
    assert case.rows(cdr.path, "sum(talk_seconds)") == [(talked,)]
    # 1 January to 31 December would be the widest; the earliest contact is on 6 January.
    assert (cdr.min_date, cdr.max_date) == (date(2008, 1, 6), date(2008, 12, 31))


def test_real_leads_and_won_deals_of_a_marketplace(batches) -> None:
    leads = table("olist_marketing_funnel/olist_marketing_qualified_leads_dataset.csv")
    deals = table("olist_marketing_funnel/olist_closed_deals_dataset.csv")
    won = {deal["mql_id"] for deal in deals}
    assert (len(leads), len(deals), len(won)) == (8000, 380, 380)
    lead = batches["olist_funnel", "lead"]
    assert counts(lead) == (8000, 8000, 0, 0)
    assert Counter(row[0] for row in case.rows(lead.path, "status")) == {
        "converted": 380,
        "valid": 7620,
    }
    origins = Counter(lead["origin"] or None for lead in leads)
    assert Counter(row[0] for row in case.rows(lead.path, "channel_raw")) == origins
    assert counts(batches["olist_funnel", "account"]) == (380, 380, 0, 0)
    opportunity = batches["olist_funnel", "opportunity"]
    assert counts(opportunity) == (380, 380, 0, 0)
    # São Paulo is UTC-3, and UTC-2 in summer time, which ended on 18 February 2018.
    found = dict(case.rows(opportunity.path, "opportunity_id, closed_at::varchar"))
    assert found["5420aad7fec3549a85876ba1c529bd84"] == "2018-02-26 22:58:00+00"
    assert found[next(d["mql_id"] for d in deals if d["won_date"] == "2/7/2018 18:04")] == (
        "2018-02-07 20:04:00+00"
    )


def test_real_ad_platforms(batches) -> None:
    def cents(value: Decimal) -> Decimal:
        return value.quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP)

    google = ads("google_ads_keyword_stats")
    cost = sum(cents(Decimal(row["cost_micros"]) / 1_000_000) for row in google)
    batch = batches["google_ads", "ad_spend_daily"]
    assert (counts(batch), batch.amount) == ((15, 15, 0, 0), cost)

    linkedin = ads("linkedin_ad_analytics_by_campaign")
    assert (
        counts(batches["linkedin_ads", "ad_spend_daily"]) == (20, 20, 0, 0) and len(linkedin) == 20
    )
    cost = sum(
        cents(Decimal(row["cost_in_usd"] or row["cost_in_local_currency"])) for row in linkedin
    )
    assert batches["linkedin_ads", "ad_spend_daily"].amount == cost

    apple = ads("apple_search_keyword_report")
    cost = sum(cents(Decimal(row["local_spend_amount"])) for row in apple)
    batch = batches["apple_search_ads", "ad_spend_daily"]
    assert (counts(batch), batch.amount) == ((99, 99, 0, 0), cost)

    amazon = ads("amazon_ads_campaign_level_report")
    without = sum(not row["impressions"] for row in amazon)
    batch = batches["amazon_ads", "ad_spend_daily"]
    assert counts(batch) == (len(amazon), len(amazon) - without, without, 0) == (10, 1, 9, 0)
    assert batch.reasons == {"missing:impressions": 9}


def test_real_ad_reports_of_finer_grain_are_added_up(batches) -> None:
    microsoft = ads("microsoft_ads_keyword_performance_daily_report")
    parts = (
        "account_id",
        "campaign_id",
        "ad_group_id",
        "keyword_id",
        "delivered_match_type",
        "device_type",
        "date",
        "currency_code",
    )
    keys = {tuple(row[part] for part in parts) for row in microsoft}
    batch = batches["microsoft_ads", "ad_spend_daily"]
    assert counts(batch) == (len(microsoft), len(keys), 0, len(microsoft) - len(keys))
    assert batch.amount == sum(Decimal(row["spend"]) for row in microsoft)

    facebook = ads("facebook_ads_basic_ad")
    days = {(row["account_id"], row["date"]) for row in facebook}
    batch = batches["facebook_ads", "ad_spend_daily"]
    assert counts(batch) == (10, len(days), 0, 10 - len(days))
    assert batch.amount == sum(Decimal(row["spend"]) for row in facebook)

    snapchat = ads("snapchat_ad_hourly_report")
    days = {(row["ad_id"], row["date"][:10]) for row in snapchat}
    batch = batches["snapchat_ads", "ad_spend_daily"]
    assert counts(batch) == (1212, len(days), 0, 1212 - len(days)) == (1212, 70, 0, 1142)
    found = case.rows(batch.path, "sum(impressions), sum(clicks)")
    assert found == [
        (
            sum(int(row["impressions"]) for row in snapchat),
            sum(int(row["swipes"]) for row in snapchat),
        )
    ]


def day(text: str) -> date:
    return datetime.strptime(text, "%d-%m-%Y").date()


def test_real_accounts_and_subscriptions_of_a_software_company(batches) -> None:
    subscriptions = table("ravenstack_saas/ravenstack_subscriptions.csv")
    paid = [row for row in subscriptions if row["is_trial"] == "FALSE"]
    # The contract ends after it begins; without an end it runs a month or a year, so it does.
    bad = [
        row for row in paid if row["end_date"] and day(row["end_date"]) <= day(row["start_date"])
    ]
    trials = len(subscriptions) - len(paid)
    contract = batches["ravenstack", "contract"]
    assert counts(contract) == (5000, 5000 - trials - len(bad), len(bad), trials)
    assert counts(contract) == (5000, 4209, 13, 778)
    assert contract.reasons == {"end_before_start": 13}
    amount = sum(
        Decimal(row["arr_amount" if row["billing_frequency"] == "annual" else "mrr_amount"])
        for row in paid
        if row not in bad
    )
    assert contract.amount == amount
    for entity in ("account", "company_account"):
        assert counts(batches["ravenstack", entity]) == (500, 500, 0, 0)
    item = batches["ravenstack", "subscription_item"]
    assert counts(item) == (5000, 5000, 0, 0)
    assert case.rows(item.path, "sum(seats)") == [
        (sum(int(row["seats"]) for row in subscriptions),)
    ]


def test_real_usage_and_tickets_of_a_software_company(batches) -> None:
    usage = table("ravenstack_saas/ravenstack_feature_usage.csv")
    event = batches["ravenstack", "app_event"]
    assert counts(event) == (25000, 25000, 0, 0) and len(usage) == 25000
    account = {
        row["subscription_id"]: row["account_id"]
        for row in table("ravenstack_saas/ravenstack_subscriptions.csv")
    }
    assert Counter(row[0] for row in case.rows(event.path, "company_id")) == Counter(
        account[row["subscription_id"]] for row in usage
    )
    days = [day(row["usage_date"]) for row in usage]
    assert (event.min_date, event.max_date) == (min(days), max(days))
    tickets = table("ravenstack_saas/ravenstack_support_tickets.csv")
    reopened = sum(
        datetime.strptime(row["closed_at"], "%d-%m-%Y %H:%M")
        < datetime.strptime(row["submitted_at"], "%d-%m-%Y")
        for row in tickets
    )
    assert counts(batches["ravenstack", "support_contact"]) == (2000, 2000 - reopened, reopened, 0)


def test_real_batches_pass_the_input_gate(batches) -> None:
    assert not [key for key, batch in batches.items() if batch.status != "passed"]


def test_real_night_is_published_with_the_numbers_of_the_files(home, batches) -> None:
    report = night.run(home, NIGHT)
    assert report.status == "published"
    seconds = [int(row["duration"]) for row in table("uci_bank_marketing_calls/bank-full.csv.gz")]
    deals = table("olist_marketing_funnel/olist_closed_deals_dataset.csv")
    leads = table("olist_marketing_funnel/olist_marketing_qualified_leads_dataset.csv")
    (calls,) = published(
        home, "select sum(attempts), sum(answered), sum(effective_connects) from lead.call_daily"
    )
    assert calls == (
        len(seconds),
        sum(length > 0 for length in seconds),
        sum(length >= 30 for length in seconds),  # E03
    )
    assert published(home, "select count(*) from lead.leads") == [(len(leads),)]
    won = "select count(*), count(won_at) from opportunity.opportunities"
    assert published(home, won) == [(len(deals), len(deals))]
    feeds = [b.amount for (_, entity), b in batches.items() if entity == "ad_spend_daily"]
    ((spend,),) = published(
        home,
        "select sum(ad_spend) from acquisition.channel_daily"
        " where campaign <> 'ALL' and channel <> 'ALL'",
    )
    # Rows are rounded to cents, the files carry more digits: 3,969.3582 USD in all.
    assert abs(spend - sum(feeds)) < Decimal("0.05")


def published(home: Settings, sql: str) -> list[tuple]:
    with duckdb.connect(str(home.current.resolve()), read_only=True) as connection:
        return connection.execute(sql).fetchall()
