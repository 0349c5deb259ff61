"""Writes what conform found: accepted rows, rejected rows without their text, and the counts."""

from collections.abc import Iterator
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb

from throughline import fault
from throughline.conform.judge import bare_sql, key_columns
from throughline.conform.parts import Parts
from throughline.contracts import Contract, load_contracts
from throughline.errors import ConformError
from throughline.landing.files import sync
from throughline.landing.manifests import sha256_of
from throughline.settings import Settings

_PARQUET = "(format parquet, compression zstd, compression_level 1)"


def write_results(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    parts: Parts,
    batch_id: str,
    folder: Path,
    undelivered: list[str],
) -> dict[str, Any]:
    """Write `accepted.parquet` and `rejected.parquet` from the table `judged`; return the counts.

    `undelivered` names accepted columns that no row has a value in.

    Accepted rows are ordered by key and `_row_hash`, so that the file does not depend on the order
    of arrival. Every row read is accepted, rejected or not mapped:
    `rows_read + rows_added = accepted + rejected + not_mapped`, where `rows_added` are further
    rows that a mapping makes of one.
    """
    contract = load_contracts()[parts.entity]
    _check_places(connection, parts)
    lacking = undelivered if parts.kind == "rows" else []
    path = folder / "accepted.parquet"
    _write_accepted(connection, contract, parts, batch_id, path, lacking)
    fault.point("conform.after_accepted")
    _write_rejected(connection, parts, batch_id, folder / "rejected.parquet")
    fault.point("conform.after_rejected")
    return {
        **_counts(connection, parts, contract),
        **_measures(connection, contract, settings, path),
        "accepted_sha256": sha256_of(path),
        "reasons": _tally(connection, "reason", "rejected"),
        "warnings": _tally(
            connection,
            "warning",
            "(select unnest(warnings) as warning from judged where len(reasons) = 0)",
        ),
    }


def _check_places(connection: duckdb.DuckDBPyConnection, parts: Parts) -> None:
    main = next(iter(parts.manifests))
    lost = connection.execute(
        "select count(*) from judged anti join places using (_file, _row)"
    ).fetchall()[0][0]
    if lost:
        raise ConformError(
            f"{parts.source.name}/{parts.entity}.sql: {lost} rows carry no _file and _row of"
            f" stream {main}; select both from it"
        )


def _write_accepted(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    parts: Parts,
    batch_id: str,
    path: Path,
    lacking: list[str],
) -> None:
    carried = [f'"{name}"' for name in contract.columns if name not in lacking]
    columns = [
        f'cast(null as {kind}) as "{name}"' if name in lacking else f'"{name}"'
        for name, kind in contract.columns.items()
    ]
    texts = ", ".join(_texts(contract, lacking))
    order = ", ".join(f'"{name}"' for name in key_columns(contract))
    connection.execute(
        f"copy (select {', '.join(columns)}, $source as _source, $batch as _batch_id,"
        f" cast($at as timestamptz) as _loaded_at, _row_hash from"
        f" (select {', '.join(carried)}, md5(concat_ws(chr(31), {texts})) as _row_hash"
        f" from judged where len(reasons) = 0 order by {order}, _row_hash)) to $path {_PARQUET}",
        {
            "source": parts.source.name,
            "batch": batch_id,
            "path": str(path),
            "at": parts.extracted_at.isoformat(),
        },
    )
    sync(path)


def _texts(contract: Contract, lacking: list[str]) -> Iterator[str]:
    """SQL of the values that `_row_hash` is of; NULLs that stand side by side as one constant."""
    for is_lacking, columns in groupby(contract.columns.items(), lambda item: item[0] in lacking):
        if is_lacking:
            yield "'" + "\x1f".join("\x1e" for _ in columns) + "'"
        else:
            yield from (f"coalesce({_as_text(name, kind)}, chr(30))" for name, kind in columns)


def _as_text(name: str, kind: str) -> str:
    """SQL of a value's text; that of an instant, in UTC, without the zone's calendar (slow)."""
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"""cast(make_timestamp(epoch_us("{name}")) as varchar) || '+00'"""
    return f'cast("{name}" as varchar)'


def _write_rejected(
    connection: duckdb.DuckDBPyConnection, parts: Parts, batch_id: str, path: Path
) -> None:
    main = next(iter(parts.manifests))
    connection.execute(
        "create temp table rejected_rows as select _file, _row, reasons from judged"
        " where len(reasons) > 0 union all"
        " select _file, _row, [reason] from broken where stream = ?",
        [main],
    )
    connection.execute(
        "create temp table rejected as select unnest(reasons) as reason from rejected_rows"
    )
    connection.execute(
        "copy (select $batch as batch_id, $entity as entity, $source as source, _file, _row,"
        " reasons, cast($at as timestamptz) as first_seen_at from rejected_rows"
        f" order by _file, _row, reasons) to $path {_PARQUET}",
        {
            "batch": batch_id,
            "entity": parts.entity,
            "source": parts.source.name,
            "at": parts.extracted_at.isoformat(),
            "path": str(path),
        },
    )
    sync(path)


def _counts(
    connection: duckdb.DuckDBPyConnection, parts: Parts, contract: Contract
) -> dict[str, int]:
    main = next(iter(parts.manifests))
    row = connection.execute(
        "select (select count(*) from places),"
        " (select count(*) from broken where stream = $main),"
        " (select count(*) from judged),"
        " (select count(*) from (select distinct _file, _row from judged)),"
        " (select count(*) from judged where len(reasons) = 0),"
        f" (select count(*) from judged where len(reasons) = 0 and {bare_sql(contract)})",
        {"main": main},
    ).fetchall()[0]
    sound, broken, mapped, places, accepted, bare = row
    return {
        "rows_read": sound + broken,
        "rows_added": mapped - places,
        "accepted": accepted,
        "rejected": mapped - accepted + broken,
        "not_mapped": sound - places,
        "bare": bare,
    }


def _measures(
    connection: duckdb.DuckDBPyConnection, contract: Contract, settings: Settings, path: Path
) -> dict[str, Any]:
    """Earliest and latest business date, and the sum of the field amount or cost."""
    day = contract.date_column
    if contract.event_at:
        day = f"cast(timezone('{settings.business_tz}', {contract.event_at}) as date)"
    money = next(
        (
            name
            for name in ("amount", "cost")
            if name in contract.columns and contract.fields[name].type == "decimal"
        ),
        None,
    )
    sql = f"select min({day or 'null'}), max({day or 'null'}), sum({money or 'null'}) from $path"
    first, last, amount = connection.execute(
        sql.replace("$path", "read_parquet($1)"), [str(path)]
    ).fetchall()[0]
    return {
        "min_date": _iso(first),
        "max_date": _iso(last),
        "amount": str(amount) if amount is not None and money else None,
    }


def _iso(day: date | str | None) -> str | None:
    """ISO text of a date; DuckDB gives those of years that Python lacks as text: the nearest."""
    if isinstance(day, str):
        day = date.min if day.endswith("(BC)") else date.max
    return day.isoformat() if day else None


def _tally(connection: duckdb.DuckDBPyConnection, column: str, relation: str) -> dict[str, int]:
    sql = f"select {column}, count(*) from {relation} group by all order by all"
    return dict(connection.execute(sql).fetchall())
