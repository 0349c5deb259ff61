"""The models from the inputs to the journey, built again on other rows without dbt."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

import duckdb
from journey_rows import AS_OF, Row, on

from throughline.contracts import ENVELOPE, load_contracts
from warehouse_case import _values, build, fetch

TABLE = "journey.lifecycle_stage_history"
COLUMNS = ("stage", "entered_at", "exited_at", "source_event", "cycle", "is_skipping",
           "is_backward", "is_reentered", "is_reawakened", "is_churned")  # fmt: skip


class Journey:
    """The models from the inputs to the journey, as dbt compiled them once."""

    def __init__(self, folder: Path, rows: Mapping[str, Sequence[Row]]) -> None:
        build(folder, rows, AS_OF, "+path:models/journey dim_company").close()
        self.con = duckdb.connect(config={"threads": 2})
        self.con.execute(
            f"set TimeZone = 'UTC'; attach '{folder / 'work.duckdb'}' as built (read_only);"
            " attach ':memory:' as work; copy from database built to work; use work; detach built"
        )
        self.models = compiled(folder.parent / "dbt_target")

    def build(self, rows: Mapping[str, Sequence[Row]], as_of: date) -> None:
        """Build every model on rows, as of the end of a day."""
        end = on(as_of + timedelta(days=1), "00:00:00")
        self.con.execute("update run.parameters set as_of = ?, as_of_end = ?", [as_of, end])
        for entity, contract in load_contracts().items():
            types = {**contract.columns, **ENVELOPE}
            columns = ", ".join(f'"{name}" {kind}' for name, kind in types.items())
            kind = "view" if self.is_view(entity) else "table"
            self.con.execute(f"drop {kind} input.{entity}; create table input.{entity} ({columns})")
            given = [_values(row, types, end) for row in rows.get(entity, ())]
            if given:
                marks = ", ".join(f"cast(? as {kind})" for kind in types.values())
                self.con.executemany(f"insert into input.{entity} values ({marks})", given)
        for name, select in self.models:
            self.con.execute(f"create or replace table {name} as {select}")

    def is_view(self, entity: str) -> bool:
        """Whether an input is still the view that dbt built on."""
        return bool(self.con.execute(
            "select 1 from duckdb_views() where schema_name = 'input' and view_name = ?", [entity]
        ).fetchone())  # fmt: skip

    def found(self) -> dict[tuple[str, str], list[Row]]:
        """Episodes by subject type and subject, in order."""
        episodes: dict[tuple[str, str], list[Row]] = {}
        for row in fetch(self.con, f"select * from {TABLE} order by all"):
            key = (row["subject_type"], row["subject"])
            episodes.setdefault(key, []).append({name: row[name] for name in COLUMNS})
        return episodes

    def persons(self) -> dict[str, str]:
        """Person ids by the number in the ids that they own."""
        rows = fetch(
            self.con,
            "select distinct trim(id_value, 'abcdefghijklmnopqrstuvwxyz') as number, person_id"
            " from core.map_identity",
        )
        named = {row["number"]: row["person_id"] for row in rows}
        assert len(named) == len(rows), "the ids of a person are not one"
        return named


def compiled(target: Path) -> list[tuple[str, str]]:
    """Relation and SELECT of the models that lead to the journey, parents first."""
    nodes = json.loads((target / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    ordered: dict[str, tuple[str, str]] = {}

    def visit(unique_id: str) -> None:
        node = nodes.get(unique_id)
        if node is None or node["resource_type"] != "model" or unique_id in ordered:
            return
        for parent in node["depends_on"]["nodes"]:
            visit(parent)
        path = target / "compiled" / "throughline" / node["original_file_path"]
        ordered[unique_id] = (
            f"{node['schema']}.{node['name']}", path.read_text(encoding="utf-8")
        )  # fmt: skip

    visit("model.throughline.lifecycle_stage_history")
    visit("model.throughline.dim_company")
    return list(ordered.values())
