"""Persons, against the rules of spec/identity.md applied one edge at a time."""

import re
from collections import Counter
from collections.abc import Callable

from core_world import CHAIN
from duckdb import DuckDBPyConnection
from identity_oracle import graph_of, mapped, periods, persons

from warehouse_case import PROJECT, Row, fetch


def test_every_id_belongs_to_the_person_that_the_sequential_rules_name(
    core: DuckDBPyConnection, rows: dict[str, list[Row]]
) -> None:
    expected = periods(rows)
    assert mapped(core) == expected
    assert len({person for spans in expected.values() for _, person in spans}) < len(expected)
    assert any(len(spans) > 2 for spans in expected.values()), "no device is shared"


def test_every_refused_edge_is_logged_with_its_guard(
    core: DuckDBPyConnection, rows: dict[str, list[Row]]
) -> None:
    _, expected = persons(graph_of(rows))
    found = {
        ((row["type_a"], row["value_a"]), (row["type_b"], row["value_b"]), row["reason"])
        for row in fetch(core, "select * from intermediate.int_identity_rejected_edge")
    }
    assert found == expected
    assert {reason for _, _, reason in expected} == {"shared_contact", "cap", "two_logins"}


def test_coverage_counts_what_identity_reaches_and_refuses(
    core: DuckDBPyConnection, rows: dict[str, list[Row]]
) -> None:
    named, refused = persons(graph_of(rows))
    logins = Counter(person for (kind, _), person in named.items() if kind == "login_id")
    anonymous = {"anonymous_id", "device_id", "event_person_key"}
    known = {person for (kind, _), person in named.items() if kind not in anonymous}
    torn = {
        one
        for first, second, _ in refused
        for one, other in ((first, second), (second, first))
        if one[0] == "phone_hash" and named.get(one) != named.get(other)
    }

    def share(sql: str, reached: Callable[[Row], bool]) -> float:
        found = fetch(core, sql)
        return sum(map(reached, found)) / len(found)

    [found] = fetch(core, "select * from audit.identity_coverage")
    assert found == {
        "run_id": "2024-06-30-test",
        "session_person_link_rate": share(
            "select person_id from core.fct_web_session", lambda row: row["person_id"] in known
        ),
        "lead_company_match_rate": share(
            "select company_id from core.fct_lead where is_kept",
            lambda row: bool(row["company_id"]),
        ),
        "orders_person_rate": share(
            "select person_id from core.fct_order", lambda row: row["person_id"] is not None
        ),
        "messages_person_rate": share(
            "select person_id from core.fct_scrm_interaction, range(events) where kind = 'message'",
            lambda row: row["person_id"] is not None,
        ),
        "staff_employee_rate": 0.5,
        "merge_rejects": len(refused),
        "over_merges": sum(count > 1 for count in logins.values()),
        "under_merges": len(torn),
    }
    assert 0 < found["session_person_link_rate"] < 1 and found["under_merges"] > 0
    assert found["over_merges"] == 0


def test_a_chain_of_sixty_forms_is_one_person_whatever_the_order(core: DuckDBPyConnection) -> None:
    found = fetch(
        core,
        "select count(*) as ids, count(distinct person_id) as persons from core.map_identity"
        " where id_value like 'cc%' or id_value like 'ce%' or id_value like 'cp%'"
        " or id_value = 'u99'",
    )
    # 31 cookies, 30 contacts between them, and the login that signed up on the first cookie
    assert found == [{"ids": CHAIN // 2 + 1 + CHAIN // 2 + 1, "persons": 1}]


def test_no_person_has_two_logins(core: DuckDBPyConnection) -> None:
    assert fetch(
        core,
        "select person_id from core.map_identity where id_type = 'login_id'"
        " group by all having count(*) > 1",
    ) == []  # fmt: skip


def test_an_alias_names_an_id_that_no_person_bears_and_one_that_some_person_does(
    core: DuckDBPyConnection,
) -> None:
    found = fetch(core, "select * from core.person_alias")
    alive = {row["person_id"] for row in fetch(core, "select person_id from core.dim_person")}
    assert found
    assert all(row["old_id"] not in alive and row["new_id"] in alive for row in found)


def test_a_person_is_in_one_company_at_a_time(core: DuckDBPyConnection) -> None:
    overlaps = fetch(
        core,
        "select first.person_id from core.bridge_person_company as first"
        " join core.bridge_person_company as second on first.person_id = second.person_id"
        " and first.valid_from < second.valid_from"
        " and (first.valid_to is null or first.valid_to > second.valid_from)",
    )
    assert overlaps == []
    assert fetch(core, "select 1 from core.bridge_person_company limit 1")


def test_the_queries_of_the_handbook_find_everybody(core: DuckDBPyConnection) -> None:
    text = (PROJECT.parent / "docs" / "identity.md").read_text(encoding="utf-8")
    views, alias, members = re.findall(r"```sql\n(.*?)```", text, re.DOTALL)
    asked = core.execute(views).fetchall()
    assert len(asked) == len(dict(asked)) > 150
    [old, new] = core.execute("select old_id, new_id from core.person_alias limit 1").fetchone()
    assert core.execute(alias.replace("an id from an old report", old)).fetchall() == [(new,)]
    found = core.execute(members).fetchall()
    assert len(found) == len(dict(found)) > 0
