"""Fingerprints of incremental models: a changed one is rebuilt fully, with what reads it."""

import hashlib
import json
from collections.abc import Iterable
from functools import cache
from typing import Any

import duckdb

from throughline.contracts import Contract, load_contracts
from throughline.warehouse.engine import quoted

Node = dict[str, Any]
SEEDS = "seeds"


class Graph:
    """What each node of dbt's manifest is made of."""

    def __init__(self, manifest: dict[str, Any], dbt_vars: dict[str, Any]) -> None:
        self.nodes: dict[str, Node] = {**manifest["nodes"], **manifest["sources"]}
        self.macros: dict[str, Node] = manifest["macros"]
        self.vars = _digest([dbt_vars, manifest["metadata"]["dbt_version"]])
        self._of = cache(self._hash)
        self._inputs = cache(self._entities)

    def models(self) -> list[Node]:
        """Enabled models, in no order that means anything."""
        return [node for node in self.nodes.values() if node["resource_type"] == "model"]

    def incremental(self) -> list[Node]:
        """Models that keep their rows from night to night."""
        return [node for node in self.models() if _is_incremental(node)]

    def fingerprint(self, node: Node) -> str:
        """Hash of a node's code, its ancestors' code, and the content of undated inputs."""
        return self._of(node["unique_id"])

    def inputs(self, node: Node) -> frozenset[str]:
        """Entities that a node reads, directly or not."""
        return self._inputs(node["unique_id"])

    def touched_by(self, node: Node) -> frozenset[str]:
        """Entities whose touched dates an incremental model replaces (`meta.touched_by`)."""
        meta = {**(node.get("meta") or {}), **(node["config"].get("meta") or {})}
        given = meta.get("touched_by") or ()
        return frozenset([given] if isinstance(given, str) else given)

    def _entities(self, node_id: str) -> frozenset[str]:
        node = self.nodes[node_id]
        if node["resource_type"] == "source":
            return frozenset([node["name"]]) if node["source_name"] == "input" else frozenset()
        parents = (self._inputs(parent) for parent in self._parents(node))
        return frozenset().union(*parents)

    def _parents(self, node: Node) -> list[str]:
        return sorted(set(node.get("depends_on", {}).get("nodes", ())) & self.nodes.keys())

    def _hash(self, node_id: str) -> str:
        node = self.nodes[node_id]
        if node["resource_type"] == "source":
            contract = load_contracts().get(node["name"])
            return _digest(contract.model_dump(mode="json") if contract else node["name"])
        return _digest(
            [
                self.vars,
                node.get("raw_code"),
                node["checksum"]["checksum"] if node["resource_type"] == "seed" else None,
                {key: node["config"].get(key) for key in sorted(node["config"]) if key != "docs"},
                [[c["name"], c.get("data_type")] for c in node.get("columns", {}).values()],
                sorted(self._macro_code(node.get("depends_on", {}).get("macros", ()))),
                [self._of(parent) for parent in self._parents(node)],
            ]
        )

    def _macro_code(self, names: Iterable[str]) -> set[str]:
        found: set[str] = set()
        todo = list(names)
        seen: set[str] = set()
        while todo:
            name = todo.pop()
            if name in seen or name not in self.macros:
                continue
            seen.add(name)
            found.add(name + "\0" + self.macros[name]["macro_sql"])
            todo.extend(self.macros[name]["depends_on"]["macros"])
        return found


def fingerprints(con: duckdb.DuckDBPyConnection, graph: Graph) -> dict[str, str]:
    """Fingerprint of every incremental model, by `schema.name`.

    Touched dates bring new events in. Of whatever else an incremental model reads (lists of robots,
    of own staff) the content is part of the fingerprint.
    """
    content: dict[str, str] = {}
    found = {}
    for node in graph.incremental():
        others = sorted(graph.inputs(node) - graph.touched_by(node))
        for entity in others:
            content.setdefault(entity, content_hash(con, load_contracts()[entity]))
        found[model_name(node)] = _digest([graph.fingerprint(node), [content[e] for e in others]])
    return found


def seeds_fingerprint(graph: Graph) -> str:
    """Hash of all seeds, which are loaded again when one of them changed."""
    seeds = [node for node in graph.nodes.values() if node["resource_type"] == "seed"]
    return _digest(sorted(graph.fingerprint(node) for node in seeds))


def drop_changed(
    con: duckdb.DuckDBPyConnection, graph: Graph, new: dict[str, str], lost: Iterable[str]
) -> list[str]:
    """Drop the incremental models whose fingerprint changed; dbt then builds them fully.

    Models that an unfinished attempt dropped are dropped again: it may have built them from other
    code. So are those that read an entity of `lost`.
    """
    known = dict(con.execute("select model, fingerprint from run.model_fingerprints").fetchall())
    again = {row[0] for row in con.execute("select model from run.attempt_models").fetchall()}
    missing = frozenset(lost)
    nodes = {model_name(node): node for node in graph.incremental()}
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


def load_seeds(con: duckdb.DuckDBPyConnection, prints: dict[str, str]) -> bool:
    """Whether the seeds must be loaded: they changed, or an unfinished attempt loaded others."""
    known = con.execute(
        "select count(*) from run.model_fingerprints where model = ? and fingerprint = ?"
        " and not exists (from run.attempt_models as again where again.model = ?)",
        [SEEDS, prints[SEEDS], SEEDS],
    ).fetchall()[0][0]
    if not known:
        con.execute(
            "insert into run.attempt_models select max(attempt), ? from run.attempts", [SEEDS]
        )
    return not known


def model_name(node: Node) -> str:
    """`schema.name` of a model."""
    return f"{node['schema']}.{node.get('alias') or node['name']}"


def content_hash(con: duckdb.DuckDBPyConnection, contract: Contract) -> str:
    """Hash of the rows that count of an entity, whatever batches they came in."""
    keys = ", ".join(quoted(name) for name in contract.key)
    ignored = {"created_at", "updated_at"}
    values = ", ".join(quoted(name) for name in contract.columns if name not in ignored)
    changed = (
        "coalesce(updated_at, _loaded_at)" if "updated_at" in contract.fields else "_loaded_at"
    )
    visible = (
        "where updated_at is null or updated_at < (select as_of_end from run.parameters)"
        if "updated_at" in contract.fields
        else ""
    )
    row = con.execute(
        f"with newest as (select * from input.{quoted(contract.entity)} {visible}"
        f" qualify row_number() over (partition by {keys}"
        f" order by {changed} desc, _loaded_at desc, _row_hash) = 1)"
        f" select count(*), bit_xor(hash({values})) from newest"
    ).fetchone()
    return str(row)


def _is_incremental(node: Node) -> bool:
    return node["config"].get("materialized") not in {"table", "view", "ephemeral"}


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
