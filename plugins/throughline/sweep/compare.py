"""Which of the rows known of an entity are gone: the accepted versions against the keys there."""

from dataclasses import dataclass
from datetime import datetime

import duckdb

from throughline.conform.judge import key_columns
from throughline.contracts import Contract
from throughline.entity_streams import SWEPT
from throughline.landing.batches import InputBatch


@dataclass(frozen=True)
class Gone:
    """Rows known alive before, and of the list: those newly gone, and those that are back."""

    alive: int
    new: int
    back: int


def compare(
    session: duckdb.DuckDBPyConnection,
    contract: Contract,
    known: list[InputBatch],
    limit: datetime,
    end: datetime,
) -> Gone:
    """Make the table `gone` (key, updated_at) from the accepted rows of `known` and `there`.

    A key's newest version decides what is known of it. Gone are the alive ones whose key is not
    there, as of the end of the night, and those that the last list has and nothing newer revived.
    One that changed after `limit` may be on its way, one that names its survivor (G13) counts
    nowhere: both are left alone.
    """
    keys = ", ".join(f'"{name}"' for name in key_columns(contract))
    merged = "merged_into_id is null" if "merged_into_id" in contract.fields else "true"
    last = [batch.batch_id for batch in known if batch.window == SWEPT]
    session.execute(
        f"create temp table newest as select {keys}, updated_at,"
        " list_contains($last::varchar[], _batch_id) as is_swept,"
        f" not coalesce(is_deleted, false) as is_alive, {merged} as is_alone"
        " from read_parquet($paths, union_by_name = true)"
        f" qualify row_number() over (partition by {keys} order by"
        " coalesce(updated_at, _loaded_at) desc, _loaded_at desc, _row_hash desc) = 1",
        {"paths": [str(batch.path) for batch in known], "last": last},
    )
    session.execute(
        f"create temp table gone as select {keys}, case when is_swept or updated_at is null"
        " then updated_at else greatest(updated_at, $end::timestamptz) end as updated_at"
        f" from newest anti join there using ({keys}) where is_swept or"
        " is_alive and is_alone and coalesce(updated_at <= $limit::timestamptz, true)",
        {"end": end.isoformat(), "limit": limit.isoformat()},
    )
    counted = session.execute(
        "select count(*) filter (where is_alive and is_alone), count(*) filter (where is_swept),"
        f" (select count(*) from gone semi join newest using ({keys})),"
        f" (select count(*) from gone join newest using ({keys}) where is_swept) from newest"
    ).fetchall()[0]
    alive, before, in_all, still = counted
    return Gone(alive, in_all - still, before - still)
