"""What the publisher must know of the models: their schema, words, and what they require."""

from typing import Any

import duckdb

from throughline.warehouse.graph import SHARED, Graph

SHARED_LAYERS = tuple(f"path:models/{folder}" for folder in SHARED)


def write_models(con: duckdb.DuckDBPyConnection, graph: Graph) -> None:
    """Replace `run.models`: one row per model of the project."""
    con.execute("delete from run.models")
    for node in graph.models():
        columns = node.get("columns", {}).values()
        needs = {c["name"]: _requires(c) for c in columns if _requires(c)}
        about = {c["name"]: c["description"].strip() for c in columns if c.get("description")}
        con.execute(
            "insert into run.models values (?, ?, ?, ?, ?, map(?, ?), map(?, ?))",
            [
                *(node["schema"], node.get("alias") or node["name"]),
                node.get("description", "").strip(),
                *(_requires(node), sorted(graph.inputs(node))),
                *(list(needs), list(needs.values()), list(about), list(about.values())),
            ],
        )


def _requires(node: dict[str, Any]) -> list[str]:
    meta = {**(node.get("meta") or {}), **((node.get("config") or {}).get("meta") or {})}
    return sorted(meta.get("requires") or ())
