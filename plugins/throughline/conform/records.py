"""Mappings over JSON: what a SELECT takes of `record` is taken in one parse of it, not in many.

DuckDB parses a record anew for each `record->>'field'`. Where a SELECT reads a stream by name and
takes two fields or more, its text is rewritten: the stream becomes a subquery that takes all of
them by one `json_extract_string(record, [...])`, which is that operator for many paths.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import duckdb

from throughline.sql_text import literal, quoted

Node = dict[str, Any]
Edit = tuple[int, int, str]
_TAKEN = re.compile(rb"""(?:"?\w+"?\.)?"?record"?\s*->>\s*'((?:[^']|'')*)'""")


def parsed_once(
    connection: duckdb.DuckDBPyConnection, mapping: str, streams: frozenset[str]
) -> str:
    """The mapping with each record of `streams` parsed once per SELECT; itself if nothing is won.

    What is taken, and where, comes from DuckDB's own syntax tree; the rest of the text stays. A
    SELECT stays as it is where a further column of the stream would show or could be meant: `*`, a
    natural join, a field without a name of its own, an alias `record`.
    """
    if mapping.count("->>") < 2:
        return mapping
    sql = "select json_serialize_sql($1::varchar)"
    tree = json.loads(connection.execute(sql, [mapping]).fetchall()[0][0])
    nodes = list(_nodes(tree))
    streams -= {cte["key"] for node in nodes for cte in node.get("cte_map", {}).get("map", [])}
    text = mapping.encode()
    edits = [
        edit
        for node in nodes
        if node.get("type") == "SELECT_NODE"
        for edit in _edits(node, text, streams)
    ]
    for begin, end, new in sorted(edits, reverse=True):
        text = text[:begin] + new.encode() + text[end:]
    return text.decode()


def _nodes(part: Any, own: bool = False) -> Iterator[Node]:
    """Every object of a syntax tree; with `own`, those of a SELECT but of no SELECT inside it."""
    if isinstance(part, dict):
        yield part
    inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    for child in inner:
        if not (own and isinstance(child, dict) and child.get("type") == "SELECT_NODE"):
            yield from _nodes(child, own)


def _edits(select: Node, text: bytes, streams: frozenset[str]) -> Iterator[Edit]:
    """The replacements in the text of one SELECT: its streams, and what it takes of them."""
    if any(_is_open(node) for node in _nodes(select, own=True)):
        return
    named = {
        table["alias"] or table["table_name"]: table
        for table in _tables(select["from_table"])
        if table["table_name"] in streams
    }
    taken: dict[str, list[tuple[int, int, str]]] = {name: [] for name in named}
    parts = [item for item in select["select_list"] if item["alias"]]
    parts += [part for key, part in select.items() if key not in ("select_list", "cte_map")]
    for node in _nodes(parts, own=True):
        found = _field(node, text, named)
        if found:
            taken[found[0]].append(found[1:])
    for name, places in taken.items():
        begin = named[name]["query_location"]
        there = re.compile(rb'"?%b"?(?![\w.])' % re.escape(named[name]["table_name"].encode()))
        match = there.match(text[begin:])
        if len(places) < 2 or not match:
            continue
        paths = list(dict.fromkeys(path for _, _, path in places))
        yield begin, begin + match.end(), _reader(named[name], paths)
        for start, end, path in places:
            yield start, end, f'{quoted(name)}."record {paths.index(path)}"'


def _is_open(node: Node) -> bool:
    """Whether a part of a SELECT sees the columns of its relations without naming them."""
    return (
        node.get("class") == "STAR"
        or node.get("ref_type") == "NATURAL"
        or "record" in map(str.lower, node.get("using_columns", ()))
        or node.get("alias", "").lower() == "record"
    )


def _tables(source: Node) -> Iterator[Node]:
    """The relations of a FROM that are there by their bare names."""
    if source["type"] == "JOIN":
        yield from _tables(source["left"])
        yield from _tables(source["right"])
    elif source["type"] == "BASE_TABLE":
        changed = ("schema_name", "catalog_name", "column_name_alias", "sample", "at_clause")
        if not any(source[key] for key in changed):
            yield source


def _field(node: Node, text: bytes, named: dict[str, Node]) -> tuple[str, int, int, str] | None:
    """Relation, place and path of `record->>'path'`; None where a node is something else."""
    if node.get("class") != "FUNCTION" or node.get("function_name") != "->>":
        return None
    record, path = node["children"]
    if record["class"] != "COLUMN_REF" or path["class"] != "CONSTANT":
        return None
    *relation, column = record["column_names"]
    begin = record["query_location"]
    match = _TAKEN.match(text[begin:])
    if column != "record" or not match or path["value"]["type"]["id"] != "VARCHAR":
        return None
    wanted = path["value"]["value"]
    names = relation or (list(named) if len(named) == 1 else [])
    said = match.group(1).decode().replace("''", "'")
    if len(names) != 1 or names[0] not in named or wanted != said or not wanted or "*" in wanted:
        return None
    return names[0], begin, begin + match.end(), wanted


def _reader(table: Node, paths: list[str]) -> str:
    """SQL of a stream with a further column for each path."""
    columns = ", ".join(f'"record *"[{i + 1}] as "record {i}"' for i in range(len(paths)))
    listed = ", ".join(map(literal, paths))
    name = quoted(table["table_name"])
    return (
        f'(select * exclude ("record *"), {columns} from (select *, json_extract_string(record,'
        f' [{listed}]) as "record *" from {name})){"" if table["alias"] else f" as {name}"}'
    )
