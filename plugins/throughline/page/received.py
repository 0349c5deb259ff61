"""What was received: input batches, the verdicts on them, and the rows that were rejected."""

from collections import Counter
from datetime import date
from typing import Any

from throughline import landing
from throughline.errors import NotFoundError
from throughline.landing import InputBatch
from throughline.page.reading import Here, one_reader
from throughline.settings import Settings

STATES = ("held", "released", "withdrawn", "landed", "passed")
_NEWEST = 20


def read_batches(here: Here, night: date | None = None, state: str | None = None) -> dict[str, Any]:
    """Batches of one night (the newest that brought any), those that want a person first."""
    found = landing.input_batches(here)
    nights = sorted({batch.as_of for batch in found})
    shown = night or (nights[-1] if nights else None)
    rows = [_row(batch) for batch in found if batch.as_of == shown]
    kept = [row for row in rows if state in (None, row["state"])]
    older = [_row(b) for b in found if b.status == "held" and b.as_of != shown]
    return {
        "night": shown,
        "nights": nights[-30:],
        "state": state,
        "counts": Counter(row["state"] for row in rows),
        "batches": sorted(kept, key=lambda row: (STATES.index(row["state"]), row["batch_id"])),
        "held_earlier": older if state is None else [],
    }


def read_batch(here: Here, batch_id: str) -> dict[str, Any]:
    """One batch: its verdicts, counts by reason, and where its newest rejected rows stand.

    Raises:
        NotFoundError: there is no such batch.
    """
    batch = landing.find_batch(here, batch_id)
    if batch is None:
        raise NotFoundError(f"There is no batch {batch_id}; /batches shows which there are.")
    judged = landing.verdicts(batch)
    return {
        **_row(batch),
        "domain": batch.domain,
        "rows_read": batch.rows_read,
        "not_mapped": batch.not_mapped,
        "min_date": batch.min_date,
        "max_date": batch.max_date,
        "warnings": batch.warnings or {},
        "landing": batch.landing,
        "verdicts": [
            {name: said[name] for name in ("status", "by", "reason", "at")}
            for said in reversed(judged)
        ],
        "failed_checks": [
            result
            for result in landing.gate_results(batch)
            if result["status"] in ("fail", "error")
        ],
        "newest_rejected": newest_rejected(batch),
    }


def read_rejected(here: Here, night: date | None = None) -> dict[str, Any]:
    """Rejected rows by batch, newest first, and summed by entity and reason; no row's content."""
    found = [
        batch
        for batch in reversed(landing.input_batches(here))
        if batch.rejected and night in (None, batch.as_of)
    ]
    sums: Counter[tuple[str, str]] = Counter()
    for batch in found:
        for reason, count in (batch.reasons or {}).items():
            sums[(batch.entity, reason)] += count
    return {
        "night": night,
        "batches": [_row(batch) for batch in found[:100]],
        "reasons": [
            {"entity": entity, "reason": reason, "rows": rows}
            for (entity, reason), rows in sums.most_common(50)
        ],
    }


def newest_rejected(batch: InputBatch) -> list[dict[str, Any]]:
    """File, row number and reasons of the rows rejected last; never their values."""
    if not batch.rejected:
        return []
    import duckdb

    sql = (
        "select _file, _row, reasons, first_seen_at from read_parquet(?)"
        " order by first_seen_at desc, _file, _row limit ?"
    )
    with one_reader(), duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        rows = con.execute(sql, [str(batch.rejected_path), _NEWEST]).fetchall()
    names = ("file", "row", "reasons", "first_seen_at")
    return [dict(zip(names, row, strict=True)) for row in rows]


def held_now(settings: Settings) -> list[dict[str, Any]]:
    """Batches that wait for a person, oldest first."""
    return [_row(batch) for batch in landing.input_batches(settings) if batch.status == "held"]


def _row(batch: InputBatch) -> dict[str, Any]:
    last = landing.newest_verdict(batch) or {}
    return {
        "batch_id": batch.batch_id,
        "source": batch.source,
        "entity": batch.entity,
        "window": batch.window,
        "as_of": batch.as_of,
        "state": _state(batch),
        "by": last.get("by"),
        "reason": last.get("reason"),
        "accepted": batch.rows,
        "rejected": batch.rejected,
        "reasons": batch.reasons or {},
    }


def _state(batch: InputBatch) -> str:
    """The status, but released where a person let a held batch pass."""
    if batch.status != "passed":
        return batch.status
    statuses = [said["status"] for said in landing.verdicts(batch)]
    return "released" if "held" in statuses else "passed"
