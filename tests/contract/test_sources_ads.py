"""The packs of the ad platforms on the vendors' own tables, landed from PostgreSQL.

What must come out is worked out by pandas from the same files, which shares no code with the
mappings: one row per key, its sums, the currency and the names of the latest history.
"""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import ingest_case as case
from pack_case import SEEDS, data_folder, installed, load_seeds, needs_seeds
from throughline.database_stream import DatabaseStream
from throughline.preview import preview
from throughline.scaffold import packs
from throughline.source_folders import load_sources

NAMES = {"apple_search_ads_tables": "apple_search", "linkedin_ads_tables": "linkedin_ad"}
NAMES |= {"tiktok_ads_tables": "tiktok", "pinterest_ads_tables": "pinterest"}
NAMES |= {"snapchat_ads_tables": "snapchat", "twitter_ads_tables": "twitter"}
ODD = {"linkedin_ad_ad_analytics_by_campaign": "linkedin_ad_analytics_by_campaign"}
KEY = ["account_id", "campaign_id", "adgroup_id", "match_type", "device", "date"]
SUMS = ["impressions", "clicks", "cost"]


def seed(name: str) -> pd.DataFrame:
    path = data_folder() / SEEDS / "ad_reporting" / f"{name}_data.csv"
    frame = pd.read_csv(path, encoding="utf-8-sig", dtype=str)
    return frame.rename(columns=str.lower)


def latest(name: str, by: str, key: str = "id") -> pd.DataFrame:
    return seed(name).sort_values(by, kind="stable").drop_duplicates(key, keep="last")


def summed(frame: pd.DataFrame, unit: float = 1) -> pd.DataFrame:
    """One row per key; what a report does not have is (none)."""
    for name in KEY:
        frame[name] = frame[name].fillna("(none)") if name in frame else "(none)"
    for name in SUMS:
        frame[name] = pd.to_numeric(frame[name])
    frame["cost"] = frame["cost"] * unit
    return frame.groupby([*KEY, "currency"], as_index=False)[SUMS].sum()


def google() -> pd.DataFrame:
    days = seed("google_ads_campaign_stats")
    accounts = latest("google_ads_account_history", "updated_at").set_index("id")["currency_code"]
    days["currency"] = days["customer_id"].map(accounts).fillna("USD")
    days["device"] = days["device"].str.lower()
    names = {"customer_id": "account_id", "id": "campaign_id", "cost_micros": "cost"}
    return summed(days.rename(columns=names), 1e-6)


def facebook() -> pd.DataFrame:
    ads = latest("facebook_ads_ad_history", "updated_time")[["id", "ad_set_id", "campaign_id"]]
    days = seed("facebook_ads_basic_ad").merge(ads, how="left", left_on="ad_id", right_on="id")
    names = {"ad_set_id": "adgroup_id", "inline_link_clicks": "clicks", "spend": "cost"}
    return summed(days.rename(columns=names).assign(currency="USD"))


def microsoft() -> pd.DataFrame:
    days = seed("microsoft_ads_campaign_performance_daily_report")
    for old, new in {"delivered_match_type": "match_type", "device_type": "device"}.items():
        days[new] = days[old].str.lower().replace("unknown", "(none)")
    return summed(days.rename(columns={"currency_code": "currency", "spend": "cost"}))


def linkedin() -> pd.DataFrame:
    campaigns = latest("linkedin_ad_campaign_history", "last_modified_time").set_index("id")
    accounts = latest("linkedin_ad_account_history", "last_modified_time").set_index("id")
    days = seed("linkedin_ad_analytics_by_campaign").rename(columns={"campaign_id": "adgroup_id"})
    days["account_id"] = days["adgroup_id"].map(campaigns["account_id"])
    days["campaign_id"] = days["adgroup_id"].map(campaigns["campaign_group_id"])
    days["currency"] = days["account_id"].map(accounts["currency"]).fillna("USD")
    days["date"], days["cost"] = days["day"].str[:10], days["cost_in_local_currency"]
    return summed(days.dropna(subset="cost"))


def tiktok() -> pd.DataFrame:
    groups = latest("tiktok_adgroup_history", "updated_at", "adgroup_id").set_index("adgroup_id")
    days = seed("tiktok_adgroup_report_hourly")
    days["account_id"] = days["adgroup_id"].map(groups["advertiser_id"])
    days["campaign_id"] = days["adgroup_id"].map(groups["campaign_id"])
    days["date"], days["cost"] = days["stat_time_hour"].str[:10], days["spend"]
    currency = seed("tiktok_advertiser").set_index("id")["currency"]
    days["currency"] = days["account_id"].map(currency).fillna("USD")
    return summed(days)


def pinterest() -> pd.DataFrame:
    days = seed("pinterest_ad_group_report")
    currency = latest("pinterest_advertiser_history", "updated_time").set_index("id")["currency"]
    days["currency"] = days["advertiser_id"].map(currency).fillna("USD")
    names = {"advertiser_id": "account_id", "ad_group_id": "adgroup_id"}
    names |= {"impression_1": "impressions", "clickthrough_1": "clicks"}
    return summed(days.rename(columns={**names, "spend_in_micro_dollar": "cost"}), 1e-6)


def reddit() -> pd.DataFrame:
    days = seed("reddit_ads_ad_group_report")
    groups = seed("reddit_ads_ad_group").set_index("id")["campaign_id"]
    days["campaign_id"] = days["ad_group_id"].map(groups)
    days["currency"] = days["account_id"].map(seed("reddit_ads_account").set_index("id").currency)
    days["currency"] = days["currency"].fillna("USD")
    return summed(days.rename(columns={"ad_group_id": "adgroup_id", "spend": "cost"}), 1e-6)


def snapchat() -> pd.DataFrame:
    ads = latest("snapchat_ad_history", "_fivetran_synced").set_index("id")["ad_squad_id"]
    squads = latest("snapchat_ad_squad_history", "_fivetran_synced").set_index("id")["campaign_id"]
    campaigns = latest("snapchat_campaign_history", "_fivetran_synced").set_index("id")
    days = seed("snapchat_ad_hourly_report")
    days["adgroup_id"] = days["ad_id"].map(ads)
    days["campaign_id"] = days["adgroup_id"].map(squads)
    days["account_id"] = days["campaign_id"].map(campaigns["ad_account_id"])
    days["date"] = days["date"].str[:10]
    days = days.rename(columns={"swipes": "clicks", "spend": "cost"})
    return summed(days.assign(currency="USD"), 1e-6)


def twitter() -> pd.DataFrame:
    items = latest("twitter_line_item_history", "updated_at").set_index("id")
    zones = latest("twitter_account_history", "updated_at").set_index("id")["timezone"]
    days = seed("twitter_line_item_report").rename(columns={"line_item_id": "adgroup_id"})
    days["campaign_id"] = days["adgroup_id"].map(items["campaign_id"])
    days["currency"] = days["adgroup_id"].map(items["currency"]).fillna("USD")
    days["date"] = [
        str(pd.Timestamp(at, tz="UTC").tz_convert(zones.get(account, "UTC")).date())
        for at, account in zip(days["date"], days["account_id"], strict=True)
    ]
    return summed(days.rename(columns={"billed_charge_local_micro": "cost"}), 1e-6)


def apple() -> pd.DataFrame:
    groups = latest("apple_search_ad_group_history", "modification_time").set_index("id")
    days = seed("apple_search_ad_group_report").rename(columns={"ad_group_id": "adgroup_id"})
    days["account_id"] = days["adgroup_id"].map(groups["organization_id"])
    days["campaign_id"] = days["adgroup_id"].map(groups["campaign_id"])
    names = {"local_spend_amount": "cost", "local_spend_currency": "currency", "taps": "clicks"}
    return summed(days.rename(columns=names))


def amazon() -> pd.DataFrame:
    days = seed("amazon_ads_campaign_level_report")
    profiles = latest("amazon_ads_campaign_history", "last_updated_date").set_index("id")
    days["account_id"] = days["campaign_id"].map(profiles["profile_id"])
    quiet = (days["clicks"].astype(float) == 0) & (days["cost"].astype(float) == 0)
    days["impressions"] = days["impressions"].mask(days["impressions"].isna() & quiet, "0")
    days = days.dropna(subset="impressions")
    return summed(days.rename(columns={"campaign_budget_currency_code": "currency"}))


PLATFORMS: dict[str, Callable[[], pd.DataFrame]] = {
    "google_ads_tables": google,
    "facebook_ads_tables": facebook,
    "microsoft_ads_tables": microsoft,
    "linkedin_ads_tables": linkedin,
    "tiktok_ads_tables": tiktok,
    "pinterest_ads_tables": pinterest,
    "reddit_ads_tables": reddit,
    "snapchat_ads_tables": snapchat,
    "twitter_ads_tables": twitter,
    "apple_search_ads_tables": apple,
    "amazon_ads_tables": amazon,
}


def test_ads_every_platform_is_compared() -> None:
    assert sorted(PLATFORMS) == [name for name in packs() if name.endswith("_ads_tables")]


@needs_seeds
@pytest.mark.parametrize("pack", PLATFORMS)
def test_ads_real_tables_give_the_sums_that_pandas_finds(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch, pack: str
) -> None:
    settings = installed(tmp_path, pack)
    source = load_sources(settings)[pack]
    tables = [s.table for s in source.streams.values() if isinstance(s, DatabaseStream)]
    schema, prefix = pack.removesuffix("_tables"), NAMES.get(pack, pack.removesuffix("_tables"))
    files = {table.split(".")[1]: f"{prefix}_{table.split('.')[1]}" for table in tables}
    seeds = {table: f"ad_reporting/{ODD.get(name, name)}" for table, name in files.items()}
    load_seeds(postgres_url, schema, seeds)
    monkeypatch.setenv(f"AIRFLOW_CONN_{pack.upper()}", postgres_url)
    taken = preview(settings, source, "ad_spend_daily", case.NIGHT, 10_000)
    assert taken.rejected == []
    found = pd.DataFrame(taken.accepted, columns=taken.columns).astype({"date": str})
    wanted = PLATFORMS[pack]()
    assert len(found) == len(wanted) > 0
    both = found.merge(wanted, on=[*KEY, "currency"], suffixes=("", "_wanted"), validate="1:1")
    assert len(both) == len(wanted)
    for name in SUMS:
        off = (both[name].astype(float) - both[f"{name}_wanted"]).abs()
        assert off.max() <= (0.00006 if name == "cost" else 0), (name, off.max())
