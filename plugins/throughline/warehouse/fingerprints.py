"""Fingerprints of the models that keep their rows: a changed one is rebuilt fully."""

from collections.abc import Iterable

import duckdb

from throughline.sql_text import quoted
from throughline.warehouse.graph import Graph, Node, digest, is_incremental, model_name

SEEDS = "seeds"


def keeping(con: duckdb.DuckDBPyConnection, graph: Graph) -> list[Node]:
    """Models that keep their rows from night to night.

    They are the incremental ones, and the shared tables that no connected entity reaches: these
    are empty whatever the date is.
    """
    connected = {
        row[0] for row in con.execute("select distinct entity from run.batches").fetchall()
    }
    first = set(graph.before_facts())
    idle = [
        node
        for node in graph.shared_tables()
        if node["name"] not in first and graph.inputs(node) and not graph.inputs(node) & connected
    ]
    return [*graph.incremental(), *idle]


def fingerprints(con: duckdb.DuckDBPyConnection, graph: Graph) -> dict[str, str]:
    """Fingerprint of every model that keeps its rows, by `schema.name`; its lookups are built.

    Touched dates bring new events in. Of the lookups that it reads beside them (patterns of robots,
    own staff, merged tenants) the content is part of the fingerprint.
    """
    content: dict[str, str] = {}
    found = {}
    for node in keeping(con, graph):
        lookups = sorted(graph.lookups(node)) if is_incremental(node) else []
        for name in lookups:
            content[name] = content.get(name) or content_hash(con, name)
        found[model_name(node)] = digest([graph.fingerprint(node), [content[n] for n in lookups]])
    return found


def seeds_fingerprint(graph: Graph) -> str:
    """Hash of all seeds, which are loaded again when one of them changed."""
    seeds = [node for node in graph.nodes.values() if node["resource_type"] == "seed"]
    return digest(sorted(graph.fingerprint(node) for node in seeds))


def drop_changed(
    con: duckdb.DuckDBPyConnection, graph: Graph, new: dict[str, str], lost: Iterable[str]
) -> list[str]:
    """Drop the models that keep their rows and whose fingerprint changed; dbt builds them fully.

    Models that an unfinished attempt dropped are dropped again: it may have built them from other
    code. So are those that read an entity of `lost`.
    """
    known = dict(con.execute("select model, fingerprint from run.model_fingerprints").fetchall())
    again = {row[0] for row in con.execute("select model from run.attempt_models").fetchall()}
    missing = frozenset(lost)
    nodes = {model_name(node): node for node in keeping(con, graph)}
    changed = [
        name
        for name in sorted(nodes)
        if known.get(name) != new[name] or name in again or graph.inputs(nodes[name]) & missing
    ]
    con.execute("begin")
    for name in changed:
        schema, _, table = name.partition(".")
        con.execute(
            "insert into run.attempt_models select max(attempt), ? from run.attempts", [name]
        )
        con.execute(f"drop table if exists {quoted(schema)}.{quoted(table)}")
    con.execute("commit")
    return changed


def unmoved(
    con: duckdb.DuckDBPyConnection, graph: Graph, changed: Iterable[str], touched: Iterable[str]
) -> list[str]:
    """Names of the models that keep their rows and would be built as they stand.

    `changed` are those that are built from nothing (`schema.name`), `touched` the incremental ones
    with a touched date (name alone). A table that has rows is none of them.
    """
    built = {*changed}
    moved = {*touched}
    found = []
    for node in keeping(con, graph):
        if model_name(node) in built or node["name"] in moved:
            continue
        if is_incremental(node) or not _has_rows(con, node):
            found.append(node["name"])
    return sorted(found)


def _has_rows(con: duckdb.DuckDBPyConnection, node: Node) -> bool:
    table = f"{quoted(node['schema'])}.{quoted(node.get('alias') or node['name'])}"
    return bool(con.execute(f"select exists (from {table})").fetchall()[0][0])


def load_seeds(con: duckdb.DuckDBPyConnection, fingerprint: str) -> bool:
    """Whether the seeds must be loaded: they changed, or an unfinished attempt loaded others."""
    known = con.execute(
        "select count(*) from run.model_fingerprints where model = ? and fingerprint = ?"
        " and not exists (from run.attempt_models as again where again.model = ?)",
        [SEEDS, fingerprint, SEEDS],
    ).fetchall()[0][0]
    if not known:
        con.execute(
            "insert into run.attempt_models select max(attempt), ? from run.attempts", [SEEDS]
        )
    return not known


def content_hash(con: duckdb.DuckDBPyConnection, table: str) -> str:
    """Hash of the rows of a table, in any order."""
    schema, _, name = table.partition(".")
    row = con.execute(
        "select count(*), sum(cast(hash(lookup) as hugeint))"
        f" from {quoted(schema)}.{quoted(name)} as lookup"
    ).fetchone()
    return str(row)
