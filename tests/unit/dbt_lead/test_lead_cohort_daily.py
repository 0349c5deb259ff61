"""lead.lead_cohort_daily against a naive recount of the leads."""

from datetime import date

import pytest
from lead_world import AS_OF

from warehouse_case import fetch

MARCH = date(2026, 3, 2)


@pytest.fixture(scope="module")
def cohorts(warehouse) -> dict[tuple, dict]:
    rows = fetch(warehouse, "select * from lead.lead_cohort_daily")
    return {(r["created_date"], r["channel"], r["industry"], r["owner"]): r for r in rows}


def test_every_column_of_every_row_equals_the_naive_recount(cohorts, oracle):
    expected = oracle.cohorts()
    assert set(cohorts) == set(expected)
    for key, truth in expected.items():
        found = {name: cohorts[key][name] for name in truth}
        wanted = {n: v if v is None else pytest.approx(v) for n, v in truth.items()}
        assert found == wanted, key


def test_windows_include_their_last_second(cohorts, warehouse):
    row = next(r for k, r in cohorts.items() if (k[0], k[3]) == (MARCH, "o1"))
    # day14 became valid at the last moment, day14b a second late; opp60 got its opportunity at
    # the last moment, opp60b a second late, but within 60 days of valid_at
    valid = fetch(
        warehouse,
        "select count(*) as n from lead.leads where industry = 'software'"
        " and lead_id in ('day14', 'day14b', 'opp60', 'opp60b')"
        " and valid_at <= created_at + interval '14 days'",
    )
    assert valid == [{"n": 3}]
    # opp60 and early; opp60b only among the valid ones
    assert row["lead_to_opp_rate_num"] == 2
    assert row["valid_to_opp_rate_num"] == 3
    # paid180 starts on day 180, paid181 a day later, customer long before
    assert row["lead_to_paid_rate_num"] == 1


def test_shares_of_a_date_add_up_to_one(cohorts):
    totals: dict[date, float] = {}
    for (day, *_), row in cohorts.items():
        totals[day] = totals.get(day, 0) + row["lead_share"]
    assert totals == {day: pytest.approx(1) for day in totals}


def test_cohort_of_as_of_has_no_rate_yet(cohorts):
    young = [row for key, row in cohorts.items() if key[0] == AS_OF]
    assert young
    for row in young:
        assert (row["valid_rate"], row["valid_rate_num"], row["valid_rate_den"]) == (None,) * 3
        assert not row["is_mature_valid"]
