"""Models as dbt compiled them once, built again on other rows within a second and without dbt."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

from throughline.contracts import ENVELOPE, load_contracts
from warehouse_case import Row, _values, build


class Compiled:
    """A database in memory, and the SELECTs of some models and of all that they read."""

    def __init__(self, work_file: Path, target: Path, models: Sequence[str]) -> None:
        """Copy a work file and take the SELECTs that dbt left in its target folder."""
        self.con = duckdb.connect(config={"threads": 2})
        self.con.execute(
            f"set TimeZone = 'UTC'; attach '{work_file}' as built (read_only);"
            " attach ':memory:' as work; copy from database built to work; use work; detach built"
        )
        self.zone = ZoneInfo("Asia/Shanghai")
        self.models = _compiled(target, models)

    @classmethod
    def on_no_rows(
        cls, folder: Path, as_of: date, *models: str, business_tz: str = "Asia/Shanghai"
    ) -> "Compiled":
        """Let dbt build `models` on no rows in an empty folder; its parent keeps dbt's project."""
        build(folder, {}, as_of, " ".join(f"+{model}" for model in models), business_tz).close()
        made = cls(folder / "work.duckdb", folder.parent / "dbt_target", models)
        made.zone = ZoneInfo(business_tz)
        for entity, contract in load_contracts().items():
            types = {**contract.columns, **ENVELOPE}
            columns = ", ".join(f'"{name}" {kind}' for name, kind in types.items())
            table = f'input."{entity}"'
            made.con.execute(f"drop view {table}; create table {table} ({columns})")
        return made

    def build(self, rows: Mapping[str, Sequence[Row]], as_of: date) -> None:
        """Build every model on rows, as of the end of a day."""
        end = datetime.combine(as_of + timedelta(days=1), time.min, self.zone)
        self.con.execute("update run.parameters set as_of = ?, as_of_end = ?", [as_of, end])
        for entity, contract in load_contracts().items():
            types = {**contract.columns, **ENVELOPE}
            self.con.execute(f'delete from input."{entity}"')
            given = [_values(row, types, end) for row in rows.get(entity, ())]
            if given:
                marks = ", ".join(f"cast(? as {kind})" for kind in types.values())
                self.con.executemany(f'insert into input."{entity}" values ({marks})', given)
        self.rebuild()

    def rebuild(self) -> None:
        """Build every model on what the inputs and seeds hold now."""
        for name, select in self.models:
            self.con.execute(f"create or replace table {name} as {select}")


def _compiled(target: Path, models: Sequence[str]) -> list[tuple[str, str]]:
    """Relation and SELECT of models and of the models that they read, parents first."""
    nodes = json.loads((target / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    ordered: dict[str, tuple[str, str]] = {}

    def visit(unique_id: str) -> None:
        node = nodes.get(unique_id)
        if node is None or node["resource_type"] != "model" or unique_id in ordered:
            return
        for parent in node["depends_on"]["nodes"]:
            visit(parent)
        path = target / "compiled" / "throughline" / node["original_file_path"]
        select = path.read_text(encoding="utf-8")
        ordered[unique_id] = (f"{node['schema']}.{node['name']}", select)

    for model in models:
        visit(f"model.throughline.{model}")
    return list(ordered.values())
