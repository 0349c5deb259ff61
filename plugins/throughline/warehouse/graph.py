"""dbt's manifest as a graph: what each model is made of, reads, and is named."""

import hashlib
import json
from collections.abc import Iterable
from functools import cache
from typing import Any

from throughline.contracts import load_contracts
from throughline.errors import BuildError

Node = dict[str, Any]
SHARED = ("staging", "intermediate", "core")
"""The folders of models that come before the stages."""


class Graph:
    """What each node of dbt's manifest is made of."""

    def __init__(self, manifest: dict[str, Any], dbt_vars: dict[str, Any]) -> None:
        self.nodes: dict[str, Node] = {**manifest["nodes"], **manifest["sources"]}
        self.macros: dict[str, Node] = manifest["macros"]
        self.vars = digest([dbt_vars, manifest["metadata"]["dbt_version"]])
        self._of = cache(self._hash)
        self._inputs = cache(self._entities)

    def models(self) -> list[Node]:
        """Enabled models, in no order that means anything."""
        return [node for node in self.nodes.values() if node["resource_type"] == "model"]

    def incremental(self) -> list[Node]:
        """Models that keep their rows from night to night."""
        return [node for node in self.models() if is_incremental(node)]

    def shared_tables(self) -> list[Node]:
        """Whole tables that all stages share; what they hold is not cut by as_of."""
        return [
            node
            for node in self.models()
            if node["config"].get("materialized") == "table" and node["path"].startswith(SHARED)
        ]

    def fingerprint(self, node: Node) -> str:
        """Hash of a node's code, its ancestors' code and the contracts of what they read."""
        return self._of(node["unique_id"])

    def inputs(self, node: Node) -> frozenset[str]:
        """Entities that a node reads, directly or not."""
        return self._inputs(node["unique_id"])

    def lookups(self, node: Node) -> frozenset[str]:
        """Whole tables, as `schema.name`, whose rows decide what an incremental model holds.

        It reads them itself, or another incremental model that it reads does.
        """
        found: set[str] = set()
        for parent in self._model_parents(node):
            found |= self.lookups(parent) if is_incremental(parent) else {model_name(parent)}
        return frozenset(found)

    def before_facts(self) -> list[str]:
        """Names of the models that must be built before anybody can say which facts are still good.

        Raises:
            BuildError: one of them reads an incremental model, which nobody has judged yet.
        """
        names = {name for node in self.incremental() for name in self.lookups(node)}
        todo = [node for node in self.models() if model_name(node) in names]
        found: dict[str, Node] = {}
        while todo:
            node = todo.pop()
            if is_incremental(node):
                raise BuildError(
                    f"{model_name(node)} is incremental: no lookup of such a model may read it"
                )
            if node["name"] not in found:
                found[node["name"]] = node
                todo.extend(self._model_parents(node))
        return sorted(found)

    def _model_parents(self, node: Node) -> list[Node]:
        parents = (self.nodes[name] for name in self._parents(node))
        return [parent for parent in parents if parent["resource_type"] == "model"]

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
            return digest(contract.model_dump(mode="json") if contract else node["name"])
        return digest(
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


def model_name(node: Node) -> str:
    """`schema.name` of a model."""
    return f"{node['schema']}.{node.get('alias') or node['name']}"


def is_incremental(node: Node) -> bool:
    """Whether a model keeps its rows from night to night."""
    return node["config"].get("materialized") not in {"table", "view", "ephemeral"}


def digest(value: Any) -> str:
    """Short hash of anything that JSON can tell."""
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
