"""Accepted batches as the views `input.<entity>`; a file that is not what was gated stops here."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import duckdb

from throughline.contracts import ENVELOPE, Contract, load_contracts
from throughline.errors import BuildError
from throughline.landing import InputBatch
from throughline.landing.files import EMPTIED
from throughline.sql_text import literal, quoted


def create_input_views(con: duckdb.DuckDBPyConnection, batches: Sequence[InputBatch]) -> None:
    """Replace the views of all entities: an explicit list of files, or a typed empty input.

    Raises:
        BuildError: a file cannot be read, or is not the one its manifest describes.
    """
    paths: dict[str, list[Path]] = defaultdict(list)
    for batch in batches:
        verify(con, batch)
        paths[batch.entity].append(batch.path)
    for entity, contract in load_contracts().items():
        select = rows_of(con, contract, paths.get(entity, []))
        con.execute(f"create or replace view input.{quoted(entity)} as {select}")


def rows_of(con: duckdb.DuckDBPyConnection, contract: Contract, paths: Sequence[Path]) -> str:
    """SELECT of the accepted rows of some batches, in the columns and types of the contract.

    A column that no batch has yet (it joined the contract later) is NULL.
    """
    types = {**contract.columns, **ENVELOPE}
    if not paths:
        columns = (f"cast(null as {kind}) as {quoted(name)}" for name, kind in types.items())
        return f"select {', '.join(columns)} where false"
    files = "[" + ", ".join(literal(path) for path in paths) + "]"
    source = f"read_parquet({files}, union_by_name = true)"
    known = {row[0] for row in con.execute(f"describe select * from {source}").fetchall()}
    columns = (
        f"cast({quoted(name) if name in known else 'null'} as {kind}) as {quoted(name)}"
        for name, kind in types.items()
    )
    return f"select {', '.join(columns)} from {source}"


def verify(con: duckdb.DuckDBPyConnection, batch: InputBatch) -> None:
    """Compare a batch's file with its manifest; one that did not change is hashed once.

    Raises:
        BuildError: the file is missing, unreadable or changed; names it.
    """
    try:
        stat = batch.path.stat()
    except OSError as error:
        if (batch.folder / EMPTIED).exists():
            raise BuildError(
                f"the rows of input batch {batch.batch_id} were removed by upkeep"
                " (upkeep.replaced_days) after a newer batch had replaced it: nights that read it"
                " cannot be built again, unless from a backup. Where that newer one was held or"
                " withdrawn since, release it, or withdraw this one, too: `throughline batch"
                f" withdraw {batch.batch_id}`"
            ) from error
        raise BuildError(_broken(batch, f"cannot be read ({error.strerror})")) from error
    key = [str(batch.path), stat.st_size, stat.st_mtime_ns]
    known = con.execute(
        "select count(*) from run.verified where path = ? and bytes = ? and modified_ns = ?", key
    ).fetchone()
    if known and known[0]:
        return
    sha256 = _sha256(batch)
    _verify_rows(con, batch)
    con.execute("delete from run.verified where path = ?", [str(batch.path)])
    con.execute("insert into run.verified values (?, ?, ?, ?)", [*key, sha256])


def _sha256(batch: InputBatch) -> str:
    with batch.path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    manifest = json.loads((batch.path.parent / "manifest.json").read_text(encoding="utf-8"))
    promised = manifest.get("accepted_sha256")
    if promised is not None and found != promised:
        raise BuildError(_broken(batch, "has another content than its manifest says (sha256)"))
    return found


def _verify_rows(con: duckdb.DuckDBPyConnection, batch: InputBatch) -> None:
    try:
        found = con.execute("select count(*) from read_parquet(?)", [str(batch.path)]).fetchone()
    except duckdb.Error as error:
        raise BuildError(_broken(batch, f"cannot be read ({error})")) from error
    if found and found[0] != batch.rows:
        raise BuildError(_broken(batch, f"has {found[0]} rows, its manifest says {batch.rows}"))


def _broken(batch: InputBatch, what: str) -> str:
    return (
        f"input batch {batch.batch_id}: {batch.path} {what};"
        f" restore its folder from a backup, or `throughline batch withdraw {batch.batch_id}`"
    )
