"""Persons, against the rules of spec/identity.md applied one edge at a time."""

from core_world import CHAIN
from duckdb import DuckDBPyConnection
from identity_oracle import graph_of, persons

from warehouse_case import Row, fetch


def test_every_id_belongs_to_the_person_that_the_sequential_rules_name(
    core: DuckDBPyConnection, rows: dict[str, list[Row]]
) -> None:
    expected, _ = persons(graph_of(rows))
    found = {
        (row["id_type"], row["id_value"]): row["person_id"]
        for row in fetch(core, "select id_type, id_value, person_id from core.map_identity")
    }
    assert found == expected
    assert len(set(expected.values())) < len(expected)


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
