"""The lifecycle spine against a naive walk through every subject's days (K01)."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from journey_oracle import history
from journey_project import TABLE, found, persons
from journey_rows import AS_OF, FIRST, Row, Story, at, on
from journey_world import written_world

from compiled_case import Compiled
from warehouse_case import fetch

Episodes = dict[tuple[str, str], list[dict[str, Any]]]
MOMENTS = ("00:00:00", "00:00:01", "12:00:00", "23:59:59")


def order(row: dict[str, Any]) -> tuple[Any, ...]:
    """Rows of one subject, told apart also where they happen at one instant."""
    return row["entered_at"], row["cycle"], row["stage"]


def expected(rows: Mapping[str, Sequence[Row]], as_of: date, names: dict[str, str]) -> Episodes:
    """Episodes of the naive walk by the ids that the tables use."""
    given_rows: Any = {entity: list(rows.get(entity, ())) for entity in ENTITIES}
    episodes: Episodes = {}
    for kind, subject, row in history(given_rows, as_of):
        named = names[subject] if kind == "person" else subject
        episodes.setdefault((kind, named), []).append(row)
    return {key: sorted(rows, key=order) for key, rows in episodes.items()}


ENTITIES = ("account", "company_account", "employee_account", "contact", "pageview", "form_submit",
            "cdr", "lead", "app_event", "opportunity", "contract", "subscription_item")  # fmt: skip


def assert_equal(journey: Compiled, rows: Mapping[str, Sequence[Row]], as_of: date) -> None:
    """Compare every episode of every subject with the naive walk."""
    wanted = expected(rows, as_of, persons(journey))
    built = {key: sorted(rows, key=order) for key, rows in found(journey).items()}
    assert built.keys() == wanted.keys()
    for key, episodes in wanted.items():
        assert built[key] == episodes, key


@pytest.mark.parametrize(
    "as_of",
    [AS_OF, date(2020, 2, 29), date(2020, 5, 31), date(2020, 6, 1), date(2021, 1, 3),
     date(2021, 1, 10)],
    ids=str,
)  # fmt: skip
def test_the_history_is_that_of_the_naive_walk_at_any_as_of(journey: Compiled, as_of: date) -> None:
    rows = written_world()
    journey.build(rows, as_of)
    assert_equal(journey, rows, as_of)


@pytest.fixture(scope="module")
def written(journey: Compiled) -> Episodes:
    """Episodes of the written world at AS_OF, persons by their number."""
    journey.build(written_world(), AS_OF)
    assert fetch(
        journey.con,
        f"select company_id from core.dim_company left join {TABLE} on company_id = subject"
        " and exited_at is null where stage is distinct from lifecycle_stage",
    ) == [], "dim_company.lifecycle_stage is not the open stage"  # fmt: skip
    numbers = {person: number for number, person in persons(journey).items()}
    return {
        (kind, numbers.get(subject, subject)): sorted(rows, key=order)
        for (kind, subject), rows in found(journey).items()
    }


def entries(rows: list[dict[str, Any]], stage: str) -> list[Any]:
    """When a subject entered a stage."""
    return [row["entered_at"] for row in rows if row["stage"] == stage]


def test_the_written_cases_reach_every_stage_and_flag(written: Episodes) -> None:
    rows = [(kind, row) for (kind, _), rows in written.items() for row in rows]
    stages = {(kind, row["stage"]) for kind, row in rows}
    ladder = {"visitor", "lead", "valid_lead", "activated", "opportunity", "customer", "retained",
              "expanded", "churned"}  # fmt: skip
    assert stages == {(kind, stage) for kind in ("person", "company") for stage in ladder}
    for flag in ("is_skipping", "is_backward", "is_reentered", "is_reawakened", "is_churned"):
        assert {kind for kind, row in rows if row[flag]} == {"person", "company"}, flag


def test_a_person_that_takes_every_step_waits_on_each(written: Episodes) -> None:
    steps = [(row["stage"], row["entered_at"]) for row in written["person", "1"]][:6]
    assert steps == [
        ("visitor", at("2020-02-29 23:59:59")), ("lead", at("2020-03-02 00:00:00")),
        ("valid_lead", at("2020-03-04 15:00:00")), ("activated", at("2020-03-13 23:59:59")),
        ("opportunity", at("2020-03-20 10:00:00")), ("customer", at("2020-04-01 00:00:00")),
    ]  # fmt: skip


def test_the_thirtieth_day_of_silence_is_churn_whatever_the_second(written: Episodes) -> None:
    churns = {person: entries(written["person", person], "churned")[0] for person in "6789"}
    assert churns == {
        "6": at("2020-06-30 00:00:00"),  # back a second before that day ends
        "7": at("2020-05-31 00:00:00"),
        "8": at("2020-05-31 00:00:00"),
        "9": at("2020-06-29 00:00:00"),
    }


def test_a_fourth_week_in_a_row_retains_over_iso_week_53(written: Episodes) -> None:
    assert entries(written["company", "t:t4"], "retained") == [at("2021-01-04 00:00:00")]


def test_a_day_without_service_is_churn_and_a_renewal_without_gap_is_none(
    written: Episodes,
) -> None:
    company = written["company", "t:t5"]
    assert entries(company, "churned")[0] == at("2020-05-01 00:00:00")
    assert entries(company, "customer") == [at("2020-03-01 00:00:00"), at("2020-05-02 00:00:00")]
    assert entries(written["company", "t:t6"], "churned") == []


days = st.integers(0, (AS_OF - FIRST).days + 5).map(lambda n: FIRST + timedelta(days=n))
instants = st.tuples(days, st.sampled_from(MOMENTS)).map(lambda given: on(*given))
people, firms = st.integers(1, 4), st.integers(1, 2)
events = st.sampled_from(["create_quote", "view_dashboard", "heartbeat"])
lines = st.sampled_from(["erp", "crm", None])
acts = st.one_of(
    st.tuples(st.just("visit"), people, instants),
    st.tuples(st.just("form"), people, instants, st.sampled_from(["demo", "register"])),
    st.tuples(st.just("call"), people, instants),
    st.tuples(st.just("use"), people, instants, events, st.one_of(st.none(), firms)),
    st.tuples(st.just("weeks"), people, days, st.integers(2, 6), firms),
    st.tuples(st.just("deal"), firms, instants, st.one_of(st.none(), people)),
    st.tuples(st.just("contract"), firms, days, st.integers(2, 200), lines,
              st.sampled_from(["new", "renewal"]), st.one_of(st.none(), people)),
)  # fmt: skip
worlds = st.tuples(
    st.lists(acts, min_size=10, max_size=60),
    st.lists(instants, min_size=2, max_size=2),
    st.lists(st.tuples(firms, instants), min_size=4, max_size=4),
    st.lists(st.one_of(st.none(), st.tuples(instants, instants)), min_size=4, max_size=4),
)


def told(world: Any) -> dict[str, list[Row]]:
    """Rows of a drawn world."""
    drawn, openings, jobs, leads = world
    story = Story()
    for number, opened in enumerate(openings, 1):
        story.company(number, opened, merged=True)
    for number, (company, opened) in enumerate(jobs, 1):
        story.person(number)
        story.job(number, company, opened)
        story.contact(number, None, opened)
    for number, moments in enumerate(leads, 1):
        if moments:
            story.lead(number, *moments)
    for act, *details in drawn:
        tell(story, act, details)
    return dict(story.rows)


def tell(story: Story, act: str, details: list[Any]) -> None:
    """Add the rows of one act."""
    if act == "visit":
        story.visit(f"c{details[0]}", details[1])
    elif act == "form":
        story.form(details[0], details[1], f"c{details[0]}b", details[2])
    elif act == "call":
        story.call_in(*details)
    elif act == "use":
        story.use(details[0], details[2], details[1], details[3])
    elif act == "weeks":
        for week in range(details[2]):
            day = details[1] + timedelta(days=7 * week)
            story.use(details[0], "view_dashboard", on(day, MOMENTS[week % 4]), details[3])
    elif act == "deal":
        story.deal(*details)
    else:
        company, start, length, line, kind, person = details
        deal = story.deal(company, None, person) if person else None
        story.contract(company, start, length, line, deal, kind=kind)


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(world=worlds, as_of=days)
def test_any_world_at_any_as_of_is_that_of_the_naive_walk(
    journey: Compiled, world: Any, as_of: date
) -> None:
    rows = told(world)
    journey.build(rows, as_of)
    assert_equal(journey, rows, as_of)
