"""What is made of a table: the published tables and the exposures behind it, by dbt's lineage."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from throughline.publish.candidate import is_published
from throughline.settings import Settings
from throughline.warehouse.graph import model_name


def behind(settings: Settings, names: Iterable[str]) -> list[str]:
    """Published tables (`schema.table`) and then exposures (`exposure:name`) made of these tables.

    `names` are models (`core.fct_lead`) or entities (`input.lead`); a published one counts as well.
    The lineage is that of the last build on this machine; before the first one nothing is known.
    """
    wanted = set(names)
    manifest = _manifest(settings.work_file.parent / "dbt_target" / "manifest.json")
    nodes = {**manifest.get("nodes", {}), **manifest.get("sources", {})}
    todo = [key for key, node in nodes.items() if _name(node) in wanted]
    found: set[str] = set()
    while todo:
        key = todo.pop()
        if key not in found:
            found.add(key)
            todo += manifest["child_map"].get(key, [])
    tables = {name for name in wanted if is_published(name)}
    tables |= {name for key in found & nodes.keys() if is_published(name := _name(nodes[key]))}
    uses = {f"exposure:{key.rpartition('.')[2]}" for key in found if key.startswith("exposure.")}
    return [*sorted(tables), *sorted(uses)]


def _manifest(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):  # not built yet, or being written right now
        return {}


def _name(node: dict[str, Any]) -> str:
    if node["resource_type"] == "source":
        return f"{node['source_name']}.{node['name']}"
    return model_name(node) if node["resource_type"] in ("model", "seed") else ""
