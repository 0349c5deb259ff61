"""Opportunities and the daily pipeline against naive loops over the input rows (E07-E13)."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median

import duckdb
import pytest
from pipeline_rows import AS_OF, OPEN_STAGES, Row

from warehouse_case import fetch

SHANGHAI = timedelta(hours=8)
CLOSED = ("won", "lost")


def business_day(at: datetime | None) -> date | None:
    """Return the day of an instant in Shanghai; what lies after AS_OF is not known yet."""
    day = None if at is None else (at + SHANGHAI).date()
    return None if day is None or day > AS_OF else day


@dataclass(frozen=True)
class Stay:
    """One stay of a deal in an open stage, in business days; left is None while it lasts."""

    deal: str
    company: str
    owner: str
    amount: float
    stage: str
    entered: date
    left: date | None
    closed: date | None
    is_won: bool

    def is_open(self, on: date) -> bool:
        """Say whether the deal is in the stage at the end of a day."""
        return self.entered <= on and (self.left is None or self.left > on)


def naive_stays(rows: dict[str, list[Row]]) -> list[Stay]:
    """Read the stage history: a forgotten exit is the next entry, else the close."""
    stays = []
    for deal in rows["opportunity"]:
        if business_day(deal["created_at"]) is None:
            continue
        history = [
            row
            for row in rows["opp_stage_history"]
            if row["opportunity_id"] == deal["opportunity_id"] and business_day(row["entered_at"])
        ]
        history.sort(key=lambda row: row["entered_at"])
        for number, row in enumerate(history):
            if row["stage"] in CLOSED:
                continue
            following = history[number + 1]["entered_at"] if number + 1 < len(history) else None
            left = business_day(row["exited_at"]) or business_day(following)
            stays.append(
                Stay(
                    deal["opportunity_id"],
                    f"a:{deal['account_id']}",
                    deal["owner_id"] or "(none)",
                    float(deal["amount"]),
                    row["stage"],
                    business_day(row["entered_at"]),
                    left or business_day(deal["closed_at"]),
                    business_day(deal["closed_at"]),
                    deal["stage"] == "won",
                )
            )
    return stays


def band(days: int) -> int:
    """Return the number of the stage-age band: 0-7, 8-30, 31-60, 61-90, 91 days and more."""
    return sum(days > edge for edge in (7, 30, 60, 90))


def two_years_after(day: date) -> date:
    """Return the day 24 months later, 29 February becoming the 28th."""
    return date(day.year + 2, day.month, min(day.day, 28) if day.month == 2 else day.day)


def win_chance(stays: list[Stay], stage: str, age: int, on: date) -> tuple[int, int]:
    """Return won + 1 and closed + 2 of the deals closed in 24 months that passed by (E11)."""
    passed = {}
    for stay in stays:
        if stay.closed and stay.closed <= on < two_years_after(stay.closed):
            if stay.stage == stage and band((stay.left - stay.entered).days) >= band(age):
                passed[stay.deal] = stay.is_won
    return sum(passed.values()) + 1, len(passed) + 2


@pytest.fixture(scope="module")
def stays(pipeline_rows: dict[str, list[Row]]) -> list[Stay]:
    """All stays of all deals in open stages."""
    return naive_stays(pipeline_rows)


@pytest.fixture(scope="module")
def opportunities(pipeline_warehouse: duckdb.DuckDBPyConnection) -> dict[str, Row]:
    """Built opportunities by id."""
    rows = fetch(pipeline_warehouse, "select * from opportunity.opportunities")
    return {row["opportunity_id"]: row for row in rows}


@pytest.fixture(scope="module")
def pipeline(pipeline_warehouse: duckdb.DuckDBPyConnection) -> dict[tuple[date, str, str], Row]:
    """Built pipeline by day, owner and stage."""
    rows = fetch(pipeline_warehouse, "select * from opportunity.pipeline_daily")
    built = {(row["snapshot_date"], row["owner"], row["stage"]): row for row in rows}
    assert len(built) == len(rows)
    return built


def test_every_opportunity_created_by_as_of_is_one_row(
    pipeline_rows: dict[str, list[Row]], opportunities: dict[str, Row]
) -> None:
    created = {
        row["opportunity_id"]
        for row in pipeline_rows["opportunity"]
        if business_day(row["created_at"])
    }
    assert set(opportunities) == created
    assert "fresh" in created


def test_a_close_after_as_of_is_not_known(opportunities: dict[str, Row]) -> None:
    future = opportunities["future"]
    assert (future["stage"], future["closed_at"], future["won_at"]) == ("negotiation", None, None)
    assert future["win_prob"] is not None
    assert future["age_days"] == 30


def test_cycles_count_business_days_from_the_lead(opportunities: dict[str, Row]) -> None:
    won = opportunities["won"]
    # the lead came on 31 December at 23:30 in Shanghai, the deal was won on 4 February
    assert (won["cycle_days"], won["age_days"]) == (35, 30)
    assert opportunities["open"]["cycle_days"] is None
    assert opportunities["sameday"]["lost_reason"] == "price"


def test_a_reopened_deal_is_open_again(
    opportunities: dict[str, Row], pipeline: dict[tuple[date, str, str], Row]
) -> None:
    assert opportunities["reopened"]["closed_at"] is None
    assert pipeline[date(2026, 3, 10), "o1", "discovery"]["entered"] >= 1


def test_win_chance_equals_the_naive_count(
    stays: list[Stay], opportunities: dict[str, Row]
) -> None:
    checked = 0
    for stay in stays:
        row = opportunities[stay.deal]
        if stay.left is None:
            won, closed = win_chance(stays, stay.stage, (AS_OF - stay.entered).days, AS_OF)
            assert (row["win_prob_num"], row["win_prob_den"]) == (won, closed), stay
            assert row["win_prob"] == pytest.approx(won / closed)
            checked += 1
    assert checked > 50
    assert all(row["win_prob"] is None for row in opportunities.values() if row["closed_at"])


def effective_calls(rows: dict[str, list[Row]]) -> set[tuple[str, date]]:
    """Return (company, day) of the outbound calls answered for at least 30 seconds."""
    companies = {row["phone_hash"]: f"a:{row['account_id']}" for row in rows["contact"]}
    return {
        (companies[call["callee_hash"]], business_day(call["start_at"]))
        for call in rows["cdr"]
        if call["direction"] == "out"
        and call["outcome"] == "answered"
        and call["talk_seconds"] >= 30
        and business_day(call["start_at"])
    }


def sampled_days() -> Iterator[date]:
    """Yield every ninth day, the last 40 days, and the leap day."""
    days = [date(2023, 10, 1) + timedelta(days=number) for number in range(913)]
    yield from (
        day
        for day in days
        if day.toordinal() % 9 == 0 or day > AS_OF - timedelta(40) or day == date(2024, 2, 29)
    )


def test_pipeline_of_a_day_equals_the_naive_loop(
    stays: list[Stay],
    pipeline_rows: dict[str, list[Row]],
    pipeline: dict[tuple[date, str, str], Row],
) -> None:
    called = effective_calls(pipeline_rows)
    covered_before = 0
    for day in sampled_days():
        expected = defaultdict(list)
        for stay in stays:
            if stay.is_open(day) or day in (stay.entered, stay.left):
                expected[day, stay.owner, stay.stage].append(stay)
        assert {key for key in pipeline if key[0] == day} == set(expected), day
        for key, group in expected.items():
            row, typical = pipeline[key], usual_days(stays, key[2], day)
            inside = [stay for stay in group if stay.is_open(day)]
            weighted = 0.0
            for stay in inside:
                won, closed = win_chance(stays, stay.stage, (day - stay.entered).days, day)
                weighted += stay.amount * won / closed
            fourteen = {day - timedelta(days=number) for number in range(14)}
            covered = sum(any((stay.company, on) in called for on in fourteen) for stay in inside)
            covered_before += covered
            stuck = (
                sum((day - stay.entered).days > 2 * typical for stay in inside)
                if typical is not None
                else (None if inside else 0)
            )
            assert row["open_count"] == len(inside), key
            assert float(row["open_amount"]) == sum(stay.amount for stay in inside), key
            assert float(row["weighted_amount"]) == pytest.approx(weighted, abs=0.011), key
            assert row["entered"] == sum(stay.entered == day for stay in group), key
            assert row["exited"] == sum(stay.left == day for stay in group), key
            assert row["median_days"] == typical, key
            assert row["stuck_count"] == stuck, key
            assert row["callback_coverage_num"] == covered, key
            coverage = covered / len(inside) if inside else None
            assert row["callback_coverage"] == pytest.approx(coverage), key
    assert covered_before > 100


def usual_days(stays: list[Stay], stage: str, day: date) -> float | None:
    """Return the median stage time of the exits of the 365 days up to a day."""
    times = [
        (stay.left - stay.entered).days
        for stay in stays
        if stay.stage == stage and stay.left and day - timedelta(days=365) < stay.left <= day
    ]
    return median(times) if times else None


def test_entries_to_date_are_exits_to_date_and_open(
    pipeline: dict[tuple[date, str, str], Row],
) -> None:
    balance: dict[tuple[str, str], int] = defaultdict(int)
    for (_, owner, stage), row in sorted(pipeline.items()):
        balance[owner, stage] += row["entered"] - row["exited"]
        assert row["open_count"] == balance[owner, stage]
    assert {stage for _, stage in balance} == set(OPEN_STAGES)


def test_a_regression_is_a_new_entry_and_midnight_divides_days(
    stays: list[Stay], pipeline: dict[tuple[date, str, str], Row]
) -> None:
    again = [stay for stay in stays if stay.deal == "back" and stay.stage == "demo"]
    assert [stay.entered for stay in again] == [date(2026, 2, 1), date(2026, 2, 21)]
    assert pipeline[date(2026, 2, 21), "o1", "demo"]["entered"] >= 1
    assert pipeline[date(2026, 3, 4), "o1", "discovery"]["entered"] >= 1
    assert pipeline[date(2026, 3, 5), "o1", "discovery"]["exited"] >= 1
