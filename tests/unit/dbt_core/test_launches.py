"""Launches, versions and virtual events against a walk over the same rows; definitions that run."""

from collections import Counter

import launch_world as naive
import pytest
from duckdb import DuckDBPyConnection

from warehouse_case import PROJECT, Row, fetch

Rows = dict[str, list[Row]]


def test_an_app_is_launched_again_after_half_a_minute_in_the_back(
    core: DuckDBPyConnection, rows: Rows
) -> None:
    found = fetch(core, "select * from core.fct_launch where kind = 'app'")
    seen = Counter(
        (naive.device_of(row), row["started_at"], row["ended_at"], row["has_known_duration"])
        for row in found
    )
    expected = naive.launches(rows["app_event"])
    assert seen == expected
    assert {known for *_, known in expected} == {True, False}
    assert any(end - start == naive.CAP for _, start, end, _ in expected)
    assert all(
        row["duration_seconds"] == (row["ended_at"] - row["started_at"]).total_seconds()
        and row["person_id"]
        and row["terminal"] == "app"
        for row in found
    )


def test_every_visit_is_a_launch_of_its_site(core: DuckDBPyConnection) -> None:
    visits = (
        "select session_id, person_id, started_at, least(duration_seconds, 14400)"
        " from core.fct_web_session"
    )
    launches = (
        "select replace(launch_id, 'web:', ''), person_id, started_at, duration_seconds"
        " from core.fct_launch where kind = 'web' and terminal = 'web' and site_id = 'www'"
    )
    found = core.execute(launches).fetchall()
    assert sorted(found) == sorted(core.execute(visits).fetchall())
    assert found


def test_versions_are_those_that_events_were_seen_of(core: DuckDBPyConnection, rows: Rows) -> None:
    found = fetch(core, "select * from core.dim_version where origin = 'app'")
    counted = {(row["product_version"], row["sdk"]): row["events"] for row in found}
    assert counted == naive.versions(rows["app_event"])
    assert len(counted) > 4


def test_an_event_counts_once_for_a_virtual_event_whatever_members_it_matches(
    core: DuckDBPyConnection, rows: Rows
) -> None:
    found = core.execute(
        "select event_id, virtual_event, member_no from intermediate.int_virtual_event"
        " where origin = 'app'"
    ).fetchall()
    expected = naive.virtual(rows["app_event"])
    assert len(found) == len(expected) > 50
    assert set(found) == expected
    assert {name for _, name, _ in expected} == {"core_features", "reports", "desktop_quotes"}


@pytest.mark.parametrize("seed", ["funnels", "segments", "metric_defs"])
def test_a_definition_names_columns_that_are_there(core: DuckDBPyConnection, seed: str) -> None:
    of_subject = {"person": "core.dim_person", "company": "core.dim_company"}
    tables = {table for (table,) in core.execute(
        "select schema_name || '.' || table_name from duckdb_tables()").fetchall()}  # fmt: skip
    for row in naive.read(PROJECT / "seeds" / f"{seed}.csv"):
        table = row.get("source_table") or of_subject.get(row.get("subject_type", ""))
        table = table or "core.fct_business_event"
        assert table in tables, row
        when = row.get("event_at") or "1"
        core.execute(f"select {when} from {table} where {row['predicate']} limit 1")
