"""Requests find the endpoint that a trie of segments finds; routes are total and settled (S13)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from random import Random

import pytest
from core_oracle import business_date
from core_world import at
from route_oracle import UNMAPPED, Trie, route_of
from route_world import CHANGE, START, catalogue, endpoint, request, requests

from compiled_case import Compiled
from throughline.contracts import load_contracts
from warehouse_case import Row, fetch

AS_OF = date(2024, 6, 30)
ALPHABET = (
    *("/", "//", "1", "22", "2024", "-", "_", ".", ":", ";", "?", "#", "*", "{", "}", "[", "<"),
    *("a", "beef", "DEAD", "z", "%2F", "é", "步", " ", "v", "https://", "{id}", "0a1b2c"),
)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    """Requests mapped to endpoints, and all that they read."""
    folder = tmp_path_factory.mktemp("api") / "case"
    folder.mkdir()
    return Compiled.on_no_rows(folder, AS_OF, "int_api_requests__mapped")


def given(api: Compiled, rows: Mapping[str, Sequence[Row]]) -> list[Row]:
    """Build on many rows, a column at a time; returns the mapped requests."""
    api.build({}, AS_OF)
    for entity, held in rows.items():
        types = load_contracts()[entity].columns
        names = sorted({name for row in held for name in row})
        columns = ", ".join(f"cast(unnest(?) as {types[name]})" for name in names)
        api.con.execute(
            f"insert into input.{entity} ({', '.join(names)}) select {columns}",
            [[row.get(name) for row in held] for name in names],
        )
    api.rebuild()
    return fetch(api.con, "select * from intermediate.int_api_requests__mapped order by request_id")


def test_every_request_has_the_endpoint_that_a_trie_finds_and_one_row(api: Compiled) -> None:
    rng = Random(13)
    endpoints = catalogue(rng)
    asked = requests(rng, endpoints, 8000)
    assert len({(e["method"], e["route_template"]) for e in endpoints}) >= 3000
    trie = Trie(endpoints)
    wanted = {
        r["request_id"]: trie.endpoint_of(r["method"], r["path"], business_date(r["ts"]))
        for r in asked
    }
    found = given(api, {"api_endpoint": endpoints, "api_request_log": asked})
    assert {row["request_id"]: row["endpoint_id"] for row in found} == wanted
    assert len(found) == len(asked)
    said = Counter(row["endpoint_id"] == UNMAPPED for row in found)
    assert said[True] > 500
    assert said[False] > 5000
    lines = {e["endpoint_id"]: e["line"] for e in endpoints if not e.get("valid_to")}
    moved = [row for row in found if lines.get(row["endpoint_id"]) == "moved"]
    assert {row["business_line"] == "moved" for row in moved if row["business_date"] >= CHANGE} == {
        True
    }
    assert "moved" not in {r["business_line"] for r in found if r["business_date"] < CHANGE}


def test_a_route_taken_twice_does_not_change_and_every_path_has_one(api: Compiled) -> None:
    rng = Random(14)
    paths = ["".join(rng.choices(ALPHABET, k=rng.randint(0, 9))) for _ in range(20_000)]
    once = routes(api, paths)
    assert once == routes(api, once)
    assert once == ["/" + "/".join(route_of(path)) for path in paths]
    assert len(set(once)) > 2000


def routes(api: Compiled, paths: Sequence[str]) -> list[str]:
    """Route of each path."""
    rows = [request(number, path, at(1)) for number, path in enumerate(paths)]
    found = given(api, {"api_request_log": rows})
    by_id = {row["request_id"]: row["route"] for row in found}
    return [by_id[row["request_id"]] for row in rows]


CATALOGUE = [
    endpoint(1, "GET", "/orders/{order_id}"),
    endpoint(2, "GET", "/orders/export"),
    endpoint(3, "POST", "/orders/:id"),
    endpoint(4, "GET", "/orders/{id}/items/<item>"),
    endpoint(5, "GET", "/orders/{id}/items/latest", valid_to=date(2024, 3, 31)),
    endpoint(6, "GET", "/"),
    endpoint(7, "GET", "/a/b/{y}"),
    endpoint(8, "GET", "/a/{x}/c"),
]


@pytest.mark.parametrize(
    ("method", "path", "wanted"),
    [
        ("GET", "/orders/17", "e00001"),
        ("GET", "/Orders/export/", "e00002"),
        ("GET", "/orders/exports", "e00001"),
        ("POST", "/orders/export", "e00003"),
        ("PUT", "/orders/17", UNMAPPED),
        ("GET", "/orders", UNMAPPED),
        ("GET", "/orders/17/items/zhang-san", "e00004"),
        ("GET", "/orders/17/items/latest", "e00004"),  # asked on 2 June: e00005 had ended
        ("GET", "/", "e00006"),
        ("GET", "/a/b/c", "e00007"),
        ("GET", "/a/d/c", "e00008"),
        ("GET", "/v1/orders/17", UNMAPPED),
        ("GET", "/orders/17" + "/x" * 15, UNMAPPED),
    ],
)
def test_words_go_before_placeholders(api: Compiled, method: str, path: str, wanted: str) -> None:
    asked = [request(1, path, at(97), method=method)]
    [row] = given(api, {"api_endpoint": CATALOGUE, "api_request_log": asked})
    assert row["endpoint_id"] == wanted


def test_a_request_has_the_version_of_its_endpoint_that_was_valid_on_its_date(
    api: Compiled,
) -> None:
    old = endpoint(1, "GET", "/x/{id}", line="erp", valid_from=START, valid_to=date(2024, 2, 29))
    new = {**old, "line": "bi", "valid_from": date(2024, 3, 2), "valid_to": None}
    # Midnight of Shanghai is 16:00 UTC: START of the world is 10:00 on 26 February there.
    times = [at(3, 50_399), at(3, 50_400), at(5, -36_000), at(-100)]
    asked = [request(number, "/x/5", when) for number, when in enumerate(times)]
    found = given(api, {"api_endpoint": [old, new], "api_request_log": asked})
    assert [(str(r["business_date"]), r["business_line"]) for r in found] == [
        ("2024-02-29", "erp"),
        ("2024-03-01", "unmapped"),
        ("2024-03-02", "bi"),
        ("2023-11-18", "unmapped"),
    ]


def test_the_gateways_hint_names_the_line_where_no_endpoint_does(api: Compiled) -> None:
    asked = [
        request(1, "/nobody", at(1), line_hint="erp"),
        request(2, "/nobody", at(1), line_hint="no line"),
        request(3, "/orders/export", at(1), line_hint="erp"),
    ]
    found = given(api, {"api_endpoint": [*CATALOGUE, endpoint(0, "GET", "/zero")],
                        "api_request_log": asked})  # fmt: skip
    assert [row["business_line"] for row in found] == ["erp", "unmapped", "scrm"]
