"""Versions of CRM rows as Parquet files below `<home>/demo/crm_versions`: the CRM's whole past."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from throughline.demo.crm_tables import TABLES, Table
from throughline.demo.ledger import Ledger
from throughline.demo.times import start_of
from throughline.sql_text import literal


def _number(value: Any) -> str | None:
    return None if value is None else f"{value:.4f}"


_CONVERT: dict[str, Callable[[Any], Any]] = {"numeric": _number}


class Versions:
    """Row versions made up to the end of `end`, on their way into one file per table.

    Few are held at a time. The files appear by rename when all are written.
    """

    def __init__(self, folder: Path, end: date) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self._limit = folder, start_of(end.toordinal() + 1)
        self._writers: dict[str, Any] = {}

    def take(self, ledger: Ledger, enough: int = 20_000) -> None:
        """Write down, and let the ledger forget, the versions of tables that have enough."""
        for table in TABLES.values():
            if len(ledger.crm[table.name]) >= enough:
                self._write(table, ledger.crm.pop(table.name, []))

    def close(self, appear: bool) -> dict[str, int]:
        """Make the files appear, or drop them; returns the rows per table at the end of the day."""
        counts = {}
        for table in TABLES.values():
            self._writers[table.name].close()
            draft = self._draft(table)
            counts[table.name] = _keys(draft, table)
            if appear:
                draft.replace(self.folder / f"{table.name}.parquet")
            else:
                draft.unlink()
        return counts

    def _write(self, table: Table, told: list[tuple[int, dict]]) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        versions = [found for found in told if found[0] < self._limit]
        arrays = [_array(pa, versions, name, kind) for name, kind in table.columns.items()]
        made = pa.table(dict(zip(table.columns, arrays, strict=True)))
        if table.name not in self._writers:
            self._writers[table.name] = pq.ParquetWriter(self._draft(table), made.schema)
        self._writers[table.name].write_table(made)

    def _draft(self, table: Table) -> Path:
        return self.folder / f"{table.name}.parquet.part"


def _keys(path: Path, table: Table) -> int:
    import duckdb

    key = ", ".join(f'"{name}"' for name in table.key)
    counted = f"select count(*) from (select distinct {key} from read_parquet({literal(path)}))"
    return int(duckdb.sql(counted).fetchall()[0][0])


def _array(pa: Any, versions: list[tuple[int, dict]], name: str, kind: str) -> Any:
    types = {"timestamptz": pa.timestamp("s", tz="UTC"), "date": pa.date32(),
             "integer": pa.int32(), "boolean": pa.bool_()}  # fmt: skip
    convert = _CONVERT.get(kind)
    if name == "updated_at":
        values = [second for second, _ in versions]
    else:
        values = [row.get(name) for _, row in versions]
    if convert:
        values = [convert(value) for value in values]
    return pa.array(values, types.get(kind, pa.string()))
