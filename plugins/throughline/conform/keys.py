"""Swept keys as the contract has them: cast, personal data replaced, each once."""

from pathlib import Path

import duckdb

from throughline.conform.judge import judge_sql, key_columns
from throughline.connect.formats import read_stream
from throughline.contracts import load_contracts
from throughline.entity_streams import SWEPT, swept_keys
from throughline.errors import ConformError
from throughline.source_folders import Source


def make_keys(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    entity: str,
    stream: str,
    files: list[tuple[str, Path]],
) -> int:
    """Make the table `there`: the keys of an entity in the files of a stream; return how many.

    Raises:
        SourceError: a file cannot be read as the stream says.
        ConformError: `sweep.keys` does not fit the stream or the contract.
    """
    where = f"{source.name}: entities.{entity}.sweep.keys"
    contract = load_contracts()[entity]
    connection.execute(f"set TimeZone = '{source.timezone}'")
    read_stream(connection, stream, source.stream(stream), files)
    made = ", ".join(f'{sql} as "{name}"' for name, sql in swept_keys(source, entity).items())
    try:
        connection.execute(
            f"create temp table mapped as select _file, _row, {made},"
            f' cast(null as timestamptz) as updated_at from "{stream}"'
        )
        kinds = {row[0]: row[1] for row in connection.execute("describe mapped").fetchall()}
        judged = judge_sql(contract, kinds, source.timezone, SWEPT)
    except (duckdb.Error, ConformError) as error:
        said = str(error).strip().splitlines()[0]
        raise ConformError(f"{where} does not fit stream {stream}: {said}") from error
    columns = ", ".join(f'"{name}"' for name in key_columns(contract))
    connection.execute(
        f"create temp table there as select distinct {columns} from ({judged})"
        " where len(reasons) = 0"
    )
    connection.execute("set TimeZone = 'UTC'")
    return connection.execute("select count(*) from there").fetchall()[0][0]
