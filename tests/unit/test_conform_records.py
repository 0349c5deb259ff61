"""Fields taken of a record in one parse: the same values as field by field, whatever is in it."""

import json

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from throughline.conform.records import parsed_once

FLOATS = st.floats(allow_nan=False, allow_infinity=False)
STREAMS = frozenset({"events", "people"})
RECORDS = [
    '{"id": "1", "Id": "one", "n": {"b": 1.0, "l": [1, {"c": null}]}, "a.b": "dot", "0": "zero"}',
    '{"id": 12345678901234567890123, "a": 1e400, "n": {"b": -0.0}, "it\'s": 1, "x y": "é\\u00e9"}',
    '{"id": null, "a": "null", "n": null, "中文": "王芳", "$x": "\\"quoted\\"", "a": "second"}',
    '{"id": true, "a": {"deep": [[], {}]}, "n": "{\\"b\\": 2}", "0": [0], "": "empty"}',
    '{"id": "", "n": [{"b": "in a list"}], "l": ["first", "last"], "x\\"y": "q"}',
    '{"a": "\\u0000 \\t\\ud83d\\ude00", "id": -9223372036854775809}',
    '{"n": {"b": {"b": "b"}, "b": "again"}, "a": 1E+2, "Id": 0.1000, "l": []}',
    "{}",
]
PATHS = (
    *("id", "Id", "a", "a.b", "0", "x y", "中文", "$.n.b", "$.n.l[1].c", '$."a.b"', "/n/b"),
    *("$.l[0]", "$.l[#-1]", "$.n", "it's", "absent", "$.absent.too", "$", 'x"y', "$.n.b.b"),
)
SHAPES = [
    "select _row, record->>'id' as a, record ->> '$.n.b' as b from events",
    "select e._row, e.record->>'id' as a, \"record\"->>'a' as b from events as e",
    "select /* é->>'中' */ 'é' as x, record->>'中文' as a, (record->>'id') || 'x' as b from events",
    "select record->>'id' as a, record->>'a' as b, record from events where (record->>'a') > 'a'",
    "select record->>'id' as a, count(*) as b from events group by record->>'id'",
    "select record->>'id' as a, max(record->>'a') as b from events group by a order by b",
    "select e.record->>'id' as a, p.record->>'a' as b, e.record->>'a' as c, p.record->>'id' as d"
    " from events e left join people p on p._row + 1 = e._row",
    "select e.record->>'id' as a, p.record->>'a' as b, e.record->>'a' as c, p.record->>'id' as d"
    " from events e full join people p on (p.record->>'id') = (e.record->>'id')",
    "with taken as (select _row, record, record->>'id' as a, record->>'a' as b from events)"
    " select *, record->>'id' as c, record->>'a' as d from taken",
    "select record->>'id' as a, record->>'a' as b from events union all"
    " select record->>'a', record->>'id' from people",
    "select record->>'id' as a, record->>'a' as b, row_number() over (order by record->>'id', _row)"
    " as c from events qualify lag(record->>'a') over (order by _row) is distinct from 'x'",
    "select record->>'id' as a, record->>'a' as b, (select max(p.record->>'id') from people p"
    " where (p.record->>'id') = (events.record->>'id')) as c from events",
    "select coalesce(record->'n'->>'b', record->>'id') as a, record->>'a' as b from events",
    "select list_transform([1], lambda x: x || (record->>'id')) as a, record->>'a' as b"
    " from events",
]
LEFT_ALONE = [
    "select *, record->>'id' as a, record->>'a' as b from events",
    "select record->>'id', record->>'a' from events",
    "select record->>'id' as a, record->>'a' as b, _file as record from events",
    "select e.record->>'id' as a, e.record->>'a' as b from events e natural join people",
    "with events as (select '{}'::json as record) select record->>'id' as a, record->>'a' as b"
    " from events",
    "select record->>'id' as a, record->>'a' as b from (select * from events)",
    "select record->>'id' as a, record->>['a', 'b'] as b, record->>0 as c from events",
    "select record->>'$.n.*' as a, record->>'$.l[*]' as b from events",
    "select record->>'id' as a from events",
]


def with_records(lines: list[str]) -> duckdb.DuckDBPyConnection:
    """A database whose streams `events` and `people` hold the records."""
    con = duckdb.connect(config={"threads": 1})
    con.execute("create table events (_file varchar, _row bigint, record json)")
    con.executemany("insert into events values ('f', ?, ?)", list(enumerate(lines)))
    con.execute("create table people as from events")
    return con


def answer(con: duckdb.DuckDBPyConnection, sql: str) -> tuple[object, object]:
    found = con.execute(sql)
    return found.description, sorted(found.fetchall(), key=repr)


@pytest.mark.parametrize("sql", SHAPES)
def test_parsed_once_means_what_the_mapping_means(sql: str) -> None:
    con = with_records(RECORDS)
    quick = parsed_once(con, sql, STREAMS)
    assert "json_extract_string(record, ['" in quick
    assert answer(con, quick) == answer(con, sql)


@pytest.mark.parametrize("sql", LEFT_ALONE)
def test_parsed_once_leaves_a_mapping_alone_whose_meaning_could_change(sql: str) -> None:
    assert parsed_once(with_records(RECORDS), sql, STREAMS) == sql


def taken(paths: tuple[str, ...]) -> str:
    """A mapping that takes these paths of `events`."""
    quoted = [path.replace("'", "''") for path in paths]
    return ", ".join(f"record->>'{path}' as f{n}" for n, path in enumerate(quoted))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["id", "Id", "a", "a.b", "0", "n", "l", "x y", "$x", "it's"]),
            st.recursive(
                st.none() | st.booleans() | st.integers() | FLOATS | st.text(max_size=5),
                lambda inner: (
                    st.lists(inner, max_size=3)
                    | st.dictionaries(st.sampled_from(["b", "l", "c"]), inner, max_size=3)
                ),
                max_leaves=5,
            ),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_parsed_once_gives_the_values_of_field_by_field(records: list[object]) -> None:
    lines = [json.dumps(record) for record in records] + RECORDS
    with with_records(lines) as con:
        sql = f"select _row, {taken(PATHS)} from events"
        quick = parsed_once(con, sql, STREAMS)
        assert "->>" not in quick
        assert answer(con, quick) == answer(con, sql)
