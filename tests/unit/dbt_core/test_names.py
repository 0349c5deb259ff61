"""What campaigns, keywords and links were called when, against a walk from report to report."""

import names_world as naive
from duckdb import DuckDBPyConnection

from warehouse_case import Row, fetch

CAMPAIGN = ("platform", "account_id", "campaign_id")
KEYWORD = (*CAMPAIGN, "adgroup_id", "match_type", "keyword_id")
PERIOD = "valid_from, valid_to, is_current"


def test_campaigns_and_keywords_keep_every_name_with_the_days_it_held(
    core: DuckDBPyConnection, rows: dict[str, list[Row]]
) -> None:
    for table, keys, names in (
        ("dim_campaign", CAMPAIGN, ("campaign_name",)),
        ("dim_keyword", KEYWORD, ("keyword_text", "adgroup_name")),
    ):
        expected = naive.spoken(rows["ad_spend_daily"], keys, names)
        found = core.execute(
            f"select {', '.join((*keys, *names))}, {PERIOD} from core.{table}"
            f" where platform <> '(none)'"
        ).fetchall()
        assert len(found) == len(set(found)) > 40, table
        assert set(found) == expected, table
    terms = fetch(core, "select distinct term from core.dim_keyword where keyword_text like '%e%'")
    assert [row["term"] for row in terms] == ["free crm"]


def test_a_campaign_that_no_platform_reports_has_one_placeholder(
    core: DuckDBPyConnection,
) -> None:
    found = fetch(
        core,
        "select campaign, cast(valid_from as varchar) as first from core.dim_campaign"
        " where is_placeholder and is_current and platform = '(none)' order by campaign",
    )
    assert [tuple(row.values()) for row in found] == [
        ("only-a-link", "2024-02-27"),
        ("summit", "2024-04-26"),
        ("x y", "2024-07-01"),
    ]
    assert fetch(core, "select 1 from core.dim_campaign where campaign = '(none)'") == []
    keyed = fetch(core, "select distinct campaign from core.dim_campaign where not is_placeholder")
    assert {row["campaign"] for row in keyed} == {"c 1", "c2", "c3"}


def test_a_link_has_a_row_per_thing_that_the_registry_said_of_it(
    core: DuckDBPyConnection,
) -> None:
    found = core.execute(
        f"select short_code, channel_id, {PERIOD} from core.dim_utm_link"
        " where short_code in ('moved', 'dropped', 'returned', 'tomorrow', 'tried')"
    ).fetchall()
    assert set(found) == naive.PERIODS
    assert len(found) == len(naive.PERIODS)
