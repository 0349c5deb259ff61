"""Persons of drawn graphs: sequential rules, plain components, and batches that come later."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import md5
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from identity_oracle import Graph, Node, graph_of, mapped, periods, persons
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from compiled_case import Compiled
from warehouse_case import Row, fetch

AS_OF = date(2024, 6, 30)
BORN = datetime(2024, 1, 1, tzinfo=UTC)
Rows = dict[str, list[Row]]
FEW = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    """The identity map, its rejected edges, and all that they read."""
    folder = tmp_path_factory.mktemp("identity") / "case"
    folder.mkdir()
    return Compiled.on_no_rows(
        folder, AS_OF, "map_identity", "person_alias", "int_identity_rejected_edge"
    )


def named(identity: Compiled, rows: Mapping[str, Sequence[Row]]) -> dict[Node, str]:
    """Person that the graph gives every node that the models find in rows."""
    identity.build(rows, AS_OF)
    found = fetch(identity.con, "select * from intermediate.int_identity_nodes__named")
    return {(row["node_type"], row["node_value"]): row["person_id"] for row in found}


def phone_hash(number: int) -> str:
    """Hash of a phone; the eighth is a service line."""
    return "k:shared:8" if number == 8 else f"p{number}"


def form(number: int, minute: int, cookie: int, phone: int | None, email: int | None) -> Row:
    """A form of a cookie."""
    when = BORN + timedelta(minutes=minute)
    return {"event_id": f"f{number}", "anonymous_id": f"c{cookie}", "event_time": when,
            "received_at": when, "type": "demo", "phone_hash": phone and phone_hash(phone),
            "email_hash": email and f"e{email}"}  # fmt: skip


def event(number: int, minute: int, login: int | None, cookie: int | None, device: int | None,
          signs_up: bool, name: str = "heartbeat") -> Row:  # fmt: skip
    """A product event."""
    when = BORN + timedelta(minutes=minute)
    who = login and f"u{login}"
    anonymous = cookie and f"c{cookie}"
    return {"event_id": f"x{number}", "type": "track_signup" if signs_up else "track",
            "event": name, "distinct_id": who or anonymous or f"c{number % 5 + 1}",
            "login_id": who, "anonymous_id": anonymous, "device_id": device and f"d{device}",
            "original_id": f"c{number % 7 + 1}" if signs_up else None, "event_time": when,
            "received_at": when}  # fmt: skip


def lead(number: int, minute: int, phone: int | None, email: int | None, name: int) -> Row:
    """A lead; a phone under six names is shared."""
    return {"lead_id": f"l{number}", "created_at": BORN + timedelta(minutes=minute),
            "phone_hash": phone and phone_hash(phone), "email_hash": email and f"e{email}",
            "name_hash": f"n{name}", "status": "new"}  # fmt: skip


def some(most: int) -> Any:
    """A number of an id, or none."""
    return st.one_of(st.none(), st.integers(1, most))


minutes = st.integers(0, 60)  # few, so that many are first seen at the same instant
forms = st.tuples(minutes, st.integers(1, 60), some(8), some(8))
names = st.sampled_from(["heartbeat", "heartbeat", "Logout"])
events = st.tuples(minutes, some(5), some(12), some(4), st.booleans(), names)
leads = st.tuples(minutes, some(8), some(8), st.integers(1, 9))
worlds = st.tuples(
    st.lists(forms, max_size=70), st.lists(events, max_size=30), st.lists(leads, max_size=25)
)


def told(world: Any, first: int = 0, shift: int = 0) -> Rows:
    """Rows of a drawn world, numbered from `first`, its ids moved by `shift`."""

    def moved(number: int | None) -> int | None:
        return number and number + shift

    return {
        "pageview": [],
        "contact": [],
        "form_submit": [
            form(first + n, minute, cookie + shift, moved(phone), moved(email))
            for n, (minute, cookie, phone, email) in enumerate(world[0])
        ],
        "app_event": [
            event(first + n, minute, *map(moved, ids), signs_up, name)
            for n, (minute, *ids, signs_up, name) in enumerate(world[1])
        ],
        "lead": [
            lead(first + n, minute, moved(phone), moved(email), name)
            for n, (minute, phone, email, name) in enumerate(world[2])
        ],
    }


def component_of(graph: Graph) -> dict[Node, int]:
    """Connected component of every node, whatever a guard would say."""
    place = {node: n for n, node in enumerate(graph.nodes)}
    ends = [(place[a], place[b]) for a, b in graph.edges if a in place and b in place]
    pairs = np.array(ends).reshape(-1, 2)
    matrix = coo_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), (len(place),) * 2)
    _, labels = connected_components(matrix, directed=False)
    return {node: int(labels[n]) for node, n in place.items()}


@FEW
@given(world=worlds)
def test_any_graph_gives_the_persons_of_the_sequential_rules(
    identity: Compiled, world: Any
) -> None:
    rows = told(world)
    expected, rejected = persons(graph_of(rows))
    assert named(identity, rows) == expected
    found = fetch(identity.con, "select * from intermediate.int_identity_rejected_edge")
    assert {
        ((row["type_a"], row["value_a"]), (row["type_b"], row["value_b"]), row["reason"])
        for row in found
    } == rejected
    assert mapped(identity.con) == periods(rows)


shared_events = st.tuples(
    minutes, some(3), st.integers(1, 2), some(2), st.just(False), names
)  # few logins on fewer cookies
shared_forms = st.tuples(minutes, st.integers(1, 2), some(4), some(4))


@FEW
@given(
    shared=st.tuples(
        st.lists(shared_forms, max_size=12),
        st.lists(shared_events, min_size=4, max_size=40),
        st.lists(leads, max_size=6),
    )
)
def test_a_shared_cookie_belongs_to_whoever_is_logged_in(identity: Compiled, shared: Any) -> None:
    rows = told(shared)
    expected, _ = persons(graph_of(rows))
    assert named(identity, rows) == expected
    assert mapped(identity.con) == periods(rows)


@FEW
@given(
    drawn=st.lists(st.tuples(minutes, st.integers(1, 200), st.integers(1, 40)), max_size=40),
    chain=st.integers(2, 80),
    hub=st.integers(1, 50),
)
def test_where_no_guard_bites_persons_are_the_connected_components(
    identity: Compiled, drawn: list[tuple[int, int, int]], chain: int, hub: int
) -> None:
    one_phone = {cookie: (minute, phone) for minute, cookie, phone in drawn}
    links = [(minute, 1000 + cookie, phone) for cookie, (minute, phone) in one_phone.items()]
    links += [(n % 7, 2000 + n // 2, 2000 + (n + 1) // 2) for n in range(chain)]
    links += [(n, 3000 + n, 3000) for n in range(hub)]
    rows = {**told(([], [], [])), "form_submit": [
        form(n, minute, cookie, phone, None) for n, (minute, cookie, phone) in enumerate(links)
    ]}  # fmt: skip
    graph = graph_of(rows)
    assert persons(graph)[1] == set(), "the drawn graph was to breach no cap"
    found, components = named(identity, rows), component_of(graph)
    assert found.keys() == components.keys()
    pairs = {(found[node], components[node]) for node in components}
    assert len(pairs) == len(set(found.values())) == len(set(components.values()))


def new_ids(identity: Compiled, before: Mapping[str, Sequence[Row]], after: Rows) -> dict[str, str]:
    """Persons of rows that nobody bears once others have come, by the id that the alias names."""
    old = set(named(identity, before).values())
    new = named(identity, after)
    found = fetch(identity.con, "select old_id, new_id from core.person_alias")
    aliases = {row["old_id"]: row["new_id"] for row in found}
    assert len(aliases) == len(found)
    assert not aliases.keys() & new.values()
    gone = old - set(new.values())
    assert {person: aliases.get(person) for person in gone} == {
        person: new[first_node(identity, person)] for person in gone
    }
    return {person: aliases[person] for person in gone}


def person_id(node: Node) -> str:
    """The person that a node names."""
    return md5("|".join(node).encode()).hexdigest()


def first_node(identity: Compiled, person: str) -> Node:
    """The node that a person id is made of."""
    query = (
        "select node_type, node_value from intermediate.int_identity_nodes__named"
        " where md5(node_type || '|' || node_value) = ?"
    )
    [node] = identity.con.execute(query, [person]).fetchall()
    return node


def test_an_id_that_was_merged_twice_is_an_alias_of_the_last_person(identity: Compiled) -> None:
    def visits(*minutes_cookies: tuple[int, int]) -> list[Row]:
        return [event(9 * cookie, minute, None, cookie, None, False)
                for minute, cookie in minutes_cookies]  # fmt: skip

    # cookies 1, 2, 3 in this order: 3 is joined to 2 by a phone, the phone to 1 later
    seen = {**told(([], [], [])), "app_event": visits((0, 1), (1, 2), (2, 3))}
    seen["form_submit"] = [form(1, 3, 2, 1, None), form(2, 4, 3, 1, None), form(3, 8, 1, 1, None)]
    first = {**seen, "form_submit": []}
    assert len(new_ids(identity, first, seen)) == 2
    # a phone that named a person with its cookie: the cookie turns out to be older
    one = {**told(([], [], [])), "form_submit": [form(1, 3, 2, 1, None)]}
    assert len(new_ids(identity, one, {**one, "app_event": visits((0, 2))})) == 1


def lead_version(number: int, second: int, **told: str | bool | None) -> Row:
    """What a lead's record says from a second on."""
    row = lead(number, number % 3, None, None, 1)
    return {**row, "updated_at": BORN + timedelta(seconds=second), **told}


versions = st.tuples(st.integers(1, 4), some(3), some(3), st.sampled_from([False, False, True]))


@FEW
@given(told_versions=st.lists(versions, min_size=2, max_size=12), known=st.integers(1, 11))
def test_an_id_that_a_corrected_record_gave_is_an_alias_of_whoever_it_still_names(
    identity: Compiled, told_versions: list[tuple[int, int | None, int | None, bool]], known: int
) -> None:
    rows = [
        lead_version(number, 1000 + place, phone_hash=phone and f"p{phone}",
                     email_hash=email and f"e{email}", is_deleted=deleted)
        for place, (number, phone, email, deleted) in enumerate(told_versions)
    ]  # fmt: skip
    old = named(identity, {**told(([], [], [])), "lead": rows[:known]})
    new = named(identity, {**told(([], [], [])), "lead": rows})
    found = fetch(identity.con, "select * from core.person_alias")
    aliases = {row["old_id"]: row["new_id"] for row in found}
    assert len(aliases) == len(found) and not aliases.keys() & new.values()
    assert set(aliases.values()) <= set(new.values())
    own_ids = {person_id(node): node for node in old}
    for person in set(old.values()) - set(new.values()):
        node = own_ids[person]
        assert aliases.get(person) == (new[node] if node in new else heir(node, rows, new))


def heir(node: Node, rows: Sequence[Row], new: Mapping[Node, str]) -> str | None:
    """Person of what the records that named a node say last and still say."""
    said: dict[tuple[str, Node], datetime] = {}
    for row in rows:
        for kind in ("lead_id", "phone_hash", "email_hash"):
            if row[kind] is not None:
                said[row["lead_id"], (kind, row[kind])] = row["updated_at"]
    records = {record for record, own in said if own == node}
    order = ("phone_hash", "email_hash", "lead_id")
    living = [
        (-when.timestamp(), order.index(own[0]), own[1], record, new[own])
        for (record, own), when in said.items()
        if record in records and own in new
    ]
    return min(living)[-1] if living else None


def test_a_corrected_phone_is_an_alias_since_its_correction(identity: Compiled) -> None:
    rows = [
        lead_version(1, 1000, phone_hash="p1", email_hash="e1"),
        lead_version(1, 2000, phone_hash="p2", email_hash="e1"),
        lead_version(2, 3000, email_hash="e1"),
        lead_version(1, 4000, phone_hash="p2", email_hash="e1", is_deleted=True),
    ]
    new = named(identity, {**told(([], [], [])), "lead": rows})
    assert new.keys() == {("email_hash", "e1"), ("lead_id", "l2")}
    found = fetch(identity.con, "select * from core.person_alias")
    gone = {("phone_hash", "p1"): 2000, ("phone_hash", "p2"): 4000, ("lead_id", "l1"): 4000}
    assert {row["old_id"]: row["changed_at"] for row in found} == {
        person_id(node): BORN + timedelta(seconds=second) for node, second in gone.items()
    } | {person_id(("lead_id", "l2")): BORN + timedelta(minutes=2)}
    assert {row["new_id"] for row in found} == {person_id(("email_hash", "e1"))}


@FEW
@given(world=worlds, batch=worlds)
def test_an_id_that_a_later_batch_makes_obsolete_is_an_alias(
    identity: Compiled, world: Any, batch: Any
) -> None:
    before, added = told(world), told(batch, first=1000)
    new_ids(identity, before, {entity: before[entity] + added[entity] for entity in before})


@FEW
@given(world=worlds, batch=worlds, size=st.integers(1, 4))
def test_a_later_batch_renames_nobody_that_it_does_not_touch(
    identity: Compiled, world: Any, batch: Any, size: int
) -> None:
    near, far = told(world), told(world, first=500, shift=500)
    before = {entity: near[entity] + far[entity] for entity in near}
    added = told([part[:size] for part in batch], first=1000)
    after = {entity: before[entity] + added[entity] for entity in before}
    graph = graph_of(after)
    components = component_of(graph)
    touched = {components[node] for node in graph_of(added).nodes}
    old, new = named(identity, before), named(identity, after)
    renamed = {node for node, person in old.items() if new[node] != person}
    assert {components[node] for node in renamed} <= touched
