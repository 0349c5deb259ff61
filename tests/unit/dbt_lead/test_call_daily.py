"""lead.call_daily against a naive recount of the calls."""

from datetime import date

import pytest

from warehouse_case import fetch


@pytest.fixture(scope="module")
def days(warehouse) -> dict[tuple, dict]:
    rows = fetch(warehouse, "select * from lead.call_daily")
    return {(r["date"], r["agent"], r["direction"], r["campaign"]): r for r in rows}


def test_every_column_of_every_row_equals_the_naive_recount(days, oracle):
    expected = oracle.call_days()
    assert set(days) == set(expected)
    for key, truth in expected.items():
        found = {name: days[key][name] for name in truth}
        wanted = {n: v if v is None else pytest.approx(v) for n, v in truth.items()}
        assert found == wanted, key
    assert any(row["to_opp_rate"] for row in days.values())


def test_graded_d_counts_as_refused_and_so_does_a_customer_hanging_up_early(days):
    # grade_a to grade_c: first call graded D, second graded A, B, C; three more calls are ungraded
    row = days[date(2026, 11, 3), "a1", "out", "first_callback"]
    assert (row["intent_a"], row["intent_b"], row["intent_c"], row["intent_d"]) == (1, 1, 1, 3)
    assert row["refusal_rate_num"] >= 3
    assert row["csat"] == 1.0


def test_rate_of_a_day_within_thirty_days_of_as_of_is_null(days):
    for key, row in days.items():
        if key[0] > date(2026, 10, 21):
            assert (row["to_opp_rate"], row["to_opp_rate_den"]) == (None, None)
    assert any(row["to_opp_rate_den"] for key, row in days.items() if key[0] <= date(2026, 10, 21))


def test_inbound_calls_are_rows_of_their_own(days):
    row = days[date(2026, 3, 2), "a1", "in", "first_callback"]
    assert (row["attempts"], row["effective_connects"], row["called_leads"]) == (1, 1, 1)
