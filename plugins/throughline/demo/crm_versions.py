"""Versions of CRM rows as Parquet files below `<home>/demo/crm_versions`: the CRM's whole past."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from throughline.demo.crm_tables import TABLES, Table
from throughline.demo.ledger import Ledger
from throughline.demo.times import start_of


def _number(value: Any) -> str | None:
    return None if value is None else f"{value:.4f}"


_CONVERT: dict[str, Callable[[Any], Any]] = {"numeric": _number}


def write(ledger: Ledger, folder: Path, end: date) -> None:
    """Write every version made up to the end of `end`, one file per table, by rename."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir(parents=True, exist_ok=True)
    limit = start_of(end.toordinal() + 1)
    for table in TABLES.values():
        versions = [found for found in ledger.crm[table.name] if found[0] < limit]
        arrays = [_array(pa, versions, name, kind) for name, kind in table.columns.items()]
        draft = folder / f"{table.name}.parquet.part"
        pq.write_table(pa.table(dict(zip(table.columns, arrays, strict=True))), draft)
        draft.replace(folder / f"{table.name}.parquet")


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


def state_counts(ledger: Ledger, end: date) -> dict[str, int]:
    """Rows per table at the end of `end`."""
    limit = start_of(end.toordinal() + 1)
    return {
        name: len({_key(table, row) for second, row in ledger.crm[name] if second < limit})
        for name, table in TABLES.items()
    }


def _key(table: Table, row: dict[str, Any]) -> tuple:
    return tuple(row[name] for name in table.key)
