"""Volumes are compared with their own past; the oracle is Python's `statistics`."""

import random
from datetime import date, timedelta
from pathlib import Path
from statistics import median

import duckdb
import pytest

from night_case import make_home, put
from release_case import make_candidate
from small_company import ad_spend, pageview
from throughline.checks.batch import BatchFacts, own_results
from throughline.checks.gate import judge_batch
from throughline.checks.own import Likeness
from throughline.checks.release_history import Volumes, volume_results
from throughline.checks.results import CheckResult
from throughline.checks.suites import load_suite
from throughline.checks.volume import bounds, compare
from throughline.landing import find_batch, set_verdict
from throughline.publish.candidate import candidate_path
from throughline.settings import Settings

LIKE = Likeness(enough=4, most=12, deviations=5, within=0.4, at_least=3)
SATURDAY, TUESDAY = date(2026, 4, 11), date(2026, 4, 14)
WEEKDAY_ROWS, SATURDAY_ROWS = 20, 6


def test_bounds_are_those_of_plain_median_and_mad() -> None:
    chance = random.Random(7)
    for _ in range(300):
        known = [chance.randint(0, 500) for _ in range(chance.randint(2, 13))]
        center = median(known)
        mad = median([abs(number - center) for number in known])
        allowed = max(5 * 1.4826 * mad, 0.4 * center, 3)
        assert bounds(known, LIKE) == pytest.approx((center - allowed, center + allowed))


@pytest.mark.parametrize(
    ("value", "before", "status"),
    [
        (100, [100, 100, 100], "not_applicable"),  # warming up: 3 of 4
        (100, [100] * 4, "pass"),
        (141, [100] * 4, "fail"),  # MAD 0: 40 % of 100
        (139, [100] * 4, "pass"),
        (0, [0] * 6, "pass"),
        (3, [0] * 6, "pass"),  # nothing ever came: three are let pass, four are not
        (4, [0] * 6, "fail"),
        (0, [100] * 6, "fail"),
        (100, [100, 100, 100, 100, 9_000, 0], "pass"),  # two odd days move no median
        (9_000, [100, 100, 100, 100, 9_000, 0], "fail"),
        (150, [60, 80, 100, 120, 140], "pass"),  # MAD 20: 5 * 1.4826 * 20 = 148
        (1, [1_000] * 5 + [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], "pass"),  # the newest twelve count
    ],
)  # fmt: skip
def test_number_is_compared_with_the_median_of_earlier_ones(
    value: int, before: list[int], status: str
) -> None:
    assert compare(value, before, LIKE, "rows", "Tuesdays")[0] == status


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Five weeks of page views: 20 on Tuesdays, 6 on Saturdays; 50,000 of spend on Tuesdays."""
    settings = make_home(tmp_path_factory.mktemp("weeks"), ["pageview", "ad_spend_daily"])
    for weeks in range(1, 6):
        put_views(settings, TUESDAY - timedelta(weeks=weeks), WEEKDAY_ROWS)
        put_views(settings, SATURDAY + timedelta(days=7) - timedelta(weeks=weeks), SATURDAY_ROWS)
        spent = TUESDAY - timedelta(weeks=weeks)
        put(settings, "ad_spend_daily", [ad_spend(spent, 50_000)], spent)
    return settings


def put_views(
    settings: Settings, day: date, count: int, status: str = "passed", **more: object
) -> str:
    views = [pageview(day, f"{day}-{number}") for number in range(count)]
    return put(settings, "pageview", views, day, status=status, **more)


def judged(settings: Settings, batch_id: str, word: str = "rows_like") -> CheckResult:
    """The volume result of a batch, which is withdrawn afterwards."""
    batch = find_batch(settings, batch_id)
    assert batch is not None
    suite = load_suite("input", batch.entity)
    (item,) = [item for item in suite.own if word in item.type]
    narrow = item.model_copy(update={"kwargs": {**item.kwargs, "at_least": 3}})
    found = own_results(
        suite.model_copy(update={"expectations": (narrow,)}), BatchFacts.of(settings, batch)
    )
    set_verdict(settings, batch_id, "withdrawn", "test", "looked at")
    return found[-1]


def test_usual_saturday_passes_although_it_is_a_third_of_a_weekday(home: Settings) -> None:
    night = SATURDAY + timedelta(days=7)
    result = judged(home, put_views(home, night, SATURDAY_ROWS, "landed", minute=1))
    assert (result.status, result.severity) == ("pass", "warning")
    # 6 rows on each of the Saturdays; |x - 6| may be max(0, 0.4 * 6, 3) = 3
    assert result.observed == "6 rows; 3 to 9 usual, median 6 of 5 earlier Saturdays"


@pytest.mark.parametrize(
    ("count", "status"), [(WEEKDAY_ROWS, "pass"), (10, "fail"), (40, "fail"), (6, "fail")]
)
def test_halved_or_doubled_tuesday_fails(home: Settings, count: int, status: str) -> None:
    result = judged(home, put_views(home, TUESDAY, count, "landed", minute=count))
    assert result.status == status, result.observed


def test_saturdays_rows_on_a_tuesday_are_compared_with_tuesdays(home: Settings) -> None:
    result = judged(home, put_views(home, TUESDAY, SATURDAY_ROWS, "landed", minute=2))
    assert "median 20 of 5 earlier Tuesdays" in result.observed


def test_amounts_are_compared_as_rows_are(home: Settings) -> None:
    for cost, status in ((50_000, "pass"), (20_000, "fail"), (150_000, "fail")):
        spend = put(
            home, "ad_spend_daily", [ad_spend(TUESDAY, cost)], TUESDAY, status="landed", minute=3
        )
        assert judged(home, spend, "amount_like").status == status


def test_fewer_weeks_than_needed_are_a_warm_up_and_said_so(tmp_path: Path) -> None:
    settings = make_home(tmp_path, ["pageview"])
    for back in (7, 14, 21):
        put_views(settings, TUESDAY - timedelta(days=back), 20)
    result = judged(settings, put_views(settings, TUESDAY, 1, "landed"))
    assert result.status == "not_applicable"
    assert result.observed == "1 rows; warming up: 3 of 4 earlier Tuesdays"


def test_held_withdrawn_late_and_longer_batches_are_no_measure(tmp_path: Path) -> None:
    settings = make_home(tmp_path, ["pageview"])
    days = [TUESDAY - timedelta(days=7 * weeks) for weeks in range(1, 8)]
    for day in days[:4]:
        put_views(settings, day, 20)
    put_views(settings, days[4], 90, "held")
    put_views(settings, days[5], 90, "withdrawn")
    views = [pageview(days[6], f"late-{number}") for number in range(90)]
    put(settings, "pageview", views, days[6] + timedelta(days=3), days[6].isoformat())
    span = f"{days[6]}_{TUESDAY - timedelta(days=7)}"
    put(settings, "pageview", views, TUESDAY - timedelta(days=7), span)
    result = judged(settings, put_views(settings, TUESDAY, 20, "landed"))
    assert result.observed.endswith("median 20 of 4 earlier Tuesdays")


def test_gate_reports_volume_beside_the_suite(home: Settings) -> None:
    batch = find_batch(home, put_views(home, TUESDAY, WEEKDAY_ROWS, "landed", minute=4))
    verdict, results = judge_batch(home, batch)
    assert verdict == "passed"
    declared = {item.label for item in load_suite("input", "pageview").expectations}
    assert declared <= {result.expectation for result in results}
    set_verdict(home, batch.batch_id, "withdrawn", "test", "looked at")


SUITE = load_suite("lead", "leads")


def release(settings: Settings, day: date, rows: int, **info: object) -> Path:
    """A release of a night with so many leads."""
    run = make_candidate(settings, f"{day}-{rows}", day)
    path = candidate_path(settings, run.run_id)
    with duckdb.connect(str(path)) as con:
        con.execute(f"create or replace table lead.leads as from range({rows})")
        for column, value in info.items():
            con.execute(f"update build_info set {column} = ?", [value])
    target = settings.release_folder / path.name
    target.parent.mkdir(parents=True, exist_ok=True)
    return path.rename(target)


def test_stage_table_is_compared_with_earlier_releases(tmp_path: Path) -> None:
    settings = make_home(tmp_path, ["lead"])
    for back in range(1, 6):
        release(settings, TUESDAY - timedelta(days=back), 1_000 - back)
    release(settings, TUESDAY - timedelta(days=2), 9, is_backdated=True)
    release(settings, TUESDAY + timedelta(days=1), 7)
    for rows, status in ((1_040, "pass"), (500, "fail"), (2_080, "fail"), (0, "fail")):
        candidate = release(settings, TUESDAY, rows)
        (result,) = volume_results(SUITE, Volumes(settings, candidate), left_out=False)
        assert result.status == status
        assert result.observed.endswith("median 997 of 5 earlier releases")


def test_first_releases_are_a_warm_up(tmp_path: Path) -> None:
    settings = make_home(tmp_path, ["lead"])
    candidate = release(settings, TUESDAY, 5)
    (result,) = volume_results(SUITE, Volumes(settings, candidate), left_out=False)
    assert result.status == "not_applicable"
    assert result.observed == "5 rows; warming up: 0 of 4 earlier releases"


def test_table_that_is_not_there_is_an_error_unless_it_is_left_out(tmp_path: Path) -> None:
    settings = make_home(tmp_path, ["lead"])
    volumes = Volumes(settings, release(settings, TUESDAY, 5))
    suite = load_suite("lead", "call_daily")
    assert volume_results(suite, volumes, left_out=False)[0].status == "error"
    assert volume_results(suite, volumes, left_out=True)[0].status == "not_applicable"
    gone = Volumes(settings, tmp_path / "gone.duckdb")
    assert volume_results(suite, gone, left_out=False)[0].status == "error"
