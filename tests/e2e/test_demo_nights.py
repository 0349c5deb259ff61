"""Three nights of the tiny demo, without Airflow: planted truths, and incremental equals full."""

import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import combinations
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest

import campaign_queries as campaigns
import priority_query
from demo_case import connected
from throughline import demo, night
from throughline.conform import pii
from throughline.extract import extract_domain
from throughline.landing.batches import input_batches
from throughline.night_report import NightReport
from throughline.publish.digest import release_hash
from throughline.settings import DOMAINS, Settings, load_settings

pytestmark = pytest.mark.slow

CONFIG = "home: home\ndemo: {size: tiny, nights: 3}\n"
NIGHTS = (date(2026, 6, 28), date(2026, 6, 29), date(2026, 6, 30))


@pytest.fixture(scope="module")
def made(
    tmp_path_factory: pytest.TempPathFactory, postgres_url: str
) -> Iterator[tuple[Settings, demo.Truth, list[NightReport]]]:
    """The home after three nights, each built on the one before."""
    folder = tmp_path_factory.mktemp("demo_nights")
    (folder / "throughline.yml").write_text(CONFIG, encoding="utf-8")
    settings = load_settings(folder / "throughline.yml")
    with connected(settings, postgres_url):
        truth = demo.generate(settings, NIGHTS[-1])
        reports = []
        for as_of in NIGHTS:
            demo.load_crm(settings, postgres_url, as_of)
            for domain in DOMAINS:
                outcome = extract_domain(settings, domain, as_of)
                assert outcome.status == "ok", outcome.detail
            reports.append(night.run(settings, as_of))
        yield settings, truth, reports


def ask(settings: Settings, sql: str) -> list[tuple]:
    with duckdb.connect(str(settings.current.resolve()), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def ask_work(settings: Settings, sql: str, parameters: object = None) -> list[tuple]:
    """Rows of tables that are built and not published."""
    with duckdb.connect(str(settings.work_file), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        return connection.execute(sql, parameters).fetchall()


def test_every_night_is_published_and_none_twice(made) -> None:
    settings, _, reports = made
    assert [report.status for report in reports] == ["published"] * 3
    before = settings.current.resolve()
    assert night.run(settings, NIGHTS[-1]).status == "unchanged"
    assert settings.current.resolve() == before


def test_later_nights_replace_the_touched_dates_only(made) -> None:
    _, _, reports = made
    # A daily file of events holds its own day and a few late days, never the whole history.
    for report in reports[1:]:
        assert 1 <= len(report.touched["stg_pageview"]) < 45
        assert "stg_pageview" not in report.rebuilt


def test_three_nights_in_a_row_equal_one_full_build(made, tmp_path: Path) -> None:
    settings, _, reports = made
    (tmp_path / "throughline.yml").write_text(CONFIG, encoding="utf-8")
    fresh = load_settings(tmp_path / "throughline.yml")
    for kept in ("landing", "input", "outcomes"):
        shutil.copytree(settings.home / kept, fresh.home / kept, symlinks=True)
    report = night.run(fresh, NIGHTS[-1])
    assert report.run_id == reports[-1].run_id
    assert release_hash(fresh.current.resolve()) == release_hash(settings.current.resolve())


def test_mrr_of_the_scripted_companies_is_what_was_written(made) -> None:
    settings, truth, _ = made
    found = {
        (tenant, line, str(month)): mrr
        for tenant, line, month, mrr in ask(
            settings,
            "select company.tenant_id, mrr.business_line, mrr.month, mrr.end_mrr"
            " from payment.mrr_movement as mrr join core.dim_company as company using (company_id)",
        )
    }
    compared = 0
    for script in truth.data["scripted"].values():
        if script["name"] == "dollars":  # its ledger is in USD, the table in CNY
            continue
        for line, months in script["native_mrr_at_month_end"].items():
            for month, mrr in months.items():
                got = found.get((script["tenant_id"], line, month), Decimal(0))
                assert got == Decimal(str(mrr)).quantize(Decimal("0.0001")), (script, month)
                compared += 1
    assert compared > 40


def test_spend_by_channel_is_what_was_spent(made) -> None:
    settings, truth, _ = made
    found = dict(
        ask(
            settings,
            "select channel, sum(cost) from acquisition.channel_roi"
            " where attribution_model = 'first' and cost <> 0 group by channel",
        )
    )
    planted = {name: Decimal(cost) for name, cost in truth.data["channels"]["spend_cny"].items()}
    assert found.keys() == planted.keys()
    for channel, cost in planted.items():
        # The table rounds each month's cost to cents.
        assert abs(found[channel] - cost) <= Decimal("0.05"), channel


def test_every_request_has_the_endpoint_that_was_asked(made) -> None:
    """T25: requests by endpoint, and the twelve routes that the catalogue does not know."""
    settings, truth, _ = made
    found = ask_work(
        settings,
        "select endpoint_id, count(*) from core.fct_business_event where origin = 'api'"
        " group by endpoint_id",
    )
    assert dict(found) == truth.data["api"]["requests"]
    routes = ask(settings, "select route from audit.unmapped_requests order by 1")
    assert [route for (route,) in routes] == sorted(truth.data["api"]["unknown_routes"])
    assert len(routes) == 12


def test_arms_of_the_experiments_have_the_people_and_clicks_that_were_planted(made) -> None:
    """T7, T8, T9: from touches, what happened to them, and who was assigned what."""
    settings, truth, _ = made
    sent = ask_work(
        settings,
        "select experiment_id, variant, count(*), count(clicked_at) from core.fct_touch"
        " group by all",
    )
    planted = truth.data["experiments"]
    assert {row[:2]: row[2:] for row in sent} == {
        (name, arm): (said["people"], said["clicked"])
        for name in ("exp-tone", "exp-slot")
        for arm, said in planted[name].items()
    }
    assigned = ask_work(
        settings,
        "select a.experiment_id, a.variant, count(*), count(t.clicked_at)"
        " from staging.stg_exp_assignment as a"
        " inner join staging.stg_touch as s on a.unit_id = s.person_key"
        " inner join core.fct_touch as t on s.touch_id = t.touch_id"
        " where a.experiment_id in ('exp-aa', 'exp-split') and t.experiment_id = 'exp-tone'"
        " group by all",
    )
    assert {row[:2]: row[2:] for row in assigned} == {
        (name, arm): (said["people"], said["clicked"])
        for name in ("exp-aa", "exp-split")
        for arm, said in planted[name].items()
    }


def test_every_survey_wave_recommends_as_planted(made) -> None:
    """T21: promoters minus detractors of the last answer of each person."""
    settings, truth, _ = made
    found = ask_work(
        settings,
        "select wave, count(*) filter (where score >= 9), count(*) filter (where score <= 6)"
        " from (select wave, score from staging.stg_nps_response where score is not null qualify"
        " row_number() over (partition by wave, person_key order by answered_at desc) = 1)"
        " group by wave",
    )
    planted = truth.data["nps"]
    assert found
    assert {wave: (yes, no, yes - no) for wave, yes, no in found} == {
        wave: (said["promoters"], said["detractors"], said["nps"]) for wave, said in planted.items()
    }


def test_what_consumers_spent_and_which_orders_left_the_shop_are_as_planted(made) -> None:
    """T15: quartiles of net amounts; orders that a sweep of the shop's ids missed are deleted."""
    settings, truth, _ = made
    said = truth.data["orders"]
    ((cuts, people),) = ask_work(
        settings,
        "select quantile_cont(net::double, [0.25, 0.5, 0.75]), count(*) from (select customer_key,"
        " sum(net_amount) as net from core.fct_order where is_paid and customer_key is not null"
        " group by all)",
    )
    assert cuts == pytest.approx(said["quartiles"])
    assert people == said["customers"]
    left = ask_work(settings, "select order_id from core.fct_order where order_id like 'so-m-%'")
    assert len(left) == 6
    assert {name for (name,) in left}.isdisjoint(said["gone_on"][str(NIGHTS[1])])


def test_every_row_of_marketings_exports_is_accepted_once(made) -> None:
    settings, _, _ = made
    exported = [
        b for b in input_batches(settings) if b.source in ("demo_campaigns", "demo_content")
    ]
    assert len(exported) == 16
    assert all(batch.rows > 0 for batch in exported)
    assert sum(batch.rejected for batch in exported) == 0


def test_two_market_events_return_what_was_planted(made) -> None:
    """T23: +180 % and -50 %, credit in equal parts over all touches of those who bought."""
    settings, truth, _ = made
    found = dict(ask_work(settings, campaigns.EVENT_RETURNS))
    assert found == pytest.approx({"mkt-summit": 1.8, "mkt-roadshow": -0.5})
    assert {name: said["roi"] for name, said in truth.data["fairs"].items()} == pytest.approx(found)


def test_who_asks_for_the_price_becomes_a_lead_as_often_as_planted(made) -> None:
    """T14: searchers by intent, and those of them with a lead afterwards."""
    settings, truth, _ = made
    said = truth.data["searches"]
    assert {row[0]: row[1:] for row in ask_work(settings, campaigns.SEARCHERS)} == {
        name: (counts["searchers"], counts["captured"]) for name, counts in said.items()
    }
    assert all(counts["captured"] > 0 for counts in said.values())


def test_who_shares_in_time_has_readers_who_leave_a_form(made) -> None:
    """T24: tasks in time, readers and captures through the links of each half of the team."""
    settings, truth, _ = made
    tasks = {row[0]: row[1:] for row in ask_work(settings, campaigns.TASKS)}
    readers = {row[0]: row[1:] for row in ask_work(settings, campaigns.READERS)}
    for said in truth.data["shares"].values():
        given, in_time = zip(*(tasks[who] for who in said["staff"]), strict=True)
        assert (sum(given), sum(in_time)) == (said["tasks"], said["in_time"])
        read, left = zip(*(readers.get(who, (0, 0)) for who in said["staff"]), strict=True)
        assert (sum(read), sum(left)) == (said["readers"], said["captured"])
        assert said["captured"] > 0


def test_search_is_seen_first_and_ads_last_where_events_stood_in_the_middle(made) -> None:
    """T3: the planted ways exactly, and organic search ahead by 15 points among all."""
    settings, truth, _ = made
    said = truth.data["paths"]
    assert {row[:2]: row[2] for row in ask_work(settings, campaigns.PATHS)} == {
        ("first", said["first"]): said["conversions"],
        ("last", said["last"]): said["conversions"],
    }
    shares = dict(ask(settings, campaigns.SHARES))
    assert shares["first"] - shares["last"] >= 0.15


def test_the_leaking_page_and_where_its_visitors_went_are_found_again(made) -> None:
    """T13: visitors on each page by device, and where those on the phone went from the second."""
    settings, truth, _ = made
    said = truth.data["leak"]
    steps = said["steps"]
    rows = ask_work(settings, campaigns.REACHED, [steps])
    lost = ask_work(settings, campaigns.LOST_TO, [steps[1], steps[2]])
    found = {(device, path): count for device, path, count in rows}
    assert {
        device: [found[device, path] for path in steps] for device in ("mobile", "desktop")
    } == said["reached"]
    assert lost[0][0] == said["leak"]
    assert sum(count for _, count in lost) == found["mobile", steps[1]] - found["mobile", steps[2]]


def test_companies_that_visit_together_and_ask_for_prices_are_opened_as_planted(made) -> None:
    """T10: companies behind office addresses by maturity, and those with an opportunity."""
    settings, truth, _ = made
    said = truth.data["maturity"]
    found = {row[0]: row[1:] for row in ask_work(settings, campaigns.MATURITY)}
    assert found == {
        name: (said[name]["companies"], said[name]["opened"]) for name in ("late", "mid", "early")
    }
    companies, opened = map(sum, zip(found["mid"], found["early"], strict=True))
    late, late_opened = found["late"]
    odds_ratio = late_opened / (late - late_opened) / (opened / (companies - opened))
    assert odds_ratio == pytest.approx(said["odds_ratio"]) == pytest.approx(4)
    (uncredited,) = ask_work(settings, campaigns.UNCREDITED)
    assert uncredited == (opened + late_opened, "unattributed")


def test_talks_profiles_and_consents_are_those_that_were_exported(made) -> None:
    settings, truth, _ = made
    talks = "select count(*) from core.fct_scrm_interaction where kind = 'message'"
    assert ask_work(settings, talks) == [(truth.data["private_domain"]["episodes"],)]
    said = truth.data["success"]["people"]
    published = (
        "select count(gender), count(tags), count(*) filter (has_consent) from core.dim_person"
    )
    assert ask(settings, published) == [(said["profiles"], said["profiles"], said["consents"])]


def test_valid_leads_before_and_under_the_policy_became_opportunities_as_counted(made) -> None:
    """T12: leads by the day they were found valid in the CRM, and those with an opportunity."""
    settings, truth, _ = made
    said = truth.data["policy"]
    found = ask_work(
        settings,
        "select case when valid_at at time zone 'Asia/Shanghai' >= timestamp"
        f" '{said['begins']}' then 'after' else 'before' end as side, count(*),"
        " count(converted_opportunity_id) from (select lead_id, min(changed_at) as valid_at"
        " from staging.stg_lead_status_history where status = 'valid' group by all)"
        " inner join staging.stg_lead using (lead_id) group by side",
    )
    assert {side: counts for side, *counts in found} == {
        side: [said[side]["valid"], said[side]["opened"]] for side in ("before", "after")
    }


def test_use_before_a_contract_ended_is_what_was_told_of_who_left_and_who_stayed(made) -> None:
    """T6: contracts that nothing followed, and core requests before them in two windows."""
    settings, truth, _ = made
    found = ask_work(
        settings,
        "select case when renewals.contract_id is null then 'left' else 'stayed' end as outcome,"
        " count(distinct contracts.contract_id),"
        " count(case when uses.business_date <= contracts.end_date - 30 then 1 end),"
        " count(case when uses.business_date > contracts.end_date - 30 then 1 end)"
        " from core.fct_contract as contracts"
        " inner join core.fct_business_event as uses on contracts.company_id = uses.company_id"
        " and uses.business_date between contracts.start_date and contracts.end_date"
        " left join core.fct_contract as renewals on contracts.contract_id = renewals.renewed_from"
        " where uses.event_id like 'api:rt-%' and uses.is_counted and uses.is_core_feature"
        f" and contracts.end_date <= date '{NIGHTS[-1]}' group by outcome",
    )
    said = truth.data["decisions"]
    names = ("contracts", "uses_before", "uses_last")
    assert {outcome: counts for outcome, *counts in found} == {
        outcome: [counts[name] for name in names] for outcome, counts in said.items()
    }
    assert all(counts["dipped"] > 0 for counts in said.values())


def test_identity_joins_nobody_wrongly_and_whoever_left_a_trace(made) -> None:
    """T18: pairwise precision 1 and the planted recall of all true persons; hashes by the home."""
    settings, truth, _ = made
    with duckdb.connect() as hasher:
        pii.define(hasher)
        pii.set_key(hasher, pii.pii_key(settings))

        def node_of(text: str) -> tuple[str, str]:
            kind, _, value = text.partition(":")
            if kind not in ("phone", "email"):
                return kind, value
            [hashed] = hasher.execute(f"select pii_hash({kind}_of(?))", [value]).fetchone()
            return f"{kind}_hash", hashed

        true = {node_of(node): person
                for person, nodes in truth.data["true_persons"].items()
                for node in nodes}  # fmt: skip
        unlinked = {node_of(device["unlinked"]) for device in truth.data["shared"]["devices"]}
    sql = "select id_type, id_value, person_id from core.map_identity where period_no = 1"
    found = {(kind, value): person for kind, value, person in ask_work(settings, sql)}
    known = [node for node in true if node in found]
    pairs = list(combinations(sorted(known), 2))
    together = [pair for pair in pairs if found[pair[0]] == found[pair[1]]]
    assert together and all(true[one] == true[other] for one, other in together)
    missed = [pair for pair in pairs if true[pair[0]] == true[pair[1]]
              and found[pair[0]] != found[pair[1]]]  # fmt: skip
    assert missed and unlinked <= {node for pair in missed for node in pair}
    assert all(unlinked & set(pair) for pair in missed)


def test_a_shared_computer_belongs_to_whoever_is_logged_in(made) -> None:
    """T18: visits of a computer that two people use in turn, and the first form of the second."""
    settings, truth, _ = made
    for device in truth.data["shared"]["devices"]:
        found = ask_work(
            settings,
            "select epoch(visits.started_at)::bigint, logins.id_value"
            " from core.fct_web_session as visits inner join core.map_identity as logins"
            " on logins.id_type = 'login_id' and visits.person_id = logins.person_id"
            " where visits.anonymous_id = ? order by 1",
            [device["cookie"]],
        )
        assert found == [tuple(turn) for turn in device["turns"]]
        used = ask_work(
            settings,
            "select logins.id_value, days.business_date, days.active_events"
            " from intermediate.int_active_days__resolved as days"
            " inner join core.map_identity as logins"
            " on logins.id_type = 'login_id' and days.subject = logins.person_id"
            " where days.subject_type = 'person' and days.business_line = 'ALL'"
            " and logins.id_value in (?, ?) and days.active_events > 0 order by all",
            sorted({who for _, who in device["turns"]}),
        )
        counted = Counter(
            (who, datetime.fromtimestamp(second, ZoneInfo("Asia/Shanghai")).date())
            for second, who in device["uses"]
        )
        assert {(who, day): uses for who, day, uses in used} == counted


def test_a_front_desk_s_phone_joins_nobody(made) -> None:
    """T18: people behind one phone stay apart, and what was refused says why."""
    settings, truth, _ = made
    desks = truth.data["shared"]["phones"]
    refused = ask_work(
        settings,
        "select count(distinct value_b), count(*) from intermediate.int_identity_rejected_edge"
        " where reason = 'shared_contact' and value_a like 'con-fd%'",
    )
    people = sum(desk["people"] for desk in desks)
    assert refused == [(len(desks), people)]
    found = ask_work(
        settings,
        "select count(distinct person_id) from core.map_identity"
        " where id_type = 'contact_id' and id_value like 'con-fd%'",
    )
    assert found == [(people,)]


def test_leads_of_each_priority_are_won_as_often_as_planted(made) -> None:
    """T11: classes of one day among all leads open then, and the opportunities opened since."""
    settings, truth, _ = made
    said = truth.data["priority"]
    asked = ask_work(settings, priority_query.CLASSES, {"as_of": said["as_of"]})
    found = {name: counts for name, *counts in asked}
    assert found == {
        name: [counts[what] for what in ("leads", "won", "lost")]
        for name, counts in said["classes"].items()
    }


def test_the_keyword_that_fell_is_seen_to_fall_and_then_not_ranked(made) -> None:
    """T22: third, eighteenth a week later, and then no number at all."""
    settings, truth, _ = made
    said = truth.data["seo"]
    ranks = dict(
        ask_work(
            settings,
            "select date, rank from staging.stg_seo_rank_daily"
            f" where keyword = '{said['keyword']}' and device = 'desktop'",
        )
    )
    falls, gone = said["falls_on"], said["gone_from"]
    assert {rank for day, rank in ranks.items() if day < falls} == {3}
    assert ranks[falls] - ranks[falls - timedelta(days=7)] == 15
    assert {rank for day, rank in ranks.items() if falls <= day < gone} == {18}
    assert {rank for day, rank in ranks.items() if day >= gone} == {None}
    assert max(ranks) == NIGHTS[-1]
