"""What a release leaves out because an entity is not connected, by the models' `requires`."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from throughline.contracts import load_contracts
from throughline.settings import PACKAGE
from throughline.yaml_text import read_yaml

MODELS = PACKAGE.parents[1] / "dbt_project" / "models"
LeftOut = Mapping[str | tuple[str, str], Collection[str]]
"""`stage.table` or `(stage.table, column)` → entities without which it cannot be computed."""

WHOLE_TABLE = "*"


def names_left_out(missing: LeftOut, relation: str) -> set[str]:
    """Names that make an expectation on `relation` not applicable.

    Columns left out of the relation itself, tables left out that a query may join; `*` when the
    relation itself is left out.
    """
    tables = {name for name in missing if isinstance(name, str)}
    columns = {name[1] for name in missing if not isinstance(name, str) and name[0] == relation}
    return tables | columns | ({WHOLE_TABLE} if relation in tables else set())


def one_of(need: str) -> set[str]:
    """Entities of which one is enough for an entry of `requires`, as in `app_event or cdr`."""
    return set(need.split(" or "))


def required_but_missing(
    layer: str, missing: Collection[str], models: Path = MODELS
) -> dict[str | tuple[str, str], set[str]]:
    """Tables and columns of a layer whose `requires` names one of the missing entities.

    Staging models need their own entity and nothing else; the others say so in their YAML:
    `config.meta.requires` of the model, and of a column.
    """
    if layer == "staging":
        return {f"staging.stg_{e}": {e} for e in load_contracts() if e in missing}
    out: dict[str | tuple[str, str], set[str]] = {}
    for path in sorted((models / layer).rglob("*.yml")):
        for model in (read_yaml(path.read_text(encoding="utf-8")) or {}).get("models", ()):
            table = f"{layer}.{model['name']}"
            _note(out, table, model, missing)
            for column in model.get("columns", ()):
                _note(out, (table, column["name"]), column, missing)
    return out


def _note(
    out: dict[str | tuple[str, str], set[str]],
    name: str | tuple[str, str],
    entry: dict[str, Any],
    missing: Collection[str],
) -> None:
    meta = {**entry.get("meta", {}), **(entry.get("config") or {}).get("meta", {})}
    gone = [one_of(need) for need in meta.get("requires", ()) if one_of(need) <= {*missing}]
    if gone:
        out[name] = set().union(*gone)
